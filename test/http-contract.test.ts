/** Checks docs/use/http-contract.md: the service responds to its examples, in their order, with what the page shows. */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { startService } from './process/start-service.ts';
import { runExample } from './support/run-example.ts';

const page = readFileSync('docs/use/http-contract.md', 'utf8');

/** The commands in the console blocks, each with the paragraphs of output below it. */
function shownExamples(): { command: string; shown: string[] }[] {
  const blocks = [...page.matchAll(/^```console\n\$ (.*?)^```$/gms)].map((match) => match[1] ?? '');
  return blocks.map((block) => {
    const [command = '', output = ''] = block.split(/(?<! \\|,)\n(.*)/s);
    return { command, shown: output.split(/\n(?! )/).filter((line) => line !== '') };
  });
}

/** Joins lines that the page wraps, and replaces what differs in each run. */
function normalized(text: string): string {
  return text
    .replaceAll(/\s*\n +/g, ' ')
    .replaceAll(/([,[{]) (?=["{])/g, '$1')
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UUID')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replaceAll(/cursor=[\w-]+/g, 'cursor=CURSOR');
}

describe('the HTTP contract', () => {
  it('shows what the service responds to its examples', async () => {
    const { url } = await startService({ DATABASE_URL: 'sqlite::memory:' });
    const examples = shownExamples();
    expect(examples.length).toBeGreaterThanOrEqual(11);
    for (const { command, shown } of examples) {
      const received = normalized(await runExample(command, url)).split(/\r?\n/);
      expect(shown, command).not.toEqual([]);
      for (const part of shown) expect(received, command).toContain(normalized(part));
    }
  });
});
