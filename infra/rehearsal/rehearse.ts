/**
 * `rehearse`: plays releases on this machine with the very task definition and service settings that AWS would run, under load, and says
 * whether each went as it must. Nothing of AWS is called.
 */

import { spawn } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type EnvironmentName, prefixOf } from '../platform/environments.ts';
import { Failure } from '../program/core/exit-codes.ts';
import type { Terminal } from '../program/core/terminal.ts';
import { synthesise } from '../program/setup/cdk.ts';
import { ACTS, WAYS } from './acts.ts';
import type { Template } from './ecs/local-platform.ts';
import { play } from './play.ts';
import { type Program, programAgainst } from './program.ts';
import { type Played, writeReport } from './report.ts';
import { setStage } from './stage.ts';

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
  const program = programAgainst(stage.account.url, name);
  const played: Played[] = [];
  try {
    await stage.push('image-a', imageA);
    await stage.push('image-b', imageB);
    for (const way of WAYS) await stage.push(`image-${way}`, await stage.spoil(imageA, way));
    let key: string | undefined;
    for (const act of ACTS) {
      signal.throwIfAborted();
      if (act.requests > 0) key ??= await makeKey(program);
      const result = await play(stage, program, act, key);
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

/** A key for the load, made as an operator makes one. */
async function makeKey(program: Program): Promise<string> {
  const grant = ['--name', 'rehearsal', '--scope', 'cars:write', '--expires', '1d'];
  const { code, printed, stdout } = await program.run(['keys', 'create', ...grant, '--json']);
  if (code !== 0) throw new Error(`no key was made: ${printed}`);
  return JSON.parse(stdout).key;
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
