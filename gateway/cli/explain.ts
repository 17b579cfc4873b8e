/** `mra explain CODE`: what a finding or an error means, why it matters, and how to mend it. */

import type { Command } from 'commander';
import { lintRules } from '../adapter/check/lint-rules.ts';
import { errorTable, GatewayError, type ErrorCode } from '../model/errors.ts';
import type { CliContext } from './context.ts';
import { gatewayErrors } from './explain-gateway.ts';
import { messageErrors } from './explain-messages.ts';

/** Why it matters, how to mend it, an example. */
export type Explanation = readonly [why: string, mend: string, example: string];

/** Total: an error that nobody explains does not compile. */
const errors: Readonly<Record<ErrorCode, Explanation>> = { ...messageErrors, ...gatewayErrors };

export interface Explained {
  readonly code: string;
  /** The name of a lint rule, or the category of an error. */
  readonly about: string;
  readonly means: string;
  readonly why: string;
  readonly mend: string;
  readonly example: string;
}

/** Every finding of lint, in order of its code. */
export function explainedRules(): readonly Explained[] {
  return Object.entries(lintRules).map(([about, rule]) => ({ about, ...rule }));
}

/** By code, or by the name of a lint rule, in capitals or not; undefined for what has no code. */
export function explained(code: string): Explained | undefined {
  const rule = explainedRules().find((each) => each.code === code.toUpperCase() || each.about === code.toLowerCase());
  return rule ?? explainedError(code.toUpperCase());
}

function explainedError(code: string): Explained | undefined {
  if (!isErrorCode(code)) return undefined;
  const { title, category } = errorTable[code];
  const [why, mend, example] = errors[code];
  return { code, about: category, means: title, why, mend, example };
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorTable, code);
}

export function explainCommand(program: Command, context: CliContext): void {
  program
    .command('explain')
    .argument('<code>', 'E-007, ask_open, E_SCHEMA_INVALID …')
    .description('what a finding or an error means, why it matters, how to mend it')
    .action((code: string) => explain(context, code));
}

function explain({ out }: CliContext, code: string): void {
  const found = explained(code);
  if (found === undefined)
    throw new GatewayError('E_REQUEST_INVALID', 'nothing has this code', {
      fix: 'Copy the code as it was printed; docs/errors.md and docs/adapters/lint.md list all.',
    });
  if (out.format === 'json') {
    out.json(found);
    return;
  }
  const { means, why, mend, example } = found;
  for (const text of [
    `${found.code}  ${found.about}`,
    means,
    `why      ${why}`,
    `mend     ${mend}`,
    `example  ${example}`,
  ])
    out.print(text);
}
