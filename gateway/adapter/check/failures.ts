/** What a test found: where two messages differ, in as few words as show it. */

import { isDeepStrictEqual } from 'node:util';
import { asGatewayError } from '../../model/errors.ts';

export interface Failure {
  readonly detail: string;
  /** A JSON Pointer into the message, or a line of its text. */
  readonly at?: string;
  readonly expected?: string;
  readonly got?: string;
}

/** What is wrong with a piece of work: its own finding, or the error that ended it. A failure of the program is thrown on. */
export function failureOf(work: () => Failure | undefined): Failure | undefined {
  try {
    return work();
  } catch (error) {
    const { code, detail, at } = asGatewayError(error);
    if (code === 'E_INTERNAL') throw error;
    return { detail: `${code}: ${detail}`, ...(at === undefined ? {} : { at }) };
  }
}

/** The first place where two values differ, as a JSON Pointer; undefined when they are equal. */
export function differenceOf(expected: unknown, got: unknown, at = ''): Failure | undefined {
  if (isDeepStrictEqual(expected, got)) return undefined;
  if (!isContainer(expected) || !isContainer(got) || Array.isArray(expected) !== Array.isArray(got))
    return { detail: 'what is read differs', at: at === '' ? '/' : at, expected: inWords(expected), got: inWords(got) };
  const [one, other] = [expected, got] as const;
  const names = [...new Set([...Object.keys(one), ...Object.keys(other)])];
  const name = names.find((each) => !isDeepStrictEqual(one[each], other[each])) ?? '';
  return differenceOf(one[name], other[name], `${at}/${name}`);
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
  const from = Math.max(0, same - 30);
  const part = (text: string): string => JSON.stringify(text.slice(from, same + 40));
  return {
    detail: 'what is written differs from the sample',
    at: `line ${line + 1}, column ${same + 1}`,
    expected: part(one),
    got: part(other),
  };
}

function isContainer(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function inWords(value: unknown): string {
  return value === undefined ? '(absent)' : JSON.stringify(value).slice(0, 120);
}
