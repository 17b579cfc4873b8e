/** Adds up a CPU profile by where the time goes: a file of the gateway, a package, SQLite, cryptography, or the engine itself. */

import type { Profiler } from 'node:inspector';

export interface Place {
  readonly place: string;
  readonly ms: number;
  /** The functions with the most time of their own. */
  readonly most: readonly { readonly name: string; readonly ms: number }[];
}

type CallFrame = Profiler.ProfileNode['callFrame'];

/** Time of its own, by place, the most first. What V8 runs natively is booked to the file that called it, under its name. */
export function byPlace({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): Place[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));
  const places = new Map<string, Map<string, number>>();
  for (const [i, id] of samples.entries()) {
    const node = byId.get(id);
    const ms = (timeDeltas[i] ?? 0) / 1000;
    if (node === undefined || isOutside(node.callFrame)) continue;
    const place = placeOf(node.callFrame) ?? callerOf(id, byId, parents);
    const functions = places.get(place) ?? new Map<string, number>();
    const name = node.callFrame.functionName || '(anonymous)';
    functions.set(name, (functions.get(name) ?? 0) + ms);
    places.set(place, functions);
  }
  return [...places]
    .map(([place, functions]) => ({
      place,
      ms: sum(functions.values()),
      most: [...functions]
        .map(([name, ms]) => ({ name, ms }))
        .sort((a, b) => b.ms - a.ms)
        .slice(0, 4),
    }))
    .sort((a, b) => b.ms - a.ms);
}

/** Waiting, and the profiler's own work. */
function isOutside({ functionName, url }: CallFrame): boolean {
  return functionName === '(idle)' || url.startsWith('node:inspector') || functionName === 'dispatch';
}

/** Undefined for native functions, which carry no address. */
function placeOf({ url, functionName }: CallFrame): string | undefined {
  if (functionName === '(garbage collector)') return 'garbage collection';
  if (functionName === '(program)') return 'the engine outside JavaScript';
  if (url === '') return undefined;
  if (url.startsWith('wasm://')) return 'libxml2 (WebAssembly)';
  const [, file] = /\/(gateway\/.*)$/u.exec(url) ?? [];
  if (file !== undefined) return file;
  const [, name] = /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//u.exec(url) ?? [];
  return name ?? (url.startsWith('node:') ? 'Node.js' : 'the benchmark itself');
}

function callerOf(
  id: number,
  byId: ReadonlyMap<number, Profiler.ProfileNode>,
  parents: ReadonlyMap<number, number>,
): string {
  for (let at = parents.get(id); at !== undefined; at = parents.get(at)) {
    const frame = byId.get(at)?.callFrame;
    const place = frame === undefined ? undefined : placeOf(frame);
    if (place !== undefined) return place;
  }
  return 'the engine outside JavaScript';
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
