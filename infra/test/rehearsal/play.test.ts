/** How an act is played, with the scripted ECS, and stand-ins for wrk and haproxy. */

import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { ACTS, type Act } from '../../rehearsal/acts.ts';
import { play } from '../../rehearsal/play.ts';
import type { Program } from '../../rehearsal/program.ts';
import type { Stage } from '../../rehearsal/stage.ts';
import { startTestAccount, type TestAccount } from '../support/account.ts';
import { installProgram } from '../support/stand-ins.ts';

const CONTROL = ACTS.find(({ command }) => command === undefined) as Act;

const PROGRAM: Program = {
  run: async () => ({ code: 0, stdout: '', printed: '', seconds: 1 }),
  liveTag: async () => 'image-a',
};

/** A stage whose balancer knows what the account's tasks do, and never gets a request. */
function stageOf(account: TestAccount): Stage {
  const stage = {
    account,
    balancer: {
      url: 'http://127.0.0.1:1',
      stateOf: (id: string) => account.driver.targetState(id),
      counters: async () => ({ requests: 0, targetErrors: 0, ownErrors: 0 }),
    },
    driver: { kill: async (id: string) => account.driver.stop(id) },
    workClock: { seconds: () => 0 },
    pause: (milliseconds: number) => sleep(milliseconds),
  };
  return stage as unknown as Stage;
}

it('plays the control on an environment with two tasks', async () => {
  const account = await startTestAccount('staging');
  onTestFinished(() => account.close());
  account.push('image-a');
  await account.release('image-a');
  const played = await play(stageOf(account), PROGRAM, { ...CONTROL, requests: 0 }, undefined);
  expect(played).toMatchObject({ exit: 0, requests: 0 });
  expect(account.live()).toMatchObject({ running: 2 });
});

it('fails when the load ends before enough requests were made', async () => {
  installProgram('wrk', 'exit 3');
  const act = { ...CONTROL, command: ['status'], requests: 1 };
  await expect(play(stageOf({} as TestAccount), PROGRAM, act, undefined)).rejects.toThrow(
    'the load ended too early: wrk exited with 3',
  );
});
