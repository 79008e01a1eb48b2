/** `abort`: stops the deployment in progress and makes ECS go back to the previous one. */

import { ListServiceDeploymentsCommand, StopServiceDeploymentCommand } from '@aws-sdk/client-ecs';
import { RELEASE_MINUTES } from '../../platform/timing.ts';
import type { Context } from '../core/context.ts';
import { Failure } from '../core/exit-codes.ts';
import { findService } from './service.ts';

/**
 * Takes no lock, because another run usually holds it then. Throws {@link Failure} `refused`,
 * `timedOut`.
 */
export async function abort(context: Context): Promise<void> {
  const { aws, prefix, terminal } = context;
  const { serviceDeployments = [] } = await aws.ecs.send(
    new ListServiceDeploymentsCommand({
      cluster: prefix,
      service: prefix,
      status: ['PENDING', 'IN_PROGRESS'],
    }),
  );
  const [inProgress] = serviceDeployments;
  if (inProgress === undefined) throw new Failure('refused', 'no deployment is in progress');
  await aws.ecs.send(
    new StopServiceDeploymentCommand({
      serviceDeploymentArn: inProgress.serviceDeploymentArn,
      stopType: 'ROLLBACK',
    }),
  );
  terminal.print(`ECS stops ${inProgress.serviceDeploymentArn?.split('/').at(-1)} and rolls it back`);
  const end = performance.now() + RELEASE_MINUTES.rollOut * 60_000;
  for (;;) {
    const { deployments = [], taskDefinition } = await findService(context);
    if (deployments.length === 1 && deployments[0]?.rolloutState === 'COMPLETED') {
      terminal.print(`${taskDefinition?.split('/').at(-1)} is live again`);
      return terminal.result({ result: 'rolledBack', taskDefinition });
    }
    if (performance.now() > end)
      throw new Failure('timedOut', 'ECS has not finished the rollback yet, and continues');
    await context.pause();
  }
}
