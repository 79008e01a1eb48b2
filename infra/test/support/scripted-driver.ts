/**
 * Tasks that follow a script: per image when they start, become healthy, exit, and what they log.
 */

import type { Driver, TargetState, TaskEvents, TaskToRun } from '../../rehearsal/ecs/driver.ts';

/** All times are in seconds of ECS. */
export interface Behaviour {
  /** Until it runs; `never` if its image cannot be pulled. */
  readonly starts?: number | 'never';
  /** From running to healthy; `never` if its health check fails. */
  readonly healthy?: number | 'never';
  /** From running to its exit, and the exit code. */
  readonly ends?: { readonly after: number; readonly code: number };
  /** An alarm that fires while it runs. */
  readonly alarm?: string;
  readonly prints?: readonly string[];
}

export interface ScriptedDriver extends Driver {
  /**
   * Sets the behaviour of an image's tasks with this command. Without a script, tasks start and
   * stay healthy.
   */
  script(digest: string, behaviour: Behaviour, command?: string): void;
  /** Alarms that fire whatever runs. */
  readonly alarms: Set<string>;
}

interface ScriptedTask {
  readonly behaviour: Behaviour;
  readonly events: TaskEvents;
  /** Undefined until it runs. */
  runningSince: number | undefined;
  hasStopped: boolean;
}

/** @param second how long one second of ECS takes, in milliseconds. */
export function createScriptedDriver(second: number): ScriptedDriver {
  const scripts = new Map<string, Behaviour>();
  const tasks = new Map<string, ScriptedTask>();
  const registered = new Map<string, number>();
  const after = (seconds: number, work: () => void) => void setTimeout(work, seconds * second);

  function behaviourOf({ definition, command }: TaskToRun): Behaviour {
    const [container] = definition.containerDefinitions ?? [];
    const digest = container?.image?.split('@')[1] ?? '';
    const [verb = 'serve'] = command ?? container?.command ?? [];
    const scripted = scripts.get(`${digest} ${verb}`);
    if (scripted !== undefined) return scripted;
    // Every command but `serve` exits.
    return verb === 'serve' ? {} : { ends: { after: 1, code: 0 } };
  }

  function end(task: ScriptedTask | undefined, reason: string, exitCode: number | undefined): void {
    if (task === undefined || task.hasStopped) return;
    task.hasStopped = true;
    task.events.stopped(reason, exitCode);
  }

  const alarms = new Set<string>();
  return {
    alarms,
    script: (digest, behaviour, command = 'serve') => void scripts.set(`${digest} ${command}`, behaviour),

    start(task, events) {
      const behaviour = behaviourOf(task);
      const { starts = 1, ends } = behaviour;
      const started: ScriptedTask = { behaviour, events, runningSince: undefined, hasStopped: false };
      tasks.set(task.id, started);
      if (starts === 'never') {
        const image = task.definition.containerDefinitions?.[0]?.image;
        const reason = `CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref ${image}: not found`;
        return after(1, () => end(started, reason, undefined));
      }
      after(starts, () => {
        if (started.hasStopped) return;
        started.runningSince = Date.now();
        events.running();
        if (ends !== undefined)
          after(ends.after, () => end(started, 'Essential container in task exited', ends.code));
      });
    },

    stop: (id) => after(1, () => end(tasks.get(id), '', 0)),

    register: (id) => void registered.set(id, Date.now()),
    deregister: (id) => void registered.delete(id),

    targetState(id): TargetState {
      const since = registered.get(id);
      if (since === undefined) return 'unused';
      const { healthy = 2 } = tasks.get(id)?.behaviour ?? {};
      const age = (Date.now() - since) / second;
      if (healthy === 'never') return age > 10 ? 'unhealthy' : 'initial';
      return age >= healthy ? 'healthy' : 'initial';
    },

    readLogLines(id) {
      const { behaviour, runningSince: at } = tasks.get(id) ?? {};
      return at === undefined ? [] : (behaviour?.prints ?? []).map((text) => ({ at, text }));
    },
    firingAlarms() {
      const old = [...tasks.values()].filter(
        ({ runningSince = Date.now(), hasStopped }) => !hasStopped && Date.now() - runningSince > 5 * second,
      );
      return [...new Set([...alarms, ...old.flatMap(({ behaviour }) => behaviour.alarm ?? [])])];
    },
  };
}
