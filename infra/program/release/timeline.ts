/** Measures how long each phase of a release takes. */

export interface Phase {
  readonly phase: string;
  readonly seconds: number;
}

export class Timeline {
  readonly phases: Phase[] = [];
  readonly #start = performance.now();

  /** Measures `work` as a phase. */
  async during<Result>(phase: string, work: () => Promise<Result>): Promise<Result> {
    const start = performance.now();
    try {
      return await work();
    } finally {
      this.phases.push({ phase, seconds: secondsSince(start) });
    }
  }

  get seconds(): number {
    return secondsSince(this.#start);
  }
}

function secondsSince(start: number): number {
  return Math.round((performance.now() - start) / 100) / 10;
}
