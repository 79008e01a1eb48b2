/** `rollback`: an earlier image, without migrations, where the database still allows it. */

import type { Context } from '../core/context.ts';
import { Failure } from '../core/exit-codes.ts';
import { findImage } from './images.ts';
import { readLedger, releaseBefore } from './ledger.ts';
import { withLock } from './lock.ts';
import { refuseOutgrown } from './migrations.ts';
import { release } from './release.ts';
import { findService } from './service.ts';
import { imageOf, readTaskDefinition } from './task-definitions.ts';
import { refuseWhileDeploying, verifyNeeds } from './verify.ts';

/** @param tag by default that of the release before the live one. */
export async function rollBack(
  context: Context,
  { tag, patience }: { readonly tag: string | undefined; readonly patience: number },
): Promise<void> {
  await withLock(context, `rollback ${tag ?? ''}`.trim(), async () => {
    const service = await findService(context);
    refuseWhileDeploying(service);
    const taskDefinition = service.taskDefinition ?? '';
    const { digest = '' } = imageOf(await readTaskDefinition(context, taskDefinition));
    if (digest === '' || service.desiredCount === 0)
      throw new Failure('refused', 'nothing is live, so there is no way back');
    const ledger = await readLedger(context);
    const target = tag ?? releaseBefore(ledger, digest)?.tag;
    if (target === undefined) {
      throw new Failure(
        'refused',
        'the ledger knows no release before the live one',
        'Name one: infra/aws-deploy.sh rollback TAG',
      );
    }
    const image = await findImage(context, target);
    if (image.digest === digest) throw new Failure('refused', `${image.tag} is live already`);
    await verifyNeeds(context, [context.prefix]);
    await refuseOutgrown(context, image, { taskDefinition, digest }, ledger);
    await release(context, image, { kind: 'rollback', patience, prepare: async () => {} });
  });
}
