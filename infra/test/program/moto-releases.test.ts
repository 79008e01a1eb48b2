/**
 * Releases end to end against moto, an independent emulator of AWS: `deploy`, `deploy`, `rollback`,
 * `history`, `status`. The expectations are read from moto afterwards, not from what the program
 * prints.
 *
 * Shows that others understand the program's requests as it means them, and that it reads their
 * answers: DynamoDB conditions (the lock) and queries (the ledger), an image index in ECR, the
 * synthesised task definitions, missing roles and secrets.
 *
 * Does not show how releases fail: moto starts no task, completes every deployment at once, and
 * checks neither permissions nor the network. support/moto-gaps.ts adds what moto lacks. Outcomes
 * are in releases.test.ts.
 */

import {
  ApplicationAutoScalingClient,
  DescribeScalableTargetsCommand,
} from '@aws-sdk/client-application-auto-scaling';
import { type AttributeValue, DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { DescribeImagesCommand, ECRClient } from '@aws-sdk/client-ecr';
import {
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  ECSClient,
  type Service,
  type TaskDefinition,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import { CreateRoleCommand, DeleteRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { DeleteSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LABELS, RELEASED, REPOSITORY, releasesTable } from '../../platform/contract.ts';
import { ENVIRONMENTS } from '../../platform/environments.ts';
import { EXIT } from '../../program/core/exit-codes.ts';
import { REGISTRY } from '../../rehearsal/ecs/local-platform.ts';
import { type Moto, startMoto } from '../support/moto.ts';
import { makeMotoAccount } from '../support/moto-account.ts';
import { fillMotoGaps, type MotoGaps } from '../support/moto-gaps.ts';
import { createMotoImages } from '../support/moto-images.ts';
import { type Run, runProgram } from '../support/run-program.ts';

const NAME = 'cars-api';
const A = 'a'.repeat(40);
const B = 'b'.repeat(40);
const WHO = 'arn:aws:sts::123456789012:user/moto';

let moto: Moto;
let aws: MotoGaps;
let secrets: string[];
const digests: Record<string, string> = {};

beforeAll(async () => {
  moto = await startMoto();
  ({ secrets } = await makeMotoAccount(moto.client, NAME));
  const images = createMotoImages(moto.client);
  for (const [tag, schema] of [
    [A, 1],
    [B, 2],
  ] as const) {
    digests[tag] = await images.push(tag, {
      [LABELS.schema]: String(schema),
      [LABELS.oldestCompatible]: '1',
    });
  }
  const migrations = [1, 2].map((version) => ({
    version,
    name: `000${version}-change`,
    oldestCompatible: 1,
    finished: true,
  }));
  aws = await fillMotoGaps({
    moto,
    logGroupName: `/ecs/${NAME}`,
    blob: images.blob,
    prints: ([command]) => [
      command === 'inspect' ? JSON.stringify({ migrations, cars: 7 }) : 'the schema is current',
    ],
  });
});
afterAll(() => {
  aws.close();
  moto.stop();
});

async function run(words: string, environment: Readonly<Record<string, string>> = {}): Promise<Run> {
  const [command = '', ...others] = words.split(' ');
  const named = [command, '--environment', 'production', ...others];
  const ended = await runProgram(named, { url: aws.url, environment });
  expect(ended.code, ended.stderr).toBe(EXIT.done);
  return ended;
}

async function readService(): Promise<Service> {
  const ecs = new ECSClient(moto.client);
  const { services: [service] = [] } = await ecs.send(
    new DescribeServicesCommand({ cluster: NAME, services: [NAME] }),
  );
  return service as Service;
}

async function readDefinition(name: string | undefined): Promise<TaskDefinition> {
  const ecs = new ECSClient(moto.client);
  const { taskDefinition } = await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: name }));
  return taskDefinition as TaskDefinition;
}

async function tagsOf(tag: string): Promise<string[]> {
  const { imageDetails: [image] = [] } = await new ECRClient(moto.client).send(
    new DescribeImagesCommand({ repositoryName: REPOSITORY, imageIds: [{ imageDigest: digests[tag] }] }),
  );
  return image?.imageTags ?? [];
}

/** The whole table, oldest first: the ledger, and the lock if there is one. */
async function readTable(): Promise<Record<string, AttributeValue>[]> {
  const { Items = [] } = await new DynamoDBClient(moto.client).send(
    new ScanCommand({ TableName: releasesTable(NAME) }),
  );
  return Items.toSorted((one, other) => ((one['sk']?.S ?? '') < (other['sk']?.S ?? '') ? -1 : 1));
}

/** Expects the service to run an image, with everything else as the platform declares it. */
async function expectLive(tag: string): Promise<void> {
  const { taskDefinition } = await readService();
  const live = await readDefinition(taskDefinition);
  const { Parameter } = await new SSMClient(moto.client).send(
    new GetParameterCommand({ Name: `/${NAME}/serve` }),
  );
  const declared = JSON.parse(Parameter?.Value ?? '');
  expect(live.containerDefinitions).toMatchObject([
    { image: `${REGISTRY}@${digests[tag]}`, dockerLabels: { 'cars-api.tag': tag } },
  ]);
  expect(withoutImage(live)).toMatchObject(withoutImage(declared));
}

