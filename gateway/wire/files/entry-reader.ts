/** Reads declarations of border systems: the parties, their places in the document, and the time of acceptance. */

import type { Direction, TransportMode } from '../../model/arrangement.ts';
import type { Entry, EntryParty, PartyRole } from '../../model/clearance/entry.ts';
import { readMoment } from '../../model/day.ts';
import { GatewayError, type ErrorPlace } from '../../model/errors.ts';
import { present } from '../../model/present.ts';
import type { Moment } from '../../model/record/record.ts';
import { elementsAt, elementsOf, readPlainXml, type PlainElement } from '../xml/plain-xml.ts';
import { acceptanceTime } from './entry-moment.ts';
import type { EntryProfile, PartyRule, RoleRule } from './entry-profile.ts';

export interface ReadEntry {
  readonly entry: Entry;
  readonly profile: string;
  readonly warnings: readonly string[];
  /** The document was not well-formed and was repaired, as the warnings say: a person decides. */
  readonly isRepaired?: true;
}

export interface XmlEntryOptions {
  /** Name of the profile; absent: the first whose declaration the document contains. */
  readonly profile?: string | undefined;
  /** The charset parameter of the media type. */
  readonly charset?: string | undefined;
  /** Of the home administration: a time of acceptance without a zone is one of it. Absent: such a time is refused. */
  readonly timeZone?: string | undefined;
}

/**
 * Reads an XML declaration. Throws E_ENTRY_UNREADABLE (unknown profile, no or several declarations, an invalid time), and what
 * readPlainXml throws.
 */
export function readXmlEntry(
  bytes: Uint8Array,
  profiles: readonly EntryProfile[],
  options: XmlEntryOptions = {},
): ReadEntry {
  const document = readPlainXml(bytes, options.charset);
  const { profile, root } = findDeclaration(document.root, profiles, options.profile);
  // Of a repaired document, whose advice is never better than refer, it may be the rest of a comment.
  if (document.repairs.length === 0) checkTexts(root);
  const { boxLength } = profile;
  const direction = directionOf(root, profile);
  const mode = profile.mode && lookUp(profile.mode.codes, firstText(root, profile.mode.path)?.text);
  const texts = {
    ...{ id: firstText(root, profile.id)?.text, office: firstText(root, profile.office)?.text },
    ...portsOf(root, profile, direction),
  };
  const accepted = acceptanceTime(root, profile.acceptedAt, options.timeZone);
  const { parties, warnings } = partiesOf(root, profile, direction);
  const entry: Entry = {
    ...present({ ...texts, direction, acceptedAt: accepted?.at, mode, boxLength }),
    parties,
  };
  const repairs = document.repairs.map(({ at, detail }) => `Repaired at ${at}: ${detail}.`);
  const notes = [
    ...(direction === undefined ? ['The declaration does not state whether it is an import or an export.'] : []),
    ...(accepted?.isLocal === true
      ? ['The time of acceptance states no zone: it was read as one of this country.']
      : []),
  ];
  const read = { entry, profile: profile.name, warnings: [...repairs, ...notes, ...warnings] };
  return repairs.length === 0 ? read : { ...read, isRepaired: true };
}

/** The JSON form of an entry (schemas/entry.schema.json). */
export interface EntryDocument {
  readonly entry: {
    readonly id?: string;
    readonly type: Direction;
    readonly office?: string;
    readonly accepted_at?: string;
    readonly mode?: TransportMode;
    readonly port?: string;
    readonly port_of_departure?: string;
    readonly parties: readonly (Omit<EntryParty, 'pointer' | 'wco' | 'asked'> & { readonly pointer?: string })[];
  };
}

/**
 * The entry of a valid JSON document. A party without a pointer gets the JSON Pointer of its place in the request. Throws
 * E_REQUEST_INVALID: a time of acceptance that no clock shows.
 */
export function readJsonEntry({ entry: document }: EntryDocument): ReadEntry {
  const { type, accepted_at: stated, port_of_departure: portOfDeparture, parties, ...rest } = document;
  const entry: Entry = {
    ...rest,
    direction: type,
    ...present({ acceptedAt: stated === undefined ? undefined : acceptedMoment(stated), portOfDeparture }),
    parties: parties.map((party, index) => ({ ...party, pointer: party.pointer ?? `/entry/parties/${index}` })),
  };
  return { entry, profile: 'json', warnings: [] };
}

/** RFC 3339 has leap seconds, which no clock here can hold. */
function acceptedMoment(stated: string): Moment {
  const read = readMoment(stated);
  if (read !== undefined) return read;
  throw new GatewayError('E_REQUEST_INVALID', 'a moment that no clock shows', { at: '/entry/accepted_at' });
}

