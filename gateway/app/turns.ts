/** Work that must not overlap: a reload with another one, or with the end of the gateway. */

type TakeTurns = <T>(work: () => Promise<T>) => Promise<T>;

/** Each piece of work begins when all before it have ended, whether they succeeded or failed. */
export function takeTurns(): TakeTurns {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const turn = last.then(work);
    last = turn.catch(() => undefined); // its own caller gets the error
    return turn;
  };
}
