/**
 * `rehearse`: plays releases on this machine with the very task definition and service settings that AWS would run, under load, and says
 * whether each went as it must. Nothing of AWS is called.
 */

import { spawn } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../command/exit-codes.ts';
import type { Terminal } from '../command/terminal.ts';
import { type EnvironmentName, prefixOf } from '../environments.ts';
import type { Template } from '../local-aws/platform.ts';
import { synthesise } from '../setup/cdk.ts';
import { ACTS, type Act, WAYS } from './acts.ts';
import { docker } from './docker.ts';
import { type LoadReport, startLoad } from './load.ts';
import { type Played, writeReport } from './report.ts';
import { type Stage, setStage } from './stage.ts';

export interface RehearsalOptions {
  readonly name: EnvironmentName;
  /** Two images that the engine has. */
  readonly images: readonly string[];
  /** The folder that the report is written to. */
  readonly report: string;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

/** Throws {@link Failure} `usage`, `toolMissing`, and `fault` when an act did not go as it must; the report is there by then. */
export async function rehearse(options: RehearsalOptions): Promise<void> {
  const { name, images, report, terminal, signal } = options;
  const [imageA, imageB] = images;
  if (imageA === undefined || imageB === undefined || images.length > 2)
    throw new Failure(
      'usage',
      'rehearse needs two images',
      'infra/aws-deploy.sh rehearse cars-api:a cars-api:b',
    );
  await needTools();
  const template = await readTemplate(name);
  terminal.say('Setting the stage: MySQL, haproxy, the local ECS.');
  const stage = await setStage(template);
  const played: Played[] = [];
  try {
    await stage.push('image-a', imageA);
    await stage.push('image-b', imageB);
    for (const way of WAYS) await stage.push(`image-${way}`, await stage.spoil(imageA, way));
    let key: string | undefined;
    for (const act of ACTS) {
      signal.throwIfAborted();
      if (act.requests > 0) key ??= await makeKey(stage, name, imageA);
      const result = await play(stage, name, act, key);
      played.push(result);
      terminal.say(`${result.faults.length === 0 ? '✓' : '✗'} ${act.title}: ${result.summary}`);
      for (const fault of result.faults) terminal.say(`    ${fault}`);
      if (result.faults.length > 0) terminal.say(result.printed.replaceAll(/^/gm, '      '));
    }
  } finally {
    if (played.length > 0) await writeReport(report, { played, recorder: stage.recorder, environment: name });
    await stage.close();
  }
  terminal.say(`The report: ${join(report, 'report.md')}`);
  terminal.result({ acts: played.map(({ printed: _printed, ...act }) => act) });
  const failed = played.filter(({ faults }) => faults.length > 0);
  if (failed.length > 0)
    throw new Failure('fault', `${failed.length} of ${played.length} acts did not go as they must`);
}

async function play(stage: Stage, name: EnvironmentName, act: Act, key: string | undefined): Promise<Played> {
  const { account, balancer, recorder } = stage;
  const load = act.requests > 0 ? startLoad(balancer.url, key) : undefined;
  const before = await balancer.counters();
  const from = recorder.now();
  if (load !== undefined) await sleep(2000);
  const { code, printed, seconds } =
    act.command === undefined
      ? await killOne(stage)
      : await runProgram(account.url, name, act.command, act.tag);
  const timing = timingOf(stage, seconds);
  while (load !== undefined && (await balancer.counters()).requests - before.requests < act.requests)
    await sleep(500);
  const answers: LoadReport = (await load?.stop()) ?? { created: 0, refused: 0, other: 0, broken: 0 };
  const live = await liveTag(account.url, name);
  const failures = answers.refused + answers.other + answers.broken;
  const requests = answers.created + failures;
  const faults = [
    ...(code === act.exit ? [] : [`its exit code is ${code}, and must be ${act.exit}`]),
    ...(live === act.live ? [] : [`${live} is live, and ${act.live} must be`]),
    ...(requests >= act.requests ? [] : [`${requests} requests, and at least ${act.requests} must be`]),
    ...(act.failures === 'none' && failures > 0 ? [`${failures} requests failed, and none may`] : []),
    ...(act.failures === 'some' && failures === 0
      ? ['no request failed, so this load would not notice any']
      : []),
  ];
  const what =
    requests === 0
      ? 'no load'
      : `${requests} requests, ${failures} failed (${answers.refused} × 503, ${answers.other} others, ${answers.broken} broken)`;
  return {
    title: act.title,
    from,
    to: recorder.now(),
    exit: code,
    seconds,
    ...timing,
    requests,
    failures,
    faults,
    printed,
    summary: `exit code ${code} after ${seconds.toFixed(1)} s (${timing.own.toFixed(1)} s of it our own waiting), ${what}`,
  };
}

/** A key for the load, made as an operator makes one: here, and only its digest is sent to a task. */
async function makeKey({ account }: Stage, name: EnvironmentName, image: string): Promise<string> {
  const [key = '', digest = ''] = (await docker('run', '--rm', image, 'keys', 'generate')).split('\n');
  const words = [
    ...digest.trim().split(/\s+/),
    '--name',
    'rehearsal',
    '--scope',
    'cars:write',
    '--expires',
    '1d',
  ];
  const added = await runProgram(account.url, name, ['run', '--', 'keys', 'add', ...words], undefined);
  if (added.code !== 0) throw new Error(`no key was added: ${added.printed}`);
  return key.trim();
}

/** The control: what a release must not do. */
async function killOne({ account, driver, balancer }: Stage) {
  const begun = performance.now();
  const victim = account.board.tasks.findLast((task) => account.board.targetState(task) === 'healthy');
  if (victim === undefined) throw new Error('no task is healthy');
  await driver.kill(victim.id);
  while (balancer.stateOf(victim.id) !== 'unused') await sleep(100);
  while (account.board.tasks.filter((task) => account.board.targetState(task) === 'healthy').length < 3)
    await sleep(200);
  return { code: 0, printed: '', seconds: (performance.now() - begun) / 1000 };
}

/** How much of a run ECS was at work: from the start of its first task to the end of its last change. */
function timingOf({ account }: Stage, seconds: number): { own: number } {
  const since = Date.now() - seconds * 1000;
  const spans = account.board.tasks
    .filter(({ begun, owner }) => owner === undefined && begun.getTime() >= since)
    .map(({ begun, ended = new Date() }) => ended.getTime() - begun.getTime());
  const { deployments = [] } = account.ecs.scheduler.describe();
  const [deployment] = deployments;
  const created = deployment?.createdAt?.getTime() ?? 0;
  const rollOut = created >= since ? (deployment?.updatedAt?.getTime() ?? 0) - created : 0;
  const worked = spans.reduce((sum, span) => sum + span, rollOut) / 1000;
  return { own: Math.max(0, seconds - worked) };
}

async function runProgram(
  url: string,
  name: EnvironmentName,
  command: readonly string[],
  tag: string | undefined,
) {
  const begun = performance.now();
  const program = join(import.meta.dirname, '../aws-deploy.sh');
  const child = spawn('bash', [program, '--environment', name, ...command], {
    env: {
      ...process.env,
      ...(tag !== undefined && { IMAGE_TAG: tag }),
      AWS_ENDPOINT_URL: url,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'rehearsal',
      AWS_SECRET_ACCESS_KEY: 'rehearsal',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number>((resolve) => child.on('close', (exit) => resolve(exit ?? 1))),
  ]);
  return { code, printed: stdout + stderr, seconds: (performance.now() - begun) / 1000, stdout };
}

async function liveTag(url: string, name: EnvironmentName): Promise<string> {
  const { stdout } = await runProgram(url, name, ['status', '--json'], undefined);
  return JSON.parse(stdout).tag ?? 'nothing';
}

async function readTemplate(name: EnvironmentName): Promise<Template> {
  const { folder } = await synthesise('example/rehearsal', new Map());
  try {
    return JSON.parse(await readFile(join(folder, `${prefixOf(name)}-service.template.json`), 'utf8'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function needTools(): Promise<void> {
  for (const [tool, ...words] of [
    ['docker', 'version'],
    ['haproxy', '-v'],
    ['wrk', '-v'],
  ]) {
    const missing = await new Promise<boolean>((resolve) => {
      const child = spawn(tool ?? '', words, { stdio: 'ignore' });
      child.on('error', () => resolve(true));
      // wrk has no way to say its version without a code of 1.
      child.on('close', (code) => resolve(tool === 'docker' && code !== 0));
    });
    if (missing)
      throw new Failure(
        'toolMissing',
        `the rehearsal needs ${tool}`,
        'A container engine behind the docker command, and apt-get install haproxy wrk (or brew).',
      );
  }
}
