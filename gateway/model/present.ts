/** Objects without absent members: an optional member is there with its value, or not there at all. */

type Absent<T> = { [K in keyof T]-?: undefined extends T[K] ? K : never }[keyof T];
type Present<T> = Omit<T, Absent<T>> & { [K in Absent<T>]?: Exclude<T[K], undefined> };

/** The members that are not undefined. What is signed, stored or compared must not depend on how absence was written. */
export function present<T extends object>(members: T): Present<T> {
  const there: Partial<T> = {};
  for (const name of Object.keys(members) as (keyof T)[]) if (members[name] !== undefined) there[name] = members[name];
  return there as Present<T>;
}
