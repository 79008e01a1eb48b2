/** Batches: the order of items, the limits, and the outcome of each item. */
// Proves: overload

import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { newUsage } from '../../src/cars/request-context.ts';
import { createBatch, type Outcome } from '../../src/database/batch.ts';

interface Answer {
  readonly to: number;
}

/**
 * Until the rounds that are due have begun: turns of the event loop, because a timer may be over
 * before one.
 */
async function roundsBegan(): Promise<void> {
  await nextTurn();
  await nextTurn();
}

describe('a batch', () => {
  it('runs a single item at once', async () => {
    const { send, rounds } = aBatch();
    const answer = send(1);
    await nextTurn();
    expect(items(rounds)).toEqual([[1]]);
    rounds[0]?.finish();
    expect(await answer).toEqual({ to: 1 });
  });

  it('runs the items that arrive in one turn of the event loop together, in order', async () => {
    const { send, rounds } = aBatch();
    const answers = [send(3), send(1)];
    await Promise.resolve();
    answers.push(send(2));
    await nextTurn();
    expect(items(rounds)).toEqual([[3, 1, 2]]);
    rounds[0]?.finish();
    expect(await Promise.all(answers)).toEqual([{ to: 3 }, { to: 1 }, { to: 2 }]);
  });

  it('collects the items that arrive while earlier ones run, and runs them first come, first served', async () => {
    const { send, rounds } = aBatch({ maxSize: 3, maxConcurrent: 1 });
    const answers = [send(1)];
    await nextTurn();
    for (const item of [2, 3, 4, 5, 6]) {
      answers.push(send(item));
      await nextTurn();
    }
    expect(items(rounds)).toEqual([[1]]);
    rounds[0]?.finish();
    await roundsBegan();
    expect(items(rounds)).toEqual([[1], [2, 3, 4]]);
    rounds[1]?.finish();
    await roundsBegan();
    expect(items(rounds)).toEqual([[1], [2, 3, 4], [5, 6]]);
    rounds[2]?.finish();
    expect((await Promise.all(answers)).map(({ to }) => to)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('never exceeds its maximum size or its maximum number of rounds at once', async () => {
    let running = 0;
    let most = 0;
    const sizes: number[] = [];
    const { add } = createBatch<number, Answer>({
      name: 'test',
      maxSize: 10,
      maxConcurrent: 3,
      async run(round) {
        running += 1;
        most = Math.max(most, running);
        sizes.push(round.length);
        await sleep(1);
        running -= 1;
        return round.map((to) => ({ to }));
      },
    });
    const all = Array.from({ length: 105 }, (_, index) => index);
    expect(await Promise.all(all.map((item) => add(item, newUsage())))).toEqual(all.map((to) => ({ to })));
    expect(most).toBe(3);
    expect(sizes).toEqual([...Array.from({ length: 10 }, () => 10), 5]);
  });

  it('starts a second round while the first one runs, if its limit allows that', async () => {
    const { send, rounds } = aBatch({ maxSize: 10, maxConcurrent: 2 });
    const answers = [send(1)];
    await nextTurn();
    answers.push(send(2));
    await nextTurn();
    expect(items(rounds)).toEqual([[1], [2]]);
    rounds[1]?.finish();
    expect(await answers[1]).toEqual({ to: 2 });
    rounds[0]?.finish();
    expect(await answers[0]).toEqual({ to: 1 });
  });

  it('returns to each item its own outcome, including errors', async () => {
    const { send, rounds } = aBatch();
    const outcomes = Promise.allSettled([send(1), send(2), send(3)]);
    await nextTurn();
    const error = new Error('two');
    rounds[0]?.finish([{ to: 1 }, error, { to: 3 }]);
    expect(await outcomes).toEqual([
      { status: 'fulfilled', value: { to: 1 } },
      { status: 'rejected', reason: error },
      { status: 'fulfilled', value: { to: 3 } },
    ]);
  });

  it('rejects every item of a round that failed, and continues with the next round', async () => {
    const { send, rounds } = aBatch({ maxSize: 2, maxConcurrent: 1 });
    const outcomes = Promise.allSettled([send(1), send(2), send(3)]);
    await nextTurn();
    const error = new Error('the round failed');
    rounds[0]?.fail(error);
    await roundsBegan();
    expect(items(rounds)).toEqual([[1, 2], [3]]);
    rounds[1]?.finish();
    expect(await outcomes).toEqual([
      { status: 'rejected', reason: error },
      { status: 'rejected', reason: error },
      { status: 'fulfilled', value: { to: 3 } },
    ]);
  });

  it('continues after a round that threw before it returned a promise', async () => {
    const { add } = createBatch<number, Answer>({
      name: 'test',
      maxSize: 1,
      maxConcurrent: 1,
      run(round) {
        if (round.includes(1)) throw new Error('at once');
        return Promise.resolve(round.map((to) => ({ to })));
      },
    });
    const outcomes = await Promise.allSettled([add(1, newUsage()), add(2, newUsage())]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  });

  it('lets no item wait forever while more and more arrive', async () => {
    const { send, rounds } = aBatch({ maxSize: 2, maxConcurrent: 1 });
    const first = [send(0), send(1), send(2)];
    let sent = 3;
    for (let round = 0; round < 2; round += 1) {
      await roundsBegan();
      for (let index = 0; index < 20; index += 1) void send(sent++);
      rounds[round]?.finish();
    }
    expect((await Promise.all(first)).map(({ to }) => to)).toEqual([0, 1, 2]);
    expect(items(rounds).slice(0, 2)).toEqual([
      [0, 1],
      [2, 3],
    ]);
  });

  it('does not block the event loop while it is busy', async () => {
    const { add } = createBatch<number, Answer>({
      name: 'test',
      maxSize: 1,
      maxConcurrent: 1,
      run: async (round) => round.map((to) => ({ to })),
    });
    let answered = 0;
    const all = Promise.all(
      Array.from({ length: 1000 }, async (_, index) => {
        await add(index, newUsage());
        answered += 1;
      }),
    );
    await sleep(0);
    expect(answered).toBeLessThan(1000);
    await all;
    expect(answered).toBe(1000);
  });
});

describe('the expected wait of an item', () => {
  it('is zero while a round is free', async () => {
    const { send, expectedWait, rounds, runRounds } = aBatch({ maxSize: 1, maxConcurrent: 2 });
    expect(expectedWait()).toBe(0);
    await runRounds(20);
    void send(1);
    await nextTurn();
    await sleep(20);
    expect(expectedWait()).toBe(0);
    void send(2);
    await nextTurn();
    await sleep(20);
    expect(expectedWait()).toBeGreaterThan(0);
    for (const round of rounds) round.finish();
    await nextTurn();
    expect(expectedWait()).toBe(0);
  });

  it('is what earlier rounds took, times the rounds ahead of it', async () => {
    const { send, expectedWait, runRounds } = aBatch({ maxSize: 2, maxConcurrent: 1 });
    await runRounds(50);
    void send(1);
    await nextTurn();
    const alone = expectedWait();
    expect(alone).toBeGreaterThanOrEqual(45);
    for (let item = 2; item <= 5; item += 1) void send(item);
    expect(expectedWait()).toBeCloseTo(3 * alone, 5);
  });

  it('counts the items that wait for the next round when the last one has just ended', async () => {
    const { send, expectedWait, rounds, runRounds } = aBatch({ maxSize: 1, maxConcurrent: 1 });
    await runRounds(50);
    const first = send(1);
    void send(2);
    void send(3);
    await nextTurn();
    rounds[0]?.finish();
    await first;
    // The round has ended, and the next one begins in a later turn.
    await Promise.resolve();
    expect(rounds).toHaveLength(1);
    expect(expectedWait()).toBeGreaterThan(0);
  });

  it('does not grow while a round takes longer than usual, because that is a hiccup or a lock', async () => {
    const { send, expectedWait, rounds } = aBatch({ maxSize: 2, maxConcurrent: 1 });
    const first = send(0);
    await nextTurn();
    rounds[0]?.finish();
    await first;
    void send(1);
    await nextTurn();
    await sleep(900);
    expect(expectedWait()).toBeLessThan(100);
  });

  it('ignores one slow round among many, and rounds that only failed', async () => {
    const { send, expectedWait, rounds } = aBatch({ maxSize: 1, maxConcurrent: 1 });
    for (const [round, pause] of [1, 300, 1, 1].entries()) {
      const answer = send(round).catch(() => {});
      await nextTurn();
      await sleep(pause);
      rounds[round]?.finish();
      await answer;
    }
    const failing = send(4).catch(() => {});
    await nextTurn();
    await sleep(300);
    rounds[4]?.fail(new Error('waited for a lock'));
    await failing;
    void send(5);
    await nextTurn();
    expect(expectedWait()).toBeLessThan(100);
  });

  it('ignores rounds that did nothing: their items failed, or wait for a lock elsewhere', async () => {
    const { send, expectedWait, rounds } = aBatch({ maxSize: 1, maxConcurrent: 1 });
    const answers = Array.from({ length: 12 }, (_, item) => send(item).catch(() => {}));
    for (let round = 0; round < answers.length; round += 1) {
      await nextTurn();
      await sleep(20);
      if (round % 2 === 0) rounds[round]?.fail(new Error('waited for a lock'));
      else rounds[round]?.finish([Promise.reject(new Error('waited for a lock, alone'))]);
      await answers[round];
    }
    void send(12);
    await nextTurn();
    void send(13);
    await sleep(100);
    expect(expectedWait()).toBeLessThan(10);
  });

  it('rejects an item at once if it is beyond the limit, and accepts items again when rounds end', async () => {
    const { send, rounds, runRounds } = aBatch({ maxSize: 10, maxConcurrent: 1, maxWait: 30 });
    await runRounds(50);
    const first = send(1);
    await nextTurn();
    await expect(send(2)).rejects.toMatchObject({ code: 'unavailable' });
    rounds[0]?.finish();
    expect(await first).toEqual({ to: 1 });
    const third = send(3);
    await nextTurn();
    rounds[1]?.finish();
    expect(await third).toEqual({ to: 3 });
    expect(items(rounds)).toEqual([[1], [3]]);
  });

  it('rejects the items that have waited for as long as the limit, oldest first', async () => {
    const { send, rounds } = aBatch({ maxSize: 10, maxConcurrent: 1, maxWait: 400 });
    const first = send(1);
    await nextTurn();
    const refused: number[] = [];
    const waiting = [2, 3].map((item) => send(item).catch((error) => [item, error.code]));
    await sleep(100);
    const later = send(4).catch(() => void refused.push(4));
    expect(await Promise.all(waiting)).toEqual([
      [2, 'unavailable'],
      [3, 'unavailable'],
    ]);
    expect(refused).toEqual([]);
    rounds[0]?.finish();
    expect(await first).toEqual({ to: 1 });
    await nextTurn();
    rounds[1]?.finish();
    expect(await later).toEqual({ to: 4 });
    expect(items(rounds)).toEqual([[1], [4]]);
  });
});

interface Round {
  readonly items: readonly number[];
  finish(outcomes?: readonly Outcome<Answer>[]): void;
  fail(error: Error): void;
}

const ONE_AT_A_TIME = { maxSize: 100, maxConcurrent: 1 };

/** A batch whose rounds end when the test says so; an item is answered with itself. */
function aBatch(limits: { maxSize: number; maxConcurrent: number; maxWait?: number } = ONE_AT_A_TIME) {
  const rounds: Round[] = [];
  const { add, expectedWait } = createBatch<number, Answer>({
    name: 'test',
    ...limits,
    run(round) {
      const { promise, resolve, reject } = Promise.withResolvers<readonly Outcome<Answer>[]>();
      const finish = (outcomes = round.map((to) => ({ to }))) => resolve(outcomes);
      rounds.push({ items: round, finish, fail: reject });
      return promise;
    },
  });
  const send = (item: number) => add(item, newUsage());
  /** Runs enough rounds for an estimate. */
  const runRounds = async (milliseconds: number) => {
    for (let round = 0; round < 5; round += 1) {
      const answer = send(0);
      await nextTurn();
      await sleep(milliseconds);
      rounds.at(-1)?.finish();
      await answer;
    }
    rounds.length = 0;
  };
  return { send, expectedWait, rounds, runRounds };
}

function items(rounds: readonly Round[]): (readonly number[])[] {
  return rounds.map((round) => round.items);
}
