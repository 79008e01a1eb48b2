/**
 * `rehearse`: plays releases under load on this machine, with the task definition and service
 * settings that AWS would run, and checks the result of each. It makes no request to AWS.
 */

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { type EnvironmentName, prefixOf } from '../platform/environments.ts';
import { Failure } from '../program/core/exit-codes.ts';
import type { Terminal } from '../program/core/terminal.ts';
import { synthesise } from '../program/setup/cdk.ts';
import { ACTS, FAILURE_MODES } from './acts.ts';
import type { Template } from './ecs/local-platform.ts';
import { play } from './play.ts';
import { type Program, programAgainst } from './program.ts';
import { type Played, writeReport } from './report.ts';
import { startStage } from './stage.ts';

export interface RehearsalOptions {
  readonly name: EnvironmentName;
  /** Two local images. */
  readonly images: readonly string[];
  /** The folder for the report. */
  readonly report: string;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

/**
 * Throws {@link Failure} `usage`, `toolMissing`, and, after writing the report, `fault` when an act
 * failed.
 */
export async function rehearse(options: RehearsalOptions): Promise<void> {
  const { name, images, report, terminal, signal } = options;
  const [imageA, imageB] = images;
  if (imageA === undefined || imageB === undefined || images.length > 2)
    throw new Failure(
      'usage',
      'rehearse needs two images',
      'For example: infra/aws-deploy.sh rehearse cars-api:a cars-api:b',
    );
  await requireTools();
  const template = await readTemplate(name);
  terminal.print('Starting MySQL, haproxy and the local ECS.');
  await using stage = await startStage(template, signal);
  const program = programAgainst(stage.account.url, name);
  const played: Played[] = [];
  try {
    await stage.push('image-a', imageA);
    await stage.push('image-b', imageB);
    for (const mode of FAILURE_MODES)
      await stage.push(`image-${mode}`, await stage.buildBadImage(imageA, mode));
    let key: string | undefined;
    for (const act of ACTS) {
      signal.throwIfAborted();
      if (act.requests > 0) key ??= await createKey(program);
      const result = await play(stage, program, act, key);
      played.push(result);
      terminal.print(`${result.faults.length === 0 ? '✓' : '✗'} ${act.title}: ${result.summary}`);
      for (const fault of result.faults) terminal.print(`    ${fault}`);
      if (result.faults.length > 0) terminal.print(result.printed.replaceAll(/^/gm, '      '));
    }
  } finally {
    if (played.length > 0) await writeReport(report, name, played);
  }
  terminal.print(`Report: ${join(report, 'report.md')}`);
  terminal.result({ acts: played.map(({ printed: _printed, ...act }) => act) });
  const failed = played.filter(({ faults }) => faults.length > 0);
  if (failed.length > 0) throw new Failure('fault', `${failed.length} of ${played.length} acts failed`);
}

/** Creates an API key for the load, as an operator would. */
async function createKey(program: Program): Promise<string> {
  const grant = ['--name', 'rehearsal', '--scope', 'cars:write', '--expires', '1d'];
  const { code, printed, stdout } = await program.run(['keys', 'create', ...grant, '--json']);
  if (code !== 0) throw new Error(`no key was created: ${printed}`);
  return JSON.parse(stdout).key;
}

async function readTemplate(name: EnvironmentName): Promise<Template> {
  await using synthesis = await synthesise({ githubSubject: 'repo:example/rehearsal', zones: new Map() });
  return (await synthesis.template(`${prefixOf(name)}-service`)) as Template;
}

async function requireTools(): Promise<void> {
  for (const [tool, ...words] of [
    ['docker', 'version'],
    ['haproxy', '-v'],
    ['wrk', '-v'],
  ]) {
    const missing = await new Promise<boolean>((resolve) => {
      const child = spawn(tool ?? '', words, { stdio: 'ignore' });
      child.on('error', () => resolve(true));
      // wrk -v exits with 1.
      child.on('close', (code) => resolve(tool === 'docker' && code !== 0));
    });
    if (missing)
      throw new Failure(
        'toolMissing',
        `the rehearsal needs ${tool}`,
        'Install docker, haproxy and wrk, for example: apt-get install docker.io haproxy wrk',
      );
  }
}
