/** Ends child processes with the process that started them, also when a signal ends it. */

import type { ChildProcess } from 'node:child_process';
import { exitOnSignal } from '../src/commands/process-events.ts';

const running = new Set<ChildProcess>();
let isReady = false;

/** Returns the child. From the first call on, signals exit the process. */
export function endWithThisProcess<Child extends ChildProcess>(child: Child): Child {
  if (!isReady) {
    isReady = true;
    exitOnSignal();
    process.once('exit', () => {
      for (const each of running) each.kill();
    });
  }
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}
