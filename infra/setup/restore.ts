/**
 * `restore`: a new database instance from a snapshot or a point in time, beside the live one, and checked. Callers notice
 * nothing; the cut-over is a person's doing (docs/operations.md).
 */

import {
  type DBInstance,
  DescribeDBInstancesCommand,
  RestoreDBInstanceFromDBSnapshotCommand,
  RestoreDBInstanceToPointInTimeCommand,
} from '@aws-sdk/client-rds';
import type { Context } from '../command/context.ts';
import { Failure } from '../command/exit-codes.ts';
import { runOneOff } from '../release/one-off-task.ts';
import { findService } from '../release/service.ts';

export type RestoreFrom = { readonly snapshot: string } | { readonly time: Date } | 'latest';

/** Minutes that RDS may take; a hundred GB take about half an hour. */
const PATIENCE = 180;

export async function restore(context: Context, from: RestoreFrom): Promise<void> {
  const { aws, prefix, terminal } = context;
  const source = await find(context, prefix);
  if (source === undefined)
    throw new Failure('refused', `there is no database ${prefix}`, 'Run setup first.');
  refuseImpossible(source, from);
  const target = `${prefix}-${new Date().toISOString().slice(0, 16).replaceAll(/\D/g, '')}`;
  // As the live one, since it is to take its place.
  const settings = {
    DBSubnetGroupName: source.DBSubnetGroup?.DBSubnetGroupName,
    VpcSecurityGroupIds: (source.VpcSecurityGroups ?? []).map(
      ({ VpcSecurityGroupId = '' }) => VpcSecurityGroupId,
    ),
    DBParameterGroupName: source.DBParameterGroups?.[0]?.DBParameterGroupName,
    DBInstanceClass: source.DBInstanceClass,
    MultiAZ: source.MultiAZ,
    StorageType: source.StorageType,
    PubliclyAccessible: false,
    DeletionProtection: source.DeletionProtection,
    CopyTagsToSnapshot: true,
    CACertificateIdentifier: source.CACertificateIdentifier,
    EnableCloudwatchLogsExports: source.EnabledCloudwatchLogsExports,
  };
  await (typeof from === 'object' && 'snapshot' in from
    ? aws.rds.send(
        new RestoreDBInstanceFromDBSnapshotCommand({
          ...settings,
          DBInstanceIdentifier: target,
          DBSnapshotIdentifier: from.snapshot,
        }),
      )
    : aws.rds.send(
        new RestoreDBInstanceToPointInTimeCommand({
          ...settings,
          SourceDBInstanceIdentifier: prefix,
          TargetDBInstanceIdentifier: target,
          ...(from === 'latest' ? { UseLatestRestorableTime: true } : { RestoreTime: from.time }),
        }),
      ));
  terminal.say(
    `RDS makes ${target}; it goes on when this is interrupted. That takes a quarter of an hour or more.`,
  );
  const end = performance.now() + PATIENCE * 60_000;
  let status: string | undefined;
  for (;;) {
    const made = await find(context, target);
    if (made?.DBInstanceStatus !== status)
      terminal.say(`${target} is ${made?.DBInstanceStatus ?? 'not there yet'}`);
    status = made?.DBInstanceStatus;
    if (status === 'available') return await check(context, target, made?.Endpoint?.Address ?? '');
    if (/failed|incompatible|error/.test(status ?? ''))
      throw new Failure(
        'stackFailed',
        `${target} is ${status}`,
        'Delete it in RDS and restore from another point.',
      );
    if (performance.now() > end)
      throw new Failure('timedOut', `${target} is not available after ${PATIENCE} minutes; RDS goes on`);
    await context.pause();
  }
}

function refuseImpossible({ LatestRestorableTime }: DBInstance, from: RestoreFrom): void {
  if (from === 'latest' || 'snapshot' in from) return;
  if (LatestRestorableTime !== undefined && from.time > LatestRestorableTime) {
    throw new Failure(
      'refused',
      `${from.time.toISOString()} is later than can be restored (${LatestRestorableTime.toISOString()})`,
      'Give that time or an earlier one, or --latest.',
    );
  }
}

/** A task of the live image reads the copy: it opens, its schema is known, and it has so many cars. */
async function check(context: Context, target: string, address: string): Promise<void> {
  const { terminal } = context;
  const service = await findService(context);
  const next = `Cut-over: docs/operations.md#cut-over-to-a-restored-database. Its name: ${target}, its address: ${address}`;
  if ((service.desiredCount ?? 0) === 0) {
    terminal.say(`Not checked: no image was released yet. ${next}`);
    return terminal.result({ instance: target, address, checked: false });
  }
  const { exitCode, reason, lines } = await runOneOff(context, {
    taskDefinition: service.taskDefinition ?? '',
    command: ['inspect'],
    environment: { DATABASE_HOST: address },
    patience: 10,
  });
  if (exitCode !== 0) {
    throw new Failure(
      'refused',
      [`${target} is there, but the check failed: ${reason}`, ...lines].join('\n  '),
      'A password that was changed since then is one reason: docs/operations.md.',
    );
  }
  terminal.say(`Checked by a task of the live image: ${lines.at(-1)}`);
  terminal.say(next);
  terminal.result({ instance: target, address, checked: true });
}

async function find({ aws }: Context, id: string): Promise<DBInstance | undefined> {
  try {
    const { DBInstances: [instance] = [] } = await aws.rds.send(
      new DescribeDBInstancesCommand({ DBInstanceIdentifier: id }),
    );
    return instance;
  } catch (error) {
    if (error instanceof Error && /^DBInstanceNotFound/.test(error.name)) return undefined;
    throw error;
  }
}
