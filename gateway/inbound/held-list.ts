/**
 * What two people need to know to decide: what a held list would change, or which key is announced, and who has decided so far. Read only.
 */

import { getPartner, type Gateway } from '../gateway.ts';
import { asGatewayError, GatewayError, type ErrorCode } from '../model/errors.ts';
import { present } from '../model/present.ts';
import { recordAt, type StatedList } from '../model/record/packed-records.ts';
import type { ListRecord } from '../model/record/record.ts';
import { getBytes } from '../store/bodies.ts';
import { decisionsAbout } from '../store/approvals.ts';
import { type InboxMessage } from '../store/inbox.ts';
import { currentRecords } from '../store/register.ts';
import { findStream } from '../store/streams.ts';
import { fingerprint } from '../wire/signature/certificates.ts';
import { announcedCertificate } from '../wire/signature/key-announcement.ts';
import { planHeldList } from './apply-list.ts';
import { keptMessage, readMessage } from './read-message.ts';
import type { InboundMessage } from './verdicts.ts';

interface HeldChange {
  readonly identifier: string;
  readonly change: 'new' | 'changed' | 'leaves';
  readonly name?: string;
  /** The status according to the held list, if it changes. */
  readonly status?: ListRecord['status'];
}

export interface HeldDifference {
  /** Number of operators on the current list, and on the held one. */
  readonly before: number;
  readonly after: number;
  readonly new: number;
  readonly changed: number;
  /** Of the operators that change: how many would be suspended, or active again. */
  readonly suspended: number;
  readonly reinstated: number;
  readonly leaving: number;
  /** Number of records that would be rejected individually. */
  readonly refused: number;
  /** At most `most`: departures first, then changes of status. */
  readonly examples: readonly HeldChange[];
}

export interface HeldReview {
  readonly decisions: readonly { readonly person: string; readonly decision: string; readonly at: string }[];
  readonly difference?: HeldDifference;
  /** If the partner announces a new key: its fingerprint, to compare with the partner, and the time from which it signs. */
  readonly key?: { readonly fingerprint: string; readonly from: string };
  /** Why the difference cannot be computed: the list would be rejected even if it is released. */
  readonly fault?: { readonly code: ErrorCode; readonly detail: string };
}

/** `most`: the number of examples. */
export async function reviewHeld(gateway: Gateway, held: InboxMessage, most: number): Promise<HeldReview> {
  const decisions = await decisionsAbout(gateway.db.sql, held);
  try {
    return { decisions, ...(await contentOf(gateway, held, most)) };
  } catch (error) {
    const { code, detail } = asGatewayError(error);
    if (code === 'E_INTERNAL') throw error;
    return { decisions, fault: { code, detail } };
  }
}

async function contentOf(
  gateway: Gateway,
  held: InboxMessage,
  most: number,
): Promise<Pick<HeldReview, 'difference' | 'key'>> {
  const partner = getPartner(gateway, held.partner);
  const { digest } = held;
  const raw = keptMessage(held, await getBytes(gateway.db.sql, digest));
  const message = await readMessage(gateway, partner, raw);
  if (message.kind === 'key') {
    const { announcement } = message;
    return { key: { fingerprint: fingerprint(announcedCertificate(announcement)), from: announcement.validFrom } };
  }
  if (message.kind !== 'list') throw new GatewayError('E_MESSAGE_KIND', 'what is held is no list and no key');
  return { difference: await differenceOf({ gateway, partner, raw, digest }, message.list, most) };
}

async function differenceOf(inbound: InboundMessage, list: StatedList, most: number): Promise<HeldDifference> {
  const { gateway, partner } = inbound;
  const { sql } = gateway.db;
  const { mirror, register, refused } = await planHeldList(inbound, list);
  const records = register.puts.map((i) => recordAt(register.records, i));
  // Only the operators that change are read: they may be few of a million.
  const touched = [...register.departures, ...records].map(({ identifier }) => identifier);
  const found = await currentRecords(sql, partner.code, touched);
  const known = new Map(found.map((record) => [record.identifier, record]));
  const held = await findStream(sql, partner.code, 'in');
  const changes = [
    ...register.departures.map(({ identifier }) => changeOf('leaves', identifier, known.get(identifier))),
    ...records.map((record) => {
      const { identifier, status } = record;
      const before = known.get(identifier);
      if (before === undefined) return changeOf('new', identifier, record);
      return changeOf('changed', identifier, record, before.status === status ? undefined : status);
    }),
  ];
  const count = (wanted: HeldChange['change'], status?: HeldChange['status']): number =>
    changes.filter((each) => each.change === wanted && (status === undefined || each.status === status)).length;
  const weight = ({ change, status }: HeldChange): number => (change === 'leaves' ? 0 : status === undefined ? 2 : 1);
  return {
    ...{ before: held?.mirror.count ?? 0, after: mirror.after.count },
    ...{ new: count('new'), changed: count('changed'), leaving: count('leaves'), refused: refused.length },
    ...{ suspended: count('changed', 'suspended'), reinstated: count('changed', 'active') },
    examples: changes.toSorted((a, b) => weight(a) - weight(b)).slice(0, most),
  };
}

function changeOf(
  change: HeldChange['change'],
  identifier: string,
  record: ListRecord | undefined,
  status?: HeldChange['status'],
): HeldChange {
  return { change, identifier, ...present({ name: record?.name.latin ?? record?.name.local, status }) };
}
