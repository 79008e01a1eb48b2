/** Lets pieces of work run one after another, in the order in which they asked. */

/** Runs work when all earlier work has ended. */
export type TakeTurn = <Result>(work: () => Result | Promise<Result>) => Promise<Result>;

export function takeTurns(): TakeTurn {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const turn = last.then(work);
    last = turn.catch(() => {});
    return turn;
  };
}
