/** Runs a command whose one argument is a backup of the embedded database. */

import { parseCommandConfig } from '../config/config.ts';
import { describeFailure } from './describe-failure.ts';
import { exitOnLostOutput, exitOnSignal } from './process-events.ts';

/**
 * @param help is printed for `--help`.
 * @param run takes the path of the database and the argument.
 */
export async function runFileCommand(
  name: string,
  help: string,
  run: (path: string, file: string) => Promise<void> | void,
): Promise<void> {
  exitOnSignal();
  exitOnLostOutput();
  const [file, ...rest] = process.argv.slice(2);
  if (file === '--help' && rest.length === 0) {
    process.stdout.write(help);
    return;
  }
  if (file === undefined || file.startsWith('-') || rest.length > 0) {
    process.stderr.write(`${name}: give one FILE, for example: npm run ${name} -- FILE\nTry --help.\n`);
    process.exitCode = 2;
    return;
  }
  try {
    const { database } = parseCommandConfig(process.env);
    if (database.engine !== 'sqlite' || database.path === ':memory:') {
      throw new Error(`${name} works on an embedded database in a file; for MySQL, use its own tools`);
    }
    await run(database.path, file);
    process.stdout.write(`${name}: ${database.path} and ${file} are equal, and the integrity check passed\n`);
  } catch (error) {
    process.stderr.write(`${name}: ${describeFailure(error)}\n`);
    process.exitCode = 1;
  }
}
