/**
 * `deploy`: migrates, then makes an image live; with `--again` the live image, with the newest
 * platform settings.
 */

import type { Service } from '@aws-sdk/client-ecs';
import type { Context } from '../core/context.ts';
import { Failure } from '../core/exit-codes.ts';
import { findImage } from './images.ts';
import { recordLive } from './ledger.ts';
import { withLock } from './lock.ts';
import { migrate, rejectBreakingMigrations } from './migrations.ts';
import { release } from './release.ts';
import { findActiveService } from './service.ts';
import { readImage } from './task-definitions.ts';
import { rejectDuringDeployment, verifyRolesAndSecrets } from './verify.ts';

export interface DeployOptions {
  /** By default the live image's. */
  readonly tag: string | undefined;
  /** Only if this image is live: another run may have released one since the caller looked. */
  readonly ifLive?: string | undefined;
  readonly timeoutMinutes: number;
}

export async function deploy(outer: Context, { tag, ifLive, timeoutMinutes }: DeployOptions): Promise<void> {
  await withLock(outer, `deploy ${tag ?? 'again'}`, async (context) => {
    await verifyRolesAndSecrets(context, ['serve', 'migrate']);
    const service = await findActiveService(context.aws, context.prefix);
    if (service !== undefined) rejectDuringDeployment(service);
    const current = service === undefined ? {} : await readImage(context, service.taskDefinition ?? '');
    if (ifLive !== undefined && current.tag !== ifLive)
      throw new Failure(
        'refused',
        `${current.tag ?? 'no image'} is live, and not ${ifLive}, so nothing was released`,
      );
    await recordLive(context, current.digest);
    const image = await findImage(context, tag ?? current.tag ?? throwNothingLive());
    if (service !== undefined && isLive(service) && current.digest !== undefined)
      await rejectBreakingMigrations(context, image, current.digest);
    await release(context, image, {
      kind: 'deploy',
      timeoutMinutes,
      prepare: (timeline) => timeline.during('migrate', () => migrate(context, image)),
    });
  });
}

/**
 * Whether clients are being served: not before the first release, nor after a first release that
 * failed.
 */
function isLive({ desiredCount = 0, deployments = [] }: Service): boolean {
  return desiredCount > 0 && deployments.some(({ rolloutState }) => rolloutState !== 'FAILED');
}

function throwNothingLive(): never {
  throw new Failure('refused', 'no image is live yet', 'Deploy one: infra/aws-deploy.sh deploy TAG');
}
