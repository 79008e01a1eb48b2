/** Tasks that do as they are told: for each image how it starts, what becomes of it, and what it prints. */

import type { Driver, TargetState, TaskEvents, TaskToRun } from './driver.ts';

/** Times are in seconds of ECS. */
export interface Behaviour {
  /** Until it runs; `never` where its image cannot be pulled. */
  readonly starts?: number | 'never';
  /** From running to healthy for the load balancer; `never` where its health check fails. */
  readonly healthy?: number | 'never';
  /** From running to an end of its own, and with which code. */
  readonly ends?: { readonly after: number; readonly code: number };
  /** An alarm that rings while it runs. */
  readonly rings?: string;
  readonly says?: readonly string[];
}

export interface ScriptedDriver extends Driver {
  /** How tasks of an image behave, by what comes behind `@`, and of which command. Unscripted ones start and stay well. */
  script(digest: string, behaviour: Behaviour, command?: string): void;
}

/** @param second in milliseconds. */
export function createScriptedDriver(second: number): ScriptedDriver {
  const scripts = new Map<string, Behaviour>();
  const running = new Map<string, { behaviour: Behaviour; since: number; events: TaskEvents }>();
  const registered = new Map<string, number>();
  const said = new Map<string, readonly string[]>();
  const after = (seconds: number, work: () => void) => void setTimeout(work, seconds * second);

  function behaviourOf({ definition, command }: TaskToRun): Behaviour {
    const [container] = definition.containerDefinitions ?? [];
    const digest = container?.image?.split('@')[1] ?? '';
    const [verb = 'serve'] = command ?? container?.command ?? [];
    const scripted = scripts.get(`${digest} ${verb}`);
    if (scripted !== undefined) return scripted;
    // What does one thing and ends, unless it serves.
    return verb === 'serve' ? {} : { ends: { after: 1, code: 0 } };
  }

  return {
    script: (digest, behaviour, command = 'serve') => void scripts.set(`${digest} ${command}`, behaviour),

    start(task, events) {
      const behaviour = behaviourOf(task);
      const { starts = 1, ends, says = [] } = behaviour;
      if (starts === 'never') {
        const image = task.definition.containerDefinitions?.[0]?.image;
        const reason = `CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref ${image}: not found`;
        return after(1, () => events.stopped(reason, undefined));
      }
      after(starts, () => {
        running.set(task.id, { behaviour, since: Date.now(), events });
        said.set(task.id, says);
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

    linesOf: (id) => said.get(id) ?? [],
    ringing() {
      const old = [...running.values()].filter(({ since }) => Date.now() - since > 5 * second);
      return [...new Set(old.flatMap(({ behaviour }) => behaviour.rings ?? []))];
    },
  };
}
