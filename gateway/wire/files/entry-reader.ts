/** Reads declarations of border systems: the parties, their places in the document, and the time of acceptance. */

import type { Direction, TransportMode } from '../../model/arrangement.ts';
import type { Entry, EntryParty, PartyRole } from '../../model/clearance/entry.ts';
import { GatewayError, type ErrorPlace } from '../../model/errors.ts';
import { elementsAt, elementsOf, readPlainXml, type PlainElement } from '../xml/plain-xml.ts';
import { present } from '../../model/present.ts';

/** How an XML format is read, from schemas/entry-profiles. Paths are local element names joined by `/`; the first with text counts. */
export interface EntryProfile {
  readonly name: string;
  readonly title: string;
  /** Local name of the element that is the declaration, at any depth. */
  readonly root: string;
  readonly id: readonly string[];
  readonly office: readonly string[];
  readonly direction: { readonly path: string; readonly begins: Readonly<Record<string, Direction>> };
  readonly acceptedAt: readonly string[];
  readonly mode?: { readonly path: readonly string[]; readonly codes: Readonly<Record<string, TransportMode>> };
  /** Ports by direction, in the home country and in the partner's. */
  readonly ports?: Readonly<
    Record<Direction, { readonly ours: readonly string[]; readonly theirs: readonly string[] }>
  >;
  /** Maximum length of an identifier in this format. */
  readonly boxLength?: number;
  /** Paths below a party, whose texts together are its address. */
  readonly address?: readonly string[];
  /** Values that stand for the absence of a party. */
  readonly absent?: readonly string[];
  readonly parties: readonly PartyRule[];
}

interface PartyRule {
  readonly each: string;
  readonly notIn?: readonly string[];
  readonly role: RoleRule;
  readonly id: readonly string[];
  /** Pattern of the identifier within a longer text. */
  readonly pick?: string;
  readonly name: readonly string[];
  readonly country?: readonly string[];
  readonly wco?: string;
  /** For an element that holds several parties as fields: without identifier and name there is no party. */
  readonly skipEmpty?: boolean;
}

type RoleRule =
  | PartyRole
  | Readonly<Record<Direction, PartyRole>>
  | { readonly path: string; readonly codes: Readonly<Record<string, PartyRole>>; readonly otherwise: PartyRole };

export interface ReadEntry {
  readonly entry: Entry;
  readonly profile: string;
  readonly warnings: readonly string[];
}

/**
 * Reads an XML declaration by the profile named `profileName`, or by the first profile whose root element it contains. Throws
 * E_ENTRY_UNREADABLE (unknown profile, no or several declarations, an invalid time), and what readPlainXml throws.
 */
export function readXmlEntry(bytes: Uint8Array, profiles: readonly EntryProfile[], profileName?: string): ReadEntry {
  const document = readPlainXml(bytes);
  const { profile, root } = findDeclaration(document.root, profiles, profileName);
  const { boxLength } = profile;
  const direction = directionOf(root, profile);
  const mode = profile.mode && lookUp(profile.mode.codes, firstText(root, profile.mode.path)?.text);
  const texts = {
    ...{ id: firstText(root, profile.id)?.text, office: firstText(root, profile.office)?.text },
    ...portsOf(root, profile, direction),
  };
  const entry: Entry = {
    ...present({ ...texts, direction, acceptedAt: acceptedAtOf(root, profile), mode, boxLength }),
    parties: partiesOf(root, profile, direction),
  };
  const warnings =
    direction === undefined ? ['The declaration does not state whether it is an import or an export.'] : [];
  return { entry, profile: profile.name, warnings: [...document.warnings, ...warnings] };
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
    readonly parties: readonly (Omit<EntryParty, 'pointer' | 'wco'> & { readonly pointer?: string })[];
  };
}

/** The entry of a valid JSON document. A party without a pointer gets the JSON Pointer of its place in the request. */
export function readJsonEntry({ entry: document }: EntryDocument): ReadEntry {
  const { type, accepted_at: acceptedAt, port_of_departure: portOfDeparture, parties, ...rest } = document;
  const entry: Entry = {
    ...rest,
    direction: type,
    ...present({ acceptedAt: acceptedAt && new Date(acceptedAt).toISOString(), portOfDeparture }),
    parties: parties.map((party, index) => ({ ...party, pointer: party.pointer ?? `/entry/parties/${index}` })),
  };
  return { entry, profile: 'json', warnings: [] };
}

