/** What people decide about clients of the border door: each decision is an event, and every gateway on the store knows it within a second. */

import type { Gateway } from '../gateway.ts';
import { sha256 } from '../model/canonical-json.ts';
import { isClientName, makeToken, type Scope } from '../model/client.ts';
import { later, momentOf } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import { present } from '../model/present.ts';
import type { Moment } from '../model/record/record.ts';
import { allClients, endClient, insertClient, insertCredential } from '../store/clients.ts';
import type { KnownClients, StoredClient } from '../store/clients.ts';
import type { Reader, Tx } from '../store/database.ts';
import { appendEvents } from '../store/events.ts';
import { fingerprint, readCertificates } from '../wire/signature/certificates.ts';

type Deciding = Pick<Gateway, 'db' | 'now' | 'random'>;

interface Decision {
  readonly person: string;
  readonly reason?: string | undefined;
}

/** What the client proves itself with from now on. */
export interface Given {
  /** Shown once: the store has its digest. Absent for a certificate. */
  readonly token?: string;
  readonly fingerprint?: string;
  /** Until when its other credentials count; absent where it has no others. */
  readonly othersUntil?: Moment;
}

interface NewCredential {
  /** The client certificate, PEM; absent: a token is made. */
  readonly certificate?: string | undefined;
}

/** Throws E_REQUEST_INVALID (name), E_CLIENT_STATE (the name was given before, the certificate is known), E_KEY_MISSING. */
export async function addClient(
  { db, now, random }: Deciding,
  name: string,
  {
    person,
    reason,
    certificate,
    scopes,
    rate,
  }: Decision & NewCredential & { readonly scopes: readonly Scope[]; readonly rate?: number | undefined },
): Promise<Given> {
  if (!isClientName(name))
    throw new GatewayError('E_REQUEST_INVALID', 'the name of a client has 2 to 63 letters, digits and . _ -', {
      at: name,
      fix: 'Choose a name such as border-clearance; border and command-line are names of the gateway itself.',
    });
  const at = momentOf(now());
  const { row, given } = credentialOf(name, certificate, random, at);
  await db.transaction(async (tx) => {
    const client = present({ name, scopes, rate, state: 'active', person, at } as const);
    if (!(await insertClient(tx, client)))
      throw stateError('a client had this name before', 'Choose another one: old answers name their client.', name);
    await requireNew(insertCredential(tx, row));
    await decided(tx, 'client_added', name, at, { person, reason, scopes, rate, credential: row.id });
  });
  return given;
}

/** Another token or certificate; those before count for `graceSeconds` more. Throws E_CLIENT_UNKNOWN, E_CLIENT_STATE, E_KEY_MISSING. */
export async function rotateClient(
  { db, now, random }: Deciding,
  name: string,
  { person, reason, certificate, graceSeconds }: Decision & NewCredential & { readonly graceSeconds: number },
): Promise<Given> {
  const at = momentOf(now());
  const othersUntil = later(at, graceSeconds);
  const { row, given } = credentialOf(name, certificate, random, at);
  await db.transaction(async (tx) => {
    if ((await knownClient(tx, name)).state === 'revoked')
      throw stateError('the client is revoked', 'Add a client under another name.', name);
    await requireNew(insertCredential(tx, row, othersUntil));
    await decided(tx, 'client_rotated', name, at, { person, reason, credential: row.id, othersUntil });
  });
  return { ...given, othersUntil };
}

/** Throws E_CLIENT_UNKNOWN, E_CLIENT_STATE (it is revoked already). */
export async function revokeClient(
  { db, now }: Deciding,
  name: string,
  { person, reason }: { readonly person: string; readonly reason: string },
): Promise<Moment> {
  const at = momentOf(now());
  await db.transaction(async (tx) => {
    await knownClient(tx, name);
    if (!(await endClient(tx, name, { reason, person, at })))
      throw stateError('the client is revoked already', 'mra client list shows when and why.', name);
    await decided(tx, 'client_revoked', name, at, { person, reason });
  });
  return at;
}

/** Published: clients as programs read them. No secret is among it. */
export function shownClients({ clients, credentials }: KnownClients) {
  return [...clients.values()].map(({ name, scopes, rate, state, person, at, reason }) => {
    const own = [...credentials.values()].filter(({ client }) => client === name);
    return {
      ...{ client: name, scopes, rate: rate ?? null, state, person, at, reason: reason ?? null },
      last_use:
        own
          .map(({ usedAt }) => usedAt ?? '')
          .toSorted()
          .at(-1) || null,
      credentials: own.map(({ id, kind, at: since, untilAt, usedAt }) => {
        return { id, kind, since, until: untilAt ?? null, last_use: usedAt ?? null };
      }),
    };
  });
}

async function knownClient(reader: Reader, name: string): Promise<StoredClient> {
  const client = (await allClients(reader)).clients.get(name);
  if (client !== undefined) return client;
  throw new GatewayError('E_CLIENT_UNKNOWN', 'no client has this name', {
    at: name,
    fix: 'mra client list shows the names.',
  });
}

function credentialOf(client: string, certificate: string | undefined, random: Deciding['random'], at: Moment) {
  if (certificate === undefined) {
    const { id, token } = makeToken(random);
    return { row: { id, client, kind: 'token', digest: sha256(token), at }, given: { token } } as const;
  }
  const [read] = readCertificates(certificate, client);
  if (read === undefined) throw new GatewayError('E_KEY_MISSING', 'there is no certificate');
  const print = fingerprint(read);
  return {
    row: { id: print, client, kind: 'certificate', digest: print, at },
    given: { fingerprint: print },
  } as const;
}

async function requireNew(inserted: Promise<boolean>): Promise<void> {
  if (!(await inserted))
    throw stateError('this certificate is known', 'Register a certificate that no client had before.');
}

async function decided(tx: Tx, kind: string, name: string, at: Moment, detail: object): Promise<void> {
  await appendEvents(tx, [{ kind, ref: `client ${name}`, at, detail: present({ ...detail }) }]);
}

function stateError(detail: string, fix: string, at?: string): GatewayError {
  return new GatewayError('E_CLIENT_STATE', detail, { at, fix });
}
