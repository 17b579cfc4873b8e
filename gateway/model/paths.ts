/** Values inside plain data by their dotted path, `address.city`. */

/** A getter for one path; undefined for an absent value. */
export function getterOf(path: string): (item: unknown) => unknown {
  const steps = path.split('.');
  const [first = '', second] = steps;
  if (second === undefined) return (item) => memberOf(item, first);
  if (steps.length === 2) return (item) => memberOf(memberOf(item, first), second);
  return (item) => steps.reduce(memberOf, item);
}

function memberOf(item: unknown, name: string): unknown {
  return (item as Readonly<Record<string, unknown>> | undefined)?.[name];
}

/** Sets the value of a path, making the objects around it. */
export function setPath(target: Record<string, unknown>, path: string, value: unknown): void {
  const dot = path.indexOf('.');
  if (dot < 0) target[path] = value;
  else setPath((target[path.slice(0, dot)] ??= {}) as Record<string, unknown>, path.slice(dot + 1), value);
}
