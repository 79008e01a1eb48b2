/**
 * `setup`, `plan` and `destroy` as they are typed, with the real CDK command line. Identity, buckets, parameters, ECS and CDK's own
 * stack are moto's; the platform's stacks are those of a stand-in (support/cloudformation.ts), which makes of them only the table of
 * releases and the role that builds, in moto. What only AWS can prove is in docs/deploy/aws.md.
 */

import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateTableCommand,
  DeleteTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import {
  CreateClusterCommand,
  CreateServiceCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
} from '@aws-sdk/client-ecs';
import { CreateRoleCommand, DeleteRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { DeleteParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { EXIT } from '../../program/core/exit-codes.ts';
import { AwsError, type Document } from '../../rehearsal/ecs/handler.ts';
import { type LocalAws, startLocalAws } from '../../rehearsal/ecs/server.ts';
import { type CloudFormation, createCloudFormation } from '../support/cloudformation.ts';
import { type Moto, startMoto } from '../support/moto.ts';
import { type Run, type RunOptions, runProgram } from '../support/run-program.ts';

let moto: Moto;
let aws: LocalAws;
let cloudFormation: CloudFormation;
/** What AWS refuses now, by service and action. */
let refuse: (service: string, action: string) => void = () => {};

beforeAll(async () => {
  moto = await startMoto();
  cloudFormation = createCloudFormation((stack) => stack === 'CDKToolkit', readTemplate, makeOnMoto);
  aws = await startLocalAws({
    services: { cloudformation: cloudFormation.handler },
    before: (service, action) => refuse(service, action),
    otherwise: moto.url,
  });
});
afterAll(() => {
  aws.close();
  moto.stop();
});

/** From moto's bucket; with the form of a signature, which moto wants and does not check. */
async function readTemplate(url: string): Promise<Record<string, unknown>> {
  const answer = await fetch(moto.url + new URL(url).pathname, {
    headers: { authorization: 'AWS4-HMAC-SHA256 Credential=test/20260101/eu-central-1/s3/aws4_request' },
  });
  return (await answer.json()) as Record<string, unknown>;
}

function run(words: string, options: Partial<RunOptions> = {}): Promise<Run> {
  return runProgram(words.split(' '), { url: aws.url, ...options });
}

/** Of a stack's resources, those that the program asks for by itself. */
async function makeOnMoto({ Resources = {} }: Document, verb: string): Promise<void> {
  const named = (type: string, name: string): string[] =>
    Object.values<Document>(Resources).flatMap(({ Type, Properties }) =>
      Type === type ? (Properties[name] ?? []) : [],
    );
  for (const TableName of named('AWS::DynamoDB::Table', 'TableName')) {
    if (verb === 'DELETE') await dynamo().send(new DeleteTableCommand({ TableName }));
    if (verb !== 'CREATE') continue;
    const keys = ['pk', 'sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' as const }));
    await dynamo().send(
      new CreateTableCommand({
        TableName,
        AttributeDefinitions: keys,
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
        BillingMode: 'PAY_PER_REQUEST',
      }),
    );
  }
  const iam = new IAMClient({ ...MOTO, endpoint: moto.url });
  for (const RoleName of named('AWS::IAM::Role', 'RoleName')) {
    if (verb === 'CREATE')
      await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: '{}' }));
    if (verb === 'DELETE') await iam.send(new DeleteRoleCommand({ RoleName }));
  }
}

/** The stacks that the stand-in was told to work on since the last time this was called. */
function done(): string[] {
  return cloudFormation.done.splice(0);
}

/** Staging's stacks that the stand-in keeps, in their order, each with this before it. */
function each(
  verb: string,
  kinds = ['network', 'data', 'alerts', 'service', 'watching', 'delivery'],
): string[] {
  return kinds.map((kind) => `${verb} cars-api-staging-${kind}`);
}

const SETUP = 'setup --environment staging --yes';

