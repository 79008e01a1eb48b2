/** ECS's record of a deployment, which stays when the service has moved on. */

import { DescribeServiceDeploymentsCommand } from '@aws-sdk/client-ecs';
import type { Context } from '../core/context.ts';

/**
 * Why ECS went back from a deployment; undefined when it did not, or when there is no such record.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceDeployment.html
 *
 * @param arn as {@link https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Service.html} has it in `currentServiceDeployment`.
 */
export async function readRollback({ aws }: Context, arn: string | undefined): Promise<string | undefined> {
  if (arn === undefined) return undefined;
  const { serviceDeployments: [record] = [] } = await aws.ecs.send(
    new DescribeServiceDeploymentsCommand({ serviceDeploymentArns: [arn] }),
  );
  if (!record?.status?.startsWith('ROLLBACK')) return undefined;
  return record.statusReason || record.rollback?.reason || record.status;
}
