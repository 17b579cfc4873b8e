/** Reads declarations of border systems: the parties, their places in the document, and the time of acceptance. */

import type { Direction, TransportMode } from '../../model/arrangement.ts';
import type { Entry, EntryParty } from '../../model/clearance/entry.ts';
import { readMoment } from '../../model/day.ts';
import { GatewayError, type ErrorPlace } from '../../model/errors.ts';
import { present } from '../../model/present.ts';
import type { Moment } from '../../model/record/record.ts';
import { elementsAt, elementsOf, readPlainXml, type PlainElement } from '../xml/plain-xml.ts';
import { acceptanceTime } from './entry-moment.ts';
import { firstText, lookUp, partiesOf, partyRules } from './entry-parties.ts';
import type { EntryProfile } from './entry-profile.ts';
import { partialPurpose } from './entry-purpose.ts';

export interface ReadEntry {
  readonly entry: Entry;
  readonly profile: string;
  readonly warnings: readonly string[];
  /** A person decides: the document was repaired, or states only a part of an entry, as the warnings say. */
  readonly isUncertain?: true;
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
 * Reads an XML declaration. Throws E_ENTRY_UNREADABLE (unknown profile, no or several declarations, a cancellation or an answer, an
 * invalid time), and what readPlainXml throws.
 */
export function readXmlEntry(
  bytes: Uint8Array,
  profiles: readonly EntryProfile[],
  options: XmlEntryOptions = {},
): ReadEntry {
  const document = readPlainXml(bytes, options.charset);
  const { profile, root: declaration } = findDeclaration(document.root, profiles, options.profile);
  // Of a repaired document, whose advice is never better than refer, it may be the rest of a comment.
  if (document.repairs.length === 0) checkTexts(declaration);
  const { boxLength } = profile;
  const foreign: PlainElement[] = [];
  const root = ownElements(declaration, declaration.namespace, foreign);
  const part = partialPurpose(root, profile);
  const direction = directionOf(root, profile);
  const { mode, warnings: modes } = modeOf(root, profile);
  const texts = {
    ...{ id: firstText(root, profile.id)?.text, office: firstText(root, profile.office)?.text },
    ...{ commodity: commodityOf(root, profile), ...portsOf(root, profile, direction) },
  };
  const accepted = acceptanceTime(declaration, profile.acceptedAt, options.timeZone);
  const { parties, warnings } = partiesOf(root, profile, direction);
  const entry: Entry = {
    ...present({ ...texts, direction, acceptedAt: accepted.at, mode, boxLength }),
    parties,
  };
  const repairs = document.repairs.map(({ at, detail }) => `Repaired at ${at}: ${detail}.`);
  const notes = [
    ...(part === undefined ? [] : [part]),
    // An amendment need not repeat it.
    ...(direction === undefined && part === undefined
      ? ['The declaration does not state whether it is an import or an export.']
      : []),
    ...(accepted.warning === undefined ? [] : [accepted.warning]),
    ...modes,
    ...foreignParties(foreign, profile),
  ];
  const read = { entry, profile: profile.name, warnings: [...repairs, ...notes, ...warnings] };
  return repairs.length === 0 && part === undefined ? read : { ...read, isUncertain: true };
}

/** The JSON form of an entry (schemas/entry.schema.json). */
export interface EntryDocument {
  readonly entry: {
    readonly id?: string;
    readonly type: Direction;
    readonly office?: string;
    readonly commodity?: string;
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
  if (notIn.some((pattern) => above.some((name) => new RegExp(pattern, 'iu').test(name)))) return false;
  if (element.namespace !== '') return namespaces.some((pattern) => new RegExp(pattern, 'u').test(element.namespace));
  if (!above.every((name) => within.includes(name))) return false;
  return recognisedBy.some((path) => elementsAt(element, path).length > 0);
}

function directionOf(root: PlainElement, { direction }: EntryProfile): Direction | undefined {
  for (const { path, begins } of direction) {
    const code = firstText(root, [path])?.text ?? '';
    const found = Object.entries(begins).find(([beginning]) => code.startsWith(beginning));
    if (found !== undefined) return found[1];
  }
  return undefined;
}

/** The element without what is of another namespace: an extension may use the same names for something else. */
function ownElements(element: PlainElement, namespace: string, foreign: PlainElement[]): PlainElement {
  const children: PlainElement[] = [];
  for (const child of element.children) {
    if (child.namespace === namespace || child.namespace === '') children.push(ownElements(child, namespace, foreign));
    else foreign.push(child);
  }
  return { ...element, children };
}

function foreignParties(foreign: readonly PlainElement[], profile: EntryProfile): readonly string[] {
  const rulesOf = partyRules(profile);
  return foreign
    .filter((element) => [...elementsOf(element)].some(({ name }) => rulesOf(name).length > 0))
    .map(({ path }) => `${path}: an element of another namespace than the declaration; nothing in it was read.`);
}

/** A code that the profile lacks, and codes that contradict each other, state no mode. */
function modeOf(
  root: PlainElement,
  { mode }: EntryProfile,
): { readonly mode?: TransportMode; readonly warnings: readonly string[] } {
  const path = mode?.path.find((path) => firstText(root, [path]) !== undefined);
  if (mode === undefined || path === undefined) return { warnings: [] };
  const stated = elementsAt(root, path).filter(({ text }) => text !== '');
  const other = stated.find(({ text }) => lookUp(mode.codes, text) === undefined);
  if (other !== undefined) return { warnings: [`${other.path}: not a code of a mode of transport; no mode was read.`] };
  const [found, ...others] = new Set(stated.map(({ text }) => lookUp(mode.codes, text)));
  if (found !== undefined && others.length === 0) return { mode: found, warnings: [] };
  return { warnings: [`${stated.at(-1)?.path ?? path}: another mode of transport than before; no mode was read.`] };
}

/** Of the first item that has one; points and blanks between its digits do not count. */
function commodityOf(root: PlainElement, { commodity = [] }: EntryProfile): string | undefined {
  const codes = commodity.flatMap((path) => elementsAt(root, path)).map(({ text }) => text.replace(/[.\s]/gu, ''));
  return codes.find((code) => /^\d{4,14}$/u.test(code));
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
