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
  const best = all.reduce((fastest, one) => (one.milliseconds < fastest.milliseconds ? one : fastest));
  return { ...best, slower: all.filter((one) => one !== best).map(({ result }) => result) };
}
