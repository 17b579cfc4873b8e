/** After a refused list the partner needs a full one. A running gateway sends it by itself, less and less often while they are refused. */

import { getPartner, type Gateway } from '../gateway.ts';
import { sendList } from './send-list.ts';
import { faultFields } from '../wire/log.ts';
import { holdsList } from '../store/outbox.ts';
import { findStream } from '../store/streams.ts';

/** Seconds after a full list before the next one: doubled each time, and from the beginning again after a quiet hour. */
const firstPause = 60;
const longestPause = 3600;

/** Queues a full list for a partner whose stream needs one; not for lists by file, nor while a list is held for staff. */
export function streamHealer(gateway: Gateway): (code: string) => Promise<void> {
  const last = new Map<string, { readonly at: number; readonly pause: number }>();
  return async (code) => {
    const partner = getPartner(gateway, code);
    if (partner.transport === undefined) return;
    const before = last.get(code);
    const now = gateway.now().getTime();
    const since = before === undefined ? Infinity : (now - before.at) / 1000;
    if (before !== undefined && since >= 0 && since < before.pause) return;
    const stream = await findStream(gateway.db.sql, code, 'out');
    if (stream?.resyncWanted !== true || (await holdsList(gateway.db.sql, code, stream.position.epoch.id))) return;
    const pause = before === undefined || since > longestPause ? firstPause : Math.min(2 * before.pause, longestPause);
    last.set(code, { at: now, pause });
    try {
      await sendList(gateway, code, { kind: 'full' });
    } catch (error) {
      gateway.log.error('no full list could be queued after a rejection', { partner: code, ...faultFields(error) });
    }
  };
}
