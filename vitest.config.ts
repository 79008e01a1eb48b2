/**
 * How the tests run. Each project is a suite with an npm script: `npm test` is `unit`, `npm run test:faults` is `faults`, and so
 * on. To run a part: `npx vitest run test/database`.
 */

import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

const MINUTE = 60_000;

// Many tests start processes of their own. With compiled code at hand they start in half the CPU time.
process.env['NODE_COMPILE_CACHE'] ??= join(import.meta.dirname, 'node_modules/.cache/node');

/** A MySQL server that all test files of the suite share. */
const MYSQL = 'test/support/global-setup.ts';

/** The page as it is in the sources. */
const PAGE = 'test/support/build-page.ts';

/** Prints the figures that the tests recorded. */
const FIGURES = 'test/faults/print-figures.ts';

export default defineConfig({
  test: {
    // A test that compares nothing, or that keeps others from running, proves nothing.
    expect: { requireAssertions: true, poll: { timeout: MINUTE } },
    allowOnly: false,
    // Node loads the files as it does in production: it strips the types itself.
    experimental: { viteModuleRunner: false },
    hookTimeout: 2 * MINUTE,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/container/**', 'test/faults/**', 'test/soak/**', 'test/previous-release/**'],
          globalSetup: [MYSQL, PAGE],
          // Many tests wait more than they compute.
          maxWorkers: availableParallelism() + 1,
          testTimeout: 5 * MINUTE,
        },
      },
      {
        // Opens the page and the documentation in Chromium; needs no database server.
        extends: true,
        test: {
          name: 'browser',
          include: ['test/**/*.browser.ts'],
          globalSetup: [PAGE],
          testTimeout: 2 * MINUTE,
        },
      },
      {
        // Builds the image and runs it; needs a Docker engine.
        extends: true,
        test: {
          name: 'container',
          include: ['test/container/**/*.test.ts'],
          globalSetup: ['test/container/global-setup.ts'],
          fileParallelism: false,
          testTimeout: 5 * MINUTE,
        },
      },
      {
        // Makes faults happen, one after another, because each needs the machine for itself.
        extends: true,
        test: {
          name: 'faults',
          include: ['test/faults/**/*.test.ts'],
          globalSetup: [MYSQL, FIGURES],
          fileParallelism: false,
          testTimeout: 5 * MINUTE,
        },
      },
      {
        // Tries `npm run test:previous` on releases made for it; each of them runs tests of its own.
        extends: true,
        test: {
          name: 'releases',
          include: ['test/previous-release/**/*.test.ts'],
          globalSetup: [MYSQL],
          testTimeout: 5 * MINUTE,
        },
      },
      {
        // Full load for ten minutes (`SOAK_SECONDS` makes it shorter), then compares the memory in use.
        extends: true,
        test: {
          name: 'soak',
          include: ['test/soak/**/*.test.ts'],
          globalSetup: [MYSQL, FIGURES],
          fileParallelism: false,
          testTimeout: 60 * MINUTE,
        },
      },
    ],
  },
});
