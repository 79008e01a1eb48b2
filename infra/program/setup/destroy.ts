/**
 * `destroy`: deletes an environment, keeps a snapshot of its database, and lists what else remains.
 */

import { paginateDescribeDBClusters, paginateDescribeDBInstances } from '@aws-sdk/client-rds';
import { chosen, type Environment } from '../../platform/environments.ts';
import { SHARED, stacksOf } from '../../platform/platform.ts';
import type { Context } from '../core/context.ts';
import { Failure } from '../core/exit-codes.ts';
import { withLock } from '../release/lock.ts';
import { deleteService } from './delete-service.ts';
import { isCopy } from './restored-instance.ts';
import { deleteStack, findStack, reasonsOf } from './stacks.ts';

export interface DestroyOptions {
  /** The environment's name as confirmation; asked for when absent. */
  readonly confirmed: string | undefined;
}

export async function destroy(context: Context, options: DestroyOptions): Promise<void> {
  const { aws, environment, name, prefix, identity, terminal } = context;
  if (chosen(environment.database.deletionProtection)) {
    throw new Failure(
      'refused',
      `${name} is protected from deletion`,
      'To delete it anyway: set `deletionProtection: { value: false, reason }` in infra/platform/environments.ts, then run infra/aws-deploy.sh setup and infra/aws-deploy.sh destroy.',
    );
  }
  // Dependent stacks first; the stack with the lock last.
  const stacks: string[] = [];
  for (const stack of stacksOf(prefix).toReversed()) {
    const found = await findStack(aws.cloudFormation, stack);
    if (found?.EnableTerminationProtection) {
      throw new Failure(
        'refused',
        `the stack ${stack} is protected from deletion`,
        'Run infra/aws-deploy.sh setup, which ends the protection that environments.ts no longer has. Then destroy.',
      );
    }
    if (found !== undefined) stacks.push(stack);
  }
  if (stacks.length === 0) return terminal.print(`There is no stack of ${name} in ${identity.region}.`);

  await rejectForgottenCopies(context);

  terminal.print(`This deletes ${name} in account ${identity.account}, region ${identity.region}:`);
  terminal.table(stacks.map((stack) => ['  stack', stack]));
  terminal.print(`Kept: ${keptBy(environment).join(', ')}, and the stack ${SHARED} with the registry.`);
  const answer =
    options.confirmed ??
    (await terminal.ask(`Type the name of the environment (${name}) to delete it:`, `--confirm ${name}`));
  if (answer !== name) throw new Failure('declined', `"${answer}" is not ${name}: nothing was changed`);

  const remove = async (context: Context) => {
    const { aws, signal } = context;
    await deleteService(context);
    for (const stack of stacks) {
      signal.throwIfAborted();
      terminal.print(`Deleting ${stack}`);
      if (await deleteStack(context, stack)) continue;
      const reasons = await reasonsOf(aws.cloudFormation, stack);
      throw new Failure(
        'stackFailed',
        [`the stack ${stack} was not deleted`, ...reasons].join('\n  '),
        'Fix the cause, then run the command again. It continues where it stopped.',
      );
    }
  };
  await (stacks.includes(`${prefix}-base`) ? withLock(context, 'destroy', remove) : remove(context));
  terminal.print(`${name} is deleted. The final snapshot of its database: RDS, Snapshots, ${prefix}-data-…`);
}

/** RDS deletes the secret with the owner's password together with the database. */
function keptBy({ network, recovery }: Environment): string[] {
  return [
    'a final snapshot of the database',
    'the access logs',
    'the KMS keys',
    ...('reason' in recovery.region ? [] : ['the copies in AWS Backup']),
    ...(chosen(network.flowLogs) ? ['the flow logs'] : []),
  ];
}

/**
 * A copy that `restore` made, or the database that it replaced, uses the network and the parameters of
 * the environment, so their stack could not be deleted. Throws {@link Failure} `refused`.
 */
async function rejectForgottenCopies({ aws, prefix, name }: Context): Promise<void> {
  const copies: string[] = [];
  const client = aws.rds;
  for await (const { DBInstances = [] } of paginateDescribeDBInstances({ client }, {}))
    copies.push(...DBInstances.map(({ DBInstanceIdentifier: id = '' }) => id));
  for await (const { DBClusters = [] } of paginateDescribeDBClusters({ client }, {}))
    copies.push(...DBClusters.map(({ DBClusterIdentifier: id = '' }) => id));
  const forgotten = copies.filter((id) => isCopy(id, prefix));
  if (forgotten.length === 0) return;
  throw new Failure(
    'refused',
    `${name} has databases that are left from a restore: ${forgotten.join(', ')}`,
    'Delete them in RDS when you no longer need them, then run the command again.',
  );
}
