/** A copy of the repository, and a patch applied to it with or without one of its files. */

import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

/** Copies the files that git knows or would add, as they are now. The copy shares `node_modules`. */
export function copyRepository(root: string, folder: string): void {
  const list = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1024 * 1024 * 1024,
  });
  for (const path of list.split('\0')) {
    if (path !== '' && existsSync(join(root, path))) cpSync(join(root, path), join(folder, path));
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
}

/** The files that a patch changes or adds. */
export function patchedFiles(patch: string): string[] {
  return [...readFileSync(patch, 'utf8').matchAll(/^\+\+\+ b\/(.+)$/gm)].map(([, path = '']) => path);
}

/** Throws with git's message, which names the file, if the patch does not apply. */
export function applyPatch(folder: string, patch: string, without?: string): void {
  git(folder, patch, without, []);
}

export function revertPatch(folder: string, patch: string, without?: string): void {
  git(folder, patch, without, ['--reverse']);
}

function git(folder: string, patch: string, without: string | undefined, options: readonly string[]): void {
  const exclude = without === undefined ? [] : [`--exclude=${without}`];
  execFileSync('git', ['apply', ...options, ...exclude, patch], {
    cwd: folder,
    // The folder is no part of a repository, even if a folder above it is one.
    env: { ...process.env, GIT_CEILING_DIRECTORIES: join(folder, '..') },
    stdio: ['ignore', 2, 'pipe'],
  });
}
