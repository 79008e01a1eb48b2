import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    expect: { requireAssertions: true },
    allowOnly: false,
    experimental: { viteModuleRunner: false },
    // Some deploy a whole environment with CDK, which takes a minute, and more where others work beside it.
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
