/**
 * `setup`, `plan` and `destroy` as a person types them, with the real CDK command line. Moto
 * provides identity, buckets, parameters, ECS and the CDKToolkit stack. A stand-in for
 * CloudFormation (support/cloudformation.ts) keeps the platform's stacks; of their resources it
 * creates only the releases table and the roles, in moto.
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
import {
  CreateRoleCommand,
  DeleteRoleCommand,
  IAMClient,
  ListOpenIDConnectProvidersCommand,
} from '@aws-sdk/client-iam';
import { CreateDBInstanceCommand, DeleteDBInstanceCommand, RDSClient } from '@aws-sdk/client-rds';
import { DeleteParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { runCommand } from '../../program/cli/run-command.ts';
import { EXIT, Failure } from '../../program/core/exit-codes.ts';
import { AwsError, type Document, type Handler } from '../../rehearsal/ecs/handler.ts';
import { type LocalAws, startLocalAws } from '../../rehearsal/ecs/server.ts';
import { type CloudFormation, createCloudFormation } from '../support/cloudformation.ts';
import { type Moto, startMoto } from '../support/moto.ts';
import { type Run, type RunOptions, runProgram } from '../support/run-program.ts';

let moto: Moto;
let aws: LocalAws;
let cloudFormation: CloudFormation;
/** What was requested of ECS and of autoscaling. */
const requestsToTasks: string[] = [];
/** Throws the errors that AWS answers with now. */
let refuse: (service: string, action: string) => void = () => {};

beforeAll(async () => {
  moto = await startMoto();
  cloudFormation = createCloudFormation((stack) => stack === 'CDKToolkit', readTemplate, makeOnMoto);
  aws = await startLocalAws({
    services: {
      cloudformation: cloudFormation.handler,
      pricing: PRICES,
      iam: createLinkedRole,
      servicequotas: QUOTAS,
    },
    before(service, action) {
      if (['ecs', 'application-autoscaling'].includes(service)) requestsToTasks.push(action);
      refuse(service, action);
    },
    otherwise: moto.url,
  });
});
afterAll(() => {
  aws.close();
  moto.stop();
});

/** Reads a template from moto's bucket, with a signature that moto requires but does not check. */
async function readTemplate(url: string): Promise<Record<string, unknown>> {
  const answer = await fetch(moto.url + new URL(url).pathname, {
    headers: { authorization: 'AWS4-HMAC-SHA256 Credential=test/20260101/eu-central-1/s3/aws4_request' },
  });
  return (await answer.json()) as Record<string, unknown>;
}

function run(words: string, options: Partial<RunOptions> = {}): Promise<Run> {
  return runProgram(words.split(' '), { url: aws.url, ...options });
}

/** Creates, in moto, the resources of a stack that the program itself uses. */
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

/** The operations on stacks since the last call. */
function done(): string[] {
  return cloudFormation.done.splice(0);
}

/** The names that AWS gives to service-linked roles; moto has others. */
const LINKED_ROLES: Readonly<Record<string, string>> = {
  'ecs.amazonaws.com': 'AWSServiceRoleForECS',
  'elasticloadbalancing.amazonaws.com': 'AWSServiceRoleForElasticLoadBalancing',
  'rds.amazonaws.com': 'AWSServiceRoleForRDS',
  'ecs.application-autoscaling.amazonaws.com': 'AWSServiceRoleForApplicationAutoScaling_ECSService',
};

const createLinkedRole: Handler = async (action, { AWSServiceName }) => {
  if (action !== 'CreateServiceLinkedRole') return undefined;
  const RoleName = LINKED_ROLES[AWSServiceName];
  const iam = new IAMClient({ ...MOTO, endpoint: moto.url });
  await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: '{}' }));
  return { Role: { RoleName } };
};

/** The price list: every database costs a dollar an hour, and nothing else has a price. */
const PRICES: Handler = (_, { ServiceCode, Filters }) => ({
  PriceList:
    ServiceCode === 'AmazonRDS' && Filters.some(({ Field }: Document) => Field === 'instanceType')
      ? [
          JSON.stringify({
            product: { attributes: { usagetype: 'EUC1-InstanceUsage:db.t4g.medium' } },
            terms: { OnDemand: { a: { priceDimensions: { b: { pricePerUnit: { USD: '1.0' } } } } } },
          }),
        ]
      : [],
});

/** One of each is too few. */
const QUOTAS: Handler = () => ({ Quota: { Value: 1 } });

