/**
 * `restore` as a person types it: with the local ECS for the check of the copy, and a stand-in for
 * RDS (support/rds.ts). After every outcome the live instance and the service are unchanged.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { definitionName } from '../../platform/contract.ts';
import { EXIT } from '../../program/core/exit-codes.ts';
import { AwsError, type Document } from '../../rehearsal/ecs/handler.ts';
import { type LocalAws, startLocalAws } from '../../rehearsal/ecs/server.ts';
import { startTestAccount, type TestAccount } from '../support/account.ts';
import { createRds, listOf, type Rds } from '../support/rds.ts';
import { type Run, type RunOptions, runProgram } from '../support/run-program.ts';
import { readVariant } from '../support/synthesised.ts';

const PAGE = readFileSync(join(import.meta.dirname, '../../../docs/run/restore.md'), 'utf8');
const TAG = 'a'.repeat(40);
const SNAPSHOT = 'rds:cars-api-2026-11-24-03-00';
const [declared] = readVariant('declared').of('AWS::RDS::DBInstance', 'cars-api-data');

/** The live instance, as RDS describes one created from the template. */
function liveInstance(): Document {
  const properties: Document = declared?.properties;
  return {
    DBInstanceIdentifier: properties['DBInstanceIdentifier'],
    DBInstanceStatus: 'available',
    Endpoint: { Address: 'cars-api.c0ffee.eu-central-1.rds.amazonaws.com', Port: 3306 },
    DBInstanceClass: properties['DBInstanceClass'],
    DBSubnetGroup: 'isolated-subnets',
    VpcSecurityGroups: ['sg-database'],
    DBParameterGroups: ['parameters-with-tls'],
    MultiAZ: properties['MultiAZ'],
    StorageType: properties['StorageType'],
    StorageEncrypted: properties['StorageEncrypted'],
    MaxAllocatedStorage: properties['MaxAllocatedStorage'],
    BackupRetentionPeriod: properties['BackupRetentionPeriod'],
    PreferredBackupWindow: properties['PreferredBackupWindow'],
    DeletionProtection: properties['DeletionProtection'],
    PubliclyAccessible: properties['PubliclyAccessible'],
    AutoMinorVersionUpgrade: properties['AutoMinorVersionUpgrade'],
    CACertificateIdentifier: properties['CACertificateIdentifier'],
    EnabledCloudwatchLogsExports: properties['EnableCloudwatchLogsExports'],
    LatestRestorableTime: new Date('2026-11-24T12:30:00Z'),
  };
}

let account: TestAccount;
let digest: string;
let rds: Rds;
let aws: LocalAws;
/** The requests to ECS. */
let ecs: { action: string; input: Document }[];
/** Throws the errors that AWS answers with now. */
let refuse: (service: string, action: string) => void;

beforeAll(async () => {
  account = await startTestAccount();
  digest = account.push(TAG);
  await account.release(TAG);
});
afterAll(() => account.close());

beforeEach(async () => {
  rds = createRds(liveInstance(), [SNAPSHOT]);
  refuse = () => {};
  account.applied(digest, [{ version: 1, oldestCompatible: 1 }]);
  await inFrontOf(account);
});

/** Puts the stand-in for RDS in front of an account. */
async function inFrontOf({ url }: { url: string }): Promise<void> {
  aws?.close();
  ecs = [];
  aws = await startLocalAws({
    services: {
      rds: rds.handler,
      ecs(action, input) {
        ecs.push({ action, input });
        return undefined;
      },
    },
    before: (service, action) => refuse(service, action),
    otherwise: url,
  });
}

afterEach(() => {
  const { LatestRestorableTime: _, ...before } = liveInstance();
  expect(rds.instances.get('cars-api')).toMatchObject(before);
  const changes = rds.requests.filter(({ action }) => !/^(Describe|Restore)/.test(action));
  expect(changes).toEqual([]);
  expect(ecs.filter(({ action }) => !/^Describe|^RunTask$/.test(action))).toEqual([]);
  aws.close();
});

