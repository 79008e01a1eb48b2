/** A local account with one environment of the synthesised platform, in which time flies and tasks do as they are told, for tests of releases. */

import { LABELS } from '../../platform/contract.ts';
import { type EnvironmentName, prefixOf } from '../../platform/environments.ts';
import { type LocalAccount, startLocalAccount } from '../../rehearsal/ecs/local-account.ts';
import { readPlatform, type Template } from '../../rehearsal/ecs/local-platform.ts';
import {
  type Behaviour,
  createScriptedDriver,
  type ScriptedDriver,
} from '../../rehearsal/ecs/scripted-driver.ts';
import type { LocalAwsOptions } from '../../rehearsal/ecs/server.ts';
import { type Run, runProgram } from './run-program.ts';
import { synthesise } from './synthesised.ts';

/** Milliseconds of one second of ECS. */
const SECOND = 20;

const { templates } = synthesise();

export interface ImageOptions {
  /** The number of its newest migration. */
  readonly schema?: number;
  /** The oldest schema version whose code works on that. */
  readonly oldestCompatible?: number;
  /** In the place of those that say the two above. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly architecture?: string;
  readonly behaviour?: Behaviour;
}

export interface TestAccount extends Pick<LocalAccount, 'board' | 'bystanders' | 'ecs' | 'registry' | 'url'> {
  readonly driver: ScriptedDriver;
  /** Asked before each request to AWS; throws what AWS would. */
  refuse: NonNullable<LocalAwsOptions['before']>;
  /** Puts an image into the registry. @returns its digest. */
  push(tag: string, options?: ImageOptions): string;
  /** What `inspect` finds in the database, for tasks of this image. */
  applied(digest: string, migrations: readonly { version: number; oldestCompatible: number }[]): void;
  /** Runs infra/aws-deploy.sh. */
  run(words: string, environment?: Readonly<Record<string, string>>): Promise<Run>;
  close(): void;
}

/** @param beside another environment's, with which it shares the registry and what tasks of its images do. */
export async function startTestAccount(
  environment: EnvironmentName = 'production',
  beside?: TestAccount,
): Promise<TestAccount> {
  const driver = beside?.driver ?? createScriptedDriver(SECOND);
  const account = await startLocalAccount({
    platform: readPlatform(templates.get(`${prefixOf(environment)}-service`) as Template, 5),
    driver,
    ...(beside && { registry: beside.registry }),
    second: SECOND,
    before: (service, action) => test.refuse(service, action),
  });
  const test: TestAccount = {
    url: account.url,
    board: account.board,
    bystanders: account.bystanders,
    ecs: account.ecs,
    registry: account.registry,
    driver,
    refuse: () => {},
    push(tag, { schema = 1, oldestCompatible = 1, labels, architecture = 'amd64', behaviour } = {}) {
      const said = {
        [LABELS.schema]: String(schema),
        [LABELS.oldestCompatible]: String(oldestCompatible),
      };
      const digest = account.registry.push({ tag, architecture, labels: labels ?? said });
      if (behaviour !== undefined) driver.script(digest, behaviour);
      test.applied(digest, [{ version: schema, oldestCompatible }]);
      return digest;
    },
    applied(digest, migrations) {
      const named = migrations.map((migration) => ({
        ...migration,
        name: `000${migration.version}-change`,
        finished: true,
      }));
      const line = JSON.stringify({ migrations: named, cars: 7 });
      driver.script(digest, { ends: { after: 1, code: 0 }, says: [line] }, 'inspect');
    },
    run: (words, environment = {}) => runProgram(words.split(' '), { url: account.url, environment }),
    close: account.close,
  };
  return test;
}
