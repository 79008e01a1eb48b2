/** The program behind infra/aws-deploy.sh: runs one command and reports how it ended. */

import { explain } from '../core/aws.ts';
import { EXIT, INTERRUPTED } from '../core/exit-codes.ts';
import { runCommand } from './run-command.ts';

const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interruption.abort());

try {
  await runCommand(process.argv.slice(2), interruption.signal);
} catch (error) {
  const explained = explain(error);
  const failure = interruption.signal.aborted && explained?.exit !== 'interrupted' ? INTERRUPTED : explained;
  if (failure === undefined) process.stderr.write(`\n${(error as Error).stack}\n`);
  else process.stderr.write(`\n${failure.message}\n${failure.advice && `→ ${failure.advice}\n`}`);
  process.exitCode = EXIT[failure?.exit ?? 'fault'];
}