/** The definition without its image and without what ECS adds to each revision. */
function withoutImage(definition: TaskDefinition) {
  const { taskDefinitionArn, revision, registeredAt, containerDefinitions = [], ...declared } = definition;
  return {
    ...declared,
    containerDefinitions: containerDefinitions.map(({ image, dockerLabels, ...container }) => container),
  };
}

it('deploys the first image with the minimum number of tasks, and sets the limits of autoscaling', async () => {
  const { stdout } = await run('deploy', { IMAGE_TAG: A.slice(0, 7) });
  expect(stdout).toContain(`${A} is live on production`);
  await expectLive(A);
  const { min, max } = ENVIRONMENTS.production.service.tasks;
  expect(await readService()).toMatchObject({ desiredCount: min });
  const scaling = await new ApplicationAutoScalingClient(moto.client).send(
    new DescribeScalableTargetsCommand({ ServiceNamespace: 'ecs' }),
  );
  expect(scaling.ScalableTargets).toEqual([
    expect.objectContaining({
      ResourceId: `service/${NAME}/${NAME}`,
      ScalableDimension: 'ecs:service:DesiredCount',
      MinCapacity: min,
      MaxCapacity: max,
    }),
  ]);
  const [migration, ...others] = aws.ran;
  expect(others).toEqual([]);
  expect(await readDefinition(migration?.taskDefinition)).toMatchObject({
    family: `${NAME}-migrate`,
    containerDefinitions: [{ image: `${REGISTRY}@${digests[A]}`, command: ['migrate'] }],
  });
});

it('deploys the next image and keeps the number of tasks that autoscaling chose', async () => {
  const ecs = new ECSClient(moto.client);
  await ecs.send(new UpdateServiceCommand({ cluster: NAME, service: NAME, desiredCount: 5 }));
  await run('deploy', { IMAGE_TAG: B });
  await expectLive(B);
  expect(await readService()).toMatchObject({ desiredCount: 5, launchType: 'FARGATE' });
  expect(aws.ran).toHaveLength(2);
});

it('status shows what is live', async () => {
  const { stdout } = await run('status --json');
  expect(JSON.parse(stdout)).toMatchObject({
    environment: 'production',
    tag: B,
    digest: digests[B],
    desired: 5,
    min: 3,
    max: 12,
    last: { kind: 'deploy', tag: B, result: 'live' },
  });
});

it('rolls back without migrating, after a task of the live image has read the migrations', async () => {
  const { taskDefinition } = await readService();
  await run('rollback');
  await expectLive(A);
  expect(await readService()).toMatchObject({ desiredCount: 5 });
  expect(aws.ran.slice(2)).toEqual([{ taskDefinition, command: ['inspect'] }]);
});

it('protects deployed images from clean-up, and moves no tag', async () => {
  expect(await tagsOf(A)).toEqual([A, `${RELEASED}production-${A}`]);
  expect(await tagsOf(B)).toEqual([B, `${RELEASED}production-${B}`]);
});

it('has written each release to the ledger, and holds no lock', async () => {
  const released = (kind: string, tag: string, schema: string) => ({
    pk: { S: 'release' },
    sk: { S: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) },
    startedAt: { S: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) },
    settings: { S: '' },
    kind: { S: kind },
    tag: { S: tag },
    digest: { S: digests[tag] },
    schema: { N: schema },
    seconds: { N: expect.stringMatching(/^\d/) },
    result: { S: 'live' },
    who: { S: WHO },
  });
  expect(await readTable()).toEqual([
    released('deploy', A, '1'),
    released('deploy', B, '2'),
    released('rollback', A, '1'),
  ]);
});

it('history lists the releases, newest first', async () => {
  const { stdout } = await run('history');
  const rows = stdout.trim().split('\n').slice(1);
  expect(rows.map((row) => row.split(/ {2,}/).slice(1, 4))).toEqual(
    [
      ['rollback', A],
      ['deploy', B],
      ['deploy', A],
    ].map(([kind = '', tag = '']) => [kind, tag.slice(0, 12), digests[tag]?.slice(7, 19)]),
  );
});

it('deploy fails when a role or a secret does not exist', async () => {
  const before = await readTable();
  const { executionRoleArn = '' } = await readDefinition(NAME);
  const role = { RoleName: executionRoleArn.split('/').at(-1) };
  const iam = new IAMClient(moto.client);
  await iam.send(new DeleteRoleCommand(role));
  await expectRefused(`${executionRoleArn} does not exist, but tasks need it`);
  await iam.send(new CreateRoleCommand({ ...role, AssumeRolePolicyDocument: '{}' }));
  const [SecretId = ''] = secrets;
  const manager = new SecretsManagerClient(moto.client);
  await manager.send(new DeleteSecretCommand({ SecretId, ForceDeleteWithoutRecovery: true }));
  await expectRefused(`${SecretId} does not exist, but tasks need it`);
  await expectLive(A);
  expect(await readTable()).toEqual(before);
});

async function expectRefused(why: string): Promise<void> {
  const { code, stderr } = await runProgram(['deploy', '-e', 'production'], {
    url: aws.url,
    environment: { IMAGE_TAG: B },
  });
  expect(code, stderr).toBe(EXIT.refused);
  expect(stderr).toContain(why);
}
