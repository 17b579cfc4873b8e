/** Compares the list that a partner holds with the list that it should hold. */

/**
 * `held`: leaf by identifier. The result has the records in the order of `wanted`, and the identifiers that `left` in the order
 * of `held`.
 */
export function compareByLeaf<R extends { readonly identifier: string }>(
  held: ReadonlyMap<string, string>,
  wanted: readonly { readonly record: R; readonly leaf: string }[],
) {
  const added: R[] = [];
  const changed: R[] = [];
  const seen = new Set<string>();
  for (const { record, leaf } of wanted) {
    const before = held.get(record.identifier);
    seen.add(record.identifier);
    if (before === undefined) added.push(record);
    else if (before !== leaf) changed.push(record);
  }
  const left = [...held.keys()].filter((identifier) => !seen.has(identifier));
  return { added, changed, left };
}
