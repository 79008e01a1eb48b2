import { defineConfig } from 'vitest/config';

/** `npm run test:browser`: opens the documents in a real browser; needs Chromium, and no database server. */
export default defineConfig({
  test: {
    include: ['test/**/*.browser.ts'],
    expect: { requireAssertions: true },
    allowOnly: false,
    experimental: { viteModuleRunner: false },
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
