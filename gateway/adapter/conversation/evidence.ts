/** What the answers that were agreed with a partner prove at best. */

import { evidenceLevels, type Evidence } from '../../model/message.ts';
import type { Exchange } from '../adapter.ts';

/** Of a message that the partner has accepted. */
export function bestEvidence({ send }: Exchange): Evidence {
  if (send === undefined) return 'signed';
  return send.answer === 'status' ? 'transport' : 'channel';
}

/** The partner's own words do not say that it has our messages. */
export function isWeak(evidence: Evidence): boolean {
  return evidenceLevels.indexOf(evidence) > evidenceLevels.indexOf('channel');
}
