/** The deployments of a service: the newest, those before it that still have tasks, and what became of each. */

import { randomInt } from 'node:crypto';
import type { TaskDefinition } from '@aws-sdk/client-ecs';

export interface Rollout {
  readonly id: string;
  readonly definition: TaskDefinition;
  readonly begun: Date;
  /** When its state changed last. */
  changed: Date;
  state: 'IN_PROGRESS' | 'COMPLETED' | 'FAILED';
  reason: string;
  /** In the words of `ServiceDeployment`. */
  fate: { status: string; reason: string };
  failedTasks: number;
  /** Set on the one that goes back from another. */
  readonly undoes?: Rollout;
  /** When the last old task was gone. */
  settled?: number;
}

export interface Rollouts {
  /** The newest. */
  readonly primary: Rollout;
  /** Those before it that still have tasks, newest first. */
  readonly older: readonly Rollout[];
  /** What ECS has noted, newest first. */
  readonly events: readonly { readonly createdAt: Date; readonly message: string }[];
  say(what: string): void;
  begin(definition: TaskDefinition): void;
  /** Gives the newest up. @param back whether it goes back to the last that was complete, and in which words. */
  fail(reason: string, back: { readonly wanted: boolean; readonly cause: string }): void;
  /** The newest is all that runs. */
  complete(): void;
  /** Lets go of older ones without tasks. */
  keepOlder(hasTasks: (rollout: Rollout) => boolean): void;
  find(id: string): Rollout | undefined;
}

/** @param isUp whether the first one runs, so that a later one can go back to it. */
export function createRollouts(serviceName: string, initial: TaskDefinition, isUp: boolean): Rollouts {
  let primary = newRollout(initial);
  primary.state = 'COMPLETED';
  let older: Rollout[] = [];
  let lastCompleted = isUp ? primary : undefined;
  const all = new Map([[primary.id, primary]]);
  const events: { createdAt: Date; message: string }[] = [];

  const say = (what: string) =>
    void events.unshift({ createdAt: new Date(), message: `(service ${serviceName}) ${what}.` });

  function replace(rollout: Rollout): void {
    older = [primary, ...older];
    if (primary.state === 'IN_PROGRESS')
      primary.fate = { status: 'STOPPED', reason: 'Another deployment took its place.' };
    primary = rollout;
    all.set(rollout.id, rollout);
    say(`has begun the deployment ${rollout.id}`);
  }

  return {
    get primary() {
      return primary;
    },
    get older() {
      return older;
    },
    events,
    say,
    begin: (definition) => replace(newRollout(definition)),
    fail(reason, { wanted, cause }) {
      const failed = primary;
      failed.state = 'FAILED';
      failed.changed = new Date();
      failed.reason = reason;
      failed.fate = { status: 'STOPPED', reason };
      say(`deployment ${failed.id} failed: ${reason.replace(/\.$/, '')}`);
      if (!wanted || lastCompleted === undefined) return;
      failed.fate = { status: 'ROLLBACK_IN_PROGRESS', reason };
      const back = newRollout(lastCompleted.definition, failed);
      back.reason = `${cause}: rolling back to deploymentId ${lastCompleted.id}.`;
      replace(back);
    },
    complete() {
      primary.state = 'COMPLETED';
      primary.changed = new Date();
      primary.reason = `ECS deployment ${primary.id} completed.`;
      primary.fate = { status: 'SUCCESSFUL', reason: '' };
      if (primary.undoes !== undefined)
        primary.undoes.fate = { status: 'ROLLBACK_SUCCESSFUL', reason: primary.undoes.fate.reason };
      lastCompleted = primary;
      say('has reached a steady state');
    },
    keepOlder(hasTasks) {
      older = older.filter(hasTasks);
    },
    find: (id) => all.get(id),
  };
}

function newRollout(definition: TaskDefinition, undoes?: Rollout): Rollout {
  const id = `ecs-svc/${String(randomInt(2 ** 47)).padStart(19, '1')}`;
  return {
    id,
    definition,
    begun: new Date(),
    changed: new Date(),
    state: 'IN_PROGRESS',
    reason: `ECS deployment ${id} in progress.`,
    fate: { status: 'IN_PROGRESS', reason: '' },
    failedTasks: 0,
    ...(undoes && { undoes }),
  };
}
