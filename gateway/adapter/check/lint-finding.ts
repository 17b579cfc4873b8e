/** One finding of lint, and how findings are made from places and errors. */

import { relative, resolve } from 'node:path';
import { asGatewayError, isGatewayError } from '../../model/errors.ts';
import { lintRules, type LintRule } from './lint-rules.ts';

export interface Finding {
  /** Stable: `E-001`. */
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly rule: LintRule;
  /** Relative to where the program was started. */
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  readonly detail: string;
  readonly fix?: string;
}

export type Fault = Pick<Finding, 'rule' | 'detail' | 'fix'>;

/** A finding at a file, or at `file:line:column`. Its code says whether it is an error. */
export function findingAt(place: string, fault: Fault): Finding {
  const [, file = place, line, column] = /^(.*?):(\d+):(\d+)$/u.exec(place) ?? [];
  const where = line === undefined || column === undefined ? {} : { line: Number(line), column: Number(column) };
  const { code } = lintRules[fault.rule];
  const severity = code.startsWith('E') ? 'error' : 'warning';
  return { code, severity, file: relative('.', resolve(file)), ...where, ...fault };
}

/** Only what is wrong with the data is a finding; a failure of the program is thrown on. */
export function findingOf(rule: LintRule, file: string, error: unknown): Finding {
  const known = asGatewayError(error);
  if (!isGatewayError(error) || known.kind.category === 'internal') throw error;
  return findingAt(known.at ?? file, {
    rule,
    detail: known.detail,
    ...(known.fix === undefined ? {} : { fix: known.fix }),
  });
}

export function attempt<T>(rule: LintRule, file: string, work: () => T): { value: T } | { finding: Finding } {
  try {
    return { value: work() };
  } catch (error) {
    return { finding: findingOf(rule, file, error) };
  }
}
