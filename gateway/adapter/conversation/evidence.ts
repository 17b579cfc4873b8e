/** What the answers that were agreed with a partner prove at best. */

import { evidenceLevels, type Evidence } from '../../model/message.ts';
import type { Exchange, TransportKind } from '../adapter.ts';
import type { Stage } from './stages.ts';

/** Of a message that the partner has accepted. */
export function bestEvidence({ send }: Exchange, transport: TransportKind): Evidence {
  if (send === undefined) return 'signed';
  const [best] = send.stages.map((stage) => evidenceOf(stage, transport)).sort(strongestFirst);
  return best ?? 'assumed';
}

/** What an answer proves at best, where it comes. */
export function evidenceOf({ kind, header }: Pick<Stage, 'kind' | 'header'>, transport: TransportKind): Evidence {
  switch (kind) {
    case 'receipt':
      return 'signed';
    case 'document':
    case 'log':
      return 'channel';
    case 'status':
      return header === undefined ? 'transport' : 'channel';
    case 'none':
      return transport === 'https' ? 'transport' : 'custody';
    case 'silence':
      return 'assumed';
  }
}

function strongestFirst(a: Evidence, b: Evidence): number {
  return evidenceLevels.indexOf(a) - evidenceLevels.indexOf(b);
}

/** The partner's own words do not say that it has our messages. */
export function isWeak(evidence: Evidence): boolean {
  return evidenceLevels.indexOf(evidence) > evidenceLevels.indexOf('channel');
}
