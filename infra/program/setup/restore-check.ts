/** Checks a restored database with the live image, which knows what must be in it. */

import type { Context } from '../core/context.ts';
import { Failure } from '../core/exit-codes.ts';
import { inspectDatabase } from '../release/migrations.ts';
import { findActiveService } from '../release/service.ts';

/**
 * Runs a task of the live image that opens the copy, reads its schema and counts its cars. The
 * service itself may be scaled to 0 tasks. Throws {@link Failure} `checkFailed`.
 */
export async function checkCopy(context: Context, target: string, address: string): Promise<void> {
  const { aws, prefix, terminal } = context;
  const next = `To switch to it: docs/run/restore.md#cut-over-to-a-restored-database (name ${target}, address ${address})`;
  const { taskDefinition } = (await findActiveService(aws, prefix)) ?? {};
  if (taskDefinition === undefined) {
    terminal.print(`Not checked, because no image was released yet. ${next}`);
    return terminal.result({ instance: target, address, checked: false });
  }
  const { exitCode, reason, lines, report } = await inspectDatabase(context, taskDefinition, {
    DATABASE_HOST: address,
  });
  // `inspect` counts the cars only when it can work with the schema.
  if (typeof report?.cars !== 'number') {
    const why = exitCode === 0 ? 'the live image cannot work with its schema' : reason;
    throw new Failure(
      'checkFailed',
      [`${target} exists, but the check failed: ${why}`, ...lines].join('\n  '),
      `docs/run/restore.md#restore-a-copy lists the usual causes. Restore another point, and delete ${target} in RDS when you no longer need it.`,
    );
  }
  terminal.print(`Checked by a task of the live image: ${JSON.stringify(report)}`);
  terminal.print(next);
  terminal.result({ instance: target, address, checked: true });
}
