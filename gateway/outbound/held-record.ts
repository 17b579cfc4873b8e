/** What a partner holds of one of our operators, according to the lists that carried it and their verdicts. */

import type { OutboundState, RecordResult } from '../model/message.ts';
import type { DomesticRecord, Moment } from '../model/record/record.ts';
import type { Reader } from '../store/database.ts';
import type { OperatorVersion } from '../store/operators.ts';
import { refusalsOf, sentLists, type SentList } from '../store/outbox.ts';

interface HeldRecord {
  /** `earlier`: a version that we have replaced since. */
  readonly holds: 'current' | 'earlier' | 'no';
  /** When the version that it holds became ours. */
  readonly since?: Moment;
  /** The newest list that carried the operator or its departure, and the outcome of that list. */
  readonly last?: {
    readonly message: string;
    readonly state: OutboundState;
    readonly refused?: Pick<RecordResult<string>, 'code' | 'detail'>;
  };
}

interface HeldQuery {
  readonly partner: string;
  /** The operator's identifier as the partner reads it. */
  readonly identifier: string;
  /** All versions of the operator, the current one first. */
  readonly versions: readonly OperatorVersion[];
  /** Whether the partner may see this version of the operator. */
  maySee(record: DomesticRecord): boolean;
}

/** Returns undefined if no list was sent to the partner since the operator exists. */
export async function heldRecord(reader: Reader, query: HeldQuery): Promise<HeldRecord | undefined> {
  const { partner, identifier, versions, maySee } = query;
  const refusals = await refusalsOf(reader, partner, identifier);
  const carrying = carryingLists(await sentLists(reader, partner), versions);
  const last = carrying[0] && outcomeOf(carrying[0].list, refusals);
  if (last === undefined) return undefined;
  // A rejected record leaves the previous one in force.
  const accepted = carrying.find(({ list: { message, state } }) => isSettled(state) && !refusals.has(message));
  if (accepted === undefined || !maySee(accepted.version.record)) return { holds: 'no', last };
  const { version } = accepted;
  return { holds: version === versions[0] ? 'current' : 'earlier', since: version.since, last };
}

interface CarryingList {
  readonly list: SentList;
  readonly version: OperatorVersion;
}

/** Newest first. A full list carries every operator; a delta carries those that changed since the previous list. */
function carryingLists(lists: readonly SentList[], versions: readonly OperatorVersion[]): readonly CarryingList[] {
  return lists.flatMap((list, i) => {
    const version = versions.find(({ since }) => since <= list.at);
    const changed = version !== undefined && version.since > (lists[i + 1]?.at ?? '');
    return version !== undefined && (list.kind === 'full' || changed) ? [{ list, version }] : [];
  });
}

function outcomeOf(
  { message, state }: SentList,
  refusals: ReadonlyMap<string, RecordResult<string>>,
): HeldRecord['last'] {
  const refusal = refusals.get(message);
  if (refusal === undefined) return { message, state };
  return { message, state, refused: { code: refusal.code, detail: refusal.detail } };
}

function isSettled(state: OutboundState): boolean {
  return state === 'ACCEPTED' || state === 'PARTIAL' || state === 'CLOSED';
}