describe('from an empty account to an environment and back', () => {
  it('is planned, with what it costs, and nothing is made', async () => {
    const { code, stdout, stderr } = await run('plan --environment staging');
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('Stack cars-api-staging-network');
    expect(stdout).toMatch(/NAT +32\.85 +1 gateways × \$0\.045 a hour +https/);
    expect(stdout).toMatch(/database +unknown +1 × db\.t4g\.medium/);
    expect(done()).toEqual([]);
  });

  it('asks, and does nothing when nobody can answer', async () => {
    const { code, stdout, stderr } = await run('setup --environment staging');
    expect({ code, stderr }).toEqual({ code: EXIT.usage, stderr: expect.stringContaining('Give --yes') });
    expect(stdout).toMatch(/CDKToolkit +create\n/);
    expect(stdout).toMatch(/cars-api-staging-data +create\n/);
    expect(done()).toEqual([]);
  });

  it("renews CDK's own stack where it is older than the platform needs", async () => {
    const ssm = new SSMClient({ ...MOTO, endpoint: moto.url });
    const Name = '/cdk-bootstrap/hnb659fds/version';
    await ssm.send(new PutParameterCommand({ Name, Value: '5', Type: 'String' }));
    const { stdout } = await run('setup --environment staging');
    await ssm.send(new DeleteParameterCommand({ Name }));
    expect(stdout).toMatch(/CDKToolkit +update\n/);
    expect(done()).toEqual([]);
  });

  it('tells why a stack failed, and how to go on', async () => {
    const reason = 'You have exceeded the number of instances';
    cloudFormation.failNext('cars-api-staging-data', {
      resource: 'Database',
      type: 'AWS::RDS::DBInstance',
      reason,
    });
    const { code, stderr } = await run(SETUP);
    expect(code, stderr).toBe(EXIT.stackFailed);
    expect(stderr).toContain('the stack cars-api-staging-data was not deployed');
    expect(stderr).toContain(`Database (AWS::RDS::DBInstance): ${reason}`);
    expect(stderr).toContain('repeat the command');
    expect(done()).toEqual(['create cars-api-shared', ...each('create', ['releases', 'network', 'data'])]);
  });

  it('is interrupted by Ctrl-C, and says that AWS goes on', async () => {
    cloudFormation.duration = 8000;
    const { code, stderr } = await run(SETUP, {
      async onStart(signal) {
        const until = Date.now() + 60_000;
        while (!cloudFormation.done.includes('create cars-api-staging-data') && Date.now() < until)
          await sleep(100);
        signal('SIGINT');
      },
    });
    cloudFormation.duration = 50;
    expect(code, stderr).toBe(EXIT.interrupted);
    expect(stderr).toContain('Repeat the command');
    // A stack that could not be made is deleted before it is made again.
    expect(done()).toEqual([...each('delete', ['data']), ...each('create', ['data'])]);
  });

  it('goes on where it was, to the end', async () => {
    const { code, stdout, stderr } = await run(SETUP);
    expect(code, stderr).toBe(0);
    expect(done()).toEqual(each('create', ['alerts', 'service', 'watching', 'delivery']));
    expect(stdout).toMatch(/stack cars-api-staging-delivery +CREATE_COMPLETE\n/);
    expect(stdout).toMatch(/address +value-of-Address\n/);
    expect(stdout).toContain('IMAGE_TAG=<its tag> infra/aws-deploy.sh deploy --environment staging');
  });

  it('changes nothing the second time', async () => {
    const { code, stdout, stderr } = await run(SETUP);
    expect(code, stderr).toBe(0);
    expect(stdout.match(/ none\n/g)).toHaveLength(8);
    expect(done()).toEqual([]);
  });

  it('keeps the image and the number of tasks that are live', async () => {
    const digest = `sha256:${'b'.repeat(64)}`;
    await runOnMoto(digest, 4);
    const { code, stdout, stderr } = await run(SETUP);
    expect(code, stderr).toBe(0);
    expect(done()).toEqual(each('update', ['service', 'watching']));
    const { template } = cloudFormation.stacks.get('cars-api-staging-service') ?? {};
    expect(JSON.stringify(template)).toContain(`@${digest}`);
    expect(JSON.stringify(template)).toContain('"DesiredCount":4');
    expect(stdout).toContain(`4 of ${digest}`);
  });

  it('lets one run work at a time, and says who that is', async () => {
    const key = { pk: { S: 'lock' }, sk: { S: 'lock' } };
    const TableName = 'cars-api-staging-releases';
    const until = Math.floor(Date.now() / 1000) + 60;
    const holder = { what: { S: 'deploy abc1234' }, who: { S: 'ann on laptop' }, since: { S: 'noon' } };
    await dynamo().send(
      new PutItemCommand({ TableName, Item: { ...key, ...holder, until: { N: `${until}` } } }),
    );
    const refused = await run(SETUP);
    expect(refused.code, refused.stderr).toBe(EXIT.locked);
    expect(refused.stderr).toContain('deploy abc1234 by ann on laptop since noon');
    expect(done()).toEqual([]);

    // One that ran out is taken over, and is gone afterwards.
    await dynamo().send(
      new PutItemCommand({ TableName, Item: { ...key, ...holder, until: { N: `${until - 61}` } } }),
    );
    expect(await run(SETUP)).toMatchObject({ code: 0 });
    expect((await dynamo().send(new GetItemCommand({ TableName, Key: key }))).Item).toBeUndefined();
  });

  it('is not mixed up with a platform in another region', async () => {
    // Stacks are a region's own, so there are none in the other one; roles are the account's.
    const { handler } = createCloudFormation(() => false, readTemplate, makeOnMoto);
    const elsewhere = await startLocalAws({ services: { cloudformation: handler }, otherwise: moto.url });
    onTestFinished(() => elsewhere.close());
    const { code, stderr } = await run(SETUP, {
      url: elsewhere.url,
      environment: { AWS_REGION: 'us-east-1' },
    });
    expect(code, stderr).toBe(EXIT.region);
    expect(stderr).toContain('this account has cars-api in another region');
    expect(done()).toEqual([]);
  });

  it('says so when credentials expire half-way', async () => {
    let calls = 0;
    refuse = (service) => {
      if (service === 'cloudformation') calls += 1;
      if (calls > 20)
        throw new AwsError('ExpiredToken', 'The security token included in the request is expired', 403);
    };
    const { code, stderr } = await run(SETUP);
    refuse = () => {};
    expect(calls).toBeGreaterThan(20);
    expect(code, stderr).toBe(EXIT.expiredCredentials);
    expect(stderr).toContain('Sign in again');
  });

  it('is destroyed only by name', async () => {
    const { code, stdout, stderr } = await run('destroy --environment staging --confirm production');
    expect({ code, stderr }).toEqual({
      code: EXIT.declined,
      stderr: expect.stringContaining('nothing was changed'),
    });
    expect(stdout).toContain('cars-api-staging-data');
    expect(done()).toEqual([]);
  });

  it('is destroyed from the top down, and what it shares stays', async () => {
    const { code, stdout, stderr } = await run('destroy --environment staging --confirm staging');
    expect(code, stderr).toBe(0);
    expect(done()).toEqual([...each('delete').toReversed(), ...each('delete', ['releases'])]);
    expect(stdout).toContain('Kept: a last snapshot of the database');
    expect(await run('destroy --environment staging --confirm staging')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('there is nothing of staging'),
    });
  });

  // Proves: removed-database
  it('is refused for production, which is protected', async () => {
    const { code, stderr } = await run('destroy --confirm production');
    expect({ code, stderr }).toEqual({ code: EXIT.refused, stderr: expect.stringContaining('protected') });
  });
});

