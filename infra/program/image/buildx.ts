/** Builds the image with Docker's BuildKit. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../core/exit-codes.ts';
import { ROOT, readOrigin } from '../core/git.ts';
import { runTool } from '../core/tool.ts';

/** A builder of our own, because Docker's default one may not build for two platforms. */
const BUILDER = 'cars-api';

/** Throws {@link Failure} `imageFailed`. */
export async function buildImage(
  commit: string,
  options: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const docker = (args: readonly string[], quiet: boolean) =>
    runTool('docker', ['buildx', ...args], { cwd: ROOT, quiet, signal });
  if ((await docker(['inspect', BUILDER], true)) !== 0)
    await docker(['create', '--name', BUILDER, '--driver', 'docker-container'], true);
  const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  const server = process.env['GITHUB_SERVER_URL'] ?? 'https://github.com';
  const repository = process.env['GITHUB_REPOSITORY'] ?? readOrigin() ?? '';
  const labels = { VERSION: version, REVISION: commit, SOURCE: `${server}/${repository}` };
  const given = Object.entries(labels).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]);
  if ((await docker(['build', '.', '--builder', BUILDER, ...given, ...options], false)) === 0) return;
  throw new Failure('imageFailed', 'the image was not built', 'See what Docker printed above.');
}
