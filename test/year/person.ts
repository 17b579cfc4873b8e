/** The person who looks after a gateway: does what its open alarms name, and nothing else. */

import { problemsIn } from '../../gateway/app/health/judge-alarms.ts';
import { decideHeld } from '../../gateway/inbound/receive-message.ts';
import { momentOf } from '../../gateway/model/day.ts';
import type { DomesticRecord } from '../../gateway/model/record/record.ts';
import { sendList } from '../../gateway/outbound/send-list.ts';
import { saveRecords } from '../../gateway/rehearsal/administrations.ts';
import { listAlarms } from '../../gateway/store/alarms.ts';
import { heldMessages } from '../../gateway/store/held-messages.ts';
import { resumeLists } from '../../gateway/store/older-store.ts';
import { findingsOf, type Side } from './side.ts';

export interface Duties {
  /** What the domestic system of a side knows. */
  records(side: Side): readonly DomesticRecord[];
  /** Those with whom it exchanges lists. */
  partnersOf(side: Side): readonly Side[];
  /** Called with each thing that is done. */
  did(step: string, detail: string): void;
}

/** What a person is told: the cause, and the partners concerned. */
export interface Named {
  readonly cause: string;
  readonly subject: string;
  readonly detail: string;
}

/** The open alarms of a gateway that is watched. */
export async function alarmsOf(side: Side): Promise<readonly Named[]> {
  return await listAlarms(side.gateway().db.sql);
}

/** What `mra doctor` says at a partner, where nobody reads alarms in this simulation. */
export async function problemsOf(side: Side): Promise<readonly Named[]> {
  return problemsIn(await findingsOf(side));
}

export async function doWhatIsNamed(side: Side, named: readonly Named[], duties: Duties): Promise<void> {
  // All keys are renewed together, however many of them end.
  const keys = named.find(({ cause }) => cause === 'key_expiring');
  if (keys !== undefined) {
    duties.did(`key_expiring ${side.country}`, keys.detail);
    await renewKeys(side, duties.partnersOf(side));
  }
  for (const { cause, subject, detail } of named) {
    const partners = subject.split(', ');
    if (cause === 'store_older') {
      duties.did(cause, detail);
      await repeatDecisions(side, duties.records(side));
    } else if (cause === 'lists_lost') {
      duties.did(cause, `${subject}: ${detail}`);
      for (const partner of duties.partnersOf(side))
        if (partners.includes(partner.country)) await sendList(partner.gateway(), side.country, { kind: 'full' });
    } else if (cause === 'list_held') {
      duties.did(cause, detail);
      await releaseHeld(side);
    }
  }
}

/** The partners register the new certificates, then the new keys sign. */
async function renewKeys(side: Side, partners: readonly Side[]): Promise<void> {
  const certificates = await side.makeKeys();
  for (const partner of partners) {
    partner.register(side.country, certificates);
    await partner.restart();
  }
  await side.restart();
}

async function repeatDecisions(side: Side, records: readonly DomesticRecord[]): Promise<void> {
  const { db, now } = side.gateway();
  await saveRecords(side.gateway(), records);
  await resumeLists(db, { person: 'simulated', at: momentOf(now()), last: [] });
}

async function releaseHeld(side: Side): Promise<void> {
  for (const { messageId = '' } of await heldMessages(side.gateway().db.sql))
    for (const person of ['first', 'second'])
      await decideHeld(side.gateway(), messageId, { decision: 'release', person });
}
