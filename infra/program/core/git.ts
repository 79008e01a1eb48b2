/** The checkout that the program belongs to: its commit, its changes, its repository on GitHub. */

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { Failure } from './exit-codes.ts';

/** The folder of the checkout. */
export const ROOT = join(import.meta.dirname, '../../..');

/** The id of the commit that is checked out. Throws {@link Failure} `usage` outside a checkout. */
export function readCommit(): string {
  const commit = git('rev-parse', 'HEAD');
  if (commit !== undefined) return commit;
  throw new Failure('usage', `${ROOT} is not a git checkout with a commit`, 'Clone the repository.');
}

/** Throws {@link Failure} `refused` when the files differ from the commit, and `usage` as above. */
export function rejectUncommitted(): void {
  readCommit();
  const changes = (git('status', '--porcelain') ?? '').split('\n').filter((line) => line !== '');
  if (changes.length === 0) return;
  const shown = changes.slice(0, 5).map((line) => `\n  ${line}`);
  const others = changes.length > shown.length ? `\n  and ${changes.length - shown.length} more` : '';
  throw new Failure(
    'refused',
    `the checkout has changes that are not committed:${shown.join('')}${others}`,
    'An image has the tag of its commit, so commit the changes or stash them (`git stash -u`).',
  );
}

/** `OWNER/NAME` on GitHub, from the remote `origin`; undefined if it is elsewhere. */
export function readOrigin(): string | undefined {
  const url = git('remote', 'get-url', 'origin') ?? '';
  return /github\.com[:/]([\w.-]+\/[\w.-]+?)(?:\.git)?$/.exec(url)?.[1];
}

/** Undefined when git is missing, or fails. */
function git(...args: readonly string[]): string | undefined {
  try {
    const stdio: ['ignore', 'pipe', 'ignore'] = ['ignore', 'pipe', 'ignore'];
    return execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio }).trimEnd();
  } catch {
    return undefined;
  }
}
