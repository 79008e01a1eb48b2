/** The table at the end of `setup`: what exists, where, and what to do next. */

import { SHARED, stacksOf } from '../../platform/platform.ts';
import type { Context } from '../core/context.ts';
import { findActiveService } from '../release/service.ts';
import { findStack, outputsOf } from './stacks.ts';

export async function showWhatExists(
  { aws, name, prefix, identity, terminal }: Context,
  suggestNext: boolean,
): Promise<void> {
  const stacks = [SHARED, ...stacksOf(prefix)];
  const found = new Map(
    await Promise.all(
      stacks.map(async (stack) => [stack, await findStack(aws.cloudFormation, stack)] as const),
    ),
  );
  const output = (stack: string, key: string) => outputsOf(found.get(stack))[key] ?? 'unknown';
  const service = await findActiveService(aws, prefix);
  terminal.print();
  terminal.table([
    ['what', 'where'],
    ...stacks.map((stack) => [`stack ${stack}`, found.get(stack)?.StackStatus ?? 'missing']),
    ['address', output(`${prefix}-service`, 'Address')],
    ['tasks', service === undefined ? 'none yet' : `${service.runningCount} of ${service.desiredCount}`],
    ['database', output(`${prefix}-data`, 'DatabaseAddress')],
    ['registry', output(SHARED, 'RepositoryUri')],
    ['build role', output(SHARED, 'BuildRoleArn')],
    ['plan role', output(SHARED, 'PlanRoleArn')],
    ['deploy role', output(`${prefix}-service`, 'DeployRoleArn')],
    ['dashboard', `CloudWatch, ${prefix}, region ${identity.region}`],
    ['log', `/ecs/${prefix}`],
  ]);
  if (!suggestNext) return;
  terminal.print();
  const option = name === 'production' ? '' : ` --environment ${name}`;
  terminal.print(
    service === undefined
      ? `Next: infra/aws-deploy.sh build, then infra/aws-deploy.sh deploy${option}`
      : `Next: infra/aws-deploy.sh status${option}`,
  );
}
