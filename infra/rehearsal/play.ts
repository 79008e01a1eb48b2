/** Plays one act under load: a command of the program, or the control. */

import type { Act } from './acts.ts';
import { findFaults } from './judge.ts';
import { type LoadReport, startLoad } from './load.ts';
import type { Program, Run } from './program.ts';
import type { Played } from './report.ts';
import type { Stage } from './stage.ts';

/** Milliseconds of load before the command starts. */
const WARM_UP = 2000;

/** @param key an API key for the load. */
export async function play(
  stage: Stage,
  program: Program,
  act: Act,
  key: string | undefined,
): Promise<Played> {
  const { balancer, workClock } = stage;
  using load = act.requests > 0 ? startLoad(balancer.url, key) : undefined;
  const before = await balancer.counters();
  if (load !== undefined) await stage.pause(WARM_UP);
  const worked = workClock.seconds();
  const run = act.command === undefined ? await killTask(stage) : await program.run(act.command, act.tag);
  const ownWait = act.command && Math.max(0, run.seconds - (workClock.seconds() - worked));
  while (load !== undefined && (await balancer.counters()).requests - before.requests < act.requests)
    await Promise.race([load.failure, stage.pause(500)]);
  const answers: LoadReport = (await load?.stop()) ?? { created: 0, refused: 0, other: 0, broken: 0 };
  const failures = answers.refused + answers.other + answers.broken;
  const requests = answers.created + failures;
  return {
    title: act.title,
    exit: run.code,
    seconds: run.seconds,
    ownWait,
    requests,
    failures,
    faults: findFaults(act, { run, ownWait, live: await program.liveTag(), requests, failures }),
    printed: run.printed,
    summary: summarise(run, ownWait, answers, requests, failures),
  };
}

function summarise(
  { code, seconds }: Run,
  ownWait: number | undefined,
  { refused, other, broken }: LoadReport,
  requests: number,
  failures: number,
): string {
  const waiting = ownWait === undefined ? '' : ` (${ownWait.toFixed(1)} s of it waiting itself)`;
  const load =
    requests === 0
      ? 'no load'
      : `${requests} requests, ${failures} failed (${refused} × 503, ${other} other answers, ${broken} broken connections)`;
  return `exit code ${code} after ${seconds.toFixed(1)} s${waiting}, ${load}`;
}

/** The control: kills a task without draining, which must make requests fail. */
async function killTask({ account, driver, balancer, pause }: Stage): Promise<Run> {
  const start = performance.now();
  const findHealthy = () =>
    account.board.tasks.filter((task) => account.board.targetState(task) === 'healthy');
  const healthy = findHealthy();
  const victim = healthy.at(-1);
  if (victim === undefined) throw new Error('no task is healthy');
  await driver.kill(victim.id);
  while (balancer.stateOf(victim.id) !== 'unused') await pause(100);
  while (findHealthy().length < healthy.length) await pause(200);
  return { code: 0, stdout: '', printed: '', seconds: (performance.now() - start) / 1000 };
}
