/** `mra explain CODE`: what a code means that a command prints, why it matters, and how to fix it. */

import type { Command } from 'commander';
import texts from '../../schemas/code-explanations.json' with { type: 'json' };
import type { Actor, Cause } from '../app/health/causes.ts';
import type { KeyChange } from '../app/key-calendar.ts';
import type { LogFault } from '../audit/verify-log.ts';
import type { ImportReport } from '../domestic/import.ts';
import type { ImportMoment } from '../domestic/import-moment.ts';
import { lintRules } from '../adapter/check/lint-rules.ts';
import type { Matching } from '../model/arrangement.ts';
import { errorTable, GatewayError, type Actor as ErrorActor, type ErrorCode, type Retry } from '../model/errors.ts';
import type { Advice, Freshness, Outcome, WouldChangeAnswer } from '../model/clearance/answer.ts';
import type { NotChecked } from '../model/clearance/assessment.ts';
import type { Evidence, HoldReason, InboundState, OutboundState, RecordFault } from '../model/message.ts';
import type { OwnKeyState } from '../model/partner-key.ts';
import type { IneligibilityReason } from '../model/record/eligibility.ts';
import type { Departure } from '../model/list/list.ts';
import type { ListCause } from '../model/list/list-schedule.ts';
import type { WaitReason } from '../outbound/scheduled-lists.ts';
import { faultRules } from '../model/record/fault-rules.ts';
import scenarios from '../../schemas/conformance-scenarios.json' with { type: 'json' };
import { faults } from '../rehearsal/faults.ts';
import type { CliContext } from './context.ts';

interface Explained {
  readonly code: string;
  /** The name of a lint rule, the category of an error, or where the code is used. */
  readonly about: string;
  readonly means: string;
  readonly why?: string;
  readonly mend: string;
  readonly example?: string;
}

type FixedIneligible = Exclude<IneligibilityReason, `field_missing:${string}`> | 'field_missing' | 'refused_by_partner';

type Texts<Code extends string> = Readonly<Record<Code, Omit<Explained, 'code'>>>;

// Checked by the compiler: every error, outcome and reason has its texts.
const errorTexts: Readonly<Record<ErrorCode, Pick<Explained, 'why' | 'mend' | 'example'>>> = texts.errors;
const outcomeTexts: Texts<Outcome> = texts.outcomes;
const reasonTexts: Texts<HoldReason | RecordFault | NotChecked | FixedIneligible> = texts.reasons;

type Plain = Readonly<Record<string, Pick<Explained, 'means' | 'mend'>>>;
const sections: readonly (readonly [about: string, entries: Plain])[] = [
  ['a step of the explanation of an answer', texts.steps],
  ['a fault of a request', texts.requests],
  ['what a suggested identifier changes', texts.edits satisfies Record<WouldChangeAnswer['edit'], unknown>],
  ['the state of a message', texts.states satisfies Record<OutboundState | InboundState, unknown>],
  ['why a message is not sent', texts.holds],
  ['when the next list goes, or why it waits', texts.schedule satisfies Record<ListCause | WaitReason, unknown>],
  ['why an alarm is open', texts.alarms satisfies Record<Cause, unknown>],
  ['what an answer advises', texts.advice satisfies Record<Advice['action'], unknown>],
  ['the age of the list of an answer', texts.freshness satisfies Record<Freshness['state'], unknown>],
  ['what mra audit verify finds', texts.audit satisfies Record<LogFault['fault'], unknown>],
  ['what an answer to a message proves', texts.evidence satisfies Record<Evidence, unknown>],
  ['who must act', texts.actors satisfies Record<Actor | ErrorActor, unknown>],
  ['whether to repeat what failed', texts.retries satisfies Record<Exclude<Retry, 'yes' | 'no'>, unknown>],
  ['an import', texts.imports satisfies Record<ImportReport['state'] | ImportMoment['from'], unknown>],
  ['the state of a key, or what changes on a day', texts.keys satisfies Record<OwnKeyState | KeyChange, unknown>],
  ['why an operator left a list', texts.departures satisfies Record<Exclude<Departure['reason'], Outcome>, unknown>],
  ['why a broker laid a message aside', texts.deadLetters],
  ['how operators are found', texts.matching satisfies Record<Exclude<Matching['by'], 'identifier'>, unknown>],
];

/** Every rule of lint, in order of its code. */
export function explainedRules(): readonly (Explained & Required<Pick<Explained, 'why' | 'example'>>)[] {
  return Object.entries(lintRules).map(([about, rule]) => ({ about, ...rule }));
}

/** By code in any case, or by the name of a lint rule. A few codes have two meanings; an unknown code has none. */
export function explained(text: string): readonly Explained[] {
  const wanted = text.toLowerCase().replace(/^field_missing:.*/u, 'field_missing');
  const named = explainedRules().filter(({ about }) => about === wanted);
  return [...named, ...allCodes().filter(({ code }) => code.toLowerCase() === wanted)];
}

function allCodes(): readonly Explained[] {
  return [
    ...explainedRules(),
    ...Object.entries(errorTable).map(([code, { title, category }]) => {
      return { code, about: category, means: title, ...errorTexts[code as ErrorCode] };
    }),
    ...Object.entries(outcomeTexts).map(([code, entry]) => ({ code, ...entry })),
    ...Object.entries(reasonTexts).map(([code, entry]) => ({ code, ...entry })),
    ...sections.flatMap(([about, entries]) =>
      Object.entries(entries).map(([code, entry]) => ({ code, about, ...entry })),
    ),
    ...scenarios.map(({ id: code, name }) => ({
      ...{ code, about: 'a scenario of the conformance run', means: `It tests: ${name}.` },
      mend: `mra conformance run CC --only ${code} runs it alone, and says what was expected.`,
    })),
    ...faults.map(({ name: code, description }) => ({
      ...{ code, about: 'a fault that mra simulate injects', means: `${description}.` },
      mend: `mra simulate CC --faults ${code} injects it.`,
    })),
    ...Object.entries(faultRules).map(([code, { severity, title, fix }]) => {
      return { code, about: `a row of an import, ${severity}`, means: `${title}.`, mend: fix };
    }),
  ];
}

export function explainCommand(program: Command, context: CliContext): void {
  program
    .command('explain <code>')
    .description('what a printed code means, why it matters, how to fix it; for example E-007 or E_SCHEMA_INVALID')
    .action((code: string) => {
      const { out } = context; // its format is known once the options are read
      const found = explained(code);
      if (found.length === 0)
        throw new GatewayError('E_REQUEST_INVALID', 'there is no such code', {
          fix: 'Copy the code as it was printed; docs/errors.md and docs/adapters/lint.md list the codes of errors and lint.',
        });
      if (out.format === 'json') return out.json(found.length === 1 ? found[0] : found);
      out.print(found.map(paragraph).join('\n\n'));
    });
}

function paragraph({ code, about, means, why, mend, example }: Explained): string {
  const lines = Object.entries({ why, fix: mend, example }).filter(([, text]) => text !== undefined);
  return [`${code}  ${about}`, means, ...lines.map(([label, text]) => `${label.padEnd(8)} ${text ?? ''}`)].join('\n');
}
