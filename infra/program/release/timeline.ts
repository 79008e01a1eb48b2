/** How long each phase of a release took. */

export interface Phase {
  readonly phase: string;
  readonly seconds: number;
}

export class Timeline {
  readonly phases: Phase[] = [];
  readonly #begun = performance.now();

  /** Does `work` as a phase of that name. */
  async during<Result>(phase: string, work: () => Promise<Result>): Promise<Result> {
    const begun = performance.now();
    try {
      return await work();
    } finally {
      this.phases.push({ phase, seconds: secondsSince(begun) });
    }
  }

  get seconds(): number {
    return secondsSince(this.#begun);
  }
}

function secondsSince(begun: number): number {
  return Math.round((performance.now() - begun) / 100) / 10;
}
