import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keepFiguresIn, readTable } from './figures.ts';

/** Vitest's global setup of `npm run test:faults`; what it returns runs at the end. */
export function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'cars-api-faults-'));
  const file = join(folder, 'figures.jsonl');
  writeFileSync(file, '');
  keepFiguresIn(file);
  return () => {
    process.stdout.write(`\n${readTable(file)}\n`);
    rmSync(folder, { recursive: true });
  };
}
