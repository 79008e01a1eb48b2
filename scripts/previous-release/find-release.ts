/** Which release came before this code: asked from git. */

import { execFileSync } from 'node:child_process';

/** Nothing to compare with; not a failure of what was to be checked, and no proof of it either. */
export class NoReleaseError extends Error {
  override name = 'NoReleaseError';
}

/** The variable by which a release's tests are told who migrates: test/support/later-release.ts. */
export const LATER_RELEASE = 'TEST_LATER_CHECKOUT';

/**
 * The release to check: `asked`, else the newest tag `v…` behind the last commit.
 * Throws {@link NoReleaseError} when there is none, or its tests cannot be pointed at another schema, and another error when git
 * does not know `asked` or has not the whole history.
 */
export function findRelease(root: string, asked: string | undefined): string {
  const git = (...args: string[]) => runGit(root, args);
  const release = asked ?? git('describe', '--tags', '--abbrev=0', '--match', 'v[0-9]*', 'HEAD^');
  if (release === undefined) {
    if (git('rev-parse', '--is-shallow-repository') === 'true') {
      throw new Error(
        'this clone lacks the history in which a release would be: git fetch --unshallow --tags',
      );
    }
    throw new NoReleaseError('there is no previous release: no tag v… lies behind this commit');
  }
  if (git('rev-parse', '--verify', '--quiet', '--end-of-options', `${release}^{commit}`) === undefined) {
    throw new Error(`git knows no "${release}"`);
  }
  if (git('grep', '--quiet', LATER_RELEASE, release, '--', 'test') === undefined) {
    throw new NoReleaseError(
      `the tests of ${release} cannot run on another schema: they do not know ${LATER_RELEASE}`,
    );
  }
  return release;
}

/** What git prints; undefined when it fails. */
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
