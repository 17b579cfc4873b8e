/**
 * End of the first story, if messages travel as files: pending messages are written to files and count as handed over. A file may travel
 * for days, so it is not written again automatically; `mra list receive` reads the partner's receipt.
 */

import { getPartner, type Gateway } from '../gateway.ts';
import { later, momentOf } from '../model/day.ts';
import type { SealedMessage } from '../model/message.ts';
import { claimDue } from '../store/outbox.ts';
import { holdAltered, isAsSealed, leaseSeconds, recordAttempt } from './delivery.ts';

/**
 * Writes the due messages of a partner in order, of the given kinds or of all kinds; returns the file names. `write` stores one message and
 * returns its file name. If `write` throws, the message stays due and the error is rethrown.
 */
export async function deliverToFiles(
  gateway: Gateway,
  code: string,
  write: (message: SealedMessage) => string,
  kinds?: readonly SealedMessage['kind'][],
): Promise<readonly string[]> {
  const partner = getPartner(gateway, code).code;
  const files: string[] = [];
  for (;;) {
    const now = momentOf(gateway.now());
    const claim = { owner: gateway.owner, now, leaseUntil: later(now, leaseSeconds), limit: 1, partner };
    const [message] = await claimDue(gateway.db, kinds === undefined ? claim : { ...claim, kinds });
    if (message === undefined) return files;
    if (!isAsSealed(message)) {
      await holdAltered(gateway, message);
      continue;
    }
    const at = momentOf(gateway.now());
    try {
      files.push(write(message));
    } catch (error) {
      const evidence = 'the file could not be written';
      await recordAttempt(gateway, message, 'refused', { outcome: 'failed', evidence, at });
      throw error;
    }
    await recordAttempt(gateway, message, 'custody', { outcome: 'handed_over', evidence: 'written to a file', at });
  }
}
