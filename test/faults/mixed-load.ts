/**
 * Clients that read and write until told to stop, and know afterwards which cars must exist. Each
 * car's model is unique, so that a lost, duplicated or confused car is detected.
 */

import type { CarFields } from '../../src/cars/car.ts';
import { type Answer, type Call, type Caller, createCaller } from './caller.ts';

interface Car extends CarFields {
  readonly id: number;
}

/**
 * A car that was acknowledged, and the years that it may have now: the last one acknowledged, and
 * those in doubt.
 */
interface Known {
  readonly id: number;
  readonly model: string;
  years: Set<number>;
}

export interface MixedLoad {
  /** Ends the load; resolves when each caller has its last answer. */
  stop(): Promise<void>;
  /** Figures so far; what is lost or there twice is known after {@link settle}. */
  readonly seen: {
    requests: number;
    acknowledged: number;
    /** Milliseconds. */
    slowest: number;
    /** Answers that no fault excuses, and broken connections, in words. */
    unexpected: string[];
    refused: number;
    inDoubt: number;
  };
  /**
   * Compares what is stored with what was acknowledged; call it after {@link stop}, when the
   * service is well.
   */
  settle(): Promise<{ lost: number; twice: number; wrong: number }>;
}

/** What is to be seen after a fault, with the health checks that failed as `dead`. */
export const NOTHING_LOST = { lost: 0, twice: 0, wrong: 0, unexpected: [], dead: 0 };

/** Statuses that a caller may get from a service whose database is in trouble. */
const EXPECTED = [200, 201, 503];

export function startMixedLoad(url: string, callers: number): MixedLoad {
  const caller = createCaller(url, callers);
  const known: Known[] = [];
  const seen = {
    requests: 0,
    acknowledged: 0,
    slowest: 0,
    unexpected: [] as string[],
    refused: 0,
    inDoubt: 0,
  };
  let stopped = false;

  /** One request; undefined when it was refused or its connection broke. */
  async function send(call: Call): Promise<Answer | undefined> {
    const begun = performance.now();
    const answer = await caller.send(call).catch((error: Error) => error);
    seen.requests += 1;
    seen.slowest = Math.max(seen.slowest, performance.now() - begun);
    if (answer instanceof Error) {
      seen.unexpected.push(`${call.method ?? 'GET'} ${call.path}: ${answer.message}`);
      return undefined;
    }
    if (!EXPECTED.includes(answer.status)) seen.unexpected.push(`${answer.status} ${answer.text}`);
    if (answer.status === 503) {
      seen.refused += 1;
      if (answer.text.includes('outcome-unknown')) seen.inDoubt += 1;
      if (answer.headers['retry-after'] === undefined && !answer.text.includes('outcome-unknown'))
        seen.unexpected.push('503 without Retry-After');
    }
    return answer.status < 300 ? answer : undefined;
  }

  async function create(name: string): Promise<void> {
    const body = { brand: 'Volkswagen', model: name, year: 2000 };
    const call = { method: 'POST', path: '/cars', body, headers: { 'idempotency-key': name } };
    for (;;) {
      const answer = await send(call);
      if (answer !== undefined) {
        known.push({ id: (JSON.parse(answer.text) as Car).id, model: name, years: new Set([2000]) });
        seen.acknowledged += 1;
        return;
      }
      await pause();
    }
  }

  async function change(car: Known, year: number): Promise<void> {
    car.years.add(year);
    if (await send({ method: 'PATCH', path: `/cars/${car.id}`, body: { year } })) {
      car.years = new Set([year]);
      seen.acknowledged += 1;
    } else await pause();
  }

  async function read({ id, model }: Known): Promise<void> {
    const answer = await send({ path: `/cars/${id}` });
    if (answer === undefined) return pause();
    const car: Car = JSON.parse(answer.text);
    if (car.id !== id || car.model !== model)
      seen.unexpected.push(`car ${id} was answered as ${answer.text}`);
  }

  /** Each caller changes only cars of its own, so that it knows what they must be. */
  async function call(number: number): Promise<void> {
    const own: Known[] = [];
    for (let turn = 0; !stopped || turn === 0; turn += 1) {
      if (turn % 4 === 0) {
        await create(`${number}-${turn}`);
        own.push(known.findLast((car) => car.model === `${number}-${turn}`) as Known);
      } else if (turn % 4 === 2) await change(own.at(-1) as Known, 1900 + (turn % 200));
      else await read(known[Math.floor(Math.random() * known.length)] as Known);
    }
  }

  const calling = Promise.all(Array.from({ length: callers }, (_, number) => call(number)));
  return {
    seen,
    async stop() {
      stopped = true;
      await calling;
    },
    async settle() {
      const stored = await listAll(caller);
      caller.close();
      const models = [...stored.values()].map(({ model }) => model);
      const isAsKnown = ({ id, model, years }: Known) => {
        const car = stored.get(id);
        return car?.model === model && years.has(car.year);
      };
      return {
        lost: known.filter(({ id }) => !stored.has(id)).length,
        twice: models.length - new Set(models).size,
        wrong: known.filter((car) => stored.has(car.id) && !isAsKnown(car)).length,
      };
    },
  };
}

/** A refused caller waits a little, as it was told to. */
function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 50 + Math.random() * 50));
}

/** All cars, over the API, page by page. */
export async function listAll(caller: Caller): Promise<Map<number, Car>> {
  const cars = new Map<number, Car>();
  for (let path: string | undefined = '/cars?limit=1000'; path !== undefined; ) {
    const answer: Answer = await caller.send({ path });
    if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}: ${answer.text}`);
    for (const car of JSON.parse(answer.text) as Car[]) cars.set(car.id, car);
    path = /<([^>]*)>; rel="next"/.exec(String(answer.headers['link'] ?? ''))?.[1];
  }
  return cars;
}
