/**
 * Where the pipeline's jobs release to in tests: the local ECS with an account for each environment
 * and one registry.
 */

import type { EnvironmentName } from '../../platform/environments.ts';
import { type ImageOptions, startTestAccount, type TestAccount } from '../support/account.ts';
import type { Checkout } from '../support/checkout.ts';
import { programEnvironment } from '../support/run-program.ts';
import { listen, startFront } from './front.ts';

/** An environment on AWS, as GitHub's environment of the same name knows it. */
export interface Target {
  readonly account: TestAccount;
  /** The address for clients. */
  readonly address: string;
  /** The variables of the processes that release there. */
  readonly environment: Readonly<Record<string, string>>;
  /** The tag of the live image; empty before the first release. */
  live(): string;
  /** `deploy TAG live`, …, oldest first. */
  history(): Promise<string[]>;
}

export interface ReleasePlace {
  readonly targets: Readonly<Record<EnvironmentName, Target>>;
  /** Tags whose image answers 500. */
  readonly broken: Set<string>;
  /** Puts the image of a commit into the registry. @returns its digest. */
  push(tag: string, options?: ImageOptions): string;
  close(): void;
}

/** @param service the address of a running service, in the place of a good image. */
export async function makeReleasePlace(service: string, checkout: Checkout): Promise<ReleasePlace> {
  const production = await startTestAccount();
  const accounts = { production, staging: await startTestAccount('staging', production) };
  const broken = new Set<string>();
  const registry = await listen((request, response) => {
    response.end(production.push(request.url?.slice(1) ?? ''));
  });
  const servers: { close(): void }[] = [production, accounts.staging, registry];

  async function makeTarget(name: EnvironmentName): Promise<Target> {
    const account = accounts[name];
    const live = () => account.live().tag;
    const front = await startFront(service, () => broken.has(live()));
    servers.push(front);
    return {
      account,
      address: front.url,
      environment: { ...programEnvironment(account.url), ...checkout.environment(registry.url) },
      live,
      async history() {
        const { stdout } = await account.run(`history --environment ${name} --json`);
        const releases: Record<string, string>[] = JSON.parse(stdout);
        return releases.map(({ kind, tag, result }) => `${kind} ${tag} ${result}`).toReversed();
      },
    };
  }

  return {
    targets: { staging: await makeTarget('staging'), production: await makeTarget('production') },
    broken,
    push: (tag, options) => production.push(tag, options),
    close() {
      for (const server of servers) server.close();
    },
  };
}
