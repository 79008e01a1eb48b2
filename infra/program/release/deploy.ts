/** `deploy`: an image, its migrations first; without a tag the live image again, on the platform's newest settings. */

import type { Service } from '@aws-sdk/client-ecs';
import type { Context } from '../core/context.ts';
import { Failure } from '../core/exit-codes.ts';
import { findImage } from './images.ts';
import { withLock } from './lock.ts';
import { migrate, refuseBreaking } from './migrations.ts';
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
    const current = imageOf(await readTaskDefinition(context, service.taskDefinition ?? ''));
    const image = await findImage(context, tag ?? current.tag ?? refuseNothing());
    await verifyNeeds(context, [context.prefix, `${context.prefix}-migrate`]);
    if (isLive(service) && current.digest !== undefined) await refuseBreaking(context, image, current.digest);
    await release(context, image, {
      kind: 'deploy',
      patience,
      prepare: (timeline) => timeline.during('migrate', () => migrate(context, image)),
    });
  });
}

/** Whether callers have code that is to go on working: not before the first release, nor after one that failed. */
function isLive({ desiredCount = 0, deployments = [] }: Service): boolean {
  return desiredCount > 0 && deployments.some(({ rolloutState }) => rolloutState !== 'FAILED');
}

function refuseNothing(): never {
  throw new Failure(
    'refused',
    'nothing is live yet',
    'Name an image: IMAGE_TAG=… infra/aws-deploy.sh deploy',
  );
}
