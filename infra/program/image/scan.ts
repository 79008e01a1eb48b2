/** Scans an image for known vulnerabilities before it is pushed, where trivy is installed. */

import { ARCHITECTURE } from '../../platform/contract.ts';
import type { Context } from '../core/context.ts';
import { Failure } from '../core/exit-codes.ts';
import { ROOT } from '../core/git.ts';
import { runTool } from '../core/tool.ts';
import { buildImage } from './buildx.ts';

/** Only what an update can fix; otherwise nothing could be released until Debian has a fix. */
const WHAT = ['--scanners', 'vuln', '--severity', 'HIGH,CRITICAL', '--ignore-unfixed'];

/** The exit code of trivy when it finds something. */
const FOUND = 99;

/**
 * Throws {@link Failure} `imageFailed`.
 *
 * @param archive where to write the image as a file.
 */
export async function scan({ signal, terminal }: Context, archive: string, commit: string): Promise<void> {
  // The tags of a scanner were once moved to malicious code, so it gets no credentials from us.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(AWS|GH|GITHUB|ACTIONS)_/.test(name)),
  );
  const options = { cwd: ROOT, env, signal };
  const isMissing = await runTool('trivy', ['--version'], { ...options, quiet: true }).catch((error) => {
    if (error instanceof Failure) return error;
    throw error;
  });
  if (isMissing !== 0) return terminal.print('Not scanned before the push, because trivy is not installed.');
  const output = `type=docker,dest=${archive}`;
  const platform = `linux/${ARCHITECTURE.image}`;
  await buildImage(commit, ['--platform', platform, '--provenance=false', '--output', output], signal);
  const code = await runTool(
    'trivy',
    ['image', '--input', archive, ...WHAT, '--exit-code', `${FOUND}`],
    options,
  );
  if (code === 0) return;
  throw new Failure(
    'imageFailed',
    code === FOUND
      ? 'trivy found vulnerabilities that an update fixes'
      : `trivy failed with exit code ${code}`,
    code === FOUND
      ? 'Nothing was pushed. Update the package or the base image, or list the exception in .trivyignore.'
      : 'Nothing was pushed. See what trivy printed above.',
  );
}
