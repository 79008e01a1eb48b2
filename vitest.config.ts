/** How the tests run: `vitest run` for all, `vitest run test/database` for a part. */

import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Suites with a configuration of their own: they need a container engine, minutes, or the machine for themselves.
    exclude: ['test/container/**', 'test/faults/**', 'test/soak/**', 'test/previous-release/**'],
    globalSetup: ['test/support/global-setup.ts'],
    // A test that compares nothing, or one that keeps the others from running, must not pass for a proof.
    expect: { requireAssertions: true },
    allowOnly: false,
    // Node loads the files as it does in production, stripping types by itself.
    experimental: { viteModuleRunner: false },
    // Many tests wait more than they compute.
    maxWorkers: availableParallelism() + 1,
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
});
