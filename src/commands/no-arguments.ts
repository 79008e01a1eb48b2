/** The command line of a command that takes no arguments. */

/**
 * Prints the help for `--help`, and rejects anything else with exit code 2.
 *
 * @returns whether the command should run.
 */
export function hasNoArguments(name: string, help: string): boolean {
  const words = process.argv.slice(2);
  if (words.length === 0) return true;
  if (words.length === 1 && words[0] === '--help') {
    process.stdout.write(help);
    return false;
  }
  process.stderr.write(`${name}: takes no arguments, but got ${words.join(' ')}\nTry --help.\n`);
  process.exitCode = 2;
  return false;
}
