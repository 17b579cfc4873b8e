/** Reads a declaration in whatever format a border system holds it: which parties it names, where, and as of when. */

import type { Direction, TransportMode } from '../../model/arrangement.ts';
import type { Entry, EntryParty, PartyRole } from '../../model/clearance/entry.ts';
import { GatewayError } from '../../model/errors.ts';
import { elementsAt, elementsOf, readPlainXml, type PlainElement } from '../xml/plain-xml.ts';

/** How one XML format is read. Data of schemas/entry-profiles; paths are element names joined by `/`. */
export interface EntryProfile {
  readonly name: string;
  readonly title: string;
  /** Local name of the element that holds the declaration, wherever it sits. */
  readonly root: string;
  readonly id: readonly string[];
  readonly office: readonly string[];
  readonly direction: { readonly path: string; readonly begins: Readonly<Record<string, Direction>> };
  readonly acceptedAt: readonly string[];
  readonly mode?: { readonly path: readonly string[]; readonly codes: Readonly<Record<string, TransportMode>> };
  /** Ports by direction, here and at the partner's. */
  readonly ports?: Readonly<
    Record<Direction, { readonly ours: readonly string[]; readonly theirs: readonly string[] }>
  >;
  /** Characters that fit a party's box. */
  readonly boxLength?: number;
  /** Where a party's element has its address: every text at these paths, in their order. */
  readonly address?: readonly string[];
  /** What is written in a box where there is nobody. */
  readonly absent?: readonly string[];
  readonly parties: readonly PartyRule[];
}

export interface PartyRule {
  readonly each: string;
  readonly notIn?: readonly string[];
  readonly role: RoleRule;
  readonly id: readonly string[];
  /** Pattern of the identifier inside a longer text. */
  readonly pick?: string;
  readonly name: readonly string[];
  readonly country?: readonly string[];
  readonly wco?: string;
  /** Where one element holds several parties as fields: no field, no party. */
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
 * The entry of an XML declaration. The profile is the one named, or the first whose root element the document holds.
 * Throws E_ENTRY_UNREADABLE (no such profile, no or several declarations, a time that is none), and what readPlainXml throws.
 */
export function readXmlEntry(bytes: Uint8Array, profiles: readonly EntryProfile[], wanted?: string): ReadEntry {
  const document = readPlainXml(bytes);
  const { profile, root } = findRoot(document.root, profiles, wanted);
  const direction = directionOf(root, profile);
  const id = firstText(root, profile.id);
  const office = firstText(root, profile.office);
  const acceptedAt = acceptedAtOf(root, profile);
  const mode = profile.mode && lookUp(profile.mode.codes, firstText(root, profile.mode.path)?.text);
  const entry: Entry = {
    ...(id === undefined ? {} : { id: id.text }),
    ...(direction === undefined ? {} : { direction }),
    ...(office === undefined ? {} : { office: office.text }),
    ...(acceptedAt === undefined ? {} : { acceptedAt }),
    ...(mode === undefined ? {} : { mode }),
    ...portsOf(root, profile, direction),
    ...(profile.boxLength === undefined ? {} : { boxLength: profile.boxLength }),
    parties: partiesOf(root, profile, direction),
  };
  const unsaid = direction === undefined ? ['The declaration does not tell whether it is an import or an export.'] : [];
  return { entry, profile: profile.name, warnings: [...document.warnings, ...unsaid] };
}

/** The entry as a border system writes it in JSON (schemas/entry.schema.json). */
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

/** The entry of a JSON document that follows its schema. A party without a pointer of its own gets its place in the request. */
export function readJsonEntry({ entry: document }: EntryDocument): ReadEntry {
  const { type, accepted_at: acceptedAt, port_of_departure: portOfDeparture, parties, ...rest } = document;
  const entry: Entry = {
    ...rest,
    direction: type,
    ...(acceptedAt === undefined ? {} : { acceptedAt: new Date(acceptedAt).toISOString() }),
    ...(portOfDeparture === undefined ? {} : { portOfDeparture }),
    parties: parties.map((party, index) => ({ ...party, pointer: party.pointer ?? `/entry/parties/${index}` })),
  };
  return { entry, profile: 'json', warnings: [] };
}

interface Found {
  readonly profile: EntryProfile;
  readonly root: PlainElement;
}

function findRoot(document: PlainElement, profiles: readonly EntryProfile[], wanted: string | undefined): Found {
  const candidates = wanted === undefined ? profiles : profiles.filter(({ name }) => name === wanted);
  const names = profiles.map(({ name }) => name).join(', ');
  if (candidates.length === 0)
    throw new GatewayError('E_ENTRY_UNREADABLE', `there is no such profile; there are ${names}`);
  for (const profile of candidates) {
    const [root, second] = [...elementsOf(document)].filter(({ name }) => name === profile.root);
    if (second !== undefined) {
      throw new GatewayError('E_ENTRY_UNREADABLE', 'the document holds more than one declaration', {
        at: second.path,
        fix: 'Send one at a time.',
      });
    }
    if (root !== undefined) return { profile, root };
  }
  const roots = candidates.map(({ root }) => root).join(' or ');
  throw new GatewayError('E_ENTRY_UNREADABLE', `the document holds no element ${roots}`, {
    fix: `Formats read here: ${names}.`,
  });
}

interface Text {
  readonly text: string;
  readonly path: string;
}

/** The first text at the first path that has one. */
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

/** Which end is ours depends on the direction: without one, no port is read. */
function portsOf(
  root: PlainElement,
  { ports }: EntryProfile,
  direction: Direction | undefined,
): Pick<Entry, 'port' | 'portOfDeparture'> {
  if (ports === undefined || direction === undefined) return {};
  const [here, there] = [firstText(root, ports[direction].ours), firstText(root, ports[direction].theirs)];
  return {
    ...(here === undefined ? {} : { port: here.text }),
    ...(there === undefined ? {} : { portOfDeparture: there.text }),
  };
}

/** `20250326112200+01` (format 304 of UN/EDIFACT 2379), or RFC 3339. */
const moment = /^(\d{4})-?(\d\d)-?(\d\d)T?(\d\d):?(\d\d):?(\d\d)(?:\.\d{1,9})?(?:Z|([+-]\d\d):?(\d\d)?)$/u;

/** A time that cannot be read is refused and not passed over: another moment can mean another status. */
function acceptedAtOf(root: PlainElement, profile: EntryProfile): string | undefined {
  const found = firstText(root, profile.acceptedAt);
  if (found === undefined) return undefined;
  const parts = moment.exec(found.text);
  if (parts !== null) {
    const [, year = '', month = '', day = '', hour = '', minute = '', second = '', zone, zoneMinutes = '00'] = parts;
    const local = `${year}-${month}-${day}T${hour}:${minute}:${second}`;
    const read = new Date(`${local}${zone === undefined ? 'Z' : `${zone}:${zoneMinutes}`}`);
    // Date moves 31 February into March; a day that does not exist must not become another.
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
      const party = partyOf(element, rule, { profile, direction });
      if (party !== undefined) parties.push(party);
    }
    for (const child of element.children) visit(child, element.name);
  };
  visit(root, '');
  return parties;
}