/** Operations on stacks of staging, in order. */
function each(verb: string, kinds = ['base', 'data', 'service']): string[] {
  return kinds.map((kind) => `${verb} cars-api-staging-${kind}`);
}

/** Of a repository created since 2026-07-15. */
const SUBJECT = 'repo:example@1001/cars-api@2002';

const SETUP = 'setup --environment staging --yes';
const FIRST_SETUP = `${SETUP} --github-subject ${SUBJECT}`;

describe('from an empty account to an environment and back', () => {
  it('setup asks for the subject of the repository when no option names it', async () => {
    const { code, stderr } = await run(SETUP);
    expect({ code, stderr }).toEqual({
      code: EXIT.usage,
      stderr: expect.stringContaining('give --github-subject'),
    });
  });

  it('plan shows the changes and the cost, and changes nothing', async () => {
    const { code, stdout, stderr } = await run(`plan --environment staging --github-subject ${SUBJECT}`);
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('Stack cars-api-staging-base');
    expect(stdout).toMatch(/database +730\.00 +1 db\.t4g\.medium, Single-AZ × \$1 per hour\n/);
    expect(stdout).toMatch(/NAT +unknown +1 gateways; AWS lists no price\n/);
    expect(done()).toEqual([]);
  });

  it('setup asks first, and changes nothing when there is no terminal', async () => {
    const { code, stdout, stderr } = await run(`setup --environment staging --github-subject ${SUBJECT}`);
    expect({ code, stderr }).toEqual({ code: EXIT.usage, stderr: expect.stringContaining('Give --yes') });
    expect(stdout).toMatch(/identity provider token\.actions\.githubusercontent\.com +create\n/);
    expect(stdout).toMatch(/role AWSServiceRoleForECS +create\n/);
    expect(stdout).toMatch(/CDKToolkit +create\n/);
    expect(stdout).toMatch(/cars-api-staging-data +create\n/);
    expect(stdout).toContain('the quota for Fargate vCPUs is 1, and up to 4 are needed');
    expect(stdout).not.toContain('elastic addresses');
    expect(done()).toEqual([]);
  });

  it('setup updates the CDKToolkit stack when it is older than required', async () => {
    const ssm = new SSMClient({ ...MOTO, endpoint: moto.url });
    const Name = '/cdk-bootstrap/hnb659fds/version';
    await ssm.send(new PutParameterCommand({ Name, Value: '5', Type: 'String' }));
    const { stdout } = await run(`setup --environment staging --github-subject ${SUBJECT}`);
    await ssm.send(new DeleteParameterCommand({ Name }));
    expect(stdout).toMatch(/CDKToolkit +update\n/);
    expect(done()).toEqual([]);
  });

  it('setup reports why a stack failed, and how to continue', async () => {
    const reason = 'You have exceeded the number of instances';
    cloudFormation.failNext('cars-api-staging-data', {
      resource: 'Database',
      type: 'AWS::RDS::DBInstance',
      reason,
    });
    const { code, stderr } = await run(FIRST_SETUP);
    expect(code, stderr).toBe(EXIT.stackFailed);
    expect(stderr).toContain('the stack cars-api-staging-data was not deployed');
    expect(stderr).toContain(`Database (AWS::RDS::DBInstance): ${reason}`);
    expect(stderr).toContain('What CloudFormation has created stays');
    expect(stderr).toContain('run the command again');
    expect(done()).toEqual(['create cars-api-shared', ...each('create', ['base', 'data'])]);
  });

  it('setup continues a stack whose creation failed, and deletes nothing of it', async () => {
    // Neither a protected stack nor a protected database can be deleted.
    const reason = 'not yet';
    cloudFormation.failNext('cars-api-staging-data', {
      resource: 'Copies',
      type: 'AWS::Backup::BackupPlan',
      reason,
    });
    const { code, stderr } = await run(SETUP);
    expect({ code, stderr }).toEqual({ code: EXIT.stackFailed, stderr: expect.stringContaining(reason) });
    expect(done()).toEqual(each('update', ['data']));
    expect(cloudFormation.stacks.get('cars-api-staging-data')?.status).toBe('UPDATE_FAILED');
  });

  it('setup can be interrupted by Ctrl-C, and says that AWS continues', async () => {
    cloudFormation.duration = 8000;
    const { code, stderr } = await run(SETUP, {
      async onStart(signal) {
        const until = Date.now() + 60_000;
        while (!cloudFormation.done.includes('update cars-api-staging-data') && Date.now() < until)
          await sleep(100);
        signal('SIGINT');
      },
    });
    cloudFormation.duration = 0;
    expect(code, stderr).toBe(EXIT.interrupted);
    expect(stderr).toContain('run the command again');
    expect(done()).toEqual(each('update', ['data']));
  });

  it('setup continues where it was interrupted', async () => {
    const { code, stdout, stderr } = await run(SETUP);
    expect(code, stderr).toBe(0);
    expect(done()).toEqual(each('create', ['service']));
    expect(stdout).toMatch(/stack cars-api-staging-service +CREATE_COMPLETE\n/);
    expect(stdout).toMatch(/address +value-of-Address\n/);
    expect(stdout).toContain('infra/aws-deploy.sh deploy --environment staging');
  });

  it('setup changes nothing the second time', async () => {
    // Nothing to confirm, so no terminal is needed.
    const { code, stdout, stderr } = await run('setup --environment staging');
    expect(code, stderr).toBe(0);
    expect(stdout.match(/ none\n/g)).toHaveLength(4);
    expect(done()).toEqual([]);
  });

  it('plan --pending needs no GitHub, and says that nothing is pending', async () => {
    const { code, stdout, stderr } = await run('plan --pending --environment staging');
    expect(code, stderr).toBe(0);
    expect(stdout.match(/ none$/gm)).toHaveLength(4);
  });

  it('plan --pending finds nothing in an environment that does not exist yet', async () => {
    const { code, stdout, stderr } = await run('plan --pending --environment production');
    expect({ code, stderr }).toEqual({ code: EXIT.done, stderr: '' });
    expect(stdout).toContain('production does not exist yet');
  });

  it('plan --pending fails when setup would change something', async () => {
    const stack = cloudFormation.stacks.get('cars-api-staging-service');
    const { Resources, ...others } = stack?.template ?? {};
    Object.assign(stack ?? {}, {
      template: { ...others, Resources: { ...Resources, Old: { Type: 'AWS::SNS::Topic' } } },
    });
    const { code, stdout, stderr } = await run('plan --pending --environment staging');
    expect({ code, stderr }).toEqual({
      code: EXIT.pending,
      stderr: expect.stringContaining('setup --environment staging'),
    });
    expect(stdout).toMatch(/cars-api-staging-service +update\n/);
  });

  it('leaves running tasks untouched when a change of the platform fails', async () => {
    await runOnMoto(`sha256:${'b'.repeat(64)}`, 4);
    requestsToTasks.length = 0;
    cloudFormation.failNext('cars-api-staging-service', {
      resource: 'Alarm',
      type: 'AWS::CloudWatch::Alarm',
      reason: 'a test',
    });
    const { code, stderr } = await run(SETUP);
    expect(code, stderr).toBe(EXIT.stackFailed);
    expect(stderr).toContain('Running tasks were not touched');
    // The change was shown before it was made, by resource.
    expect(stderr).toMatch(/Stack cars-api-staging-service\n[\s\S]*\[-\] AWS::SNS::Topic Old/);
    expect(done()).toEqual(each('update', ['service']));
    expect(requestsToTasks.filter((action) => !/^(Describe|List)/.test(action))).toEqual([]);
    expect(await run(SETUP)).toMatchObject({ code: 0, stdout: expect.stringMatching(/tasks +\d of 4\n/) });
    expect(done()).toEqual(each('update', ['service']));
    expect(requestsToTasks.filter((action) => !/^(Describe|List)/.test(action))).toEqual([]);
  });

  it('setup fails while another run holds the lock, and names that run', async () => {
    const key = { pk: { S: 'lock' }, sk: { S: 'lock' } };
    const TableName = 'cars-api-staging-releases';
    const until = Math.floor(Date.now() / 1000) + 60;
    const holder = { what: { S: 'deploy abc1234' }, who: { S: 'ann on laptop' }, since: { S: 'noon' } };
    await dynamo().send(
      new PutItemCommand({ TableName, Item: { ...key, ...holder, until: { N: `${until}` } } }),
    );
    const refused = await run(SETUP);
    expect(refused.code, refused.stderr).toBe(EXIT.locked);
    expect(refused.stderr).toContain('deploy abc1234, started by ann on laptop at noon');
    expect(done()).toEqual([]);

    // An expired lock is taken over, and is gone afterwards.
    await dynamo().send(
      new PutItemCommand({ TableName, Item: { ...key, ...holder, until: { N: `${until - 61}` } } }),
    );
    expect(await run(SETUP)).toMatchObject({ code: 0 });
    expect((await dynamo().send(new GetItemCommand({ TableName, Key: key }))).Item).toBeUndefined();
  });

  it('setup fails when the platform is in another region', async () => {
    // The other region has no stacks, but roles exist in the whole account.
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

  it('setup reports credentials that expire while it works', async () => {
    let requests = 0;
    refuse = (service) => {
      if (service === 'cloudformation') requests += 1;
      if (requests > 4)
        throw new AwsError('ExpiredToken', 'The security token included in the request is expired', 403);
    };
    const { code, stderr } = await run(SETUP);
    refuse = () => {};
    expect(requests).toBeGreaterThan(4);
    expect(code, stderr).toBe(EXIT.expiredCredentials);
    expect(stderr).toContain('Sign in again');
  });

  it('destroy changes nothing unless the name is confirmed', async () => {
    const { code, stdout, stderr } = await run('destroy --environment staging --confirm production');
    expect({ code, stderr }).toEqual({
      code: EXIT.declined,
      stderr: expect.stringContaining('nothing was changed'),
    });
    expect(stdout).toContain('cars-api-staging-data');
    expect(await run('destroy --environment staging')).toMatchObject({
      code: EXIT.usage,
      stderr: expect.stringContaining('Give --confirm staging'),
    });
    expect(done()).toEqual([]);
  });

  it('destroy changes nothing while a stack is protected, and says that setup ends the protection', async () => {
    const stack = cloudFormation.stacks.get('cars-api-staging-base');
    Object.assign(stack ?? {}, { isProtected: true });
    requestsToTasks.length = 0;
    const refused = await run('destroy --environment staging --confirm staging');
    expect(refused.code, refused.stderr).toBe(EXIT.refused);
    expect(refused.stderr).toContain('the stack cars-api-staging-base is protected from deletion');
    expect(refused.stderr).toContain('aws-deploy.sh setup --environment staging');
    expect(requestsToTasks).toEqual([]);
    expect(await run(SETUP)).toMatchObject({ code: 0 });
    expect(stack?.isProtected).toBe(false);
    done();
  });

  it('destroy names the copies of the database that would be in its way', async () => {
    const rds = new RDSClient({ ...MOTO, endpoint: moto.url });
    const copies = [
      'cars-api-staging-202611241235',
      'cars-api-staging-old',
      'cars-api-202611241235',
      'cars-api-old',
      'cars-api-staging-other',
    ];
    for (const DBInstanceIdentifier of copies)
      await rds.send(
        new CreateDBInstanceCommand({
          DBInstanceIdentifier,
          DBInstanceClass: 'db.t4g.medium',
          Engine: 'mysql',
        }),
      );
    const { code, stderr } = await run('destroy --environment staging --confirm staging');
    expect({ code, stderr }).toEqual({
      code: EXIT.refused,
      stderr: expect.stringContaining(
        'from a restore: cars-api-staging-202611241235, cars-api-staging-old\n→',
      ),
    });
    expect(done()).toEqual([]);
    for (const DBInstanceIdentifier of copies)
      await rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier, SkipFinalSnapshot: true }));
  });

  it('destroy deletes dependent stacks first, and keeps the shared one', async () => {
    const { code, stdout, stderr } = await run('destroy --environment staging --confirm staging');
    expect(code, stderr).toBe(0);
    expect(done()).toEqual(each('delete').toReversed());
    expect(stdout).toContain(
      'Kept: a final snapshot of the database, the access logs, the KMS keys, and the stack cars-api-shared',
    );
    expect(requestsToTasks).toContain('DeleteService');
    expect(await run('destroy --environment staging --confirm staging')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('There is no stack of staging'),
    });
  });

  it('has left the identity provider of the account alone', async () => {
    const iam = new IAMClient({ ...MOTO, endpoint: moto.url });
    const { OpenIDConnectProviderList } = await iam.send(new ListOpenIDConnectProvidersCommand({}));
    expect(OpenIDConnectProviderList).toHaveLength(1);
  });

  // Proves: eavesdropping
  it('setup of production without a certificate needs a flag', async () => {
    const { code, stderr } = await run('setup --environment production --yes');
    expect({ code, stderr }).toEqual({ code: EXIT.usage, stderr: expect.stringContaining('--plain-http') });
  });

  // Proves: removed-database
  it('destroy fails for production, which is protected', async () => {
    const { code, stderr } = await run('destroy -e production --confirm production');
    expect({ code, stderr }).toEqual({ code: EXIT.refused, stderr: expect.stringContaining('protected') });
  });
});

