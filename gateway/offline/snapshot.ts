/**
 * A snapshot of the register as data: what a post without a network needs to answer. This file runs in Node and in a browser.
 *
 *   {"format":"mra-snapshot/1"}          of a delta with "from": the id of the snapshot that it changes
 *   {"partner":"XA"}                     of a delta with "replaced": identifiers whose lines no longer count
 *   ["XA123456789012","active", …]       one line for each version of an operator, sorted
 *   {"head":{…}}                         moments, terms of each partner, its list, and the digest of its lines
 *   {"note":"…"}                         signed with the key of the log: SHA-256 of the line before
 *
 * A delta ends with the head and the note of the whole snapshot: a reader that applies it arrives at the lines that were signed, or refuses it.
 */

import type { ListInForce, RegisterFact } from '../model/clearance/answer.ts';
import type { DifferingNames, PartnerTerms } from '../model/clearance/query.ts';
import { GatewayError } from '../model/errors.ts';
import { present } from '../model/present.ts';
import type { Day, ListRecord, Moment } from '../model/record/record.ts';

export const snapshotFormat = 'mra-snapshot/1';

/** A regular expression as data. */
interface Pattern {
  readonly source: string;
  readonly flags: string;
}

export interface SnapshotPartner {
  readonly terms: TermsAsData;
  readonly list?: ListInForce;
  /** Number of lines; each is one version of an operator. */
  readonly lines: number;
  /** SHA-256 of the lines, each with its newline, in lower-case hex. */
  readonly digest: string;
}

export interface SnapshotHead {
  readonly id: string;
  /** The snapshot answers with the knowledge of this time. */
  readonly created_at: Moment;
  /** After this day in the home time zone it is refused. */
  readonly last_day: Day;
  readonly home: string;
  readonly time_zone: string;
  readonly policy: string;
  readonly differing_names?: DifferingNames;
  /** The log checkpoint at that time. */
  readonly checkpoint: string;
  readonly partners: readonly SnapshotPartner[];
}

/** The agreed terms of a partner, without those for messages. */
type TermsAsData = Omit<PartnerTerms, 'identifiers'> & { readonly name: string; readonly form: FormAsData };
type Form = PartnerTerms['identifiers']['theirs'];
type FormAsData = Omit<Form, 'grammar' | 'check' | 'variants'> & {
  readonly grammar: Pattern;
  readonly check?: { readonly kind: string; readonly digits?: Pattern };
  readonly variants?: readonly { readonly pattern: Pattern; readonly as: string }[];
};

const dataOf = ({ source, flags }: RegExp): Pattern => ({ source, flags });
const patternOf = ({ source, flags }: Pattern): RegExp => new RegExp(source, flags);

export function termsAsData(terms: PartnerTerms & { readonly name: string }): TermsAsData {
  const { partner, name, timeZone, arrangement } = terms;
  const { form, grammar, words, example, check, issuers, variants } = terms.identifiers.theirs;
  const digits = check?.digits && dataOf(check.digits);
  const written = present({
    ...{ form, grammar: dataOf(grammar), words, example, issuers },
    check: check && present({ kind: check.kind, digits }),
    variants: variants?.map(({ pattern, as }) => ({ pattern: dataOf(pattern), as })),
  });
  return { partner, name, timeZone, arrangement, form: written };
}

export function termsOfData({ form: written, ...terms }: TermsAsData): PartnerTerms {
  const { grammar, check, variants, ...rest } = written;
  const digits = check?.digits && patternOf(check.digits);
  const theirs = present({
    ...{ ...rest, grammar: patternOf(grammar) },
    check: check && present({ kind: check.kind, digits }),
    variants: variants?.map(({ pattern, as }) => ({ pattern: patternOf(pattern), as })),
  });
  return { ...terms, identifiers: { theirs } };
}

/** The id contains the time and, for each partner with a list, the ordinal of that list, so a delta can be made from the id alone. */
export function snapshotId(createdAt: Moment, lists: readonly (readonly [partner: string, ordinal: number])[]): string {
  return [createdAt.replace(/[^\dTZ]/gu, ''), ...lists.map(([partner, ordinal]) => `${partner}-${ordinal}`)].join('.');
}

/** The ordinals in an id, by partner. Undefined if the text is no id. */
export function listsOfId(id: string): ReadonlyMap<string, number> | undefined {
  if (!/^\d{8}T\d{9}Z(?:\.[A-Z]{2}-\d{1,9})*$/u.test(id)) return undefined;
  const lists = id.split('.').slice(1);
  return new Map(lists.map((each) => [each.slice(0, 2), Number(each.slice(3))]));
}

type Address = readonly (string | 0)[];
/** A departure has no record. `0` stands for an absent value. */
export type Line = readonly [
  identifier: string,
  status: RegisterFact['status'],
  validFrom: Day,
  validTo: Day | 0,
  roles: readonly string[],
  name?: string | 0,
  otherName?: string | 0,
  registered?: Address | 0,
];

/** `record`: given if operators can be found by name and address; undefined otherwise, and for a departure. */
export function lineOf(
  { identifier, status, validFrom, validTo, roles, name, otherName }: RegisterFact,
  record?: ListRecord,
): string {
  const { address, name: names } = record ?? {};
  const { latin, local, city, postcode } = address ?? {};
  const registered =
    names && [names.latin, names.local, latin, local, city, postcode].map((each): string | 0 => each ?? 0);
  const optional: (Line[5] | Line[7])[] = [name ?? 0, otherName ?? 0, registered ?? 0];
  while (optional.at(-1) === 0) optional.pop();
  return JSON.stringify([identifier, status, validFrom, validTo ?? 0, roles, ...optional]);
}

