/** `destroy`: takes an environment down, keeps a snapshot of its database, and says what else is left. */

import { chosen } from '../../platform/environments.ts';
import { SHARED } from '../../platform/platform.ts';
import type { Context } from '../core/context.ts';
import { Failure } from '../core/exit-codes.ts';
import { withLock } from '../release/lock.ts';
import { destroyStack, synthesise } from './cdk.ts';
import { readLive } from './read-live.ts';
import { findStack, otherStacks, reasonsOf } from './stacks.ts';

export interface DestroyOptions {
  readonly githubRepository: string;
  /** The environment's name, typed by whoever means it; asked for when absent. */
  readonly confirmed: string | undefined;
}

export async function destroy(context: Context, options: DestroyOptions): Promise<void> {
  const { aws, environment, name, prefix, identity, signal, terminal } = context;
  if (chosen(environment.database.deletionProtection)) {
    throw new Failure(
      'refused',
      `${name} is protected from deletion`,
      'If you mean it: say `deletionProtection: { value: false, reason }` in infra/environments.ts, turn off the termination protection of its stacks, run setup, then destroy.',
    );
  }
  const synthesis = await synthesise(options.githubRepository, await readLive(aws));
  // From the top down: what stands on others goes first; the lock goes last.
  const lock = `${prefix}-releases`;
  const all = [...otherStacks(prefix).toReversed(), lock];
  const stacks: string[] = [];
  for (const stack of all) if ((await findStack(aws.cloudFormation, stack)) !== undefined) stacks.push(stack);
  if (stacks.length === 0) return terminal.say(`there is nothing of ${name} in ${identity.region}`);

  terminal.say(`This deletes ${name} in account ${identity.account}, region ${identity.region}:`);
  terminal.table(stacks.map((stack) => ['  stack', stack]));
  terminal.say('Kept: a last snapshot of the database, its secrets, the access logs, the key of the alarms;');
  terminal.say(`and the stack ${SHARED}, with the registry and its images.`);
  const answer =
    options.confirmed ?? (await terminal.ask(`Type the name of the environment (${name}) to go on:`));
  if (answer !== name) throw new Failure('declined', `"${answer}" is not ${name}: nothing was changed`);

  const remove = async () => {
    for (const stack of stacks) {
      signal.throwIfAborted();
      if ((await destroyStack(stack, synthesis)) === 0) continue;
      const reasons = await reasonsOf(aws.cloudFormation, stack);
      throw new Failure(
        'stackFailed',
        [`the stack ${stack} was not deleted`, ...reasons].join('\n  '),
        'Mend the reason and repeat the command; it goes on there.',
      );
    }
  };
  await (stacks.includes(lock) ? withLock(context, 'destroy', remove) : remove());
  terminal.say(`${name} is gone. Its database's last snapshot: RDS, Snapshots, ${prefix}-data-…`);
}
