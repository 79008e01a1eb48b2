/** The table at the end of `setup`: what exists, where, and what to do next. */

import { SHARED } from '../../platform/platform.ts';
import type { Context } from '../core/context.ts';
import { readLive } from './read-live.ts';
import { findStack, firstStacks, otherStacks, outputsOf } from './stacks.ts';

export async function showWhatExists({ aws, name, prefix, identity, terminal }: Context): Promise<void> {
  const stacks = [...firstStacks(prefix), ...otherStacks(prefix)];
  const found = new Map(
    await Promise.all(
      stacks.map(async (stack) => [stack, await findStack(aws.cloudFormation, stack)] as const),
    ),
  );
  const output = (stack: string, key: string) => outputsOf(found.get(stack))[key] ?? 'unknown';
  const live = (await readLive(aws)).get(name);
  terminal.print();
  terminal.table([
    ['what', 'where'],
    ...stacks.map((stack) => [`stack ${stack}`, found.get(stack)?.StackStatus ?? 'missing']),
    ['address', output(`${prefix}-service`, 'Address')],
    ['tasks', live?.digest === undefined ? 'none yet' : `${live.tasks} of ${live.digest}`],
    ['database', output(`${prefix}-data`, 'DatabaseAddress')],
    ['registry', output(SHARED, 'RepositoryUri')],
    ['build role', output(SHARED, 'BuildRoleArn')],
    ['deploy role', output(`${prefix}-delivery`, 'DeployRoleArn')],
    ['dashboard', `CloudWatch, ${prefix}, region ${identity.region}`],
    ['log', `/ecs/${prefix}`],
  ]);
  terminal.print();
  const option = name === 'production' ? '' : ` --environment ${name}`;
  terminal.print(
    live?.digest === undefined
      ? `Next: push an image to the registry, then IMAGE_TAG=<its tag> infra/aws-deploy.sh deploy${option}`
      : `Next: infra/aws-deploy.sh status${option}`,
  );
}
