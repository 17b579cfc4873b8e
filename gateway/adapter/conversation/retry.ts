/** How often the same bytes are sent to a partner: adapter.yaml, conversation/send/retry, and the defaults. */

import { invalid, type Place } from '../faults.ts';
import { secondsOf } from './stages.ts';

/** Durations: `90s`, `15m`, `1h`. */
export interface RetryData {
  /** Before the next attempt after one that failed; the last one repeats. */
  readonly after?: readonly string[];
  /** Before the same bytes are sent again where a receipt of this program did not come. */
  readonly receipt?: string;
  /** After how many failures in a row the partner counts as away, and how often one message is tried then. */
  readonly away?: { readonly failures?: number; readonly every?: string };
  /** How long after it was sealed a message may be handed over. */
  readonly expires?: string;
}

export interface RetryTerms {
  readonly afterSeconds: readonly number[];
  readonly receiptSeconds: number;
  readonly away: { readonly failures: number; readonly everySeconds: number };
  /** Absent: a message is sent until it is accepted. */
  readonly expiresSeconds?: number;
}

const defaults = {
  after: ['5s', '10s', '2m', '10m', '30m', '1h'],
  receipt: '15m',
  away: { failures: 3, every: '10s' },
} as const;

/** A time of the next attempt that is farther away counts as that of a clock that was wrong (store/delivery-leases.ts). */
const longestSeconds = 3600;

/** Throws E_ADAPTER_INVALID for an interval of more than an hour. */
export function retryTerms({ expires, ...data }: RetryData = {}, place: Place): RetryTerms {
  const { after, receipt } = { ...defaults, ...data };
  const { failures, every } = { ...defaults.away, ...data.away };
  const seconds = (duration: string, pointer: string): number => {
    const interval = secondsOf(duration);
    if (interval <= longestSeconds) return interval;
    const at = place(`/conversation/send/retry/${pointer}`);
    throw invalid('the same bytes are sent again after an hour at the latest', at, 'Write 1h or less.');
  };
  return {
    afterSeconds: after.map((each, i) => seconds(each, `after/${i}`)),
    receiptSeconds: seconds(receipt, 'receipt'),
    away: { failures, everySeconds: seconds(every, 'away/every') },
    ...(expires !== undefined && { expiresSeconds: secondsOf(expires) }),
  };
}
