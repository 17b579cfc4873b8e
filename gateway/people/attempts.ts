/**
 * How many passwords may be tried. What is counted is the name together with where the attempts come from, so that a stranger who tries
 * passwords keeps out himself and not the person: a browser by which somebody signed in before counts for itself, any other one by its
 * network. The counts are in memory; those of all networks together for one name are in the store (sessions.ts).
 */

import { isIPv6 } from 'node:net';

/** Attempts for one name in a row before a pause, and how long it is. */
const mostInRow = 5;
const pauseMs = 15 * 60_000;
/** For all names together from one network, in a minute. */
const mostPerMinute = 60;
const minuteMs = 60_000;
/** So many counts are kept; of more the oldest go. */
const mostKept = 20_000;

export interface Attempts {
  /** False: not now. `browser`: digest of the secret of a browser that is known. */
  admit(id: string, from: { readonly address: string; readonly browser: string | undefined }): boolean;
  /** The person signed in: those before count no more. */
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
    // The pause begins with the last attempt that was admitted: those during it do not make it longer.
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

/** Of an IPv6 address its network of 64 bits, which one subscriber has to itself (RFC 6177). */
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
