/** All that a rehearsal stands on: the local account with containers as its tasks, a load balancer, a database, and what goes wrong. */

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type Balancer, startBalancer } from './balancer.ts';
import { type ContainerDriver, createContainerDriver } from './container-driver.ts';
import { startDatabase } from './database.ts';
import { docker } from './docker.ts';
import { type LocalAccount, startLocalAccount } from './ecs/local-account.ts';
import { readPlatform, secretArn, type Template } from './ecs/local-platform.ts';
import { type Recorder, startRecorder } from './recorder.ts';
import { startWorkClock, type WorkClock } from './work-clock.ts';

export interface Stage {
  readonly account: LocalAccount;
  readonly balancer: Balancer;
  readonly driver: ContainerDriver;
  readonly recorder: Recorder;
  readonly workClock: WorkClock;
  /** Puts an image of the engine into the registry, with a tag of its own. */
  push(tag: string, image: string): Promise<void>;
  /** Makes an image that goes wrong in this way out of a good one. @returns its name. */
  spoil(image: string, way: string): Promise<string>;
  close(): Promise<void>;
}

/**
 * Seconds that a deployment with alarms is watched behind its last task. AWS computes more than this from the alarms (of two of
 * three minutes); so that much longer a release is not called live there, while it serves as it does here.
 */
const BAKE_TIME = 5;

/** What only makes sense on AWS: its own certificates. */
const ENVIRONMENT = { DATABASE_TLS: 'off' };

/** @param template of the stack `…-service`. */
export async function setStage(template: Template): Promise<Stage> {
  const prefix = `cars-api-rehearsal-${randomBytes(3).toString('hex')}`;
  const platform = readPlatform(template, BAKE_TIME);
  const [master, app] = [randomBytes(16).toString('hex'), randomBytes(16).toString('hex')];
  await docker('network', 'create', prefix);
  await startDatabase(`${prefix}-database`, prefix, master);
  const balancer = await startBalancer(platform.targets);
  const alarm = watchErrors(
    balancer,
    platform.alarms.find(({ name }) => name.endsWith('target-5xx')),
  );
  const driver = createContainerDriver({
    prefix,
    network: prefix,
    balancer,
    secrets: { [secretArn('master')]: { password: master }, [secretArn('app')]: { password: app } },
    environment: ENVIRONMENT,
    ringing: alarm.ringing,
  });
  const account = await startLocalAccount({ platform, driver });
  const tagOf = (image: string) =>
    account.registry.tagsOf(image.split('@')[1] ?? '').find((tag) => !tag.startsWith('released-')) ?? '?';
  const recorder = startRecorder(account.board, balancer, tagOf);
  const workClock = startWorkClock(account);
  const spoiled: string[] = [];

  return {
    account,
    balancer,
    driver,
    recorder,
    workClock,
    async push(tag, image) {
      const [{ Architecture, Config }] = JSON.parse(await docker('image', 'inspect', image));
      const digest = account.registry.push({ tag, architecture: Architecture, labels: Config.Labels ?? {} });
      driver.images.set(digest, image);
    },
    async spoil(image, way) {
      const name = `${prefix}-${way}`;
      const folder = join(import.meta.dirname, 'bad-images');
      await docker(
        'build',
        '--quiet',
        '--build-arg',
        `GOOD=${image}`,
        '--build-arg',
        `WAY=${way}`,
        '--tag',
        name,
        folder,
      );
      spoiled.push(name);
      return name;
    },
    async close() {
      alarm.stop();
      recorder.stop();
      workClock.stop();
      account.close();
      await driver.close();
      balancer.stop();
      await docker('rm', '--force', '--volumes', `${prefix}-database`).catch(() => {});
      await docker('network', 'rm', prefix).catch(() => {});
      if (spoiled.length > 0) await docker('rmi', '--force', ...spoiled).catch(() => {});
    },
  };
}

/**
 * The alarm that CloudWatch would raise, raised by the rehearsal: as soon as there were more answers of 5xx from tasks within a
 * minute than the alarm's threshold. CloudWatch wants to see that in two of three minutes.
 */
function watchErrors(balancer: Balancer, alarm: { name: string; threshold: number } | undefined) {
  if (alarm === undefined) throw new Error('the platform has no alarm on 5xx');
  const counts: { at: number; errors: number }[] = [];
  const timer = setInterval(async () => {
    const { targetErrors } = await balancer.counters().catch(() => ({ targetErrors: 0 }));
    counts.push({ at: Date.now(), errors: targetErrors });
    while (counts[0] !== undefined && counts[0].at < Date.now() - 60_000) counts.shift();
  }, 1000);
  return {
    ringing: () =>
      (counts.at(-1)?.errors ?? 0) - (counts[0]?.errors ?? 0) > alarm.threshold ? [alarm.name] : [],
    stop: () => clearInterval(timer),
  };
}
