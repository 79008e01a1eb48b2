import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    expect: { requireAssertions: true, poll: { timeout: 60_000 } },
    allowOnly: false,
    globalSetup: ['test/support/global-setup.ts'],
    experimental: { viteModuleRunner: false },
    // Most of the time goes to programs that the tests start, one for each worker.
    maxWorkers: 2,
    // A test of setup runs the CDK command line up to eight times, and may share the machine.
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
