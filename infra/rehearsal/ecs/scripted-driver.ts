/**
 * Tasks that follow a script: per image when they start, become healthy, exit, and what they log.
 */

import type { Driver, TargetState, TaskEvents, TaskToRun } from './driver.ts';

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

/** @param second how long one second of ECS takes, in milliseconds. */
export function createScriptedDriver(second: number): ScriptedDriver {
  const scripts = new Map<string, Behaviour>();
  const running = new Map<string, { behaviour: Behaviour; since: number; events: TaskEvents }>();
  const registered = new Map<string, number>();
  const printed = new Map<string, readonly string[]>();
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

  const alarms = new Set<string>();
  return {
    alarms,
    script: (digest, behaviour, command = 'serve') => void scripts.set(`${digest} ${command}`, behaviour),

    start(task, events) {
      const behaviour = behaviourOf(task);
      const { starts = 1, ends, prints = [] } = behaviour;
      if (starts === 'never') {
        const image = task.definition.containerDefinitions?.[0]?.image;
        const reason = `CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref ${image}: not found`;
        return after(1, () => events.stopped(reason, undefined));
      }
      after(starts, () => {
        running.set(task.id, { behaviour, since: Date.now(), events });
        printed.set(task.id, prints);
        events.running();
        if (ends === undefined) return;
        after(ends.after, () => {
          if (!running.delete(task.id)) return;
          events.stopped('Essential container in task exited', ends.code);
        });
      });
    },

    stop(id) {
      const { events } = running.get(id) ?? {};
      running.delete(id);
      after(1, () => events?.stopped('', 0));
    },

    register: (id) => void registered.set(id, Date.now()),
    deregister: (id) => void registered.delete(id),

    targetState(id): TargetState {
      const since = registered.get(id);
      if (since === undefined) return 'unused';
      const { healthy = 2 } = running.get(id)?.behaviour ?? {};
      const age = (Date.now() - since) / second;
      if (healthy === 'never') return age > 10 ? 'unhealthy' : 'initial';
      return age >= healthy ? 'healthy' : 'initial';
    },

    readLogLines: (id) => printed.get(id) ?? [],
    firingAlarms() {
      const old = [...running.values()].filter(({ since }) => Date.now() - since > 5 * second);
      return [...new Set([...alarms, ...old.flatMap(({ behaviour }) => behaviour.alarm ?? [])])];
    },
  };
}
