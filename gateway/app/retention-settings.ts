/** The settings that say how long things stay. */

import type { RetentionKind } from '../store/retention.ts';

/** Days, by kind; without a value it stays for ever. */
export type RetentionDays = Readonly<Partial<Record<RetentionKind, number>>>;
/** `90d`, `7y` or `never`. */
export type RetentionFile = Readonly<Partial<Record<RetentionKind, string>>>;

/** What is no evidence goes unless the settings say otherwise. */
const usual: RetentionFile = { attempts: '400d', repetitions: '30d', alarms: '400d' };

/** Leap days included: never less than was agreed. */
export function retentionDays(file: RetentionFile = {}): RetentionDays {
  const days = (text: string): number => Number(text.slice(0, -1)) * (text.endsWith('y') ? 366 : 1);
  const agreed = Object.entries<string>({ ...usual, ...file }).filter(([, text]) => text !== 'never');
  return Object.fromEntries(agreed.map(([kind, text]) => [kind, days(text)]));
}
