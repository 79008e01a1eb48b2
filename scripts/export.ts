/** `npm run export`: writes the cars of a running service to a file or to standard output. */

import { once } from 'node:events';
import { exitOnLostOutput } from '../src/commands/process-events.ts';
import { UsageError } from '../src/commands/usage-error.ts';
import { type ExportOptions, HELP, parseOptions } from './export/options.ts';
import { openPartialFile, type PartialFile } from './export/partial-file.ts';
import { runTransfer } from './transfer/run-transfer.ts';
import { showStatus } from './transfer/status-line.ts';

exitOnLostOutput();
process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  try {
    const options = parseOptions(args, process.env['CARS_API_KEY']);
    if (options === 'help') {
      process.stdout.write(HELP);
      return 0;
    }
    if (options.file === undefined) return await exportTo(options, writeToStandardOutput);
    const file = await openPartialFile(options.file, options.format, options.continue);
    return await exportTo(options, file.write, file).finally(file.close);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`export: ${error.message}\nTry --help.\n`);
    return 2;
  }
}

async function writeToStandardOutput(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}

async function exportTo(
  options: ExportOptions,
  write: (text: string) => Promise<void>,
  file?: PartialFile,
): Promise<number> {
  const { filters, format } = options;
  const afterId = file?.lastId;
  const start = performance.now();
  let lines = format === 'csv' && afterId === undefined ? -1 : 0;
  const summary = () => {
    const seconds = (performance.now() - start) / 1000;
    return `${Math.max(0, lines)} cars  ${Math.round(Math.max(0, lines) / seconds)} cars/s`;
  };
  const status = showStatus(process.stderr, summary);

  const ending = await runTransfer(
    options,
    async (cars, signal) => {
      const choice = {
        format,
        signal,
        ...(options.safe && { safe: 'spreadsheet' as const }),
        ...(afterId !== undefined && { afterId }),
      };
      for await (const text of cars.exportText(filters, choice)) {
        await write(text);
        lines += countLines(text);
        status.clearTrouble();
      }
      await file?.complete();
    },
    status.trouble,
  ).finally(status.end);

  if (ending === undefined) {
    status.line(summary());
    return 0;
  }
  const rest =
    file === undefined
      ? 'The output is incomplete'
      : `${file.path} is incomplete. To finish it, run the command again with --continue`;
  status.line(`export: ${ending.reason}. ${rest}.`);
  return ending.exitCode;
}

function countLines(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}
