/**
 * An account on moto as `setup` leaves it, from the synthesised templates: table, task definitions
 * and service as they are declared, with roles, secrets and a network that moto creates.
 */

import { CloudWatchLogsClient, CreateLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateRepositoryCommand, ECRClient } from '@aws-sdk/client-ecr';
import {
  CreateClusterCommand,
  CreateServiceCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
  type RegisterTaskDefinitionCommandInput,
} from '@aws-sdk/client-ecs';
import { CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { REPOSITORY } from '../../platform/contract.ts';
import { readPlatform, secretArn, type Template } from '../../rehearsal/ecs/local-platform.ts';
import type { MotoClient } from './moto.ts';
import { readVariant } from './synthesised.ts';

/** @param prefix of the environment. @returns the ARNs of its secrets. */
export async function makeMotoAccount(client: MotoClient, prefix: string): Promise<{ secrets: string[] }> {
  const { templates, of } = readVariant('unreleased');
  const platform = readPlatform(templates.get(`${prefix}-service`) as Template, 0);
  const secrets = await makeSecrets(client);
  const known = JSON.stringify(platform.taskDefinitions);
  const definitions: RegisterTaskDefinitionCommandInput[] = JSON.parse(
    secrets.reduce((text, [declared, made]) => text.replaceAll(declared, made), known),
  );
  await makeRoles(client, definitions);

  const [table] = of('AWS::DynamoDB::Table', `${prefix}-releases`);
  const { TableName, AttributeDefinitions, KeySchema, BillingMode } = table?.properties ?? {};
  await new DynamoDBClient(client).send(
    new CreateTableCommand({ TableName, AttributeDefinitions, KeySchema, BillingMode }),
  );
  await new CloudWatchLogsClient(client).send(new CreateLogGroupCommand({ logGroupName: `/ecs/${prefix}` }));
  await new ECRClient(client).send(
    new CreateRepositoryCommand({ repositoryName: REPOSITORY, imageTagMutability: 'IMMUTABLE' }),
  );

  const ecs = new ECSClient(client);
  await ecs.send(new CreateClusterCommand({ clusterName: prefix }));
  for (const definition of definitions) {
    const { containerDefinitions = [], ...task } = definition;
    // Moto needs the memory of the container; on Fargate only the task has one.
    const containers = containerDefinitions.map((container) => ({
      ...container,
      memory: Number(task.memory),
    }));
    await ecs.send(new RegisterTaskDefinitionCommand({ ...task, containerDefinitions: containers }));
  }
  const { service } = platform;
  await ecs.send(
    new CreateServiceCommand({
      cluster: prefix,
      serviceName: prefix,
      taskDefinition: prefix,
      desiredCount: service.desiredCount,
      launchType: 'FARGATE',
      loadBalancers: [
        { targetGroupArn: service.targetGroupArn, containerName: 'api', containerPort: service.port },
      ],
      networkConfiguration: { awsvpcConfiguration: await findNetwork(client) },
    }),
  );
  return { secrets: secrets.map(([, made]) => made) };
}

/** @returns the ARN of each secret in the task definitions, and the ARN that moto gave it. */
function makeSecrets(client: MotoClient): Promise<[declared: string, made: string][]> {
  const manager = new SecretsManagerClient(client);
  return Promise.all(
    ['master', 'app'].map(async (Name): Promise<[string, string]> => {
      const { ARN = '' } = await manager.send(
        new CreateSecretCommand({ Name, SecretString: '{"password":"x"}' }),
      );
      return [secretArn(Name), ARN];
    }),
  );
}

async function makeRoles(
  client: MotoClient,
  definitions: readonly RegisterTaskDefinitionCommandInput[],
): Promise<void> {
  const iam = new IAMClient(client);
  const arns = definitions.flatMap(({ taskRoleArn, executionRoleArn }) => [taskRoleArn, executionRoleArn]);
  for (const RoleName of new Set(arns.flatMap((arn) => arn?.split('/').at(-1) ?? [])))
    await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: '{}' }));
}

/**
 * The default subnet and security group. Without the SDK, because nothing else needs its EC2
 * client.
 */
async function findNetwork(client: MotoClient): Promise<{ subnets: string[]; securityGroups: string[] }> {
  const find = async (action: string, element: string) => {
    const answer = await fetch(client.endpoint, {
      method: 'POST',
      headers: {
        authorization: `AWS4-HMAC-SHA256 Credential=test/20260101/${client.region}/ec2/aws4_request`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: `Action=${action}&Version=2016-11-15`,
    });
    return new RegExp(`<${element}>(.*?)</`).exec(await answer.text())?.[1] ?? '';
  };
  return {
    subnets: [await find('DescribeSubnets', 'subnetId')],
    securityGroups: [await find('DescribeSecurityGroups', 'groupId')],
  };
}
