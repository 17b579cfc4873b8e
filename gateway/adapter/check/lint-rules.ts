/** The rules of lint, and a finding by one of them. A code stays with its rule: E stops an adapter, W warns. */

import { relative, resolve } from 'node:path';
import rules from '../../../schemas/lint-rules.json' with { type: 'json' };
import { present } from '../../model/present.ts';
import type { Place } from '../faults.ts';
import type { Manifest } from '../manifest.ts';
import { refusalIn } from './failures.ts';
import type { AdapterTools } from '../tools.ts';
import type { CheckTools } from './message-text.ts';

export type LintRule = keyof typeof rules;

/** Without `checkSchema` and `sealAndVerify` no example messages are checked. */
export type LintTools = AdapterTools & Partial<CheckTools>;

interface RuleText {
  readonly code: string;
  readonly means: string;
  /** The consequence of leaving it as it is. */
  readonly why: string;
  readonly mend: string;
  readonly example: string;
}

export const lintRules: Readonly<Record<LintRule, RuleText>> = rules;

export interface LintFinding {
  /** Stable: `E-001`. */
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly rule: LintRule;
  /** Relative to the working directory. */
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  readonly detail: string;
  readonly fix?: string;
}

/** A folder whose adapter.yaml follows its schema. */
export interface LintSubject {
  readonly folder: string;
  readonly manifest: Manifest;
  readonly place: Place;
  readonly tools: LintTools;
}

/** A finding at a file, `file:line` or `file:line:column`. */
export function lintFinding(rule: LintRule, place: string, detail: string, fix?: string): LintFinding {
  const [, file = place, line, column] = /^(.*?):(\d+)(?::(\d+))?$/u.exec(place) ?? [];
  const { code } = lintRules[rule];
  return {
    code,
    severity: code.startsWith('E') ? 'error' : 'warning',
    file: relative('.', resolve(file)),
    ...(line && { line: Number(line) }),
    ...(column && { column: Number(column) }),
    ...present({ rule, detail, fix }),
  };
}

/** The error with which data was refused, as a finding; without a place of its own it is at the file. */
export function findingOf(rule: LintRule, file: string, error: unknown): LintFinding {
  const { at, detail, fix } = refusalIn(error);
  return lintFinding(rule, at ?? file, detail, fix);
}

export function attempt<T>(rule: LintRule, file: string, work: () => T): { value: T } | { finding: LintFinding } {
  try {
    return { value: work() };
  } catch (error) {
    return { finding: findingOf(rule, file, error) };
  }
}
