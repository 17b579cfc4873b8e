/**
 * The end of the first story where messages travel as files: what waits for the partner is written, and counts as handed over. A file
 * takes days, so it is not written again by itself; the partner's receipt comes back by `mra list receive`.
 */

import { getPartner, type Gateway } from '../gateway.ts';
import { later, momentOf } from '../model/day.ts';
import type { SealedMessage } from '../model/message.ts';
import { claimDue } from '../store/outbox.ts';
import { holdAltered, isAsSealed, leaseSeconds, recordAttempt } from './delivery.ts';

/**
 * Writes the messages that are due to a partner, of these kinds or of all, in order; returns the files. `write` stores one message and
 * returns the name of its file. When it throws, the message stays due, and the error is thrown on.
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
