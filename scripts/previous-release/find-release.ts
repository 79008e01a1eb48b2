/** Finds the previous release in git. */

import { execFileSync } from 'node:child_process';

/** There is no release that can be tested. */
export class NoReleaseError extends Error {
  override name = 'NoReleaseError';
}

/** The environment variable that makes a release's tests use this code's migrations: test/support/later-release.ts. */
export const LATER_RELEASE = 'TEST_LATER_RELEASE';

/**
 * Returns `requested`, or the newest tag `v…` before the last commit. Throws {@link NoReleaseError} when there is
 * none, or when its tests cannot use another schema. Throws another error when `requested` is unknown or the clone is shallow.
 */
export function findRelease(root: string, requested: string | undefined): string {
  const git = (...args: string[]) => runGit(root, args);
  const release = requested ?? git('describe', '--tags', '--abbrev=0', '--match', 'v[0-9]*', 'HEAD^');
  if (release === undefined) {
    if (git('rev-parse', '--is-shallow-repository') === 'true') {
      throw new Error('this clone is shallow, so tags may be missing; run: git fetch --unshallow --tags');
    }
    throw new NoReleaseError('there is no previous release: no tag v… before this commit');
  }
  if (git('rev-parse', '--verify', '--quiet', '--end-of-options', `${release}^{commit}`) === undefined) {
    throw new Error(`git has no tag or commit "${release}"`);
  }
  if (git('grep', '--quiet', LATER_RELEASE, release, '--', 'test') === undefined) {
    throw new NoReleaseError(
      `the tests of ${release} cannot run on another schema: they do not support ${LATER_RELEASE}`,
    );
  }
  return release;
}

/** Returns the output of git; undefined when it fails. */
function runGit(root: string, args: readonly string[]): string | undefined {
  try {
    return execFileSync('git', args, {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return undefined;
  }
}
