/** What the commands throw if their arguments cannot be used. */

/** The command line or a file that it names is invalid; nothing was done. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** @param error what `parseArgs` of Node.js threw. Its advice on arguments with a hyphen does not fit our commands. */
export function describeParseError(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/\. To specify a positional argument.*/s, '');
}
