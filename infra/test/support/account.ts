/**
 * A local AWS account with one environment, in which time is fast and tasks do what the test says.
 */

import { LABELS } from '../../platform/contract.ts';
import { ENVIRONMENTS, type EnvironmentName, prefixOf } from '../../platform/environments.ts';
import { createAws, identify } from '../../program/core/aws.ts';
import type { Context } from '../../program/core/context.ts';
import { deploy } from '../../program/release/deploy.ts';
import { type LocalAccount, startLocalAccount } from '../../rehearsal/ecs/local-account.ts';
import { REGION, readPlatform, type Template } from '../../rehearsal/ecs/local-platform.ts';
import type { LocalAwsOptions } from '../../rehearsal/ecs/server.ts';
import { type Run, type RunOptions, runProgram } from './run-program.ts';
import { type Behaviour, createScriptedDriver, type ScriptedDriver } from './scripted-driver.ts';
import { readVariant } from './synthesised.ts';

/** Milliseconds that one second of ECS takes. */
const SECOND = 20;

const { templates } = readVariant('declared');

export interface ImageOptions {
  /** The number of its newest migration. */
  readonly schema?: number;
  /** The oldest schema version whose code works on that schema. */
  readonly oldestCompatible?: number;
  /** Replaces the labels made of the two above. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly architecture?: string;
  readonly behaviour?: Behaviour;
}

/** What the service runs, read from ECS, the registry and autoscaling. */
export interface LiveState {
  /** Of the service's newest revision; empty before the first release. */
  readonly tag: string;
  readonly running: number;
  readonly desired: number;
  readonly min: number;
}

export interface TestAccount
  extends Pick<LocalAccount, 'board' | 'otherServices' | 'ecs' | 'registry' | 'url'> {
  readonly driver: ScriptedDriver;
  /** What `setup` has written, by the name of the parameter. */
  readonly parameters: Map<string, string>;
  /** Called before each request to AWS; throws what AWS would. */
  refuse: NonNullable<LocalAwsOptions['before']>;
  /** Puts an image into the registry. @returns its digest. */
  push(tag: string, options?: ImageOptions): string;
  /** Sets the migrations that `inspect` finds in the database, for tasks of this image. */
  applied(
    digest: string,
    migrations: readonly { version: number; oldestCompatible: number; finished?: boolean }[],
  ): void;
  /** Runs infra/aws-deploy.sh, on this environment if the words name none. */
  run(
    words: string,
    environment?: Readonly<Record<string, string>>,
    onStart?: RunOptions['onStart'],
  ): Promise<Run>;
  /** Whether ECS is replacing tasks. */
  isDeploying(): boolean;
  /** Releases an image as `deploy` does, but in this process: for what a test starts from. */
  release(tag: string): Promise<void>;
  live(): LiveState;
  close(): void;
}

/**
 * @param beside another environment's account, to share its registry and the behaviour of its
 * images.
 */
export async function startTestAccount(
  environment: EnvironmentName = 'production',
  beside?: TestAccount,
): Promise<TestAccount> {
  const driver = beside?.driver ?? createScriptedDriver(SECOND);
  const declared = readPlatform(templates.get(`${prefixOf(environment)}-service`) as Template, 5);
  const parameters = new Map(declared.parameters);
  const account = await startLocalAccount({
    platform: { ...declared, parameters },
    driver,
    ...(beside && { registry: beside.registry }),
    second: SECOND,
    before: (service, action) => test.refuse(service, action),
  });
  const { board, ecs, otherServices, registry, url } = account;
  const test: TestAccount = {
    url,
    board,
    otherServices,
    ecs,
    registry,
    driver,
    parameters,
    refuse: () => {},
    push(tag, { schema = 1, oldestCompatible = 1, labels, architecture = 'amd64', behaviour } = {}) {
      const declared = {
        [LABELS.schema]: String(schema),
        [LABELS.oldestCompatible]: String(oldestCompatible),
      };
      const digest = registry.push({ tag, architecture, labels: labels ?? declared });
      if (behaviour !== undefined) driver.script(digest, behaviour);
      test.applied(digest, [{ version: schema, oldestCompatible }]);
      return digest;
    },
    applied(digest, migrations) {
      const named = migrations.map((migration) => ({
        name: `000${migration.version}-change`,
        finished: true,
        ...migration,
      }));
      const line = JSON.stringify({ migrations: named, cars: 7 });
      driver.script(digest, { ends: { after: 1, code: 0 }, prints: [line] }, 'inspect');
    },
    run(words, more = {}, onStart) {
      const [command = '', ...others] = words.split(' ');
      const named = /(^| )(-e|--environment) /.test(words) ? [] : ['--environment', environment];
      return runProgram([command, ...named, ...others], {
        url,
        environment: more,
        ...(onStart && { onStart }),
      });
    },
    release: async (tag) => deploy(await contextIn(url, environment), { tag, timeoutMinutes: 1 }),
    isDeploying: () =>
      ecs.scheduler?.describe().deployments?.some(({ rolloutState }) => rolloutState === 'IN_PROGRESS') ??
      false,
    live() {
      const { taskDefinition = '', runningCount = 0, desiredCount = 0 } = ecs.scheduler?.describe() ?? {};
      const definition = taskDefinition === '' ? {} : ecs.find(taskDefinition);
      const [, digest = ''] = definition.containerDefinitions?.[0]?.image?.split('@') ?? [];
      const [tag = ''] = registry.tagsOf(digest);
      return { tag, running: runningCount, desired: desiredCount, min: otherServices.scaling().MinCapacity };
    },
    close: account.close,
  };
  return test;
}

/** What `main.ts` gives a command, for this account, with nobody to read what it prints. */
async function contextIn(url: string, name: EnvironmentName): Promise<Context> {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const aws = createAws({ endpoint: url, region: REGION, credentials });
  return {
    name,
    environment: ENVIRONMENTS[name],
    prefix: prefixOf(name),
    aws,
    identity: await identify(aws),
    terminal: {
      print() {},
      table() {},
      result() {},
      canAsk: false,
      ask: () => Promise.reject(new Error('nobody answers')),
    },
    signal: new AbortController().signal,
    pause: () => new Promise((resolve) => setTimeout(resolve, SECOND)),
  };
}
