/** `deploy`: an image, its migrations first; without a tag the live image again, on the platform's newest settings. */

import type { Context } from '../command/context.ts';
import { Failure } from '../command/exit-codes.ts';
import { findImage, type Image } from './images.ts';
import { withLock } from './lock.ts';
import { migrate } from './migrations.ts';
import { release } from './release.ts';
import { findService } from './service.ts';
import { imageOf, readTaskDefinition } from './task-definitions.ts';
import { refuseWhileDeploying, verifyNeeds } from './verify.ts';

export async function deploy(
  context: Context,
  { tag, patience }: { readonly tag: string | undefined; readonly patience: number },
): Promise<void> {
  await withLock(context, `deploy ${tag ?? 'again'}`, async () => {
    const service = await findService(context);
    refuseWhileDeploying(service);
    const image = await findImage(context, tag ?? (await liveTag(context, service.taskDefinition ?? '')));
    await verifyNeeds(context, [context.prefix, `${context.prefix}-migrate`]);
    await release(context, image, {
      kind: 'deploy',
      patience,
      prepare: (timeline) => timeline.during('migrate', () => migrate(context, image)),
    });
  });
}

async function liveTag(context: Context, taskDefinition: string): Promise<Image['tag']> {
  const { tag } = imageOf(await readTaskDefinition(context, taskDefinition));
  if (tag !== undefined) return tag;
  throw new Failure(
    'refused',
    'nothing is live yet',
    'Name an image: IMAGE_TAG=… infra/aws-deploy.sh deploy',
  );
}
