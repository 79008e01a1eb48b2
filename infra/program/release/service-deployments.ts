/** ECS's record of a deployment, which remains after the deployment was replaced. */

import { DescribeServiceDeploymentsCommand } from '@aws-sdk/client-ecs';
import type { Context } from '../core/context.ts';

/**
 * Why ECS rolled a deployment back; undefined when it did not, or there is no record.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceDeployment.html
 *
 * @param arn the service's `currentServiceDeployment`.
 */
export async function readRollback({ aws }: Context, arn: string | undefined): Promise<string | undefined> {
  if (arn === undefined) return undefined;
  const { serviceDeployments: [record] = [] } = await aws.ecs.send(
    new DescribeServiceDeploymentsCommand({ serviceDeploymentArns: [arn] }),
  );
  if (!record?.status?.startsWith('ROLLBACK')) return undefined;
  return record.statusReason || record.rollback?.reason || record.status;
}