/** Each ends before anything is asked of CloudFormation. */
describe('what is wrong is said, with what to do and an exit code of its own', () => {
  const NOBODY = { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined };

  it.each<[what: string, words: string, RunOptions['environment'], exit: keyof typeof EXIT, said: string]>([
    ['no credentials', 'plan', NOBODY, 'noCredentials', 'aws sso login'],
    ['no region', 'plan', { AWS_REGION: undefined }, 'region', 'Set AWS_REGION'],
    [
      'a region that is none',
      'plan',
      { AWS_REGION: 'mars-1', AWS_ENDPOINT_URL: undefined },
      'region',
      'spelt right',
    ],
    ['no such environment', 'plan -e test', {}, 'usage', 'There are production, staging'],
    ['no such command', 'setpu', {}, 'usage', 'there is no command "setpu"'],
    ['no such option', 'plan --force', {}, 'usage', '--force'],
    ['an option of another command', 'plan --yes', {}, 'usage', 'plan knows no --yes'],
    ['no repository', 'plan', { GITHUB_REPOSITORY: 'x' }, 'usage', 'Give --github OWNER/NAME'],
    ['two points to restore', 'restore --latest --snapshot x', {}, 'usage', 'needs one of'],
    ['a time without a zone', 'restore --to 2026-11-24T12:00:00', {}, 'usage', 'with its zone'],
  ])('%s', async (_, words, environment, exit, said) => {
    const { code, stderr } = await run(words, { environment: environment ?? {} });
    expect({ code, stderr }).toEqual({ code: EXIT[exit], stderr: expect.stringContaining(said) });
    expect(stderr).not.toMatch(/^ +at /m);
  });

  it.each([
    ['credentials that have expired', 'ExpiredToken', 'expiredCredentials', 'Sign in again'],
    ['credentials that AWS does not know', 'InvalidClientTokenId', 'noCredentials', 'get-caller-identity'],
    ['credentials that may not', 'AccessDenied', 'denied', 'docs/deploy/aws.md'],
  ] as const)('%s', async (_, error, exit, said) => {
    refuse = () => {
      throw new AwsError(error, 'no', 403);
    };
    const { code, stderr } = await run('plan');
    refuse = () => {};
    expect({ code, stderr }).toEqual({ code: EXIT[exit], stderr: expect.stringContaining(said) });
  });

  it('a tool that is missing', async () => {
    const PATH = await folderWith({});
    const { code, stderr } = await run('plan', { environment: { PATH } });
    expect({ code, stderr }).toEqual({
      code: EXIT.toolMissing,
      stderr: expect.stringContaining('node is not installed'),
    });
  });

  it('a tool that is too old', async () => {
    const PATH = await folderWith({ node: '#!/bin/sh\necho v18.20.0\n', npm: '#!/bin/sh\n' });
    const { code, stderr } = await run('plan', { environment: { PATH } });
    expect({ code, stderr }).toEqual({
      code: EXIT.toolMissing,
      stderr: expect.stringContaining('v18.20.0 is too old'),
    });
  });
});

/** A folder for PATH, with what every system has and these programs. */
async function folderWith(programs: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'cars-api-tools-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const tool of ['bash', 'dirname', 'sed']) {
    await symlink(execFileSync('which', [tool], { encoding: 'utf8' }).trim(), join(folder, tool));
  }
  for (const [name, text] of Object.entries(programs))
    await writeFile(join(folder, name), text, { mode: 0o755 });
  return folder;
}

const MOTO = {
  region: 'eu-central-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
};

function dynamo(): DynamoDBClient {
  return new DynamoDBClient({ ...MOTO, endpoint: moto.url });
}

/** What a release and the scaling would have left. */
async function runOnMoto(digest: string, desiredCount: number): Promise<void> {
  const ecs = new ECSClient({ ...MOTO, endpoint: moto.url });
  const name = 'cars-api-staging';
  await ecs.send(new CreateClusterCommand({ clusterName: name }));
  await ecs.send(
    new RegisterTaskDefinitionCommand({
      family: name,
      containerDefinitions: [{ name: 'api', image: `registry/cars-api@${digest}`, memory: 512 }],
    }),
  );
  await ecs.send(
    new CreateServiceCommand({ cluster: name, serviceName: name, taskDefinition: name, desiredCount }),
  );
}
