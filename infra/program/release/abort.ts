/** `abort`: stops the deployment in progress and makes ECS go back to the previous one. */

import { ListServiceDeploymentsCommand, StopServiceDeploymentCommand } from '@aws-sdk/client-ecs';
import { RELEASE_MINUTES } from '../../platform/timing.ts';
import type { Context } from '../core/context.ts';
import { Failure } from '../core/exit-codes.ts';
import { findService } from './service.ts';
import { newestOf, watch } from './watch.ts';

/**
 * Takes no lock, because another run usually holds it then. Throws {@link Failure} `refused`,
 * `timedOut`.
 */
export async function abort(context: Context): Promise<void> {
  const { aws, prefix, terminal } = context;
  const deployment = newestOf(await findService(context));
  const { serviceDeployments = [] } = await aws.ecs.send(
    new ListServiceDeploymentsCommand({
      cluster: prefix,
      service: prefix,
      status: ['PENDING', 'IN_PROGRESS', 'ROLLBACK_REQUESTED', 'ROLLBACK_IN_PROGRESS'],
    }),
  );
  const [inProgress] = serviceDeployments;
  if (inProgress?.status?.startsWith('ROLLBACK')) {
    throw new Failure(
      'refused',
      'ECS is already rolling the release back',
      'Wait until the previous release is live again: infra/aws-deploy.sh wait',
    );
  }
  if (inProgress === undefined || deployment === undefined) {
    throw new Failure(
      'refused',
      'ECS has no deployment in progress',
      'If a release is still running its migrations, stop the program with Ctrl-C: ECS has not changed the tasks yet.',
    );
  }
  await aws.ecs.send(
    new StopServiceDeploymentCommand({
      serviceDeploymentArn: inProgress.serviceDeploymentArn,
      stopType: 'ROLLBACK',
    }),
  );
  terminal.print(`ECS stops ${inProgress.serviceDeploymentArn?.split('/').at(-1)} and rolls it back`);
  const outcome = await watch(context, deployment, RELEASE_MINUTES.rollOut);
  if (outcome.is === 'live' || outcome.is === 'superseded') {
    throw new Failure(
      'refused',
      outcome.is === 'live' ? 'the release was live before it could be stopped' : outcome.reason,
      'See infra/aws-deploy.sh status.',
    );
  }
  if (outcome.is === 'failed') {
    terminal.print('The release is stopped. No image is live, because it was the first release.');
  } else if (outcome.is === 'rolledBack' && outcome.isBack) {
    const { taskDefinition } = await findService(context);
    terminal.print(`${taskDefinition?.split('/').at(-1)} is live again`);
  } else {
    throw new Failure(
      'timedOut',
      'ECS has not finished the rollback yet, and continues',
      'See infra/aws-deploy.sh status.',
    );
  }
  terminal.result({ result: 'rolledBack' });
}
