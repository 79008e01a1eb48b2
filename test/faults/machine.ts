/** How busy the machine is with other work, for limits in milliseconds. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';

const MILLISECONDS_OF_CPU = 300;

const SPIN = `
  const begun = performance.now();
  const since = process.cpuUsage();
  const used = () => {
    const { user, system } = process.cpuUsage(since);
    return (user + system) / 1000;
  };
  while (used() < ${MILLISECONDS_OF_CPU}) for (let turn = 0; turn < 1e5; turn += 1);
  console.log((performance.now() - begun) / used());
`;

/**
 * How many times longer work takes than on an idle machine: 1 if nothing else runs. One process for
 * each core works at the same time, and the slowest counts.
 */
export async function measureSlowness(): Promise<number> {
  const factors = await Promise.all(Array.from({ length: availableParallelism() }, spin));
  return Math.max(1, ...factors);
}

/** Milliseconds that the clients of a test add on an idle machine: they run beside the service. */
const CLIENTS = 500;

/** The limit for a promised time on this machine, both in milliseconds. Other work that runs now extends it. */
export async function limitOf(promised: number): Promise<number> {
  return promised * (await measureSlowness()) + CLIENTS;
}

async function spin(): Promise<number> {
  const child = spawn(process.execPath, ['--eval', SPIN], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (text: Buffer) => {
    output += text.toString();
  });
  await once(child, 'close');
  return Number(output);
}
