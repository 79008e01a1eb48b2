/**
 * An account on moto as `setup` leaves it, from the synthesised templates: table, cluster and
 * definitions as they are declared, with roles, secrets and a network that moto creates.
 */

import { CloudWatchLogsClient, CreateLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateRepositoryCommand, ECRClient } from '@aws-sdk/client-ecr';
import {
  CreateClusterCommand,
  ECSClient,
  type RegisterTaskDefinitionCommandInput,
} from '@aws-sdk/client-ecs';
import {
  CreateTargetGroupCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { REPOSITORY } from '../../platform/contract.ts';
import { readPlatform, secretArn, type Template } from '../../rehearsal/ecs/local-platform.ts';
import type { MotoClient } from './moto.ts';
import { readVariant } from './synthesised.ts';

/** @param prefix of the environment. @returns the ARNs of its secrets. */
export async function makeMotoAccount(client: MotoClient, prefix: string): Promise<{ secrets: string[] }> {
  const { templates, of } = readVariant('declared');
  const { parameters } = readPlatform(templates.get(`${prefix}-service`) as Template, 0);
  const secrets = await makeSecrets(client);
  const { vpc, ...network } = await findNetwork(client);
  const targetGroup = await makeTargetGroup(client, vpc);
  const ssm = new SSMClient(client);
  for (const [Name, declared] of parameters) {
    const known = secrets.reduce((text, [before, made]) => text.replaceAll(before, made), declared);
    const definition = JSON.parse(known);
    if (Name.endsWith('/service')) Object.assign(definition, { ...network, targetGroupArn: targetGroup });
    // Moto needs the memory of the container; on Fargate only the task has one.
    else definition.containerDefinitions[0].memory = Number(definition.memory);
    if (!Name.endsWith('/service')) await makeRoles(client, definition);
    await ssm.send(new PutParameterCommand({ Name, Value: JSON.stringify(definition), Type: 'String' }));
  }

  const [table] = of('AWS::DynamoDB::Table', `${prefix}-base`);
  const { TableName, AttributeDefinitions, KeySchema, BillingMode } = table?.properties ?? {};
  await new DynamoDBClient(client).send(
    new CreateTableCommand({ TableName, AttributeDefinitions, KeySchema, BillingMode }),
  );
  await new CloudWatchLogsClient(client).send(new CreateLogGroupCommand({ logGroupName: `/ecs/${prefix}` }));
  await new ECRClient(client).send(
    new CreateRepositoryCommand({ repositoryName: REPOSITORY, imageTagMutability: 'IMMUTABLE' }),
  );
  await new ECSClient(client).send(new CreateClusterCommand({ clusterName: prefix }));
  return { secrets: secrets.map(([, made]) => made) };
}

async function makeTargetGroup(client: MotoClient, vpc: string): Promise<string> {
  const { TargetGroups: [group] = [] } = await new ElasticLoadBalancingV2Client(client).send(
    new CreateTargetGroupCommand({
      Name: 'cars-api',
      TargetType: 'ip',
      Port: 5000,
      Protocol: 'HTTP',
      VpcId: vpc,
    }),
  );
  return group?.TargetGroupArn ?? '';
}

/** @returns the ARN of each secret in the task definitions, and the ARN that moto gave it. */
function makeSecrets(client: MotoClient): Promise<[declared: string, made: string][]> {
  const manager = new SecretsManagerClient(client);
  return Promise.all(
    ['master'].map(async (Name): Promise<[string, string]> => {
      const { ARN = '' } = await manager.send(
        new CreateSecretCommand({ Name, SecretString: '{"password":"x"}' }),
      );
      return [secretArn(Name), ARN];
    }),
  );
}

async function makeRoles(
  client: MotoClient,
  { taskRoleArn, executionRoleArn }: RegisterTaskDefinitionCommandInput,
): Promise<void> {
  const iam = new IAMClient(client);
  for (const arn of [taskRoleArn, executionRoleArn])
    await iam.send(
      new CreateRoleCommand({ RoleName: arn?.split('/').at(-1) ?? '', AssumeRolePolicyDocument: '{}' }),
    );
}

/**
 * The default subnet and security group. Without the SDK, because nothing else needs its EC2
 * client.
 */
async function findNetwork(
  client: MotoClient,
): Promise<{ vpc: string; subnets: string[]; securityGroups: string[] }> {
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
    vpc: await find('DescribeVpcs', 'vpcId'),
    subnets: [await find('DescribeSubnets', 'subnetId')],
    securityGroups: [await find('DescribeSecurityGroups', 'groupId')],
  };
}
