/** `build`: makes sure that the registry has the image of the commit that is checked out. */

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context } from '../core/context.ts';
import { Failure } from '../core/exit-codes.ts';
import { ROOT, readCommit, rejectUncommitted } from '../core/git.ts';
import { runTool } from '../core/tool.ts';
import { buildImage } from './buildx.ts';
import { findDigest, readRegistry } from './registry.ts';
import { scan } from './scan.ts';

/** Tasks run on amd64, and arm64 is for laptops. */
const PLATFORMS = ['linux/amd64', 'linux/arm64'];

export interface Built {
  /** Its name without the tag. */
  readonly image: string;
  /** The commit. */
  readonly tag: string;
  /** `sha256:…` */
  readonly digest: string;
  /** Whether it was pushed now, and not in the registry already. */
  readonly pushed: boolean;
}

/**
 * Throws {@link Failure} `refused` when the checkout has changes and before `setup`, `toolMissing`
 * without Docker, and `imageFailed` when the image is not built or the scanner finds something; then
 * nothing is pushed.
 */
export async function build(context: Context): Promise<Built> {
  const { signal, terminal } = context;
  rejectUncommitted();
  const tag = readCommit();
  const known = await findDigest(context, tag);
  const { image, logIn } = await readRegistry(context);
  if (known !== undefined) {
    terminal.print(`${tag} is in the registry already (${known})`);
    return { image, tag, digest: known, pushed: false };
  }
  if ((await runTool('docker', ['buildx', 'version'], { cwd: ROOT, quiet: true, signal })) !== 0)
    throw new Failure('toolMissing', 'docker buildx is not installed', 'See https://docs.docker.com/build/');
  const folder = await mkdtemp(join(tmpdir(), 'cars-api-image-'));
  try {
    await scan(context, join(folder, 'image.tar'), tag);
    await logIn();
    const metadata = join(folder, 'metadata.json');
    const target = ['--platform', PLATFORMS.join(), '--provenance', 'mode=max', '--tag', `${image}:${tag}`];
    await buildImage(tag, [...target, '--push', '--metadata-file', metadata], signal);
    const digest: string = JSON.parse(await readFile(metadata, 'utf8'))['containerimage.digest'];
    terminal.print(`Pushed ${image}:${tag} (${digest}). The registry scans it, too: see its page in ECR.`);
    return { image, tag, digest, pushed: true };
  } finally {
    await rm(folder, { recursive: true });
  }
}
