/**
 * The two types every story takes as its first argument: a gateway (home administration, store, clock, log) and its connection to one
 * partner (adapter, keys, transport). app/composition.ts creates them; tests may create them from other parts.
 */

import type { ResponseHead } from './adapter/conversation/stages.ts';
import type { Adapter, MessageFormat } from './adapter/adapter.ts';
import { GatewayError } from './model/errors.ts';
import type { DifferingNames } from './model/clearance/query.ts';
import type { ListOptions, QueuedList } from './model/list/queued-list.ts';
import type { HomeProfile } from './model/home.ts';
import type { ReceiptCheckpoint } from './model/message.ts';
import type { Database } from './store/database.ts';
import type { Log } from './wire/log.ts';
import type { Schema } from './wire/xsd/schema.ts';
import type { Sealer } from './wire/signature/profile.ts';
import type { Transport } from './wire/transport/transport.ts';
import type { PartnerTrust } from './wire/signature/trust.ts';

export interface Partner {
  readonly code: string;
  readonly adapter: Adapter;
  /** The compiled schema of one of the adapter's layouts. */
  schemaOf(format: Pick<MessageFormat<never>, 'schema'>): Schema;
  /** Signs with our key of the algorithm agreed with this partner, if signatures were agreed. */
  readonly signer: Sealer;
  /** Whose signatures count on the partner's messages, or that its channel does. */
  readonly trust: PartnerTrust;
  /** Two people look at a new key that the partner announces under its present one. */
  readonly holdsKeys?: boolean;
  /** Receipts to it carry the newest checkpoint of our log. */
  readonly takesCheckpoints?: boolean;
  /** Absent where lists are exchanged as files, and in a process that only reads. */
  readonly transport?: Transport;
  /** Lists are exchanged as files, which a person carries. */
  readonly byFile: boolean;
}

/** An answer of a partner to a message of ours, as it came. It may pass to another thread: functions are not in it. */
export interface PartnerAnswer {
  readonly partner: string;
  readonly bytes: Uint8Array;
  readonly came:
    | { readonly by: 'receipt' }
    /** In the response to our message of this id. */
    | { readonly by: 'response'; readonly id: string; readonly head: ResponseHead }
    /** As a message of its own. */
    | { readonly by: 'message'; readonly properties?: AnswerProperties }
    /** `stage`: the place of what was agreed among the answers of the adapter. */
    | { readonly by: 'file'; readonly id: string; readonly stage: number };
}

/** Properties of the message that carries an acknowledgement: they name what it answers where that was agreed. */
export interface AnswerProperties {
  readonly correlationId?: string | undefined;
  /** By name; those of HTTP in lower case. */
  readonly headers?: Readonly<Record<string, unknown>>;
}

export interface Gateway {
  readonly home: HomeProfile;
  readonly db: Database;
  readonly partners: ReadonlyMap<string, Partner>;
  readonly receiptSchema: Schema;
  /** The largest message that is received, in bytes, by whichever way. */
  readonly maxBytes: number;
  /** Bytes of refused messages that are kept of each partner, receipts included. */
  readonly refusedBytes: number;
  /** Name of the policy that derives advice from outcomes. */
  readonly policy: string;
  /** What it advises where the name on an entry differs from the list; absent: the default. */
  readonly differingNames?: DifferingNames;
  /** Takes a large answer in another thread, so that others do not wait; undefined for one that is taken here. */
  elsewhere?(answer: PartnerAnswer): Promise<boolean> | undefined;
  /** Builds and queues a long list in another thread, so that others do not wait; absent: all are built here. */
  sendLongList?(partner: string, options: ListOptions): Promise<QueuedList | undefined>;
  /** Checkpoints of logs, ours and those that partners send; absent: none are sent or kept. */
  readonly witness?: {
    own(): Promise<ReceiptCheckpoint | undefined>;
    keep(partner: string, checkpoint: ReceiptCheckpoint): Promise<void>;
  };
  /** The partner of a client certificate, by its fingerprint, if that counts at the moment; absent: nobody is admitted by one. */
  doorTrust?(): { partnerOf(print: string, at: Date): string | undefined };
  /** Owner of leases: names the data folder, then a hyphen and what is random at each start. */
  readonly owner: string;
  readonly log: Log;
  now(): Date;
  /** Message ids: unique, increasing with time, and valid as XML ids. */
  newId(): string;
  random(bytes: number): Uint8Array;
}

/** Accepts the code in any case. Throws E_PARTNER_UNKNOWN, whose fix names the configured partners. */
export function getPartner<P>(gateway: { readonly partners: ReadonlyMap<string, P> }, code: string): P {
  const partner = gateway.partners.get(code.toUpperCase());
  if (partner === undefined) {
    const known = [...gateway.partners.keys()].join(', ');
    throw new GatewayError('E_PARTNER_UNKNOWN', 'no partner with this code is configured', {
      fix: `Use one of: ${known}.`,
    });
  }
  return partner;
}
