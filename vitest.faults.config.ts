import { defineConfig } from 'vitest/config';

/** `npm run test:faults`: makes faults happen, one after another, and prints what they came to. Takes minutes. */
export default defineConfig({
  test: {
    include: ['test/faults/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts', 'test/faults/print-figures.ts'],
    expect: { requireAssertions: true },
    allowOnly: false,
    experimental: { viteModuleRunner: false },
    // Each fault wants the machine for itself.
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 60_000,
  },
});
