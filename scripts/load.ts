/** `npm run load`: creates a car for each row of a CSV file, on a running service. */

import { exitOnLostOutput } from '../src/commands/process-events.ts';
import { type CsvFile, openCsvFile } from './load/csv-file.ts';
import { loadRows } from './load/load-rows.ts';
import { HELP, type LoadOptions, parseOptions, UsageError } from './load/options.ts';
import { createSender } from './load/post-car.ts';
import { showProgress } from './load/progress.ts';
import { listRejections } from './load/rejections.ts';
import { countOutcome, formatSummary, type Tally } from './load/tally.ts';
import { judgeAnswer, judgeFailure } from './load/verdict.ts';

const REPEAT =
  'To resume, repeat the same command within 24 hours: cars that exist already are not created again.';
const INTERRUPTED = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

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
  const tally: Tally = { rows: file.rowCount, created: 0, alreadyThere: 0, rejected: 0 };
  const start = performance.now();
  const progress = showProgress(process.stderr, tally);
  const rejections = listRejections(progress.line);
  const sender = createSender(options.url, options.concurrency, options.key);
  const stop = stopOnSignals();

  const failure = await loadRows({
    rows: file.rows(),
    send: (line, fields) =>
      sender.post(fields, `${file.fingerprint}-${line}`).then(judgeAnswer, judgeFailure),
    abort: sender.close,
    concurrency: options.concurrency,
    stallSeconds: options.stallSeconds,
    stop: stop.signal,
    onSettled(line, outcome) {
      countOutcome(tally, outcome);
      if (outcome.kind === 'rejected') rejections.add(line, outcome.reason);
      progress.settled();
    },
    onTrouble: progress.trouble,
  });

  sender.close();
  rejections.end();
  if (failure !== undefined) progress.line(`load: stopped: ${failure}. ${REPEAT}`);
  else if (stop.exitCode() !== 0) progress.line(`load: interrupted. ${REPEAT}`);
  progress.end();
  process.stdout.write(formatSummary(tally, (performance.now() - start) / 1000));
  return stop.exitCode() || (failure !== undefined || tally.rejected > 0 ? 1 : 0);
}

/** The first signal lets requests in flight finish; a later one exits at once. */
function stopOnSignals() {
  const controller = new AbortController();
  let exitCode = 0;
  let since = 0;
  for (const [name, code] of Object.entries(INTERRUPTED)) {
    process.on(name, () => {
      // On Ctrl-C, the signal arrives twice: from the terminal and from npm. Ignore the second
      // within 1 s.
      if (exitCode !== 0 && performance.now() - since > 1000) process.exit(exitCode);
      if (exitCode !== 0) return;
      exitCode = code;
      since = performance.now();
      controller.abort();
    });
  }
  return { signal: controller.signal, exitCode: () => exitCode };
}