function restore(how: string, options: Partial<RunOptions> = {}): Promise<Run> {
  return runProgram(`restore --environment production ${how}`.split(' '), { url: aws.url, ...options });
}

/** The copy; there must be exactly one. */
function copy(): Document {
  const [made, ...others] = [...rds.instances.values()].filter(
    ({ DBInstanceIdentifier: id }) => id !== 'cars-api',
  );
  expect(others).toEqual([]);
  expect(made?.['DBInstanceIdentifier']).toMatch(/^cars-api-\d{12}$/);
  return made as Document;
}

/** The command that the program advises to continue with the copy. */
function nextStep({ stderr }: Run): string {
  const [, way = ''] =
    /infra\/aws-deploy\.sh restore --environment production (--check \S+)/.exec(stderr) ?? [];
  expect(way, stderr).toBe(`--check ${copy()['DBInstanceIdentifier']}`);
  return way;
}

const request = () => rds.requests.find(({ action }) => action.startsWith('Restore'));
const checks = () => ecs.filter(({ action }) => action === 'RunTask');

it.each(['db', 'cluster'])(
  'a release after a cut-over uses the secret of the restored database: rds!%s-…',
  async (kind) => {
    const secret = (id: string) =>
      `arn:aws:secretsmanager:eu-central-1:123456789012:secret:rds!${kind}-${id}`;
    const definition = definitionName('cars-api', 'migrate');
    const before = account.parameters.get(definition) ?? '';
    const settings = JSON.parse(before);
    settings.containerDefinitions[0].secrets = [
      { name: 'DATABASE_PASSWORD', valueFrom: `${secret('before')}:password::` },
    ];
    account.parameters.set(definition, JSON.stringify(settings));
    onTestFinished(() => void account.parameters.set(definition, before));
    const restored = { MasterUserSecret: { SecretArn: secret('restored') } };
    if (kind === 'db') Object.assign(rds.instances.get('cars-api') as Document, restored);
    else rds.clusters.set('cars-api', { Status: 'available', members: [], ...restored });

    const run = await runProgram(['deploy', '--again', '--environment', 'production'], { url: aws.url });
    expect(run.code, run.stderr).toBe(EXIT.done);
    const [registered] = ecs.filter(({ action }) => action === 'RegisterTaskDefinition');
    expect(registered?.input['family']).toBe('cars-api-migrate');
    expect(registered?.input['containerDefinitions'][0].secrets).toEqual([
      { name: 'DATABASE_PASSWORD', valueFrom: `${secret('restored')}:password::` },
    ]);
    ecs = [];
  },
);

it('copies a cluster of Aurora, creates its writer when it is available, and checks it', async () => {
  const [name, writer] = ['cars-api-aurora', 'cars-api-aurora-writer'];
  const { instances } = rds;
  // The environment's database is a cluster, with one instance.
  const [live] = [...instances.values()];
  instances.delete('cars-api');
  instances.set(writer, { ...live, DBInstanceIdentifier: writer, DBInstanceClass: 'db.r7g.large' });
  rds.clusters.set('cars-api', {
    DBClusterIdentifier: 'cars-api',
    Status: 'available',
    Engine: 'aurora-mysql',
    DBSubnetGroup: 'isolated-subnets',
    DBClusterParameterGroup: 'parameters-with-tls',
    EnabledCloudwatchLogsExports: listOf('member', ['error', 'slowquery']),
    IAMDatabaseAuthenticationEnabled: true,
    Endpoint: `${name}.cluster-c0ffee.eu-central-1.rds.amazonaws.com`,
    members: [writer],
  });
  const { code, stdout } = await restore('--latest');
  expect({ code, stdout }).toMatchObject({ code: EXIT.done });
  const created = rds.requests.filter(({ action }) => !action.startsWith('Describe'));
  expect(created.map(({ action }) => action)).toEqual(['RestoreDBClusterToPointInTime', 'CreateDBInstance']);
  expect(created[0]?.input).toMatchObject({
    SourceDBClusterIdentifier: 'cars-api',
    UseLatestRestorableTime: 'true',
    DBSubnetGroupName: 'isolated-subnets',
    DBClusterParameterGroupName: 'parameters-with-tls',
    EnableIAMDatabaseAuthentication: 'true',
  });
  expect(Object.keys(created[0]?.input ?? {}).join()).not.toContain('LogsExports');
  expect(created[1]?.input).toMatchObject({ DBInstanceClass: 'db.r7g.large', PubliclyAccessible: 'false' });
  expect(stdout).toContain('Checked by a task of the live image');
  expect(stdout).toMatch(/address cars-api-\d{12}\.cluster-c0ffee/);
  // For the check after each test: nothing else was changed.
  rds.requests.splice(0);
  instances.set('cars-api', liveInstance());
});