function findDeclaration(
  document: PlainElement,
  profiles: readonly EntryProfile[],
  profileName: string | undefined,
): { readonly profile: EntryProfile; readonly root: PlainElement } {
  const refuse = (detail: string, place: ErrorPlace = {}): GatewayError =>
    new GatewayError('E_ENTRY_UNREADABLE', detail, place);
  const candidates = profiles.filter(({ name }) => name === (profileName ?? name));
  const names = profiles.map(({ name }) => name).join(', ');
  if (candidates.length === 0) throw refuse(`there is no such profile; there are ${names}`);
  for (const profile of candidates) {
    const [root, second] = [...elementsOf(document)].filter(({ name }) => name === profile.root);
    if (second !== undefined) {
      const fix = 'Send one declaration at a time.';
      throw refuse('the document holds more than one declaration', { at: second.path, fix });
    }
    if (root !== undefined) return { profile, root };
  }
  const roots = candidates.map(({ root }) => root).join(' or ');
  throw refuse(`the document holds no element ${roots}`, { fix: `Accepted formats: ${names}.` });
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
  const code = firstText(root, [direction.path])?.text ?? '';
  return Object.entries(direction.begins).find(([beginning]) => code.startsWith(beginning))?.[1];
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

/** `20250326112200+01` (format 304 of UN/EDIFACT 2379), or RFC 3339. */
const moment = /^(\d{4})-?(\d\d)-?(\d\d)T?(\d\d):?(\d\d):?(\d\d)(?:\.\d{1,9})?(?:Z|([+-]\d\d):?(\d\d)?)$/u;

/** An invalid time is refused and not ignored: the status at another time may differ. */
function acceptedAtOf(root: PlainElement, profile: EntryProfile): string | undefined {
  const found = firstText(root, profile.acceptedAt);
  if (found === undefined) return undefined;
  const parts = moment.exec(found.text);
  if (parts !== null) {
    const [, year = '', month = '', day = '', hour = '', minute = '', second = '', zone, zoneMinutes = '00'] = parts;
    const local = `${year}-${month}-${day}T${hour}:${minute}:${second}`;
    const read = new Date(`${local}${zone === undefined ? 'Z' : `${zone}:${zoneMinutes}`}`);
    // Date rolls 31 February over into March.
    const exists = new Date(`${local}Z`);
    if (!Number.isNaN(read.getTime()) && !Number.isNaN(exists.getTime()) && exists.toISOString().startsWith(local))
      return read.toISOString();
  }
  const fix = 'Write it as CCYYMMDDhhmmss with Z or an offset (format 304).';
  throw new GatewayError('E_ENTRY_UNREADABLE', 'the time of acceptance is not a time with a zone', {
    at: found.path,
    fix,
  });
}

function partiesOf(root: PlainElement, profile: EntryProfile, direction: Direction | undefined): readonly EntryParty[] {
  const parties: EntryParty[] = [];
  const visit = (element: PlainElement, parent: string): void => {
    for (const rule of profile.parties) {
      if (rule.each !== element.name || rule.notIn?.includes(parent) === true) continue;
      const party = partyOf(element, rule, profile, direction);
      if (party !== undefined) parties.push(party);
    }
    for (const child of element.children) visit(child, element.name);
  };
  visit(root, '');
  return parties;
}

function partyOf(
  element: PlainElement,
  { role, wco, skipEmpty = false, ...rule }: PartyRule,
  { absent = [], address: addressPaths = [] }: EntryProfile,
  direction: Direction | undefined,
): EntryParty | undefined {
  const textAt = (paths: readonly string[]): Text | undefined => {
    const found = firstText(element, paths);
    return found === undefined || absent.includes(found.text) ? undefined : found;
  };
  const identifier = pick(textAt(rule.id), rule.pick);
  const name = textAt(rule.name);
  if (skipEmpty && identifier === undefined && name === undefined) return undefined;
  const lines = addressPaths.flatMap((path) => elementsAt(element, path).map(({ text }) => text));
  const address = lines.filter((text) => text !== '').join(', ') || undefined;
  const country = firstText(element, rule.country ?? [])?.text;
  return {
    pointer: skipEmpty ? (identifier ?? name ?? element).path : element.path,
    role: roleOf(element, role, direction),
    ...present({ identifier: identifier?.text, name: name?.text, address, country, wco }),
  };
}

function pick(found: Text | undefined, pattern: string | undefined): Text | undefined {
  if (found === undefined || pattern === undefined) return found;
  // NFKC maps full-width brackets to ASCII.
  const picked = new RegExp(pattern, 'u').exec(found.text.normalize('NFKC'))?.[0];
  return picked === undefined ? undefined : { text: picked, path: found.path };
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