export function factOfLine(text: string): RegisterFact {
  const [identifier, status, validFrom, validTo, roles, name, otherName] = JSON.parse(text) as Line;
  return {
    ...{ identifier, status, validFrom, roles },
    ...(validTo === 0 ? {} : { validTo }),
    ...(name === undefined || name === 0 ? {} : { name }),
    ...(otherName === undefined || otherName === 0 ? {} : { otherName }),
  };
}

/** The registered names and addresses; undefined if the line has none. */
export function registeredOfLine(text: string): Pick<ListRecord, 'name' | 'address'> | undefined {
  const registered = (JSON.parse(text) as Line)[7];
  if (registered === undefined || registered === 0) return undefined;
  const [latin, local, addressLatin, addressLocal, city, postcode] = registered.map((each) =>
    each === 0 ? undefined : each,
  );
  return {
    name: present({ latin, local }),
    address: present({ latin: addressLatin, local: addressLocal, city, postcode }),
  };
}

/** Lines are ordered by the code points of the identifiers, as in the stores; lines of one operator by their text. */
export function compareIdentifiers(a: string, b: string): number {
  if (a === b) return 0;
  let i = 0;
  while (a.codePointAt(i) === b.codePointAt(i)) i += (a.codePointAt(i) ?? 0) > 0xffff ? 2 : 1;
  return (a.codePointAt(i) ?? -1) - (b.codePointAt(i) ?? -1);
}

export const identifierOfLine = (text: string): string => (JSON.parse(text) as Line)[0];

/** The parts of a file, unverified. */
export interface SnapshotText {
  /** Deltas only. */
  readonly from?: string;
  readonly parts: readonly SnapshotPart[];
  readonly head: SnapshotHead;
  /** The signed line of the head. */
  readonly headLine: string;
  readonly note: string;
}

interface SnapshotPart {
  readonly partner: string;
  readonly replaced: readonly string[];
  readonly lines: readonly string[];
}

const invalid = (detail: string, cause?: unknown): GatewayError =>
  new GatewayError('E_SNAPSHOT_INVALID', detail, { cause });

/** Throws E_SNAPSHOT_INVALID for any other format. */
export function parseSnapshot(text: string): SnapshotText {
  const lines = text.split('\n');
  try {
    const [first = '', ...rest] = lines;
    const [headLine = '', noteLine = '', end] = rest.splice(-3);
    const { format, from } = JSON.parse(first) as { readonly format?: string; readonly from?: string };
    if (format !== snapshotFormat || end !== '') throw invalid('it has no lines of this format');
    const { head } = JSON.parse(headLine) as { readonly head: SnapshotHead | null };
    const { note } = JSON.parse(noteLine) as { readonly note: unknown };
    if (!Array.isArray(head?.partners) || typeof note !== 'string') throw invalid('its last lines have another form');
    return { ...present({ from }), parts: partsOf(rest), head, headLine, note };
  } catch (cause) {
    throw cause instanceof GatewayError ? cause : invalid('it is damaged', cause);
  }
}

function partsOf(lines: readonly string[]): readonly SnapshotPart[] {
  const parts: (SnapshotPart & { readonly lines: string[] })[] = [];
  for (const line of lines) {
    if (line.startsWith('[')) parts.at(-1)?.lines.push(line);
    else {
      const { partner, replaced = [] } = JSON.parse(line) as { readonly partner: string; readonly replaced?: string[] };
      if (!Array.isArray(replaced)) throw invalid('what it replaces is no list');
      parts.push({ partner, replaced, lines: [] });
    }
  }
  return parts;
}

/** The lines of a snapshot, by partner. */
export type SnapshotLines = ReadonlyMap<string, readonly string[]>;

/** Applies a delta and returns the resulting lines. */
export function applyDelta(before: SnapshotLines, { parts }: Pick<SnapshotText, 'parts'>): SnapshotLines {
  return new Map(
    parts.map(({ partner, replaced, lines }) => {
      const gone = new Set(replaced);
      const kept = (before.get(partner) ?? []).filter((line) => !gone.has(identifierOfLine(line)));
      return [partner, merged(kept, lines)];
    }),
  );
}

/** Merges two sorted lists without a common operator. */
function merged(kept: readonly string[], added: readonly string[]): readonly string[] {
  const lines: string[] = [];
  let next = 0;
  for (const line of added) {
    const identifier = identifierOfLine(line);
    for (; next < kept.length && compareIdentifiers(identifierOfLine(kept[next] ?? ''), identifier) < 0; next += 1)
      lines.push(kept[next] ?? '');
    lines.push(line);
  }
  return [...lines, ...kept.slice(next)];
}

/** The lines of a whole snapshot. */
export function wholeLines({ parts }: Pick<SnapshotText, 'parts'>): SnapshotLines {
  return new Map(parts.map(({ partner, lines }) => [partner, lines]));
}

/** The input of the digest of a partner's lines. */
export function digestedLines(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

/** The signed text: the id, and the SHA-256 of the head line in base64. */
export function noteText(id: string, digest: string): string {
  return `${snapshotFormat}\n${id}\n${digest}\n`;
}
