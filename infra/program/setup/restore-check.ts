/** Proves a restored database with the one program that knows what has to be in it: the live image. */

import type { Context } from '../core/context.ts';
import { Failure } from '../core/exit-codes.ts';
import { runOneOff } from '../release/one-off-task.ts';
import { lookForService } from '../release/service.ts';
import { imageOf, readTaskDefinition } from '../release/task-definitions.ts';

/**
 * A task of the live image reads the copy: it opens, its schema is known, and it has so many cars. Whether tasks run now
 * does not matter: whoever restores may have stopped them all. Throws {@link Failure} `checkFailed`.
 */
export async function checkCopy(context: Context, target: string, address: string): Promise<void> {
  const { aws, prefix, terminal } = context;
  const next = `Cut-over: docs/run/runbook.md#cut-over-to-a-restored-database. Its name: ${target}, its address: ${address}`;
  const { taskDefinition } = (await lookForService(aws, prefix)) ?? {};
  const hasImage =
    taskDefinition !== undefined &&
    imageOf(await readTaskDefinition(context, taskDefinition)).digest !== undefined;
  if (!hasImage) {
    terminal.say(`Not checked: no image was released yet. ${next}`);
    return terminal.result({ instance: target, address, checked: false });
  }
  const { exitCode, reason, lines } = await runOneOff(context, {
    taskDefinition,
    command: ['inspect'],
    environment: { DATABASE_HOST: address },
    patience: 10,
  });
  const said = lines.findLast((line) => line.startsWith('{"migrations":')) ?? '';
  if (exitCode !== 0 || !hasCars(said)) {
    const why = exitCode === 0 ? 'the live image does not work with its schema' : reason;
    throw new Failure(
      'checkFailed',
      [`${target} is there, but the check failed: ${why}`, ...lines].join('\n  '),
      `docs/run/runbook.md#restore has the usual reasons. Restore from another point, and delete ${target} in RDS when you are done with it.`,
    );
  }
  terminal.say(`Checked by a task of the live image: ${said}`);
  terminal.say(next);
  terminal.result({ instance: target, address, checked: true });
}

/** `inspect` counts the cars of a schema that it works with only. */
function hasCars(said: string): boolean {
  return said !== '' && typeof JSON.parse(said).cars === 'number';
}
