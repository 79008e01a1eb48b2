/** A local ECS: one cluster with one service, and the part of its API that the program calls. */

import type { Task as AwsTask, CreateServiceCommandInput, TaskDefinition } from '@aws-sdk/client-ecs';
import type { Driver } from './driver.ts';
import { AwsError, type Document, type Handler, handlerOf } from './handler.ts';
import { arn, type LocalPlatform } from './local-platform.ts';
import { createScheduler, type Scheduler } from './scheduler.ts';
import { isWanted, type Task, type TaskBoard } from './task-board.ts';

export interface LocalEcs {
  readonly handler: Handler;
  /** The service; undefined before it is created. */
  readonly scheduler: Scheduler | undefined;
  /** A task definition by ARN, by `family:revision`, or the newest of a family. */
  find(name: string): TaskDefinition;
  close(): void;
}

export function createEcs(
  platform: LocalPlatform,
  board: TaskBoard,
  driver: Driver,
  second: number,
): LocalEcs {
  const { name } = platform;
  const clusterArn = arn('ecs', `cluster/${name}`);
  let scheduler: Scheduler | undefined;
  const revisions: TaskDefinition[] = [];

  function register({ tags: _tags, ...definition }: Document): TaskDefinition {
    const family = String(definition['family']);
    const revision = revisions.filter((known) => known.family === family).length + 1;
    const registered: TaskDefinition = {
      ...definition,
      revision,
      status: 'ACTIVE',
      taskDefinitionArn: arn('ecs', `task-definition/${family}:${revision}`),
      compatibilities: ['EC2', 'FARGATE'],
      registeredAt: new Date(),
    };
    revisions.push(registered);
    return registered;
  }

  function find(name: string): TaskDefinition {
    const short = name.replace(/^.*:task-definition\//, '');
    const found = revisions.findLast(
      ({ family, revision }) => short === family || short === `${family}:${revision}`,
    );
    if (found === undefined) throw new AwsError('ClientException', 'Unable to describe task definition.');
    return found;
  }

  const requireService = (): Scheduler => {
    if (scheduler === undefined) throw new AwsError('ServiceNotFoundException', 'Service not found.');
    return scheduler;
  };
  const requireActive = (): Scheduler => {
    const found = requireService();
    if (found.describe().status !== 'ACTIVE')
      throw new AwsError('ServiceNotActiveException', 'Service was not ACTIVE.');
    return found;
  };
  const requireCluster = (cluster: unknown) => {
    if (![name, clusterArn].includes(String(cluster)))
      throw new AwsError('ClusterNotFoundException', 'Cluster not found.');
  };

  const actions: Record<string, (input: Document) => Document> = {
    DescribeTaskDefinition: ({ taskDefinition }) => ({ taskDefinition: find(taskDefinition), tags: [] }),
    RegisterTaskDefinition: (input) => ({ taskDefinition: register(input) }),
    DescribeServices({ cluster, services }) {
      requireCluster(cluster);
      const found = scheduler !== undefined && services.includes(name);
      return { services: found ? [scheduler?.describe()] : [], failures: [] };
    },
    CreateService(input) {
      requireCluster(input['cluster']);
      const { status } = scheduler?.describe() ?? {};
      if (status === 'ACTIVE')
        throw new AwsError('InvalidParameterException', 'Creation of service was not idempotent.');
      if (status === 'DRAINING')
        throw new AwsError('InvalidParameterException', 'Unable to Start a service that is still Draining.');
      scheduler?.close();
      const settings = input as CreateServiceCommandInput;
      scheduler = createScheduler(
        platform,
        settings,
        find(settings.taskDefinition ?? ''),
        board,
        driver,
        second,
      );
      return { service: scheduler.describe() };
    },
    UpdateService({ cluster, taskDefinition, desiredCount }) {
      requireCluster(cluster);
      const updated = requireActive();
      updated.deploy(find(taskDefinition), desiredCount);
      return { service: updated.describe() };
    },
    DeleteService({ cluster, force }) {
      requireCluster(cluster);
      const deleted = requireActive();
      if (!force && deleted.describe().desiredCount !== 0)
        throw new AwsError(
          'InvalidParameterException',
          'The service cannot be stopped while it is scaled above 0.',
        );
      deleted.delete();
      return { service: deleted.describe() };
    },
    // The current one, if it has one of these states.
    ListServiceDeployments({ status = [] }: { status?: string[] }) {
      const { currentServiceDeployment = '' } = requireService().describe();
      const record = requireService().findRecord(currentServiceDeployment);
      return { serviceDeployments: record?.status && status.includes(record.status) ? [record] : [] };
    },
    DescribeServiceDeployments({ serviceDeploymentArns }: { serviceDeploymentArns?: string[] }) {
      const found = serviceDeploymentArns?.flatMap((each) => requireService().findRecord(each) ?? []);
      return { serviceDeployments: found, failures: [] };
    },
    StopServiceDeployment({ serviceDeploymentArn }) {
      requireActive().rollBack();
      return { serviceDeploymentArn };
    },
    RunTask({ taskDefinition, overrides }) {
      const [{ command = undefined, environment = [] } = {}] = overrides?.containerOverrides ?? [];
      const variables = environment.map(({ name, value }: { name: string; value: string }) => [name, value]);
      const task = board.start(find(taskDefinition), {
        command,
        environment: Object.fromEntries(variables),
      });
      return { tasks: [describe(task)], failures: [] };
    },
    DescribeTasks({ tasks }) {
      const ids: string[] = tasks.map((each: string) => each.split('/').at(-1));
      return { tasks: board.tasks.filter(({ id }) => ids.includes(id)).map(describe), failures: [] };
    },
    ListTasks({ cluster, serviceName, desiredStatus = 'RUNNING' }) {
      requireCluster(cluster);
      if (serviceName !== undefined) requireService();
      const asked = board.tasks.filter(
        (task) =>
          (serviceName === undefined || task.owner !== undefined) && desiredStatusOf(task) === desiredStatus,
      );
      // ECS lists stopped tasks for an hour. Newest first, as in the console.
      return { taskArns: asked.map(taskArn).toReversed() };
    },
  };

  const desiredStatusOf = (task: Task) => (isWanted(task) ? 'RUNNING' : 'STOPPED');
  const taskArn = ({ id }: Task) => arn('ecs', `task/${name}/${id}`);

  function describe(task: Task): AwsTask {
    return {
      taskArn: taskArn(task),
      taskDefinitionArn: task.definition.taskDefinitionArn,
      clusterArn,
      group: task.owner === undefined ? `family:${task.definition.family}` : `service:${name}`,
      lastStatus: task.state,
      desiredStatus: desiredStatusOf(task),
      createdAt: task.startedAt,
      ...(task.state === 'STOPPED' && { stoppedReason: task.reason, stoppedAt: new Date() }),
      containers: [
        {
          name: 'api',
          lastStatus: task.state,
          ...(task.exitCode !== undefined && { exitCode: task.exitCode }),
        },
      ],
    };
  }

  return {
    handler: handlerOf(actions),
    get scheduler() {
      return scheduler;
    },
    find,
    close: () => scheduler?.close(),
  };
}
