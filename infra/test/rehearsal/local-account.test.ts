/** What the program reads from the local account while a service is deleted, and of its logs. */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Document } from '../../rehearsal/ecs/handler.ts';
import { startTestAccount, type TestAccount } from '../support/account.ts';

const CLUSTER = { cluster: 'cars-api-staging' };
const SERVICE = { ...CLUSTER, serviceName: 'cars-api-staging' };

let account: TestAccount;
beforeEach(async () => {
  account = await startTestAccount('staging');
  account.push('image-a', { behaviour: { prints: ['Server listening'] } });
  await account.release('image-a');
});
afterEach(() => account.close());

const ecs = async (action: string, input: object) => (await account.ecs.handler(action, input)) ?? {};
const logs = async (input: object) =>
  (await account.otherServices.handlers['logs']?.('FilterLogEvents', input))?.['events'];
const listTasks = async (input: object) => (await ecs('ListTasks', input))['taskArns'];
const describeTasks = async (tasks: string[]) => (await ecs('DescribeTasks', { ...CLUSTER, tasks }))['tasks'];
const statusOfService = async () =>
  (await ecs('DescribeServices', { ...CLUSTER, services: ['cars-api-staging'] }))['services'][0].status;

it('lists the tasks of the service, or all of the cluster', async () => {
  expect(await listTasks(SERVICE)).toHaveLength(2);
  const { tasks } = await ecs('RunTask', { ...CLUSTER, taskDefinition: 'cars-api-staging' });
  expect(await listTasks(SERVICE)).toHaveLength(2);
  expect(await listTasks(CLUSTER)).toContain(tasks[0].taskArn);
});

it('stops the tasks of a deleted service after they have drained', async () => {
  const tasks: string[] = await listTasks(SERVICE);
  await expect(ecs('DeleteService', { ...CLUSTER })).rejects.toThrow('scaled above 0');
  await ecs('DeleteService', { ...CLUSTER, force: true });
  expect(await statusOfService()).toBe('DRAINING');
  expect(await listTasks(SERVICE)).toEqual([]);
  expect(await listTasks({ ...SERVICE, desiredStatus: 'STOPPED' })).toEqual(expect.arrayContaining(tasks));
  for (const task of await describeTasks(tasks))
    expect(task).toMatchObject({ desiredStatus: 'STOPPED', lastStatus: 'DEACTIVATING' });
  while ((await statusOfService()) === 'DRAINING') await sleep(20);
  expect(await statusOfService()).toBe('INACTIVE');
  for (const task of await describeTasks(tasks))
    expect(task).toMatchObject({ desiredStatus: 'STOPPED', lastStatus: 'STOPPED' });
});

it('creates the service again after it was deleted', async () => {
  await ecs('DeleteService', { ...CLUSTER, force: true });
  while ((await statusOfService()) === 'DRAINING') await sleep(20);
  await account.release('image-a');
  expect(account.live()).toMatchObject({ tag: 'image-a', running: 2 });
});

it('filters log lines by stream and time', async () => {
  const [line, ...others]: Document[] = await logs({});
  expect(others).toHaveLength(1);
  const { logStreamName, timestamp } = line ?? {};
  expect(await logs({ logStreamNames: [logStreamName] })).toEqual([line]);
  expect(await logs({ logStreamNames: [logStreamName], startTime: timestamp })).toEqual([line]);
  expect(await logs({ logStreamNames: [logStreamName], startTime: timestamp + 1 })).toEqual([]);
  await expect(logs({ logStreamNames: ['api/api/none'] })).rejects.toThrow('does not exist');
});
