/**
 * Limits password attempts. Attempts are counted by name and origin, so that an attacker locks out himself and not the person: a browser
 * that somebody has signed in with counts separately, any other one by its network. The counts are in memory; the count of one name over
 * all networks is in the store (sessions.ts).
 */

import { isIPv6 } from 'node:net';

/** Consecutive attempts for one name before a pause, and the length of the pause. */
const mostInRow = 5;
const pauseMs = 15 * 60_000;
/** For all names together from one network, per minute. */
const mostPerMinute = 60;
const minuteMs = 60_000;
/** Most counts kept; the oldest are dropped. */
const mostKept = 20_000;

export interface Attempts {
  /** Returns false if the attempt must wait. `browser`: digest of the secret of a known browser. */
  admit(id: string, from: { readonly address: string; readonly browser: string | undefined }): boolean;
  /** The person signed in: earlier attempts no longer count. */
  forget(id: string, from: { readonly address: string; readonly browser: string | undefined }): void;
}

interface Count {
  readonly since: number;
  readonly number: number;
}

export function openAttempts(now: () => Date): Attempts {
  const counts = new Map<string, Count>();
  const isAdmitted = (key: string, most: number, forMs: number): boolean => {
    const time = now().getTime();
    const before = counts.get(key);
    const count = before !== undefined && before.since + forMs > time ? before : { since: time, number: 0 };
    // The pause starts with the last admitted attempt: attempts during the pause do not extend it.
    if (count.number >= most) return false;
    const since = forMs === pauseMs ? time : count.since;
    counts.delete(key);
    counts.set(key, { since, number: count.number + 1 });
    const [oldest] = counts.keys();
    if (counts.size > mostKept && oldest !== undefined) counts.delete(oldest);
    return true;
  };
  return {
    admit(id, from) {
      if (from.browser === undefined && !isAdmitted(networkOf(from.address), mostPerMinute, minuteMs)) return false;
      return isAdmitted(keyOf(id, from), mostInRow, pauseMs);
    },
    forget: (id, from) => void counts.delete(keyOf(id, from)),
  };
}

function keyOf(id: string, { address, browser }: Parameters<Attempts['admit']>[1]): string {
  return `${browser ?? networkOf(address)} ${id.slice(0, 100)}`;
}

/** For IPv6, the /64 network, which belongs to one subscriber (RFC 6177). */
function networkOf(address: string): string {
  const [plain = ''] = address.split('%', 1);
  if (!isIPv6(plain) || plain.includes('.')) return plain;
  const [head = '', tail = ''] = plain.split('::', 2);
  const groups = [head, tail].map((part) => part.split(':').filter((group) => group !== ''));
  const [first = [], last = []] = groups;
  const whole = [...first, ...Array<string>(8 - first.length - last.length).fill('0'), ...last];
  return whole
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}
