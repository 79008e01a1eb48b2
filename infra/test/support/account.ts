/** A local account with the synthesised platform, in which time flies and tasks do as they are told, for tests of releases. */

import { type LocalAccount, startLocalAccount } from '../../local-aws/local-account.ts';
import { readPlatform, type Template } from '../../local-aws/platform.ts';
import {
  type Behaviour,
  createScriptedDriver,
  type ScriptedDriver,
} from '../../local-aws/scripted-driver.ts';
import type { LocalAwsOptions } from '../../local-aws/server.ts';
import { synthesise } from '../synthesised.ts';
import { type Run, runProgram } from './run-program.ts';

/** Milliseconds of one second of ECS. */
const SECOND = 20;

const template = synthesise().templates.get('cars-api-service') as Template;

export interface TestAccount extends Pick<LocalAccount, 'url' | 'board' | 'bystanders' | 'ecs' | 'registry'> {
  readonly driver: ScriptedDriver;
  /** Asked before each request to AWS; throws what AWS would. */
  refuse: NonNullable<LocalAwsOptions['before']>;
  /** Puts an image into the registry. @returns its digest. */
  push(tag: string, options?: { schema?: number; architecture?: string; behaviour?: Behaviour }): string;
  /** What `inspect` finds in the database, for tasks of this image. */
  applied(digest: string, migrations: readonly { version: number; oldestCompatible: number }[]): void;
  /** Runs infra/aws-deploy.sh. */
  run(words: string, environment?: Readonly<Record<string, string>>): Promise<Run>;
  close(): void;
}

export async function startTestAccount(): Promise<TestAccount> {
  const driver = createScriptedDriver(SECOND);
  const account = await startLocalAccount({
    platform: readPlatform(template, 5),
    driver,
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
    push(tag, { schema = 1, architecture = 'amd64', behaviour } = {}) {
      const digest = account.registry.push({
        tag,
        architecture,
        labels: { 'cars-api.schema-version': String(schema) },
      });
      if (behaviour !== undefined) driver.script(digest, behaviour);
      test.applied(digest, [{ version: schema, oldestCompatible: 1 }]);
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
