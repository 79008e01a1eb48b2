/** What is left when a stage does not start, or Ctrl-C ends it, with stand-ins for docker and haproxy. */

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished, vi } from 'vitest';
import type { Template } from '../../rehearsal/ecs/local-platform.ts';
import { startStage } from '../../rehearsal/stage.ts';
import { installProgram } from '../support/stand-ins.ts';
import { readVariant } from '../support/synthesised.ts';

const TEMPLATE = readVariant('declared').templates.get('cars-api-service') as Template;

/** A docker whose `verb` fails. @returns the names of what it has started and not removed. */
function installDocker(verb: string): () => string[] {
  const folder = installProgram(
    'docker',
    `echo "$*" >>"$(dirname "$0")/asked"; [ "$1" != ${verb} ] || { echo broken >&2; exit 1; }`,
  );
  return () => {
    const lines = readFileSync(join(folder, 'asked'), 'utf8').split('\n');
    const started = lines.flatMap((line) => /^(?:network create|run .*--name) (\S+)/.exec(line)?.[1] ?? []);
    const removed = lines.flatMap((line) => /^(?:network rm|rm) (.*)/.exec(line)?.[1]?.split(' ') ?? []);
    expect(started).not.toEqual([]);
    return started.filter((name) => !removed.includes(name));
  };
}

it('is removed when MySQL does not start', async () => {
  const leftBehind = installDocker('run');
  await expect(startStage(TEMPLATE, AbortSignal.any([]))).rejects.toThrow('broken');
  expect(leftBehind()).toEqual([]);
});

it('is removed when somebody interrupts the wait for MySQL', async () => {
  const leftBehind = installDocker('exec');
  const interruption = new AbortController();
  const starting = startStage(TEMPLATE, interruption.signal);
  starting.catch(() => {});
  await sleep(500);
  interruption.abort();
  await expect(starting).rejects.toThrow('aborted');
  expect(leftBehind()).toEqual([]);
});

it('is removed when haproxy does not answer', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cars-api-stage-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const leftBehind = installDocker('nothing');
  installProgram('haproxy', 'exit 1');
  vi.stubEnv('TMPDIR', folder);
  await expect(startStage(TEMPLATE, AbortSignal.any([]))).rejects.toThrow('haproxy does not answer');
  expect(leftBehind()).toEqual([]);
  expect(readdirSync(folder)).toEqual([]);
});

it('starts haproxy in a process group of its own, which Ctrl-C does not end', async () => {
  installDocker('nothing');
  const folder = installProgram('haproxy', 'kill -s 0 -- -$$ && touch "$(dirname "$0")/leads-a-group"');
  await expect(startStage(TEMPLATE, AbortSignal.timeout(1000))).rejects.toThrow('aborted');
  expect(readdirSync(folder)).toContain('leads-a-group');
});
