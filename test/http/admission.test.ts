/** Who is refused when calls would wait: lists and batches before writes before single reads. */
// Proves: overload

import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Waits } from '../../src/cars/car-store.ts';
import { createAdmission, type RequestKind } from '../../src/http/admission.ts';
import { CROWD, measureLag } from '../../src/http/event-loop-lag.ts';

const KINDS: readonly RequestKind[] = ['read', 'write', 'list', 'batch'];

/** Those that are let in while calls wait this long (in milliseconds) and the event loop's turn lasts that long. */
function admitted(waits: Partial<Waits>, turn = 0): RequestKind[] {
  const overload = createAdmission(
    () => ({ read: 0, write: 0, list: 0, batch: 0, ...waits }),
    () => turn,
  );
  return KINDS.filter((kind) => overload(kind) === undefined);
}

describe('admission', () => {
  it.each<[string, Partial<Waits>, number, RequestKind[]]>([
    ['nothing waits', {}, 0, ['read', 'write', 'list', 'batch']],
    ['reads wait a little', { read: 51 }, 0, ['read', 'write']],
    ['reads wait longer', { read: 101 }, 0, ['read']],
    ['reads would come late', { read: 151 }, 0, []],
    ['writes wait a little', { write: 101 }, 0, ['read', 'write']],
    ['writes would come late', { write: 301 }, 0, ['read']],
    ['lists wait as long as they may', { list: 150 }, 0, ['read', 'write', 'list', 'batch']],
    ['lists would come late', { list: 151 }, 0, ['read', 'write', 'batch']],
    ['batches wait as long as they may', { batch: 300 }, 0, ['read', 'write', 'list', 'batch']],
    ['batches would come late', { batch: 301 }, 0, ['read', 'write', 'list']],
    ['the event loop is slow', {}, 21, ['read', 'write']],
    ['the event loop is slower', {}, 51, ['read']],
    ['the event loop stands', {}, 81, []],
  ])('when %s', (_, waits, turn, expected) => {
    expect(admitted(waits, turn)).toEqual(expected);
  });
});

function block(milliseconds: number): void {
  const begun = performance.now();
  while (performance.now() - begun < milliseconds);
}

describe('event-loop lag', () => {
  const arriveTogether = (lag: () => number, requests: number) => {
    let last = 0;
    for (let request = 0; request < requests; request += 1) last = lag();
    return last;
  };

  it('counts one long turn in which a crowd arrived', async () => {
    const lag = measureLag();
    await sleep(50);
    block(100);
    expect(arriveTogether(lag, CROWD)).toBe(0);
    expect(lag()).toBeGreaterThanOrEqual(75);
  });

  it('counts two long turns with a crowd in both together, as long as the shorter one', async () => {
    const lag = measureLag();
    await sleep(0);
    block(60);
    arriveTogether(lag, CROWD / 2);
    await sleep(0);
    block(100);
    expect(arriveTogether(lag, CROWD / 2)).toBe(0);
    expect(lag()).toBeGreaterThanOrEqual(35);
    await sleep(100);
    expect(arriveTogether(lag, CROWD)).toBeLessThan(50);
  });

  it('does not count turns that are long for other reasons, however long', async () => {
    const lag = measureLag();
    for (let turn = 0; turn < 5; turn += 1) {
      block(300);
      expect(arriveTogether(lag, CROWD / 2)).toBe(0);
      await sleep(0);
    }
  });
});
