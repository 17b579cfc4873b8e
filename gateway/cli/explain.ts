/** `mra explain CODE`: what an error or a lint finding means, why it matters, and how to fix it. */

import type { Command } from 'commander';
import errorTexts from '../../schemas/error-explanations.json' with { type: 'json' };
import { lintRules } from '../adapter/check/lint-rules.ts';
import { errorTable, GatewayError, type ErrorCode } from '../model/errors.ts';
import type { CliContext } from './context.ts';

/** Checked by the compiler: every error code has its texts. */
const explanations: Readonly<Record<ErrorCode, Pick<Explained, 'why' | 'mend' | 'example'>>> = errorTexts;

export interface Explained {
  readonly code: string;
  /** The name of a lint rule, or the category of an error. */
  readonly about: string;
  readonly means: string;
  readonly why: string;
  readonly mend: string;
  readonly example: string;
}

/** Every rule of lint, in order of its code. */
export function explainedRules(): readonly Explained[] {
  return Object.entries(lintRules).map(([about, rule]) => ({ about, ...rule }));
}

/** By code, or by the name of a lint rule, in any case. */
export function explained(code: string): Explained | undefined {
  const upper = code.toUpperCase();
  const rule = explainedRules().find((each) => each.code === upper || each.about === code.toLowerCase());
  if (rule !== undefined || !isErrorCode(upper)) return rule;
  const { title, category } = errorTable[upper];
  return { code: upper, about: category, means: title, ...explanations[upper] };
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorTable, code);
}

export function explainCommand(program: Command, context: CliContext): void {
  program
    .command('explain <code>')
    .description('what an error or a lint finding means, why it matters, how to fix it; for example E-007 or ask_open')
    .action((code: string) => {
      const { out } = context; // its format is known once the options are read
      const found = explained(code);
      if (found === undefined)
        throw new GatewayError('E_REQUEST_INVALID', 'there is no such code', {
          fix: 'Copy the code as it was printed; docs/errors.md and docs/adapters/lint.md list all codes.',
        });
      if (out.format === 'json') return out.json(found);
      out.print(`${found.code}  ${found.about}\n${found.means}`);
      out.print(`why      ${found.why}\nfix      ${found.mend}\nexample  ${found.example}`);
    });
}