describe('a wrong use is explained, with its own exit code', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  // In this process, because no request is made.
  it.each<[what: string, words: string, environment: Record<string, string>, said: string]>([
    ['no such environment', 'plan -e test', {}, 'Environments: production, staging'],
    [
      'no such command',
      'setpu',
      {},
      'there is no command "setpu"\nNothing was changed. The commands are setup, ',
    ],
    ['no such option', 'plan --force', {}, "Unknown option '--force'\nNothing was changed. See"],
    ['an option of another command', 'plan --yes', {}, 'plan has no option --yes'],
    ['no repository', 'plan', { GITHUB_REPOSITORY: 'x' }, 'Give --github OWNER/NAME'],
    ['no such word', 'status now', {}, 'status has no argument "now"'],
    ['an environment as a word', 'deploy abc staging', {}, 'deploy has no argument "staging"'],
    ['two images', 'deploy -e staging abc', { IMAGE_TAG: 'def' }, 'TAG is abc, but IMAGE_TAG is def'],
    ['an image, and the live one', 'deploy abc --again', {}, '--again deploys the live image, and not abc'],
    ['a change of an unnamed environment', 'deploy abc', {}, 'Give --environment production'],
    ['a copy of an unnamed database', 'restore --latest', {}, 'Give --environment production'],
    ['a wrong number', 'wait --timeout x', {}, '"x" is not a number'],
    ['two restore points', 'restore --latest --snapshot x', {}, 'needs exactly one of'],
    ['a time without a zone', 'restore --to 2026-11-24T12:00:00', {}, 'not a time with a zone'],
  ])('%s', async (_, words, environment, said) => {
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    const error = await runCommand(words.split(' '), new AbortController().signal).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(Failure);
    expect([error.exit, `${error.message}\n${error.advice}`]).toEqual([
      'usage',
      expect.stringContaining(said),
    ]);
  });

  const NOBODY = { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined };

  it.each<[what: string, words: string, RunOptions['environment'], exit: keyof typeof EXIT, said: string]>([
    ['no credentials', 'plan', NOBODY, 'noCredentials', 'aws sso login'],
    ['no region', 'plan', { AWS_REGION: undefined }, 'region', 'Set AWS_REGION'],
    [
      'an unknown region',
      'plan',
      { AWS_REGION: 'mars-1', AWS_ENDPOINT_URL: undefined },
      'region',
      'Check the spelling of the region',
    ],
    ['a wrong number, without credentials', 'wait --timeout x', NOBODY, 'usage', '"x" is not a number'],
  ])('%s', async (_, words, environment, exit, said) => {
    const { code, stderr } = await run(words, { environment: environment ?? {} });
    expect({ code, stderr }).toEqual({ code: EXIT[exit], stderr: expect.stringContaining(said) });
    expect(stderr).not.toMatch(/^ +at /m);
  });

  it.each([
    ['expired credentials', 'ExpiredToken', 'expiredCredentials', 'Sign in again'],
    ['unknown credentials', 'InvalidClientTokenId', 'noCredentials', 'get-caller-identity'],
    ['credentials without permission', 'AccessDenied', 'denied', 'docs/deploy/aws.md'],
  ] as const)('%s', async (_, error, exit, said) => {
    refuse = () => {
      throw new AwsError(error, 'no', 403);
    };
    const { code, stderr } = await run('plan');
    refuse = () => {};
    expect({ code, stderr }).toEqual({ code: EXIT[exit], stderr: expect.stringContaining(said) });
  });

  it.each(['history', 'rollback -e production', 'logs', 'status', 'deploy -e production abc'])(
    '%s before setup',
    async (words) => {
      const { code, stderr } = await run(words);
      expect({ code, stderr }).toEqual({ code: EXIT.refused, stderr: expect.stringContaining('setup') });
      expect(stderr).not.toMatch(/^ +at /m);
    },
  );

  it('a missing tool', async () => {
    const PATH = await folderWith({});
    const { code, stderr } = await run('plan', { environment: { PATH } });
    expect({ code, stderr }).toEqual({
      code: EXIT.toolMissing,
      stderr: expect.stringContaining('node is not installed'),
    });
  });

  it('an outdated tool', async () => {
    const PATH = await folderWith({ node: '#!/bin/sh\necho v18.20.0\n', npm: '#!/bin/sh\n' });
    const { code, stderr } = await run('plan', { environment: { PATH } });
    expect({ code, stderr }).toEqual({
      code: EXIT.toolMissing,
      stderr: expect.stringContaining('v18.20.0 is too old'),
    });
  });
});

/** A folder for PATH with these programs and a few that every system has. */
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

/** Creates the service as a release and autoscaling would have left it. */
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
