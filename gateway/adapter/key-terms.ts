/** How keys change with a partner: what its adapter states, and the defaults. */

import { isUnsigned } from '../model/message.ts';
import type { KeyTerms } from '../model/partner-key.ts';
import type { Exchange } from './adapter.ts';
import { invalid, type Place } from './faults.ts';
import type { Manifest } from './manifest.ts';

/** Throws E_ADAPTER_INVALID where a partner is to read announcements that does not run this program. */
export function keyTerms({ keys = {}, seal }: Manifest, { send }: Exchange, place: Place): KeyTerms {
  const reads = send === undefined && !isUnsigned(seal);
  const { announce = reads ? 'message' : 'file', noticeDays = 14, graceDays = 30 } = keys;
  if (announce === 'message' && !reads)
    throw invalid(
      'only a partner that runs this program, and signs, reads announcements of keys',
      place('/keys/announce'),
      'Write announce: file.',
    );
  return { announce, noticeDays, graceDays };
}
