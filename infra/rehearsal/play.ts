/** One act of a rehearsal: a command of the release program, or the control, under load; what came of it, and what must. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Act } from './acts.ts';
import { faultsOf } from './judge.ts';
import { type LoadReport, startLoad } from './load.ts';
import type { Program, Run } from './program.ts';
import type { Played } from './report.ts';
import type { Stage } from './stage.ts';

/** Milliseconds of load before anything happens. */
const BEFORE = 2000;

/** @param key of a caller who may write, for the load. */
export async function play(
  stage: Stage,
  program: Program,
  act: Act,
  key: string | undefined,
): Promise<Played> {
  const { balancer, recorder, workClock } = stage;
  const load = act.requests > 0 ? startLoad(balancer.url, key) : undefined;
  const before = await balancer.counters();
  const from = recorder.now();
  if (load !== undefined) await sleep(BEFORE);
  const worked = workClock.seconds();
  const run = act.command === undefined ? await killOne(stage) : await program.run(act.command, act.tag);
  const own = act.command && Math.max(0, run.seconds - (workClock.seconds() - worked));
  while (load !== undefined && (await balancer.counters()).requests - before.requests < act.requests)
    await sleep(500);
  const answers: LoadReport = (await load?.stop()) ?? { created: 0, refused: 0, other: 0, broken: 0 };
  const failures = answers.refused + answers.other + answers.broken;
  const requests = answers.created + failures;
  return {
    title: act.title,
    from,
    to: recorder.now(),
    exit: run.code,
    seconds: run.seconds,
    own,
    requests,
    failures,
    faults: faultsOf(act, { run, own, live: await program.liveTag(), requests, failures }),
    printed: run.printed,
    summary: summarise(run, own, answers, requests, failures),
  };
}

function summarise(
  { code, seconds }: Run,
  own: number | undefined,
  { refused, other, broken }: LoadReport,
  requests: number,
  failures: number,
): string {
  const waiting = own === undefined ? '' : ` (${own.toFixed(1)} s of it our own waiting)`;
  const load =
    requests === 0
      ? 'no load'
      : `${requests} requests, ${failures} failed (${refused} × 503, ${other} others, ${broken} broken)`;
  return `exit code ${code} after ${seconds.toFixed(1)} s${waiting}, ${load}`;
}

/** The control: what a release must not do. */
async function killOne({ account, driver, balancer }: Stage): Promise<Run> {
  const begun = performance.now();
  const victim = account.board.tasks.findLast((task) => account.board.targetState(task) === 'healthy');
  if (victim === undefined) throw new Error('no task is healthy');
  await driver.kill(victim.id);
  while (balancer.stateOf(victim.id) !== 'unused') await sleep(100);
  while (account.board.tasks.filter((task) => account.board.targetState(task) === 'healthy').length < 3)
    await sleep(200);
  return { code: 0, stdout: '', printed: '', seconds: (performance.now() - begun) / 1000 };
}
