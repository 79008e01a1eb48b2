import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    expect: { requireAssertions: true },
    allowOnly: false,
    experimental: { viteModuleRunner: false },
    testTimeout: 120_000,
    hookTimeout: 180_000,
  },
});
