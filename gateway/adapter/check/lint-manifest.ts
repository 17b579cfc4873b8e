/** What lint finds in adapter.yaml alone: bands, code tables, days, check digits, facts without source, the card. */

import { departureReasons } from '../../model/list/list.ts';
import { acknowledgedVerdicts, recordFaults, recordVerdicts, spareVerdicts } from '../../model/message.ts';
import { roles, type Day } from '../../model/record/record.ts';
import { checkDigit } from '../../model/record/check-digits.ts';
import { addDays } from '../../model/day.ts';
import type { Place } from '../faults.ts';
import { messageVersions } from '../load.ts';
import type { Sourced } from '../../model/arrangement.ts';
import { otherWords, wordRows, type Manifest } from '../manifest.ts';
import { lintFinding, lintRules, type LintFinding } from './lint-rules.ts';

const sides = ['theirs', 'ours'] as const;

/** Findings in the order of the file, without open questions. */
export function lintManifest(manifest: Manifest, place: Place): LintFinding[] {
  const rules = [lintBands, lintTables, lintDays, lintCheckDigits, lintFacts, lintCard];
  return rules.flatMap((rule) => rule(manifest, place));
}

function lintBands({ arrangement, memorandum }: Manifest, place: Place): LintFinding[] {
  if (memorandum !== undefined) {
    const [least, most] = memorandum.bands.value.between;
    const at = place('/memorandum/bands/value/between');
    return least > most ? [lintFinding('bands_empty', at, 'the minimum exceeds the maximum')] : [];
  }
  return sides
    .filter((side) => arrangement.bands[side].between[0] > arrangement.bands[side].between[1])
    .map((side) =>
      lintFinding('bands_empty', place(`/arrangement/bands/${side}/between`), 'the minimum exceeds the maximum'),
    );
}

/** Sets of words of which a table needs a code for all, or for none. */
function closedSets({ arrangement }: Manifest): readonly (readonly string[])[] {
  const grades = [...new Set([...arrangement.grades.ours, ...arrangement.grades.theirs])];
  return [
    ['active', 'suspended'],
    ['full', 'delta'],
    roles,
    departureReasons,
    recordFaults,
    recordVerdicts,
    acknowledgedVerdicts,
    grades,
  ];
}

function lintTables(manifest: Manifest, place: Place): LintFinding[] {
  return Object.entries(manifest.codes).flatMap(([name, rows]) => {
    const words = wordRows(rows).map(([word]) => word);
    // Administrations, by their two letters: no set says which a partner has to name.
    if (words.every((word) => /^[A-Z]{2}$/u.test(word))) return [];
    const shared = (set: readonly string[]): number => words.filter((word) => set.includes(word)).length;
    const [set = []] = closedSets(manifest).toSorted((a, b) => shared(b) - shared(a));
    const unknown = words.filter((word) => !set.includes(word));
    const missing = set.filter((word) => !words.includes(word) && !spareVerdicts.includes(word)).join(', ');
    const findings = unknown.map((word) => {
      const fix = `Use ${set.join(', ')}.`;
      const detail = `table ${name} has the word ${word}, which is no value of the field`;
      return lintFinding('table_word_unknown', place(`/codes/${name}/${word}`), detail, fix);
    });
    if (missing === '' || otherWords(rows) !== undefined) return findings;
    const detail = `table ${name} has no code for ${missing}`;
    const fix = `Add ${missing} under codes/${name}.`;
    return [...findings, lintFinding('table_not_total', place(`/codes/${name}`), detail, fix)];
  });
}