describe('restore', () => {
  it.each([
    ['a snapshot', `--snapshot ${SNAPSHOT}`, { DBSnapshotIdentifier: SNAPSHOT }],
    [
      'a point in time',
      '--to 2026-11-24T13:29:59+01:00',
      { SourceDBInstanceIdentifier: 'cars-api', RestoreTime: '2026-11-24T12:29:59Z' },
    ],
    [
      'the latest time that RDS has',
      '--latest',
      {
        SourceDBInstanceIdentifier: 'cars-api',
        UseLatestRestorableTime: 'true',
        MaxAllocatedStorage: '1000',
      },
    ],
  ])('restores %s next to the live one, with its settings, and checks it', async (_, how, asked) => {
    const { code, stdout, stderr } = await restore(how);
    expect(code, stderr).toBe(EXIT.done);
    expect(request()?.input).toMatchObject(asked);
    const { DBInstanceIdentifier: id, Endpoint, ...settings } = copy();
    const {
      DBInstanceIdentifier: _live,
      Endpoint: _address,
      LatestRestorableTime: _time,
      EnabledCloudwatchLogsExports: exports,
      ...wanted
    } = liveInstance();
    expect(settings).toMatchObject(wanted);
    // RDS would create log groups with the name of the copy, which never expire. The cut-over turns
    // the exports on.
    expect(settings['EnabledCloudwatchLogsExports']).toEqual([]);
    expect(PAGE).toContain(JSON.stringify({ EnableLogTypes: exports }));
    expect(stdout).toContain(`${id} is creating\n${id} is backing-up\n${id} is available\n`);

    // The check: a task of the live image that connects to the copy.
    const [check] = checks();
    expect(check?.input['overrides'].containerOverrides).toEqual([
      {
        name: 'api',
        command: ['inspect'],
        environment: [{ name: 'DATABASE_HOST', value: Endpoint.Address }],
      },
    ]);
    expect(stdout).toContain('"cars":7');
    expect(stdout).toContain('docs/run/restore.md#cut-over-to-a-restored-database');
  });

  it('prints one JSON document with --json', async () => {
    const { code, stdout, stderr } = await restore('--latest --json');
    expect(code, stderr).toBe(EXIT.done);
    const { DBInstanceIdentifier: instance, Endpoint } = copy();
    expect(JSON.parse(stdout)).toEqual({ instance, address: Endpoint.Address, checked: true });
  });

  it('checks the copy while the service is scaled to 0 tasks', async () => {
    const asItIs = account.ecs.scheduler?.describe();
    const scale = (desiredCount: number) =>
      account.ecs.handler('UpdateService', {
        cluster: 'cars-api',
        taskDefinition: asItIs?.taskDefinition,
        desiredCount,
        forceNewDeployment: true,
      });
    scale(0);
    const { code, stdout, stderr } = await restore('--latest');
    expect(account.ecs.scheduler?.describe().desiredCount).toBe(0);
    scale(asItIs?.desiredCount ?? 0);
    expect(code, stderr).toBe(EXIT.done);
    expect(checks()).toHaveLength(1);
    expect(stdout).toContain('Checked by a task of the live image');
  });

  it('says that the copy is not checked when no image was released', async () => {
    const empty = await startTestAccount();
    await inFrontOf(empty);
    const { code, stdout, stderr } = await restore('--latest --json');
    empty.close();
    expect(code, stderr).toBe(EXIT.done);
    expect(stderr).toContain('Not checked, because no image was released yet');
    expect(JSON.parse(stdout)).toMatchObject({ checked: false });
    expect(checks()).toEqual([]);
  });
});

