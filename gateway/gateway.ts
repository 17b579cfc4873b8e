/** What the flows stand on: the home administration, its store, and each partner as this gateway is joined to it. Assembled in main.ts only. */

import type { Adapter, MessageFormat } from './adapter/adapter.ts';
import { GatewayError } from './model/errors.ts';
import type { HomeProfile } from './model/home.ts';
import type { Database } from './store/database.ts';
import type { Log } from './wire/log.ts';
import type { Schema } from './wire/xsd/schema.ts';
import type { Signer } from './wire/signature/seal.ts';
import type { Transport } from './wire/transport/transport.ts';
import type { SignerTrust } from './wire/signature/trust.ts';

/** A partner as this gateway is joined to it: its words, our key towards it, its keys, the way there. */
export interface Partner {
  readonly code: string;
  readonly adapter: Adapter;
  /** The compiled schema of one of its layouts. */
  schemaOf(format: Pick<MessageFormat<never>, 'schema'>): Schema;
  /** Our key of the algorithm agreed with this partner. */
  readonly signer: Signer;
  /** The partner's keys, and how they are judged. */
  readonly trust: SignerTrust;
  /** Absent where lists travel as files only. */
  readonly transport?: Transport;
}

export interface Gateway {
  readonly home: HomeProfile;
  readonly db: Database;
  readonly partners: ReadonlyMap<string, Partner>;
  readonly receiptSchema: Schema;
  /** Name of the policy that turns outcomes into advice. */
  readonly policy: string;
  /** Random at each start: who holds a lease. */
  readonly owner: string;
  readonly log: Log;
  now(): Date;
  /** Ids of messages: unique for ever, growing with time. Start with a letter, so that they can be XML ids. */
  newId(): string;
  random(bytes: number): Uint8Array;
}

/** The partner of that code; E_PARTNER_UNKNOWN names those there are. */
export function getPartner<P>(gateway: { readonly partners: ReadonlyMap<string, P> }, code: string): P {
  const partner = gateway.partners.get(code.toUpperCase());
  if (partner === undefined) {
    const known = [...gateway.partners.keys()].join(', ');
    throw new GatewayError('E_PARTNER_UNKNOWN', 'no partner of that code is set up', { fix: `Use one of: ${known}.` });
  }
  return partner;
}