function findDeclaration(
  document: PlainElement,
  profiles: readonly EntryProfile[],
  profileName: string | undefined,
): { readonly profile: EntryProfile; readonly root: PlainElement } {
  const candidates = profiles.filter(({ name }) => name === (profileName ?? name));
  const names = profiles.map(({ name }) => name).join(', ');
  const fix = `Accepted formats: ${names}.`;
  if (candidates.length === 0) throw unreadable('there is no such profile', { fix });
  const elements = [...elementsOf(document)];
  const [found, ...more] = candidates.flatMap((profile) =>
    elements.filter((element) => isDeclaration(element, profile)).map((root) => ({ profile, root })),
  );
  const second = more.find(({ root }) => root !== found?.root);
  if (second !== undefined) {
    const at = second.root.path;
    throw unreadable('the document holds more than one declaration', { at, fix: 'Send one declaration at a time.' });
  }
  if (found !== undefined) {
    const { element, accepts = [] } = found.profile.documentType ?? {};
    const other = elements.find(({ name, text }) => name === element && !accepts.includes(text));
    if (other !== undefined)
      throw unreadable('the document is of another type than a declaration', { at: other.path, fix });
    return found;
  }
  const roots = candidates.map(({ root }) => root);
  const at = elements.find(({ name }) => roots.includes(name))?.path;
  const other = at === undefined ? `the document holds no element ${[...new Set(roots)].join(' or ')}` : undefined;
  throw unreadable(other ?? 'this is no declaration by its namespace, or by what holds it', { at, fix });
}

/** No format of declarations has text beside child elements: what stands there might be the code of a party, or a time. */
function checkTexts(root: PlainElement): void {
  const mixed = [...elementsOf(root)].find(({ text, children }) => text !== '' && children.length > 0);
  if (mixed === undefined) return;
  const fix = 'Write the text in an element of its own.';
  throw unreadable('text stands beside the child elements', { at: mixed.path, fix });
}

function unreadable(detail: string, place: ErrorPlace): GatewayError {
  return new GatewayError('E_ENTRY_UNREADABLE', detail, place);
}

/** By its name and namespace; without a namespace, by what is in it. */
function isDeclaration(element: PlainElement, profile: EntryProfile): boolean {
  const { root, namespaces, recognisedBy, notIn = [], within = [] } = profile;
  if (element.name !== root) return false;
  const [, ...steps] = element.path.split('/').map((step) => step.replace(/\[\d+\]$/u, ''));
  const above = steps.slice(0, -1);
  if (notIn.some((name) => above.includes(name))) return false;
  if (element.namespace !== '') return namespaces.some((pattern) => new RegExp(pattern, 'u').test(element.namespace));
  if (!above.every((name) => within.includes(name))) return false;
  return recognisedBy.some((path) => elementsAt(element, path).length > 0);
}

interface Text {
  readonly text: string;
  readonly path: string;
}

function firstText(element: PlainElement, paths: readonly string[]): Text | undefined {
  for (const path of paths) {
    const found = elementsAt(element, path).find(({ text }) => text !== '');
    if (found !== undefined) return { text: found.text, path: found.path };
  }
  return undefined;
}

function directionOf(root: PlainElement, { direction }: EntryProfile): Direction | undefined {
  for (const { path, begins } of direction) {
    const code = firstText(root, [path])?.text ?? '';
    const found = Object.entries(begins).find(([beginning]) => code.startsWith(beginning));
    if (found !== undefined) return found[1];
  }
  return undefined;
}

/** The direction decides which port is in the home country: without one, no port is read. */
function portsOf(
  root: PlainElement,
  { ports }: EntryProfile,
  direction: Direction | undefined,
): { readonly port?: string | undefined; readonly portOfDeparture?: string | undefined } {
  if (ports === undefined || direction === undefined) return {};
  const { ours, theirs } = ports[direction];
  return { port: firstText(root, ours)?.text, portOfDeparture: firstText(root, theirs)?.text };
}

function partiesOf(
  root: PlainElement,
  profile: EntryProfile,
  direction: Direction | undefined,
): { readonly parties: readonly EntryParty[]; readonly warnings: readonly string[] } {
  const parties: EntryParty[] = [];
  const warnings: string[] = [];
  const visit = (element: PlainElement, parent: string): void => {
    for (const rule of profile.parties) {
      if (rule.each !== element.name || rule.notIn?.includes(parent) === true) continue;
      const { found, unclear } = identifiersOf(element, { ...profile.party, ...rule }, profile);
      parties.push(...found.flatMap((identifier) => partyOf(element, rule, profile, { direction, identifier }) ?? []));
      for (const place of unclear)
        warnings.push(`${place}: a code may stand there in another form; nothing was asked about it.`);
    }
    for (const child of element.children) visit(child, element.name);
  };
  visit(root, '');
  return { parties, warnings };
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
    return { found: [textOf(element, id, profile)], unclear: read === undefined ? unreadOf(element, unread) : [] };
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
function lookUp<T>(table: Readonly<Record<string, T>>, code: string | undefined): T | undefined {
  return code !== undefined && Object.hasOwn(table, code) ? table[code] : undefined;
}
