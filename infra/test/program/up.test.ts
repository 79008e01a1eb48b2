/** `up`: the order of its three parts, and that it stops where one fails. Each has tests of its own. */

import { expect, it } from 'vitest';
import { up } from '../../program/cli/up.ts';
import type { Context } from '../../program/core/context.ts';
import { Failure } from '../../program/core/exit-codes.ts';

const CONTEXT = {} as Context;
const SETUP = {
  github: { repository: undefined, subject: undefined },
  yes: true,
  adopt: false,
  plainHttp: false,
};
const COMMIT = 'a'.repeat(40);

/** Runs `up` with parts that note how they are called. @returns the calls, and what was thrown. */
async function runUp(failing?: string): Promise<{ calls: [string, object?][]; thrown: unknown }> {
  const calls: [string, object?][] = [];
  const note = async (name: string, options?: object) => {
    calls.push([name, options]);
    if (name === failing) throw new Failure('declined', 'nothing was changed');
  };
  const thrown = await up(
    CONTEXT,
    { ...SETUP, timeoutMinutes: 5 },
    {
      setUp: (_, options) => note('setup', options),
      build: async () => {
        await note('build');
        return { image: 'registry/cars-api', tag: COMMIT, digest: 'sha256:0', pushed: true };
      },
      deploy: (_, options) => note('deploy', options),
    },
  ).catch((error) => error);
  return { calls, thrown };
}

it('sets up, builds the image of the commit, and deploys exactly that', async () => {
  expect(await runUp()).toEqual({
    calls: [
      ['setup', { ...SETUP, suggestNext: false }],
      ['build', undefined],
      ['deploy', { tag: COMMIT, timeoutMinutes: 5 }],
    ],
    thrown: undefined,
  });
});

it.each([
  ['setup', ['setup']],
  ['build', ['setup', 'build']],
])('stops when %s fails', async (failing, names) => {
  const { calls, thrown } = await runUp(failing);
  expect(thrown).toMatchObject({ exit: 'declined' });
  expect(calls.map(([name]) => name)).toEqual(names);
});
