/**
 * Where the pipeline's jobs run and release to in tests: a checkout with the real scripts and
 * infra/, and the local ECS with an account for each environment and one registry. Docker and npm
 * are stand-ins (stand-ins.ts).
 */

import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EnvironmentName } from '../../platform/environments.ts';
import { type ImageOptions, startTestAccount, type TestAccount } from '../support/account.ts';
import { programEnvironment } from '../support/run-program.ts';
import { listen, startFront } from './front.ts';
import { docker, NPM } from './stand-ins.ts';
import { ROOT } from './workflow.ts';

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
  /** The checkout. */
  readonly folder: string;
  readonly targets: Readonly<Record<EnvironmentName, Target>>;
  /** Tags whose image answers 500. */
  readonly broken: Set<string>;
  /** The command lines of Docker and npm. */
  asked(): string[];
  /** A commit in the checkout; gives its id. */
  commit(): string;
  /** Puts the image of a commit into the registry. @returns its digest. */
  push(tag: string, options?: ImageOptions): string;
  close(): void;
}

/** @param service the address of a running service, in the place of a good image. */
export async function makeReleasePlace(service: string): Promise<ReleasePlace> {
  const folder = mkdtempSync(join(tmpdir(), 'cars-api-release-'));
  const production = await startTestAccount();
  const accounts = { production, staging: await startTestAccount('staging', production) };
  const broken = new Set<string>();
  const servers = [production, accounts.staging] as { close(): void }[];

  async function makeTarget(name: EnvironmentName): Promise<Target> {
    const account = accounts[name];
    const live = () => account.live().tag;
    const front = await startFront(service, () => broken.has(live()));
    servers.push(front);
    return {
      account,
      address: front.url,
      environment: {
        ...programEnvironment(account.url),
        PATH: `${join(folder, 'bin')}:${process.env['PATH']}`,
        HOME: folder,
      },
      live,
      async history() {
        const { stdout } = await account.run(`history --environment ${name} --json`);
        const releases: Record<string, string>[] = JSON.parse(stdout);
        return releases.map(({ kind, tag, result }) => `${kind} ${tag} ${result}`).toReversed();
      },
    };
  }

  /** The digest of each tag that the job has pushed. */
  const pushed = new Map<string, string>();
  const registry = await listen((request, response) => {
    const [, found, tag = ''] = /^\/(find\/)?(.*)$/.exec(request.url ?? '') ?? [];
    const known = pushed.get(tag);
    if (found !== undefined) return void response.writeHead(known ? 200 : 404).end(known);
    pushed.set(tag, production.push(tag));
    response.end(pushed.get(tag));
  });
  servers.push(registry);
  const place: ReleasePlace = {
    folder,
    targets: { staging: await makeTarget('staging'), production: await makeTarget('production') },
    broken,
    asked: () => readFileSync(join(folder, 'asked'), 'utf8').trim().split('\n'),
    commit() {
      git('commit', '--quiet', '--allow-empty', '--message', 'chore: nothing');
      return git('rev-parse', 'HEAD');
    },
    push: (tag, options) => production.push(tag, options),
    close() {
      for (const server of servers) server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };

  function git(...args: string[]): string {
    const person = [
      '-c',
      'user.name=Test',
      '-c',
      'user.email=test@example.com',
      '-c',
      'commit.gpgsign=false',
    ];
    return execFileSync('git', [...person, ...args], { cwd: folder, encoding: 'utf8' }).trim();
  }
  for (const part of ['scripts', 'package.json'])
    cpSync(join(ROOT, part), join(folder, part), { recursive: true });
  symlinkSync(join(ROOT, 'infra'), join(folder, 'infra'));
  mkdirSync(join(folder, 'bin'));
  for (const [path, content] of Object.entries({ npm: NPM, docker: docker(registry.url) }))
    writeFileSync(join(folder, 'bin', path), content, { mode: 0o755 });
  writeFileSync(join(folder, 'asked'), '');
  git('init', '--quiet');
  return place;
}
