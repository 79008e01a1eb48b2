import { defineConfig } from 'vitest/config';

/** `npm run test:container`: builds the image and runs it; needs a Docker engine. */
export default defineConfig({
  test: {
    include: ['test/container/**/*.test.ts'],
    globalSetup: ['test/container/global-setup.ts'],
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 60_000,
  },
});
