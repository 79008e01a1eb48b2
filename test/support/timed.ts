/** How long a call took. */

export interface Timed<Result> {
  readonly milliseconds: number;
  readonly result: Result;
}

export async function timed<Result>(call: Promise<Result>): Promise<Timed<Result>> {
  const start = performance.now();
  const result = await call;
  return { milliseconds: performance.now() - start, result };
}

/** The fastest of three calls, one after another: on a busy machine one may be slow for reasons of its own. */
export async function fastest<Result>(
  call: () => Promise<Result>,
): Promise<Timed<Result> & { readonly slower: readonly Result[] }> {
  const all = [await timed(call()), await timed(call()), await timed(call())];
  const [first, ...others] = all.toSorted((a, b) => a.milliseconds - b.milliseconds);
  if (first === undefined) throw new Error('three calls have a fastest one');
  return { ...first, slower: others.map(({ result }) => result) };
}
