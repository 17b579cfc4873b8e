/** What lint finds in adapter.yaml alone: open questions, days, tables, bands, facts without source. */

import { departureReasons } from '../../model/list/list.ts';
import { recordFaults } from '../../model/message.ts';
import { roles, type Day } from '../../model/record/domestic-record.ts';
import { checkDigit } from '../../model/record/check-digits.ts';
import { daysLater } from '../template/dates.ts';
import type { Place } from '../faults.ts';
import { findingAt, type Finding } from './lint-finding.ts';
import type { Manifest, Sourced } from '../manifest.ts';

/** Findings in the order of the file. Open questions about templates are not among them. */
export function lintManifest(manifest: Manifest, place: Place): Finding[] {
  return [
    ...lintBands(manifest, place),
    ...lintTables(manifest, place),
    ...lintDays(manifest, place),
    ...lintChecks(manifest, place),
    ...lintFacts(manifest, place),
    ...lintCard(manifest, place),
  ];
}

function lintBands({ arrangement }: Manifest, place: Place): Finding[] {
  return (['theirs', 'ours'] as const).flatMap((side) => {
    const [least, most] = arrangement.bands[side].between;
    const at = place(`/arrangement/bands/${side}/between`);
    return least > most ? [findingAt(at, { rule: 'bands_empty', detail: 'the least is more than the most' })] : [];
  });
}

/** Sets of words that a table speaks all of, or none. */
function closedSets({ arrangement }: Manifest): readonly (readonly string[])[] {
  const { ours, theirs } = arrangement.grades;
  return [
    ['active', 'suspended'],
    ['full', 'delta'],
    roles,
    departureReasons,
    recordFaults,
    [...new Set([...ours, ...theirs])],
  ];
}

function lintTables(manifest: Manifest, place: Place): Finding[] {
  return Object.entries(manifest.codes).flatMap(([name, rows]) => {
    const words = Object.keys(rows);
    const set = closedSets(manifest).find((each) => words.every((word) => each.includes(word)));
    const missing = set?.filter((word) => !words.includes(word)) ?? [];
    if (missing.length === 0) return [];
    const detail = `table ${name} has no code for ${missing.join(', ')}`;
    return [
      findingAt(place(`/codes/${name}`), {
        rule: 'table_not_total',
        detail,
        fix: `Add ${missing.join(', ')} under codes/${name}.`,
      }),
    ];
  });
}

interface Stretch {
  readonly from?: Day;
  readonly until?: Day;
}

/** Where one stretch of days ends and the next does not follow; or, unless they may overlap, begins before that. */
function brokenBetween(stretches: readonly Stretch[], mayOverlap: boolean): string | undefined {
  const [first, ...others] = [...stretches].sort((a, b) => (a.from ?? '').localeCompare(b.from ?? ''));
  // Undefined: without end.
  let end = first?.until;
  for (const { from = '', until } of others) {
    const next = end === undefined ? undefined : daysLater(end, 1);
    if (!mayOverlap && (next === undefined || from < next))
      return `two hold on ${from === '' ? 'the first day' : from}`;
    if (next !== undefined && from > next) return `none holds from ${next} to ${daysLater(from, -1)}`;
    if (end !== undefined && (until === undefined || until > end)) end = until;
  }
  return undefined;
}

function lintDays({ codes, messages }: Manifest, place: Place): Finding[] {
  const dated = Object.entries(codes).flatMap(([table, rows]) =>
    Object.entries(rows).flatMap(([word, entries]) => {
      const broken = typeof entries === 'string' ? undefined : brokenBetween(entries, false);
      const detail = `codes of ${word} in table ${table}: ${broken ?? ''}`;
      return broken === undefined ? [] : [findingAt(place(`/codes/${table}/${word}`), { rule: 'codes_days', detail })];
    }),
  );
  const layouts = (['list', 'reply'] as const).flatMap((kind) => {
    const versions = messages[kind];
    const broken = 'template' in versions ? undefined : brokenBetween(versions, true);
    const detail = `layouts of messages.${kind}: ${broken ?? ''}`;
    return broken === undefined ? [] : [findingAt(place(`/messages/${kind}`), { rule: 'layouts_gap', detail })];
  });
  return [...dated, ...layouts];
}

function lintChecks({ identifiers }: Manifest, place: Place): Finding[] {
  return (['theirs', 'ours'] as const).flatMap((side) => {
    const { check } = identifiers[side];
    if (check === undefined || checkDigit(check.kind, '') !== 'unknown_kind') return [];
    return [
      findingAt(place(`/identifiers/${side}/check/kind`), {
        rule: 'check_unknown',
        detail: `nobody here knows the check digit ${check.kind}`,
      }),
    ];
  });
}

/** A fact without source is a rumour; where the layout is agreed, the terms must be as well. */
function lintFacts({ arrangement, identifiers, stage }: Manifest, place: Place): Finding[] {
  const { title, ...terms } = arrangement;
  const facts: [string, Sourced][] = [
    ...Object.entries(terms).map(([name, fact]): [string, Sourced] => [`/arrangement/${name}`, fact]),
    ['/identifiers/theirs', identifiers.theirs],
    ['/identifiers/ours', identifiers.ours],
  ];
  return facts.flatMap(([pointer, { source, confidence }]) => {
    if (source === undefined && confidence !== 'assumed') {
      const fix = 'Say where it was found, or mark it assumed.';
      return [
        findingAt(place(pointer), { rule: 'fact_unsourced', detail: `${pointer} of ${title} has no source`, fix }),
      ];
    }
    if (stage === 'agreed' && confidence !== 'agreed' && confidence !== 'seen') {
      const fix = 'Agree it with the partner, and name the document.';
      return [findingAt(place(pointer), { rule: 'fact_not_agreed', detail: `${pointer} is not agreed yet`, fix })];
    }
    return [];
  });
}

function lintCard({ card }: Manifest, place: Place): Finding[] {
  if (card !== undefined) return [];
  return [
    findingAt(place(''), {
      rule: 'card_missing',
      detail: 'there is no card',
      fix: 'Say who writes which code in which box, at home and abroad.',
    }),
  ];
}
