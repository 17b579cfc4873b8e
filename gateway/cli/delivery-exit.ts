/** How far a message of ours has come, as the exit code of the command that sends it. */

import { getPartner, type Gateway } from '../gateway.ts';
import { newestEvent } from '../store/events.ts';
import type { MessageRow } from '../store/outbox.ts';
import { exitCodes, type ExitCode } from './output.ts';

export async function deliveryExit(gateway: Pick<Gateway, 'db' | 'partners'>, message: MessageRow): Promise<ExitCode> {
  switch (message.state) {
    case 'ACCEPTED':
    case 'CLOSED':
    case 'SUPERSEDED':
      return exitCodes.done;
    case 'PARTIAL':
      return exitCodes.partly;
    case 'REJECTED':
      return exitCodes.findings;
    case 'HANDED_OVER':
      return message.progress === 'held' ? exitCodes.stopped : exitCodes.done;
    case 'SEALED': {
      // Written to a file later, or fetched by the partner.
      const { transport } = getPartner(gateway, message.partner);
      if (transport === undefined || transport.waits === true) return exitCodes.done;
      const unknown = (await newestEvent(gateway.db.sql, message.id, 'delivery_')) === 'delivery_unknown';
      return unknown ? exitCodes.unknown : exitCodes.unreachable;
    }
  }
}