describe('creates nothing and fails', () => {
  afterEach(() => expect([...rds.instances.keys()].filter((id) => /^cars-api-\d/.test(id))).toEqual([]));

  it.each([
    [
      'for a snapshot that does not exist',
      '--snapshot nightly',
      'DBSnapshot not found: nightly',
      'aws rds describe-db-snapshots --db-instance-identifier cars-api',
    ],
    [
      'for a time in the future',
      '--to 2026-11-24T12:31:00Z',
      'later than the latest time that can be restored (2026-11-24T12:30:00.000Z)',
      'or --latest',
    ],
    [
      'for a time before the first backup',
      '--to 2026-09-01T00:00:00Z',
      'The restore time 2026-09-01T00:00:00Z is out of range',
      'choose another point',
    ],
    ['in an environment that does not exist', '--latest -e staging', 'no database cars-api-staging', 'setup'],
  ])('%s', async (_, how, why, advice) => {
    const { code, stderr } = await restore(how);
    expect({ code, stderr }).toEqual({ code: EXIT.refused, stderr: expect.stringContaining(why) });
    expect(stderr).toMatch(/^→ /m);
    expect(stderr).toContain(advice);
    expect(stderr).not.toMatch(/^ +at /m);
  });

  it('with expired credentials', async () => {
    refuse = () => {
      throw new AwsError('ExpiredToken', 'The security token included in the request is expired', 403);
    };
    const { code, stderr } = await restore('--latest');
    expect({ code, stderr }).toEqual({
      code: EXIT.expiredCredentials,
      stderr: expect.stringContaining('Sign in again'),
    });
    expect(rds.requests).toEqual([]);
  });
});

it('does not use the name of another instance', async () => {
  // The name has the current minute, which may change during the test.
  const taken = [0, 60_000].map((later) => {
    const minute = new Date(Date.now() + later).toISOString().slice(0, 16).replaceAll(/\D/g, '');
    return { ...liveInstance(), DBInstanceIdentifier: `cars-api-${minute}`, MultiAZ: false };
  });
  for (const other of taken) rds.instances.set(other.DBInstanceIdentifier, other);
  const { code, stderr } = await restore('--latest');
  expect(code, stderr).toBe(EXIT.refused);
  expect(stderr).toMatch(/RDS does not create cars-api-\d{12}: DB instance already exists\n/);
  expect(stderr).toMatch(/restore --environment production --check cars-api-\d{12}\n/);
  for (const other of taken) expect(rds.instances.get(other.DBInstanceIdentifier)).toBe(other);
  expect(checks()).toEqual([]);
});

describe('a copy that RDS does not finish', () => {
  it.each(['incompatible-restore', 'failed', 'insufficient-capacity', 'inaccessible-encryption-credentials'])(
    'is %s: the program says where RDS explains it',
    async (status) => {
      rds.states = ['creating', status];
      const { code, stderr } = await restore('--latest');
      expect(code, stderr).toBe(EXIT.notRestored);
      expect(stderr).toContain(
        `${copy()['DBInstanceIdentifier']} is ${status}; the live database is unchanged`,
      );
      expect(stderr).toContain('aws rds describe-events --source-type db-instance');
      expect(checks()).toEqual([]);
    },
  );

  it('is being deleted', async () => {
    rds.states = ['creating', 'creating', 'deleting'];
    const { code, stderr } = await restore('--latest');
    expect(code, stderr).toBe(EXIT.notRestored);
    expect(stderr).toContain('is deleting');
  });
});

