/** The person who looks after a gateway: does what its doctor names, and nothing else. */

import { examineGateway } from '../../gateway/app/health/checks.ts';
import type { Finding } from '../../gateway/app/health/finding.ts';
import { decideHeld } from '../../gateway/inbound/receive-message.ts';
import { momentOf } from '../../gateway/model/day.ts';
import type { DomesticRecord } from '../../gateway/model/record/record.ts';
import { sendList } from '../../gateway/outbound/send-list.ts';
import { saveRecords } from '../../gateway/rehearsal/administrations.ts';
import { probeStore } from '../../gateway/store/database.ts';
import { heldMessages } from '../../gateway/store/held-messages.ts';
import { resumeLists } from '../../gateway/store/older-store.ts';
import type { Side } from './side.ts';

export interface Duties {
  /** What the domestic system of a side knows. */
  records(side: Side): readonly DomesticRecord[];
  /** Those with whom it exchanges lists. */
  partnersOf(side: Side): readonly Side[];
  /** Called with each thing that is done. */
  did(step: string, detail: string): void;
}

export async function findingsOf(side: Side): Promise<readonly Finding[]> {
  const gateway = side.gateway();
  return await examineGateway(gateway, () => probeStore(gateway.db));
}

export async function doWhatIsNamed(side: Side, duties: Duties): Promise<void> {
  const findings = await findingsOf(side);
  // All keys are renewed together, however many of them end.
  const keys = findings.find(({ cause }) => cause === 'key_expiring');
  if (keys !== undefined) {
    duties.did(`key_expiring ${side.country}`, keys.detail);
    await renewKeys(side, duties.partnersOf(side));
  }
  for (const { cause, partners = [], detail } of findings) {
    if (cause === 'store_older') {
      duties.did(cause, detail);
      await repeatDecisions(side, duties.records(side));
    } else if (cause === 'lists_lost') {
      duties.did(cause, `${partners.join(', ')}: ${detail}`);
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
