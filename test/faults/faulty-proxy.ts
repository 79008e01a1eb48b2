/**
 * A TCP proxy that drops, delays and cuts connections, and stops answering, at random from a seed.
 */

import type { Socket } from 'node:net';
import { startTcpProxy, type TcpProxy } from '../../tools/tcp-proxy.ts';

export interface FaultyProxy extends TcpProxy {
  /** Whether it does any harm. */
  faulty: boolean;
  /** What it did, by kind. */
  readonly done: { dropped: number; delayed: number; cut: number; silenced: number };
}

/** The chance of each fault for a chunk of an answer. */
const CHANCES = { dropped: 0.001, cut: 0.001, silenced: 0.0005, delayed: 0.01 } as const;

const LONGEST_DELAY = 800;

/** @param target the port on 127.0.0.1 that it leads to. */
export async function startFaultyProxy(target: number, seed: number): Promise<FaultyProxy> {
  const random = createRandom(seed);
  const tcp = await startTcpProxy('127.0.0.1', target, (near, reach) => {
    const far = reach();
    near.on('data', (chunk) => far.write(chunk));
    far.on('data', (chunk) => pass(chunk, near, far));
  });

  function pass(chunk: Buffer, near: Socket, far: Socket): void {
    const dice = proxy.faulty ? random() : 1;
    let chance = 0;
    const hits = (fault: keyof typeof CHANCES) => {
      chance += CHANCES[fault];
      if (dice >= chance) return false;
      proxy.done[fault] += 1;
      return true;
    };
    if (hits('dropped')) near.destroy();
    else if (hits('cut')) near.end(chunk.subarray(0, chunk.length / 2), () => near.destroy());
    else if (hits('silenced')) far.removeAllListeners('data').resume();
    else if (hits('delayed')) {
      far.pause();
      setTimeout(() => {
        near.write(chunk);
        far.resume();
      }, random() * LONGEST_DELAY);
    } else near.write(chunk);
  }

  const proxy: FaultyProxy = {
    ...tcp,
    faulty: false,
    done: { dropped: 0, delayed: 0, cut: 0, silenced: 0 },
  };
  return proxy;
}

/** Numbers from 0 to below 1 (mulberry32), so that a failed run can be repeated. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
