/** Resets a partner's stream if no list of the partner can follow its position. Two people decide. */

import { getPartner, type Gateway } from '../gateway.ts';
import { momentOf } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import { appendEvents } from '../store/events.ts';
import { decideTogether, type Decider } from '../store/approvals.ts';
import { findStream, moveStream, positionHeld, resetPosition } from '../store/streams.ts';

/**
 * Records one person's decision. With the second one the position is deleted, and the partner's next full list of any epoch is judged as
 * its first; the register stays as it is until then. Returns true once the position is deleted. Decisions are about the current position:
 * after another list they must be made again. Throws E_MESSAGE_UNKNOWN (no list is held), E_APPROVAL_REPEATED, E_STREAM_MOVED.
 */
export async function resetStream(gateway: Gateway, code: string, decider: Decider): Promise<boolean> {
  const partner = getPartner(gateway, code).code;
  const at = momentOf(gateway.now());
  return await gateway.db.transaction(async (tx) => {
    const held = positionHeld(await findStream(tx, partner, 'in'));
    if (held === undefined)
      throw new GatewayError('E_MESSAGE_UNKNOWN', 'no list of this partner is held', { at: partner });
    // If two people decide at the same time, the second waits here for the first.
    if ((await moveStream(tx, { partner, direction: 'in', from: held, to: held })) === undefined) throw moved();
    // The chain digest identifies the whole history that is held.
    const { epoch, sequence } = held;
    const approval = { partner, digest: held.chain, decision: 'reset', at };
    const people = await decideTogether(tx, approval, decider, { epoch: epoch.no, sequence });
    if (people === undefined) return false;
    if (!(await resetPosition(tx, partner, held))) throw moved();
    await appendEvents(tx, [
      {
        kind: 'stream_reset',
        ref: partner,
        at,
        detail: { partner, epoch: epoch.no, sequence, people },
      },
    ]);
    return true;
  });
}

const moved = (): GatewayError => new GatewayError('E_STREAM_MOVED', 'a list of this partner was applied meanwhile');
