/** Checks the README: its examples print what it shows, and its scripts and folders exist. */

import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { startService } from './process/start-service.ts';
import { runExample } from './support/run-example.ts';

const readme = readFileSync('README.md', 'utf8');

/** The commands in the console blocks, each with the output shown below it. */
function shownCommands(): { command: string; output: string }[] {
  const blocks = [...readme.matchAll(/^```console\n(.*?)^```$/gms)].map((match) => match[1] ?? '');
  const entries = blocks.flatMap((block) => block.split(/^\$ /m)).filter((entry) => entry !== '');
  return entries.map((entry) => {
    const [command = '', ...lines] = entry.trimEnd().split('\n');
    return { command, output: lines.join('\n') };
  });
}

describe('the README', () => {
  it('shows commands that print the output below them', async () => {
    const { url } = await startService({ DATABASE_URL: 'sqlite::memory:' });
    const commands = shownCommands();
    expect(commands.length).toBeGreaterThanOrEqual(5);
    for (const { command, output } of commands) {
      expect((await runExample(command, url)).trimEnd(), command).toBe(output);
    }
  });

  it('names only scripts that exist in package.json', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'));
    const named = [...readme.matchAll(/npm (?:run )?(start|test|[a-z]+:[a-z]+|(?<=run )[a-z]+)\b/g)].map(
      ([, name]) => name,
    );
    expect(named).toEqual(expect.arrayContaining(['start', 'test', 'load']));
    expect(named.filter((name) => scripts[name ?? ''] === undefined)).toEqual([]);
  });

  it('lists only folders that exist', () => {
    const folders = [...readme.matchAll(/^ {4}([a-z]+\/) +/gm)].map(([, path]) => path ?? '');
    expect(folders).toContain('src/');
    expect(folders.filter((path) => !existsSync(path))).toEqual([]);
  });
});