describe('the check', () => {
  it('fails with the log of the task, and the copy remains', async () => {
    const line = 'the database refuses cars_api_app: Access denied';
    account.driver.script(digest, { ends: { after: 1, code: 1 }, prints: [line] }, 'inspect');
    const run = await restore(`--snapshot ${SNAPSHOT}`);
    expect(run.code, run.stderr).toBe(EXIT.checkFailed);
    expect(run.stderr).toContain('exists, but the check failed');
    expect(run.stderr).toContain(line);
    expect(run.stderr).toContain('docs/run/restore.md#restore-a-copy');

    // After the cause is fixed, the same copy passes.
    account.applied(digest, [{ version: 1, oldestCompatible: 1 }]);
    const again = await restore(nextStep(run));
    expect(again.code, again.stderr).toBe(EXIT.done);
    expect(again.stdout).toContain('Checked by a task of the live image');
    expect(rds.requests.filter(({ action }) => action.startsWith('Restore'))).toHaveLength(1);
  });

  it.each([
    ['finds a schema that the live image cannot work with', '{"migrations":[],"cars":null}'],
    ['prints something else', 'hello'],
  ])('fails when it %s', async (_, line) => {
    account.driver.script(digest, { ends: { after: 1, code: 0 }, prints: [line] }, 'inspect');
    const { code, stderr } = await restore('--latest');
    expect(code, stderr).toBe(EXIT.checkFailed);
    expect(stderr).toContain('the live image cannot work with its schema');
    expect(stderr).toContain(line);
  });

  it('reports a task that cannot be started, without the exit code for "nothing was changed"', async () => {
    refuse = (_, action) => {
      if (action === 'RunTask') throw new AwsError('AccessDeniedException', 'not authorized: ecs:RunTask');
    };
    const run = await restore('--latest');
    expect(run.code, run.stderr).toBe(EXIT.denied);
    expect(run.stderr).toContain(`${copy()['DBInstanceIdentifier']} remains`);
    expect(nextStep(run)).not.toBe('');
  });
});

describe('an interruption', () => {
  it('by expired credentials says how to continue with the same copy', async () => {
    rds.states = ['creating', 'creating', 'creating', 'creating', 'available'];
    refuse = (service) => {
      if (service === 'rds' && rds.requests.length >= 4)
        throw new AwsError('ExpiredToken', 'The security token included in the request is expired', 403);
    };
    const run = await restore('--latest');
    expect(run.code, run.stderr).toBe(EXIT.expiredCredentials);
    expect(run.stderr).toContain('Sign in again');
    refuse = () => {};
    const again = await restore(nextStep(run));
    expect(again.code, again.stderr).toBe(EXIT.done);
    expect(rds.requests.filter(({ action }) => action.startsWith('Restore'))).toHaveLength(1);
  });

  it('by Ctrl-C says that RDS continues, and how to continue', async () => {
    rds.states = ['creating'];
    const run = await restore('--latest', {
      async onStart(signal) {
        while (rds.requests.length < 4) await new Promise((resolve) => setTimeout(resolve, 20));
        signal('SIGINT');
      },
    });
    expect(run.code, run.stderr).toBe(EXIT.interrupted);
    expect(run.stderr).toContain('RDS continues');
    expect(nextStep(run)).not.toBe('');
  });
});

it('--check fails for a copy that does not exist', async () => {
  const { code, stderr } = await restore('--check cars-api-202611241200');
  expect({ code, stderr }).toEqual({
    code: EXIT.refused,
    stderr: expect.stringContaining('there is no database cars-api-202611241200'),
  });
  expect(stderr).toContain('aws rds describe-db-instances');
});
