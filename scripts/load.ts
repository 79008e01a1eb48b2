/** `npm run load`: creates a car for each row of a CSV file, on a running service. */

import { ProblemError } from '../client/src/index.ts';
import { exitOnLostOutput } from '../src/commands/process-events.ts';
import { UsageError } from '../src/commands/usage-error.ts';
import { type CsvFile, openCsvFile } from './load/csv-file.ts';
import { HELP, type LoadOptions, parseOptions } from './load/options.ts';
import { formatBar } from './load/progress.ts';
import { openRejections } from './load/rejections.ts';
import { countReport, formatSummary, type Tally } from './load/tally.ts';
import { runTransfer } from './transfer/run-transfer.ts';
import { showStatus } from './transfer/status-line.ts';

const REPEAT = 'To resume, run the same command again within 24 hours. It does not create any car twice.';

exitOnLostOutput();
process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  try {
    const options = parseOptions(args, process.env['CARS_API_KEY']);
    if (options === 'help') {
      process.stdout.write(HELP);
      return 0;
    }
    const file = await openCsvFile(options.file, process.stdin);
    return await load(options, file).finally(file.close);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`load: ${error.message}\nTry --help.\n`);
    return 2;
  }
}

async function load(options: LoadOptions, file: CsvFile): Promise<number> {
  const { dryRun, ignoreExtra, concurrency } = options;
  const tally: Tally = { rows: file.rowCount, valid: 0, created: 0, alreadyThere: 0, rejected: 0 };
  const start = performance.now();
  const seconds = () => (performance.now() - start) / 1000;
  const status = showStatus(process.stderr, () => formatBar(tally, seconds()));
  const rejections = await openRejections(options.rejected, file, status.line);

  const ending = await runTransfer(
    options,
    async (cars, signal) => {
      const many = { name: file.fingerprint, dryRun, ignoreExtra, concurrency, signal };
      try {
        for await (const report of cars.createManyFromCsv(file.read(), many)) {
          countReport(tally, report, dryRun);
          status.clearTrouble();
          await rejections.add(report.rejected);
        }
        await rejections.close();
      } catch (error) {
        // A wrong header: it is the same in each batch, so nothing was created.
        if (error instanceof ProblemError && error.code === 'invalid-batch')
          throw new UsageError(error.message.replace('extra=ignore', '--ignore-extra'));
        throw error;
      }
    },
    status.trouble,
  ).finally(status.end);

  await rejections.end();
  if (ending !== undefined) status.line(`load: ${ending.reason}. ${REPEAT}`);
  process.stdout.write(formatSummary(tally, seconds(), dryRun));
  return ending?.exitCode ?? (tally.rejected > 0 ? 1 : 0);
}
