/**
 * Everything a rehearsal needs: the local account with containers as tasks, a load balancer, a
 * database, bad images.
 */

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Balancer, startBalancer } from './balancer.ts';
import { type ContainerDriver, createContainerDriver } from './container-driver.ts';
import { startDatabase } from './database.ts';
import { docker, tryDocker } from './docker.ts';
import { type LocalAccount, startLocalAccount } from './ecs/local-account.ts';
import { readPlatform, secretArn, type Template } from './ecs/local-platform.ts';
import { startWorkClock, type WorkClock } from './work-clock.ts';

/** Disposing it removes everything that it has started. */
export interface Stage extends AsyncDisposable {
  readonly account: LocalAccount;
  readonly balancer: Balancer;
  readonly driver: ContainerDriver;
  readonly workClock: WorkClock;
  /** Puts a local image into the registry, with this tag. */
  push(tag: string, image: string): Promise<void>;
  /** Builds an image that fails in this way from a good one. @returns its name. */
  buildBadImage(image: string, mode: string): Promise<string>;
  /** Waits. Throws the signal's reason when it is aborted. */
  pause(milliseconds: number): Promise<void>;
}

/**
 * Seconds that a deployment with alarms is watched after its last task. AWS watches longer, so a
 * release takes longer there until it counts as live; it serves in the same way meanwhile.
 */
const BAKE_TIME = 5;

/** More 5xx in a minute raise the alarm: on AWS it also needs a share of the requests. */
const MAX_ERRORS = 20;

/**
 * @param template of the stack `…-service`.
 * @param signal aborted by Ctrl-C.
 */
export async function startStage(template: Template, signal: AbortSignal): Promise<Stage> {
  // If a step fails, what the steps before it have started is removed.
  await using starting = new AsyncDisposableStack();
  const removeWith = (...words: string[]) => starting.defer(async () => void (await tryDocker(...words)));
  const prefix = `cars-api-rehearsal-${randomBytes(3).toString('hex')}`;
  const platform = readPlatform(template, BAKE_TIME);
  const [master, app] = [randomBytes(16).toString('hex'), randomBytes(16).toString('hex')];
  const badImages: string[] = [];
  starting.defer(() => removeImages(badImages));
  removeWith('network', 'rm', prefix);
  await docker('network', 'create', prefix);
  removeWith('rm', '--force', '--volumes', `${prefix}-database`);
  await startDatabase(`${prefix}-database`, prefix, master, signal);
  const balancer = await startBalancer(platform.targets, signal);
  starting.defer(balancer.stop);
  const alarm = watchErrors(
    balancer,
    platform.alarms.find(({ name }) => name.endsWith('target-5xx')),
  );
  starting.defer(alarm.stop);
  const driver = createContainerDriver({
    prefix,
    network: prefix,
    balancer,
    secrets: { [secretArn('master')]: { password: master } },
    // The certificates of RDS and sign-in by IAM exist only on AWS.
    replacements: {
      DATABASE_TLS: ['DATABASE_TLS', 'off'],
      DATABASE_AUTH: ['DATABASE_PASSWORD', app],
      DATABASE_APP_AUTH: ['DATABASE_APP_PASSWORD', app],
    },
    firingAlarms: alarm.firingAlarms,
  });
  starting.defer(driver.close);
  const account = await startLocalAccount({ platform, driver });
  starting.defer(account.close);
  const workClock = startWorkClock(account);
  starting.defer(workClock.stop);

  const started = starting.move();
  return {
    account,
    balancer,
    driver,
    workClock,
    async push(tag, image) {
      const [{ Architecture, Config }] = JSON.parse(await docker('image', 'inspect', image));
      const digest = account.registry.push({ tag, architecture: Architecture, labels: Config.Labels ?? {} });
      driver.images.set(digest, image);
    },
    async buildBadImage(image, mode) {
      const name = `${prefix}-${mode}`;
      const folder = join(import.meta.dirname, 'bad-images');
      await docker(
        'build',
        '--quiet',
        '--build-arg',
        `GOOD=${image}`,
        '--build-arg',
        `MODE=${mode}`,
        '--tag',
        name,
        folder,
      );
      badImages.push(name);
      return name;
    },
    pause: (milliseconds) => sleep(milliseconds, undefined, { signal }),
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}

async function removeImages(names: readonly string[]): Promise<void> {
  if (names.length > 0) await tryDocker('rmi', '--force', ...names);
}

/**
 * Raises the alarm on 5xx in place of CloudWatch, as soon as one minute has more 5xx answers than
 * {@link MAX_ERRORS}. CloudWatch requires two of three minutes.
 */
function watchErrors(balancer: Balancer, alarm: { name: string } | undefined) {
  if (alarm === undefined) throw new Error('the platform has no alarm on 5xx');
  const counts: { at: number; errors: number }[] = [];
  const timer = setInterval(async () => {
    const { targetErrors } = await balancer.counters().catch(() => ({ targetErrors: 0 }));
    counts.push({ at: Date.now(), errors: targetErrors });
    while (counts[0] !== undefined && counts[0].at < Date.now() - 60_000) counts.shift();
  }, 1000);
  return {
    firingAlarms: () =>
      (counts.at(-1)?.errors ?? 0) - (counts[0]?.errors ?? 0) > MAX_ERRORS ? [alarm.name] : [],
    stop: () => clearInterval(timer),
  };
}
