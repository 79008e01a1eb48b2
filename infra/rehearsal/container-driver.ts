/** Runs tasks as containers, configured as their task definition says. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { ContainerDefinition } from '@aws-sdk/client-ecs';
import type { Balancer } from './balancer.ts';
import { inspectContainers, readLogs } from './container-states.ts';
import { docker, tryDocker } from './docker.ts';
import type { Driver, LogLine, TaskEvents, TaskToRun } from './ecs/driver.ts';
import { argumentsOf } from './run-arguments.ts';

export interface ContainerDriver extends Driver {
  /** The local image for a digest of the registry. */
  readonly images: Map<string, string>;
  /** Kills a task like a crash: at once, without deregistering it. */
  kill(id: string): Promise<void>;
  close(): Promise<void>;
}

export interface ContainerDriverOptions {
  /** The start of each container's name. */
  readonly prefix: string;
  readonly network: string;
  readonly balancer: Balancer;
  /** By ARN: the values in Secrets Manager. */
  readonly secrets: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** By name: what replaces a variable that works only on AWS. */
  readonly replacements: Readonly<Record<string, readonly [name: string, value: string]>>;
  readonly firingAlarms: () => readonly string[];
}

/** Milliseconds between two checks of the containers' states. */
const POLL_INTERVAL = 500;

/**
 * Milliseconds between the starts of two containers. On AWS each task has its own CPU; here, three
 * that start at once would slow the tasks that serve.
 */
const START_GAP = 1500;

interface Started {
  readonly task: TaskToRun;
  readonly events: TaskEvents;
  /** Settles when its container has started or failed to start. */
  start: Promise<void>;
  state: 'starting' | 'running' | 'stopped';
  port: number;
  lines: readonly LogLine[];
}

export function createContainerDriver(options: ContainerDriverOptions): ContainerDriver {
  const { prefix, balancer } = options;
  const images = new Map<string, string>();
  const started = new Map<string, Started>();
  const nameOf = (id: string) => `${prefix}-${id.slice(0, 12)}`;

  let isOpen = true;
  let lastStart: Promise<unknown> = Promise.resolve();

  /** Starts containers one after another, {@link START_GAP} apart. */
  function runInTurn(id: string, one: Started): Promise<void> {
    const running = lastStart.then(() => run(id, one));
    lastStart = running.then(
      () => sleep(START_GAP),
      () => {},
    );
    return running;
  }

  async function run(id: string, { task }: Started): Promise<void> {
    if (!isOpen) throw new Error('the rehearsal has ended');
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
  ): (readonly [string, string])[] {
    const plain = environment.map(
      ({ name = '', value = '' }) => options.replacements[name] ?? ([name, value] as const),
    );
    const secret = secrets.map(({ name = '', valueFrom = '' }): [string, string] => {
      // …:secret:NAME:json-key:stage:version
      const parts = valueFrom.split(':');
      const value = options.secrets[parts.slice(0, 7).join(':')]?.[parts[7] ?? ''];
      if (value === undefined) throw new Error(`ResourceInitializationError: no secret ${valueFrom}`);
      return [name, value];
    });
    return [...plain, ...secret, ...Object.entries(task.environment)];
  }

  async function poll(): Promise<void> {
    const up = [...started].filter(([, { state }]) => state === 'starting' || state === 'running');
    const states = await inspectContainers(up.map(([id]) => nameOf(id)));
    for (const [id, one] of up) {
      const found = states.get(nameOf(id));
      if (found === undefined) continue;
      if (found.status === 'running' && one.state === 'starting') {
        one.state = 'running';
        one.port = found.port;
        one.events.running();
      } else if (found.status === 'exited' && one.state !== 'stopped') {
        one.state = 'stopped';
        one.lines = await readLogs(nameOf(id));
        balancer.forget(id);
        one.events.stopped(
          found.isOutOfMemory
            ? 'OutOfMemoryError: Container killed due to memory usage'
            : 'Essential container in task exited',
          found.exitCode,
        );
      } else if (one.state === 'running') {
        one.lines = one.lines.length > 0 ? one.lines : await readLogs(nameOf(id));
      }
    }
  }

  const polling = (async () => {
    while (isOpen) {
      await poll().catch((error: Error) => process.stderr.write(`docker: ${error.message}\n`));
      await sleep(POLL_INTERVAL);
    }
  })();

  return {
    images,
    start(task, events) {
      const one: Started = {
        task,
        events,
        start: Promise.resolve(),
        state: 'starting',
        port: 0,
        lines: [],
      };
      started.set(task.id, one);
      one.start = runInTurn(task.id, one).catch((error: Error) => {
        one.state = 'stopped';
        events.stopped(error.message.trim().split('\n').at(-1) ?? '', undefined);
      });
    },
    // Docker sends SIGTERM, waits for the container's stop timeout, and kills.
    stop: (id) => void started.get(id)?.start.then(() => tryDocker('stop', nameOf(id))),
    register: (id) => balancer.register(id, started.get(id)?.port ?? 0),
    deregister: (id) => balancer.deregister(id),
    targetState: (id) => balancer.stateOf(id),
    readLogLines: (id) => started.get(id)?.lines ?? [],
    firingAlarms: options.firingAlarms,
    kill: async (id) => void (await docker('kill', '--signal', 'KILL', nameOf(id))),
    async close() {
      isOpen = false;
      await Promise.all([polling, lastStart]);
      const names = [...started.keys()].map(nameOf);
      if (names.length > 0) await tryDocker('rm', '--force', '--volumes', ...names);
    },
  };
}