/** Where the periods leave a gap or, unless they may overlap, overlap. */
function faultBetween(
  periods: readonly { readonly from?: Day; readonly until?: Day }[],
  mayOverlap: boolean,
): string | undefined {
  const [first, ...others] = [...periods].sort((a, b) => (a.from ?? '').localeCompare(b.from ?? ''));
  // Undefined: without end.
  let end = first?.until;
  for (const { from = '', until } of others) {
    const next = end === undefined ? undefined : addDays(end, 1);
    if (!mayOverlap && (next === undefined || from < next))
      return `two apply on ${from === '' ? 'the first day' : from}`;
    if (next !== undefined && from > next) return `none applies from ${next} to ${addDays(from, -1)}`;
    if (end !== undefined && (until === undefined || until > end)) end = until;
  }
  return undefined;
}

function lintDays({ codes, messages }: Manifest, place: Place): LintFinding[] {
  const dated = Object.entries(codes).flatMap(([table, rows]) =>
    wordRows(rows).flatMap(([word, entries]) => {
      const fault = typeof entries === 'string' ? undefined : faultBetween(entries, false);
      if (fault === undefined) return [];
      return [
        lintFinding('codes_days', place(`/codes/${table}/${word}`), `codes of ${word} in table ${table}: ${fault}`),
      ];
    }),
  );
  const layouts = (['list', 'reply'] as const).flatMap((kind) => {
    const fault = faultBetween(messageVersions(messages[kind]), true);
    if (fault === undefined) return [];
    return [lintFinding('layouts_gap', place(`/messages/${kind}`), `layouts of messages.${kind}: ${fault}`)];
  });
  return [...dated, ...layouts];
}

/** An agency writes no identifiers of its own. */
function sidesOf(memorandum: Manifest['memorandum']): readonly ('theirs' | 'ours')[] {
  return memorandum === undefined ? sides : ['ours'];
}

function lintCheckDigits({ identifiers, memorandum }: Manifest, place: Place): LintFinding[] {
  return sidesOf(memorandum).flatMap((side) => {
    const kind = identifiers[side].check?.kind;
    if (kind === undefined || checkDigit(kind, '') !== 'unknown_kind') return [];
    return [
      lintFinding('check_unknown', place(`/identifiers/${side}/check/kind`), `unknown kind of check digit: ${kind}`),
    ];
  });
}

/** Where the layout is agreed, the terms must be agreed as well. */
function lintFacts({ arrangement, memorandum, identifiers, stage }: Manifest, place: Place): LintFinding[] {
  const { title, operatorRoles = {}, ...terms } = arrangement;
  const where = memorandum === undefined ? 'arrangement' : 'memorandum';
  const agreed: Readonly<Record<string, Sourced | string>> = memorandum === undefined ? terms : { ...memorandum };
  const facts: [string, Sourced][] = [
    ...Object.entries(agreed).flatMap(([name, fact]): [string, Sourced][] =>
      typeof fact === 'string' ? [] : [[`/${where}/${name}`, fact]],
    ),
    ...Object.entries(operatorRoles).map(([role, fact]): [string, Sourced] => [
      `/arrangement/operatorRoles/${role}`,
      fact,
    ]),
    ...sidesOf(memorandum).map((side): [string, Sourced] => [`/identifiers/${side}`, identifiers[side]]),
  ];
  return facts.flatMap(([pointer, { source, confidence }]) => {
    if (source === undefined && confidence !== 'assumed') {
      const fix = 'Name the source, or mark it assumed.';
      return [lintFinding('fact_unsourced', place(pointer), `${pointer} of ${title} has no source`, fix)];
    }
    if (stage !== 'agreed' || confidence === 'agreed' || confidence === 'seen') return [];
    return [
      lintFinding('fact_not_agreed', place(pointer), `${pointer} is not agreed yet`, lintRules.fact_not_agreed.mend),
    ];
  });
}

/** What an agency grants is on no entry. */
function lintCard({ card, memorandum }: Manifest, place: Place): LintFinding[] {
  if (card !== undefined || memorandum !== undefined) return [];
  const fix = 'Say who writes which code in which box, at home and abroad.';
  return [lintFinding('card_missing', place(''), 'there is no card', fix)];
}
