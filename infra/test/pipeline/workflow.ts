/** Reads the workflows, and runs the commands of their jobs as a GitHub runner does. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { parse } from 'yaml';
import type { Run } from '../support/run-program.ts';

export const ROOT = join(import.meta.dirname, '../../..');
const FOLDER = join(ROOT, '.github/workflows');

export interface Step {
  readonly id?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Job {
  readonly if?: string;
  readonly needs?: string | readonly string[];
  readonly environment?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly concurrency?: Readonly<Record<string, unknown>>;
  readonly 'timeout-minutes'?: number;
  readonly strategy?: { readonly matrix: { readonly include: readonly Readonly<Record<string, unknown>>[] } };
  readonly outputs?: Readonly<Record<string, string>>;
  readonly services?: Readonly<Record<string, { readonly image: string }>>;
  readonly steps: readonly Step[];
}

export interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: object;
  readonly concurrency: Readonly<Record<string, unknown>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

export const workflowFiles = readdirSync(FOLDER).map((name) => join(FOLDER, name));

export function readWorkflow(name: string): Workflow {
  return parse(readFileSync(join(FOLDER, name), 'utf8'));
}

/** The jobs that can get AWS credentials, with their names. */
export function jobsWithCredentials({ jobs }: Workflow): [string, Job][] {
  return Object.entries(jobs).filter(([, { permissions }]) => permissions?.['id-token'] === 'write');
}

export interface RunnerOptions {
  /** The checkout of the project. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  /** The value of each `${{ … }}` expression. */
  readonly expressions: Readonly<Record<string, string>>;
}

export interface JobRun extends Run {
  /** The job's outputs; empty when it failed. */
  readonly outputs: Readonly<Record<string, string>>;
}

/**
 * Runs the commands of a job with `bash -e`, as GitHub does, until one fails, and skips a step whose
 * `if` compares an output. Actions are not run. Throws when a command or its environment uses an
 * expression that was not given.
 */
export async function runJob(
  { steps, outputs: declared = {} }: Job,
  { folder, environment, expressions }: RunnerOptions,
): Promise<JobRun> {
  /** Outputs of steps, by expression: `steps.build.outputs.digest`. */
  const found: Record<string, string> = {};
  const insert = (written: string) =>
    String(written).replaceAll(/\$\{\{ (.*?) \}\}/g, (_, expression: string) => {
      const value = expressions[expression] ?? found[expression];
      if (value === undefined) throw new Error(`the expression ${expression} has no value`);
      return value;
    });
  const run = { code: 0 as number | null, stdout: '', stderr: '' };
  for (const { id, if: condition = '', run: command, env = {} } of steps) {
    const [, output, value] = /^(steps\.\w+\.outputs\.\w+) == '(\w+)'$/.exec(condition) ?? [];
    if (command === undefined || (output !== undefined && found[output] !== value)) continue;
    const temporary = mkdtempSync(join(tmpdir(), 'cars-api-job-'));
    const outputs = join(temporary, 'output');
    const own = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, insert(value)]));
    const child = spawn('bash', ['-e', '-c', insert(command)], {
      cwd: folder,
      env: { ...environment, ...own, GITHUB_OUTPUT: outputs },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [stdout, stderr, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'exit') as Promise<[number | null]>,
    ]);
    run.stdout += stdout;
    run.stderr += stderr;
    run.code = code;
    const lines = readLines(outputs);
    rmSync(temporary, { recursive: true });
    if (code !== 0) break;
    for (const line of lines) {
      const [name = '', ...value] = line.split('=');
      found[`steps.${id}.outputs.${name}`] = value.join('=');
    }
  }
  const handedOn = Object.entries(run.code === 0 ? declared : {});
  return { ...run, outputs: Object.fromEntries(handedOn.map(([name, value]) => [name, insert(value)])) };
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').trim().split('\n');
  } catch {
    return [];
  }
}
