/** What a check finds: the error with which data is refused, and the place where two messages differ. */

import { isDeepStrictEqual } from 'node:util';
import { asGatewayError, type GatewayError } from '../../model/errors.ts';
import { present } from '../../model/present.ts';

export interface Failure {
  readonly detail: string;
  /** A JSON Pointer into the message, or a line of its text. */
  readonly at?: string;
  readonly expected?: string;
  readonly got?: string;
}

export function failurePlace({ detail, at }: Failure): string {
  return `${detail}${at === undefined ? '' : ` at ${at}`}`;
}

/** The error with which data was refused. A failure of the program is thrown on. */
export function refusalIn(error: unknown): GatewayError {
  const known = asGatewayError(error);
  if (known.kind.category === 'internal') throw error;
  return known;
}

/** The error with which work refuses its data; undefined when it does not. */
export function refusalOf(work: () => unknown): GatewayError | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return refusalIn(error);
  }
}

/** What is wrong with a piece of work: the difference it finds, or the error that ended it. */
export function failureOf(work: () => Failure | undefined): Failure | undefined {
  let failure: Failure | undefined;
  const refusal = refusalOf(() => (failure = work()));
  if (refusal === undefined) return failure;
  const { code, detail, at } = refusal;
  return present({ detail: `${code}: ${detail}`, at });
}

/** The first place where two values differ, as a JSON Pointer; undefined when they are equal. */
export function differenceOf(expected: unknown, got: unknown, at = ''): Failure | undefined {
  if (isDeepStrictEqual(expected, got)) return undefined;
  if (!isContainer(expected) || !isContainer(got) || Array.isArray(expected) !== Array.isArray(got)) {
    const text = (value: unknown): string => (value === undefined ? '(absent)' : JSON.stringify(value).slice(0, 120));
    return { detail: 'what is read differs', at: at === '' ? '/' : at, expected: text(expected), got: text(got) };
  }
  const names = [...new Set([...Object.keys(expected), ...Object.keys(got)])];
  const name = names.find((each) => !isDeepStrictEqual(expected[each], got[each])) ?? '';
  return differenceOf(expected[name], got[name], `${at}/${name}`);
}

function isContainer(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** The first line in which two texts differ, and its first differing part. */
export function textDifference(expected: string, got: string): Failure {
  const lines = expected.split('\n');
  const others = got.split('\n');
  const found = others.findIndex((text, i) => text !== lines[i]);
  const line = found < 0 ? others.length : found;
  const [one = '', other = ''] = [lines[line], others[line]];
  let same = 0;
  while (same < one.length && one[same] === other[same]) same += 1;
  const part = (text: string): string => JSON.stringify(text.slice(Math.max(0, same - 30), same + 40));
  return {
    detail: 'what is written differs from the sample',
    at: `line ${line + 1}, column ${same + 1}`,
    expected: part(one),
    got: part(other),
  };
}
