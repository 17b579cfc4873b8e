/** A request with faults: all of them at once, each with its place, so that the caller corrects it in one step. */

import { GatewayError } from '../errors.ts';

interface RequestFault {
  /** JSON Pointer (RFC 6901) into the request. */
  readonly pointer: string;
  readonly code: string;
  readonly detail: string;
  readonly allowed?: readonly string[];
}

/** E_REQUEST_INVALID with every fault found. */
export class RequestFaults extends GatewayError {
  readonly faults: readonly RequestFault[];

  constructor(faults: readonly RequestFault[]) {
    super('E_REQUEST_INVALID', detailOf(faults), { at: faults[0]?.pointer, fix });
    this.name = 'RequestFaults';
    this.faults = faults;
  }
}

const fix = 'Correct each place that is named, and ask again: nothing was checked, and no number was given.';

/** More are only counted in the text; programs read `faults`. */
const mostNamed = 5;

/** The first fault, whose place is `at`; then the others, each with its place. */
function detailOf([first, ...others]: readonly RequestFault[]): string {
  const named = others.slice(0, mostNamed - 1).map(({ pointer, detail }) => `${pointer}: ${detail}`);
  const left = others.length - named.length;
  return [first?.detail ?? '', ...named, ...(left > 0 ? [`and ${left} more`] : [])].join('; ');
}

const noOffset = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?$/u;

/** Two faults that need a better explanation than a schema gives: a number for an identifier, a time without an offset. */
export function explainFaults(faults: readonly RequestFault[], request: unknown): readonly RequestFault[] {
  return faults.map((fault) => {
    const value = valueAt(request, fault.pointer);
    if (fault.code === 'TYPE' && typeof value === 'number' && fault.pointer.endsWith('/identifier')) {
      const detail = 'An identifier is text. As a number it loses zeros and digits: put it in quotes.';
      return { ...fault, code: 'NUMBER_AS_IDENTIFIER', detail };
    }
    if (fault.code === 'FORMAT' && typeof value === 'string' && noOffset.test(value)) {
      const detail = 'The time has no offset. Add Z or an offset such as +08:00.';
      return { ...fault, code: 'TIME_ZONE', detail };
    }
    return fault;
  });
}

function valueAt(value: unknown, pointer: string): unknown {
  let found = value;
  for (const step of pointer.split('/').slice(1)) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return undefined;
    found = (found as Readonly<Record<string, unknown>>)[name];
  }
  return found;
}
