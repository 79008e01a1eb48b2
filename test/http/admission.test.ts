/** Who is refused when calls would wait: lists before writes before single reads. */

import { describe, expect, it } from 'vitest';
import type { Waits } from '../../src/cars/car-store.ts';
import { type CallKind, createAdmission } from '../../src/http/admission.ts';
import { measureTurn } from '../../src/http/event-loop-turn.ts';

const KINDS: readonly CallKind[] = ['read', 'write', 'list'];

/** Those that are let in while calls wait this long (in milliseconds) and the event loop's turn lasts that long. */
function admitted(waits: Partial<Waits>, turn = 0): CallKind[] {
  return KINDS.filter(
    createAdmission(
      () => ({ read: 0, write: 0, list: 0, ...waits }),
      () => turn,
    ),
  );
}

describe('admission', () => {
  it.each<[string, Partial<Waits>, number, CallKind[]]>([
    ['nothing waits', {}, 0, ['read', 'write', 'list']],
    ['reads wait a little', { read: 51 }, 0, ['read', 'write']],
    ['reads wait longer', { read: 101 }, 0, ['read']],
    ['reads would come late', { read: 151 }, 0, []],
    ['writes wait a little', { write: 101 }, 0, ['read', 'write']],
    ['writes would come late', { write: 301 }, 0, ['read']],
    ['lists wait as long as they may', { list: 300 }, 0, ['read', 'write', 'list']],
    ['lists would come late', { list: 301 }, 0, ['read', 'write']],
    ['the event loop is slow', {}, 101, ['read', 'write']],
    ['the event loop is slower', {}, 151, ['read']],
    ['the event loop stands', {}, 201, []],
  ])('when %s', (_, waits, turn, expected) => {
    expect(admitted(waits, turn)).toEqual(expected);
  });
});

describe('the turn of the event loop', () => {
  it('is as long as what keeps the loop busy', async () => {
    const turn = measureTurn();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(turn()).toBeLessThan(1000);
    const begun = performance.now();
    while (performance.now() - begun < 150);
    expect(turn()).toBeGreaterThanOrEqual(110);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(turn()).toBeLessThan(100);
  });
});
