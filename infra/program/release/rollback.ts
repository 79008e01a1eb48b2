/**
 * `rollback`: makes an earlier image live, without migrations, if it can still work with the
 * database.
 */

import type { Context } from '../core/context.ts';
import { Failure } from '../core/exit-codes.ts';
import { findImage } from './images.ts';
import { type Release, readLedger, releaseBefore } from './ledger.ts';
import { withLock } from './lock.ts';
import { rejectOutgrownImage } from './migrations.ts';
import { release } from './release.ts';
import { findService } from './service.ts';
import { readImage } from './task-definitions.ts';
import { rejectDuringDeployment, verifyRolesAndSecrets } from './verify.ts';

export interface RollbackOptions {
  /** By default the tag of the release before the live one. */
  readonly tag: string | undefined;
  /** Only if this image is live: another run may have released one since the caller looked. */
  readonly ifLive: string | undefined;
  readonly timeoutMinutes: number;
}

export async function rollBack(
  outer: Context,
  { tag, ifLive, timeoutMinutes }: RollbackOptions,
): Promise<void> {
  await withLock(outer, `rollback ${tag ?? ''}`.trim(), async (context) => {
    const service = await findService(context);
    rejectDuringDeployment(service);
    const taskDefinition = service.taskDefinition ?? '';
    const { digest = '', tag: live } = await readImage(context, taskDefinition);
    if (digest === '' || service.desiredCount === 0)
      throw new Failure('refused', 'no image is live, so there is nothing to roll back');
    if (ifLive !== undefined && live !== ifLive)
      throw new Failure('refused', `${live} is live, and not ${ifLive}, so nothing was rolled back`);
    const ledger = await readLedger(context);
    const previous = releaseBefore(ledger, digest)?.tag;
    if (tag === undefined) rejectIfUndone(ledger[0], { digest, tag: live }, previous);
    const target = tag ?? previous;
    if (target === undefined) {
      throw new Failure(
        'refused',
        'the ledger has no release before the live one',
        'Name an image: infra/aws-deploy.sh rollback TAG',
      );
    }
    const image = await findImage(context, target);
    if (image.digest === digest) throw new Failure('refused', `${image.tag} is live already`);
    await verifyRolesAndSecrets(context, ['serve']);
    await rejectOutgrownImage(context, image, { taskDefinition, digest }, ledger);
    await release(context, image, { kind: 'rollback', timeoutMinutes, prepare: async () => {} });
  });
}

/**
 * Throws {@link Failure} `refused` if the newest release is undone already. The caller wants that one undone: going back
 * further would be a surprise.
 */
function rejectIfUndone(
  newest: Release | undefined,
  live: { digest: string; tag: string | undefined },
  previous: string | undefined,
): void {
  if (newest === undefined) return;
  const isLive = newest.digest === live.digest;
  // If a release is recorded as live and is not, something other than this program has replaced it.
  const isUndone = newest.kind === 'rollback' ? isLive : !isLive && newest.result !== 'live';
  if (!isUndone) return;
  throw new Failure(
    'refused',
    newest.kind === 'rollback'
      ? `the last release was a rollback already, to ${newest.tag}, which is live`
      : `the last release, ${newest.tag}, ended with ${newest.result}: ${live.tag ?? 'an earlier image'} is still live`,
    previous === undefined ? '' : `To go back further: infra/aws-deploy.sh rollback ${previous}`,
  );
}