interface Surroundings {
  readonly profile: EntryProfile;
  readonly direction: Direction | undefined;
}

function partyOf(element: PlainElement, rule: PartyRule, { profile, direction }: Surroundings): EntryParty | undefined {
  const { absent = [], address: places = [] } = profile;
  const present = (found: Text | undefined): Text | undefined =>
    found === undefined || absent.includes(found.text) ? undefined : found;
  const identifier = pick(present(firstText(element, rule.id)), rule.pick);
  const name = present(firstText(element, rule.name));
  const country = firstText(element, rule.country ?? []);
  const lines = places.flatMap((path) => elementsAt(element, path).map(({ text }) => text));
  const address = lines.filter((text) => text !== '').join(', ');
  if (rule.skipEmpty === true && identifier === undefined && name === undefined) return undefined;
  return {
    pointer: rule.skipEmpty === true ? (identifier ?? name ?? element).path : element.path,
    role: roleOf(element, rule.role, direction),
    ...(identifier === undefined ? {} : { identifier: identifier.text }),
    ...(name === undefined ? {} : { name: name.text }),
    ...(address === '' ? {} : { address }),
    ...(country === undefined ? {} : { country: country.text }),
    ...(rule.wco === undefined ? {} : { wco: rule.wco }),
  };
}

function pick(found: Text | undefined, pattern: string | undefined): Text | undefined {
  if (found === undefined || pattern === undefined) return found;
  // Full-width brackets are brackets here.
  const picked = new RegExp(pattern, 'u').exec(found.text.normalize('NFKC'))?.[0];
  return picked === undefined ? undefined : { text: picked, path: found.path };
}

function roleOf(element: PlainElement, rule: RoleRule, direction: Direction | undefined): PartyRole {
  if (typeof rule === 'string') return rule;
  if ('path' in rule) return lookUp(rule.codes, firstText(element, [rule.path])?.text) ?? rule.otherwise;
  return direction === undefined ? 'other' : rule[direction];
}

/** Own members only: a code from outside must not find `constructor`. */
function lookUp<T>(table: Readonly<Record<string, T>>, code: string | undefined): T | undefined {
  return code !== undefined && Object.hasOwn(table, code) ? table[code] : undefined;
}
