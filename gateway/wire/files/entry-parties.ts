/** Finds the parties of a declaration, by the rules of its profile. */

import type { Direction } from '../../model/arrangement.ts';
import type { EntryParty, PartyRole } from '../../model/clearance/entry.ts';
import { present } from '../../model/present.ts';
import { elementsAt, elementsOf, type PlainElement } from '../xml/plain-xml.ts';
import type { EntryProfile, PartyRule, RoleRule } from './entry-profile.ts';

interface Text {
  readonly text: string;
  readonly path: string;
}

/** The first text at the first of the paths that has one. */
export function firstText(element: PlainElement, paths: readonly string[]): Text | undefined {
  for (const path of paths) {
    const found = elementsAt(element, path).find(({ text }) => text !== '');
    if (found !== undefined) return { text: found.text, path: found.path };
  }
  return undefined;
}

export function partiesOf(
  root: PlainElement,
  profile: EntryProfile,
  direction: Direction | undefined,
): { readonly parties: readonly EntryParty[]; readonly warnings: readonly string[] } {
  const parties: EntryParty[] = [];
  const warnings: string[] = [];
  const rulesOf = partyRules(profile);
  const visit = (element: PlainElement, parent: string): void => {
    for (const rule of rulesOf(element.name)) {
      if (rule.notIn?.includes(parent) === true) continue;
      const { found, unclear } = identifiersOf(element, { ...profile.party, ...rule }, profile);
      for (const identifier of found) {
        const party = partyOf(element, rule, profile, { direction, identifier });
        if (party !== undefined) parties.push(party);
      }
      for (const place of unclear)
        warnings.push(`${place}: another code, or one in another form, may stand there; nothing was asked about it.`);
    }
    for (const child of element.children) visit(child, element.name);
  };
  visit(root, '');
  return { parties, warnings };
}

/** The rules for elements of a name: those that name it, else those whose pattern it has. */
export function partyRules({ parties }: EntryProfile): (name: string) => readonly PartyRule[] {
  const known = new Map<string, readonly PartyRule[]>();
  return (name) => {
    const before = known.get(name);
    if (before !== undefined) return before;
    const named = parties.filter(({ each }) => each === name);
    const alike = parties.filter(({ like }) => like !== undefined && new RegExp(like, 'iu').test(name));
    const found = named.length === 0 ? alike : named;
    known.set(name, found);
    return found;
  };
}

function textOf(element: PlainElement, paths: readonly string[], { absent = [] }: EntryProfile): Text | undefined {
  const found = firstText(element, paths);
  return found === undefined || absent.includes(found.text) ? undefined : found;
}

/** One identifier, or none; of a rule that picks from a longer text, all that are there. */
function identifiersOf(
  element: PlainElement,
  { id = [], pick, mention, unread }: PartyRule,
  profile: EntryProfile,
): { readonly found: readonly (Text | undefined)[]; readonly unclear: readonly string[] } {
  if (pick === undefined) {
    const read = firstText(element, id);
    const path = id.find((each) => firstText(element, [each]) !== undefined);
    if (read === undefined || path === undefined) return { found: [undefined], unclear: unreadOf(element, unread) };
    const others = elementsAt(element, path).filter(({ text }) => text !== '' && text !== read.text);
    const unclear = others.map((other) => other.path);
    return { found: [textOf(element, id, profile)], unclear };
  }
  const picks = new RegExp(pick, 'giu');
  // NFKC maps full-width brackets to ASCII.
  const texts = id.flatMap((path) => elementsAt(element, path)).map(({ text, path }) => [text.normalize('NFKC'), path]);
  const found = texts.flatMap(([text = '', path = '']) =>
    Array.from(text.matchAll(picks), ([picked]) => ({ text: picked, path })),
  );
  const isUnclear = (text: string): boolean =>
    mention !== undefined && new RegExp(mention, 'iu').test(text.replaceAll(picks, ''));
  return { found, unclear: texts.flatMap(([text = '', path = '']) => (isUnclear(text) ? [path] : [])) };
}

/** The places of texts in child elements whose names say that they identify the party. */
function unreadOf({ children }: PlainElement, names: string | undefined): readonly string[] {
  if (names === undefined) return [];
  const named = children.filter(({ name }) => new RegExp(names, 'iu').test(name));
  return named.flatMap((child) => [...elementsOf(child)]).flatMap(({ text, path }) => (text === '' ? [] : [path]));
}

function partyOf(
  element: PlainElement,
  rule: PartyRule,
  profile: EntryProfile,
  { direction, identifier }: { readonly direction: Direction | undefined; readonly identifier: Text | undefined },
): EntryParty | undefined {
  const {
    role,
    wco,
    asked,
    skipEmpty = false,
    name: names = [],
    country: countries = [],
  } = { ...profile.party, ...rule };
  const name = textOf(element, names, profile);
  if (skipEmpty && identifier === undefined && name === undefined) return undefined;
  const lines = (profile.address ?? []).flatMap((path) => elementsAt(element, path).map(({ text }) => text));
  const address = lines.filter((text) => text !== '').join(', ') || undefined;
  const country = firstText(element, countries)?.text;
  return {
    pointer: skipEmpty ? (identifier ?? name ?? element).path : element.path,
    role: roleOf(element, role, direction),
    ...present({ identifier: identifier?.text, name: name?.text, address, country, wco, asked }),
  };
}

function roleOf(element: PlainElement, rule: RoleRule, direction: Direction | undefined): PartyRole {
  if (typeof rule === 'string') return rule;
  if ('path' in rule) return lookUp(rule.codes, firstText(element, [rule.path])?.text) ?? rule.otherwise;
  return direction === undefined ? 'other' : rule[direction];
}

/** Own members only: a code such as `constructor` must not be found on the prototype. */
export function lookUp<T>(table: Readonly<Record<string, T>>, code: string | undefined): T | undefined {
  return code !== undefined && Object.hasOwn(table, code) ? table[code] : undefined;
}
