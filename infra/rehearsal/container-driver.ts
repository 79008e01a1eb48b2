/** Tasks as containers: what the task definition says, put into the words of `docker run`. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { ContainerDefinition } from '@aws-sdk/client-ecs';
import type { Balancer } from './balancer.ts';
import { logsOf, lookAt } from './container-states.ts';
import { docker } from './docker.ts';
import type { Driver, TaskEvents, TaskToRun } from './ecs/driver.ts';
import { argumentsOf } from './run-arguments.ts';

export interface ContainerDriver extends Driver {
  /** Which image of the engine a digest of the registry is. */
  readonly images: Map<string, string>;
  /** Ends a task as a crash would: at once, and with no word to the load balancer. */
  kill(id: string): Promise<void>;
  close(): Promise<void>;
}

export interface ContainerDriverOptions {
  /** Before the name of each container. */
  readonly prefix: string;
  readonly network: string;
  readonly balancer: Balancer;
  /** By ARN: what Secrets Manager would hold. */
  readonly secrets: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** In the place of variables that only make sense on AWS. */
  readonly environment: Readonly<Record<string, string>>;
  readonly ringing: () => readonly string[];
}

/** Milliseconds between two looks at what has become of the containers. */
const LOOK = 500;

/**
 * Milliseconds from the start of one container to that of the next. On AWS each task has processors of its own; here three that start at
 * once would take them all from the tasks that serve.
 */
const APART = 1500;

interface Started {
  readonly task: TaskToRun;
  readonly events: TaskEvents;
  /** Kept when its container has been started, or was not. */
  begun: Promise<void>;
  state: 'starting' | 'running' | 'stopped';
  port: number;
  lines: readonly string[];
}

export function createContainerDriver(options: ContainerDriverOptions): ContainerDriver {
  const { prefix, balancer } = options;
  const images = new Map<string, string>();
  const started = new Map<string, Started>();
  const nameOf = (id: string) => `${prefix}-${id.slice(0, 12)}`;

  let lastStart: Promise<unknown> = Promise.resolve();

  /** In turn, {@link APART}. */
  function runInTurn(id: string, one: Started): Promise<void> {
    const running = lastStart.then(() => run(id, one));
    lastStart = running.catch(() => {}).then(() => sleep(APART));
    return running;
  }

  async function run(id: string, { task }: Started): Promise<void> {
    const [container] = task.definition.containerDefinitions ?? [];
    const image = images.get(container?.image?.split('@')[1] ?? '');
    if (container === undefined || image === undefined)
      throw new Error(`CannotPullContainerError: ${container?.image}`);
    await docker(
      'run',
      '--detach',
      ...['--name', nameOf(id), '--network', options.network],
      ...['--memory', `${task.definition.memory}m`],
      ...argumentsOf(container),
      ...variables(container, task).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
      image,
      ...(task.command ?? container.command ?? []),
    );
  }

  function variables(
    { environment = [], secrets = [] }: ContainerDefinition,
    task: TaskToRun,
  ): [string, string][] {
    const plain = environment.map(({ name = '', value = '' }): [string, string] => [
      name,
      options.environment[name] ?? value,
    ]);
    const secret = secrets.map(({ name = '', valueFrom = '' }): [string, string] => {
      // …:secret:NAME:json-key:stage:version
      const parts = valueFrom.split(':');
      const value = options.secrets[parts.slice(0, 7).join(':')]?.[parts[7] ?? ''];
      if (value === undefined) throw new Error(`ResourceInitializationError: no secret ${valueFrom}`);
      return [name, value];
    });
    return [...plain, ...secret, ...Object.entries(task.environment)];
  }

  async function look(): Promise<void> {
    const up = [...started].filter(([, { state }]) => state === 'starting' || state === 'running');
    const states = await lookAt(up.map(([id]) => nameOf(id)));
    for (const [id, one] of up) {
      const seen = states.get(nameOf(id));
      if (seen === undefined) continue;
      if (seen.health !== undefined) one.events.health(seen.health);
      if (seen.status === 'running' && one.state === 'starting') {
        one.state = 'running';
        one.port = seen.port;
        one.events.running();
      } else if (seen.status === 'exited' && one.state !== 'stopped') {
        one.state = 'stopped';
        one.lines = await logsOf(nameOf(id));
        balancer.forget(id);
        one.events.stopped(
          seen.isOutOfMemory
            ? 'OutOfMemoryError: Container killed due to memory usage'
            : 'Essential container in task exited',
          seen.exitCode,
        );
      } else if (one.state === 'running') {
        one.lines = one.lines.length > 0 ? one.lines : await logsOf(nameOf(id));
      }
    }
  }

  let isLooking = true;
  const looking = (async () => {
    while (isLooking) {
      await look().catch((error: Error) => process.stderr.write(`docker: ${error.message}\n`));
      await sleep(LOOK);
    }
  })();

  return {
    images,
    start(task, events) {
      const one: Started = {
        task,
        events,
        begun: Promise.resolve(),
        state: 'starting',
        port: 0,
        lines: [],
      };
      started.set(task.id, one);
      one.begun = runInTurn(task.id, one).catch((error: Error) => {
        one.state = 'stopped';
        events.stopped(error.message.split('\n').at(-1) ?? '', undefined);
      });
    },
    // The engine sends SIGTERM, waits for the stop timeout that it was given, and kills.
    stop: (id) =>
      void started
        .get(id)
        ?.begun.then(() => docker('stop', nameOf(id)))
        .catch(() => {}),
    register: (id) => balancer.register(id, started.get(id)?.port ?? 0),
    deregister: (id) => balancer.deregister(id),
    targetState: (id) => balancer.stateOf(id),
    linesOf: (id) => started.get(id)?.lines ?? [],
    ringing: options.ringing,
    kill: async (id) => void (await docker('kill', '--signal', 'KILL', nameOf(id))),
    async close() {
      isLooking = false;
      await looking;
      const names = [...started.keys()].map(nameOf);
      if (names.length > 0) await docker('rm', '--force', '--volumes', ...names).catch(() => {});
    },
  };
}
