/** That `destroy` waits for tasks, as ECS lists them while they stop. */

import { ECSClient } from '@aws-sdk/client-ecs';
import { expect, it, onTestFinished } from 'vitest';
import type { Context } from '../../program/core/context.ts';
import { deleteService } from '../../program/setup/delete-service.ts';
import { AwsError, type Handler } from '../../rehearsal/ecs/handler.ts';
import { startLocalAws } from '../../rehearsal/ecs/server.ts';

/** Deletes the service of an ECS that answers like this. @returns how often it waited. */
async function waitsOf(ecs: Handler): Promise<number> {
  const aws = await startLocalAws({ services: { ecs } });
  onTestFinished(() => aws.close());
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  let waits = 0;
  await deleteService({
    prefix: 'cars-api',
    aws: { ecs: new ECSClient({ endpoint: aws.url, region: 'eu-central-1', credentials }) },
    terminal: { print() {} },
    async pause() {
      waits += 1;
    },
  } as unknown as Context);
  return waits;
}

it.each([
  ['after it has deleted the service', 'ACTIVE', 1],
  ['after an interrupted run that had deleted it', 'DRAINING', 0],
])('waits for tasks that are to stop but still run, %s', async (_, status, deletions) => {
  const requests: string[] = [];
  let looks = 0;
  const waits = await waitsOf((action, input) => {
    requests.push(action);
    switch (action) {
      case 'DescribeServices':
        return { services: [{ status, serviceName: 'cars-api' }] };
      case 'DeleteService':
        return {};
      case 'ListTasks':
        return { taskArns: input['desiredStatus'] === 'STOPPED' ? ['task/1', 'task/2'] : [] };
      case 'DescribeTasks':
        looks += 1;
        return {
          tasks: [{ lastStatus: 'STOPPED' }, { lastStatus: looks > 3 ? 'STOPPED' : 'DEPROVISIONING' }],
        };
      default:
        return undefined;
    }
  });
  expect(waits).toBe(3);
  expect(requests.filter((action) => action === 'DeleteService')).toHaveLength(deletions);
});

it('has nothing to wait for if there is no cluster', async () => {
  const waits = await waitsOf(() => {
    throw new AwsError('ClusterNotFoundException', 'Cluster not found.');
  });
  expect(waits).toBe(0);
});
