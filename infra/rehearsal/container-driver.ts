/** Tasks as containers: what the task definition says, put into the words of `docker run`. */

import type { ContainerDefinition } from '@aws-sdk/client-ecs';
import type { Driver, TaskEvents, TaskToRun } from '../local-aws/driver.ts';
import type { Balancer } from './balancer.ts';
import { docker } from './docker.ts';

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
const LOOK = 400;

interface Started {
  readonly task: TaskToRun;
  readonly events: TaskEvents;
  state: 'starting' | 'running' | 'stopped';
  port: number;
  lines: readonly string[];
}

export function createContainerDriver(options: ContainerDriverOptions): ContainerDriver {
  const { prefix, balancer } = options;
  const images = new Map<string, string>();
  const started = new Map<string, Started>();
  const nameOf = (id: string) => `${prefix}-${id.slice(0, 12)}`;

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
    const states = await Promise.all(up.map(([id]) => inspect(nameOf(id))));
    for (const [index, [id, one]] of up.entries()) {
      const seen = states[index];
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
      await new Promise((resolve) => setTimeout(resolve, LOOK));
    }
  })();

  return {
    images,
    start(task, events) {
      const one: Started = { task, events, state: 'starting', port: 0, lines: [] };
      started.set(task.id, one);
      void run(task.id, one).catch((error: Error) => {
        one.state = 'stopped';
        events.stopped(error.message.split('\n').at(-1) ?? '', undefined);
      });
    },
    // The engine sends SIGTERM, waits for the stop timeout that it was given, and kills.
    stop: (id) => void docker('stop', nameOf(id)).catch(() => {}),
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

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html */
function argumentsOf(container: ContainerDefinition): string[] {
  const {
    user,
    readonlyRootFilesystem,
    linuxParameters,
    healthCheck,
    portMappings = [],
    stopTimeout,
  } = container;
  const [kind, ...command] = healthCheck?.command ?? [];
  return [
    ...(user ? ['--user', user] : []),
    ...(readonlyRootFilesystem ? ['--read-only'] : []),
    ...(linuxParameters?.capabilities?.drop ?? []).flatMap((name) => ['--cap-drop', name]),
    ...(stopTimeout ? ['--stop-timeout', String(stopTimeout)] : []),
    ...portMappings.flatMap(({ containerPort }) => ['--publish', `127.0.0.1::${containerPort}`]),
    ...(kind === undefined ? ['--no-healthcheck'] : ['--health-cmd', command.join(' ')]),
    ...(healthCheck?.interval ? ['--health-interval', `${healthCheck.interval}s`] : []),
    ...(healthCheck?.timeout ? ['--health-timeout', `${healthCheck.timeout}s`] : []),
    ...(healthCheck?.retries ? ['--health-retries', String(healthCheck.retries)] : []),
    ...(healthCheck?.startPeriod ? ['--health-start-period', `${healthCheck.startPeriod}s`] : []),
  ];
}

interface Seen {
  readonly status: string;
  readonly exitCode: number;
  readonly isOutOfMemory: boolean;
  readonly health: 'HEALTHY' | 'UNHEALTHY' | undefined;
  readonly port: number;
}

/** Undefined when there is no such container yet. */
async function inspect(name: string): Promise<Seen | undefined> {
  const text = await docker('inspect', '--type', 'container', name).catch(() => undefined);
  if (text === undefined) return undefined;
  const [{ State, NetworkSettings }] = JSON.parse(text);
  const health = State.Health?.Status;
  // A port that is not published yet has null for its bindings.
  const [binding] = Object.values<{ HostPort: string }[] | null>(NetworkSettings.Ports ?? {}).flatMap(
    (each) => each ?? [],
  );
  return {
    status: State.Status,
    exitCode: State.ExitCode,
    isOutOfMemory: State.OOMKilled,
    health: health === 'healthy' ? 'HEALTHY' : health === 'unhealthy' ? 'UNHEALTHY' : undefined,
    port: Number(binding?.HostPort ?? 0),
  };
}

async function logsOf(name: string): Promise<string[]> {
  const { execFile } = await import('node:child_process');
  return new Promise((resolve) => {
    execFile('docker', ['logs', '--tail', '50', name], (_error, stdout, stderr) => {
      resolve(`${stdout}${stderr}`.split('\n').filter(Boolean));
    });
  });
}
