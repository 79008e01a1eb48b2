import { defineConfig } from 'vitest/config';

/** `npm run test:releases`: tries `npm run test:previous` on releases made for it, each of which runs tests of its own. */
export default defineConfig({
  test: {
    include: ['test/previous-release/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    expect: { requireAssertions: true },
    allowOnly: false,
    experimental: { viteModuleRunner: false },
    testTimeout: 120_000,
    hookTimeout: 60_000,
  },
});
