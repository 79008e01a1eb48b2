/**
 * What a release needs and moto 5.2.5 lacks, added in front of moto. Every other request goes to
 * moto unchanged.
 *
 * - ECR `GetDownloadUrlForLayer`: moto answers 501. Here the address leads to what the test pushed.
 * - ECS `RunTask`: moto runs nothing and reports exit code 0 a few requests later, without a log.
 *   Here the lines that the test gives are written to moto's log.
 * - ECS `CreateService`: moto never completes its deployment if it has tasks. So they are added
 *   afterwards here.
 *
 * Not added, because no test needs them: `ListServiceDeployments`, `DescribeServiceDeployments` and
 * `StopServiceDeployment` (500).
 */

import {
  CloudWatchLogsClient,
  CreateLogStreamCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import {
  CreateServiceCommand,
  type CreateServiceCommandInput,
  ECSClient,
  RunTaskCommand,
  type RunTaskCommandInput,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import type { Document, Handler } from '../../rehearsal/ecs/handler.ts';
import { type LocalAws, startLocalAws } from '../../rehearsal/ecs/server.ts';
import type { Moto } from './moto.ts';

export interface MotoGaps extends LocalAws {
  /** Every task that was requested: its definition, and its command if it replaces the image's. */
  readonly ran: readonly { readonly taskDefinition: string; readonly command: readonly string[] }[];
}

export interface MotoGapsOptions {
  readonly moto: Moto;
  readonly logGroupName: string;
  /** The content of a pushed blob. */
  readonly blob: (digest: string) => string | undefined;
  /** What a task with this command logs. */
  readonly prints: (command: readonly string[]) => readonly string[];
}

export async function fillMotoGaps({ moto, logGroupName, blob, prints }: MotoGapsOptions): Promise<MotoGaps> {
  const ecs = new ECSClient(moto.client);
  const logs = new CloudWatchLogsClient(moto.client);
  const ran: { taskDefinition: string; command: readonly string[] }[] = [];

  const addressOfBlob: Handler = (action, { layerDigest }) =>
    action === 'GetDownloadUrlForLayer'
      ? { layerDigest, downloadUrl: `${aws.url}/blobs/${layerDigest}` }
      : undefined;

  const answerEcs: Handler = async (action, input) => {
    if (action === 'CreateService') {
      const { service } = await ecs.send(
        new CreateServiceCommand({ ...(input as CreateServiceCommandInput), desiredCount: 0 }),
      );
      const { serviceName: name, clusterArn: cluster } = service ?? {};
      const answer = await ecs.send(
        new UpdateServiceCommand({ cluster, service: name, desiredCount: input['desiredCount'] }),
      );
      return answer as Document;
    }
    if (action !== 'RunTask') return undefined;
    const { tasks = [], failures } = await ecs.send(new RunTaskCommand(input as RunTaskCommandInput));
    for (const { taskArn, taskDefinitionArn = '', overrides } of tasks) {
      const command = overrides?.containerOverrides?.[0]?.command ?? [];
      ran.push({ taskDefinition: taskDefinitionArn, command });
      // Prefix, container and task, as in the task definitions.
      const stream = { logGroupName, logStreamName: `api/api/${taskArn?.split('/').at(-1)}` };
      const logEvents = prints(command).map((message) => ({ message, timestamp: Date.now() }));
      await logs.send(new CreateLogStreamCommand(stream));
      await logs.send(new PutLogEventsCommand({ ...stream, logEvents }));
    }
    return { tasks, failures } satisfies Document;
  };

  const aws = await startLocalAws({
    services: { ecr: addressOfBlob, ecs: answerEcs },
    blob,
    otherwise: moto.url,
  });
  return { ...aws, ran };
}
