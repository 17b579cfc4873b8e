/** The names in a partner's list of messages that wait. A long list is read in a thread of its own. */

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

interface ListedNames {
  /** Each once, and those alone that can be asked for. */
  readonly names: readonly string[];
  /** How many the list has. */
  readonly found: number;
}

/** Names of one list that are asked for; those after them are in the next list, once these are removed. */
const maxNames = 10_000;
/** A shorter list is read here within 50 ms, whatever is in it. */
const longListBytes = 64 * 1024;
const resourceLimits = { maxOldGenerationSizeMb: 1024 };

/** `place`: of the names, `lines` or a JSON Pointer. Undefined where there are none. */
export async function namesInList(bytes: Uint8Array, place: string): Promise<ListedNames | undefined> {
  if (bytes.length < longListBytes) return readNames(bytes, place);
  const workerData = { bytes, place };
  const file = new URL('./mailbox-names-run.ts', import.meta.url);
  const thread = new Worker(file, { name: 'names of messages', workerData, resourceLimits });
  // One that ends without an answer ran out of memory.
  const answered = once(thread, 'message').then(([names]) => names as ListedNames | undefined);
  return await answered.catch(() => undefined);
}

/** As namesInList, in this thread. */
export function readNames(bytes: Uint8Array, place: string): ListedNames | undefined {
  const found = place === 'lines' ? namesInLines(bytes) : namesInJson(bytes, place);
  return found && { names: [...new Set(found)].filter(isName).slice(0, maxNames), found: found.length };
}

/** A segment of a path. In the form that is sent, "." and ".." would name another place (RFC 3986, 5.2.4). */
function isName(name: string): boolean {
  return name.isWellFormed() && /^[^\p{Cc}]{1,255}$/u.test(name) && name !== '.' && name !== '..';
}

function namesInLines(bytes: Uint8Array): readonly string[] {
  return Buffer.from(bytes)
    .toString()
    .replace(/^\uFEFF/u, '')
    .split(/\r?\n/u)
    .filter((line) => line !== '');
}

/** Undefined where it is no JSON, or has something else there. */
function namesInJson(bytes: Uint8Array, pointer: string): readonly string[] | undefined {
  try {
    const steps = pointer
      .split('/')
      .slice(1)
      .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
    const values = steps.reduce(valuesAt, [JSON.parse(Buffer.from(bytes).toString()) as unknown]);
    const names = values.map((value) => (typeof value === 'number' ? String(value) : value));
    return names.every((name) => typeof name === 'string') ? names : undefined;
  } catch {
    return undefined;
  }
}

function valuesAt(values: readonly unknown[], step: string): unknown[] {
  return values.flatMap((value): unknown[] => {
    if (step === '*') return Array.isArray(value) ? (value as unknown[]) : [undefined];
    const isObject = typeof value === 'object' && value !== null && Object.hasOwn(value, step);
    return [isObject ? (value as Readonly<Record<string, unknown>>)[step] : undefined];
  });
}
