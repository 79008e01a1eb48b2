/** Runs the commands that documents show. */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Runs a curl command against a service, and returns what it prints.
 * @param command as a document shows it, for the default address.
 */
export async function runExample(command: string, serviceUrl: string): Promise<string> {
  const line = command
    .replaceAll('http://127.0.0.1:5000', serviceUrl)
    .replace(/^curl /, 'curl --silent --show-error ');
  return (await run('sh', ['-c', line])).stdout;
}
