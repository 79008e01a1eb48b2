/** The memory of a running process, on Linux. */

import { readFileSync } from 'node:fs';

/** Returns the resident memory of a process in MB. */
export function residentMemory(pid: number | undefined): number {
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  if (kibibytes === undefined) throw new Error(`process ${pid} has ended`);
  return (Number(kibibytes) * 1024) / 1e6;
}
