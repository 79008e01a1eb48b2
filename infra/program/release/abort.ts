/** `abort`: stops the deployment that is under way, and has ECS go back to the one before. */

import { ListServiceDeploymentsCommand, StopServiceDeploymentCommand } from '@aws-sdk/client-ecs';
import type { Context } from '../core/context.ts';
import { Failure } from '../core/exit-codes.ts';
import { findService } from './service.ts';

/** Minutes until it says that ECS goes on alone. */
const PATIENCE = 20;

/** Takes no lock: it is there for the moment in which another run holds it. Throws {@link Failure} `refused`, `timedOut`. */
export async function abort(context: Context): Promise<void> {
  const { aws, prefix, terminal } = context;
  const { serviceDeployments = [] } = await aws.ecs.send(
    new ListServiceDeploymentsCommand({
      cluster: prefix,
      service: prefix,
      status: ['PENDING', 'IN_PROGRESS'],
    }),
  );
  const [underWay] = serviceDeployments;
  if (underWay === undefined) throw new Failure('refused', 'no deployment is under way');
  await aws.ecs.send(
    new StopServiceDeploymentCommand({
      serviceDeploymentArn: underWay.serviceDeploymentArn,
      stopType: 'ROLLBACK',
    }),
  );
  terminal.say(`ECS stops ${underWay.serviceDeploymentArn?.split('/').at(-1)} and goes back`);
  const end = performance.now() + PATIENCE * 60_000;
  for (;;) {
    const { deployments = [], taskDefinition } = await findService(context);
    if (deployments.length === 1 && deployments[0]?.rolloutState === 'COMPLETED') {
      terminal.say(`${taskDefinition?.split('/').at(-1)} is live again`);
      return terminal.result({ result: 'rolledBack', taskDefinition });
    }
    if (performance.now() > end) throw new Failure('timedOut', 'ECS has not gone back yet; it goes on');
    await context.pause();
  }
}
