/** Test results as JUnit XML, which build servers read. */

import { escapedMarkup } from '../model/shown-text.ts';

export interface JunitCase {
  readonly name: string;
  readonly milliseconds: number;
  /** What went wrong; absent when nothing did. */
  readonly failure?: string;
  /** Why it was not run. */
  readonly skipped?: string;
}

/** One suite of cases. */
export function junitXml(suite: string, cases: readonly JunitCase[]): string {
  const failures = cases.filter(({ failure }) => failure !== undefined).length;
  const skips = cases.filter(({ skipped }) => skipped !== undefined).length;
  const time = cases.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const rows = cases.map(({ name, milliseconds, failure, skipped }) => {
    const open = `  <testcase classname="${escaped(suite)}" name="${escaped(name)}" time="${seconds(milliseconds)}"`;
    if (skipped !== undefined) return `${open}>\n    <skipped message="${escaped(skipped)}"/>\n  </testcase>`;
    if (failure === undefined) return `${open}/>`;
    const [first = ''] = failure.split('\n');
    return `${open}>\n    <failure message="${escaped(first)}">${escaped(failure)}</failure>\n  </testcase>`;
  });
  const head = `<testsuite name="${escaped(suite)}" tests="${cases.length}" failures="${failures}" errors="0" skipped="${skips}" time="${seconds(time)}">`;
  return ['<?xml version="1.0" encoding="UTF-8"?>', head, ...rows, '</testsuite>'].join('\n');
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(3);
}

/** A character that XML does not allow becomes a question mark. */
function escaped(text: string): string {
  return escapedMarkup(text).replaceAll(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, '?');
}
