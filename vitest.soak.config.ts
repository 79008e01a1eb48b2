import { defineConfig } from 'vitest/config';

/** `npm run test:soak`: full load for ten minutes (`SOAK_SECONDS` makes it shorter), and what that leaves behind. */
export default defineConfig({
  test: {
    include: ['test/soak/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts', 'test/faults/print-figures.ts'],
    expect: { requireAssertions: true },
    allowOnly: false,
    experimental: { viteModuleRunner: false },
    fileParallelism: false,
    testTimeout: 3_600_000,
    hookTimeout: 60_000,
  },
});
