/** What separates the list a partner holds from the list it should hold. */

/** What separates the list held from the list wanted. */
export interface ListDifference<R> {
  readonly added: readonly R[];
  readonly changed: readonly R[];
  readonly left: readonly string[];
  readonly unchanged: number;
}

/**
 * Compares by leaf. `held`: leaf by identifier. The records of the result are those handed in, in their order;
 * `left` is in the order held. An identifier wanted twice counts where it last stands.
 */
export function compareByLeaf<R extends { readonly identifier: string }>(
  held: ReadonlyMap<string, string>,
  wanted: readonly { readonly record: R; readonly leaf: string }[],
): ListDifference<R> {
  const added: R[] = [];
  const changed: R[] = [];
  const seen = new Set<string>();
  let unchanged = 0;
  for (const { record, leaf } of wanted) {
    const before = held.get(record.identifier);
    seen.add(record.identifier);
    if (before === undefined) added.push(record);
    else if (before === leaf) unchanged += 1;
    else changed.push(record);
  }
  const left = [...held.keys()].filter((identifier) => !seen.has(identifier));
  return { added, changed, left, unchanged };
}
