/** What a check finds: the one form from which `mra doctor`, the metrics and the alarms are made. */

import { present } from '../../model/present.ts';
import type { Cause } from './causes.ts';
import type { Measure } from './measures.ts';

export interface Finding {
  readonly check: string;
  readonly result: 'ok' | 'warn' | 'fail';
  readonly detail: string;
  readonly fix?: string;
  /** Of a problem that somebody must act on. Without one it is advice, and raises no alarm. */
  readonly cause?: Cause;
  /** Whom it concerns, by code; absent: the gateway as a whole. */
  readonly partners?: readonly string[];
  /** What was measured on the way. */
  readonly measures?: readonly Measure[];
}

export const ok = (check: string, detail: string, measures?: readonly Measure[]): Finding =>
  present({ check, result: 'ok' as const, detail, measures });
export const warn = (check: string, detail: string, fix: string, cause?: Cause): Finding =>
  present({ check, result: 'warn' as const, detail, fix, cause });
export const fail = (check: string, detail: string, fix: string, cause?: Cause): Finding =>
  present({ check, result: 'fail' as const, detail, fix, cause });

export const dayMs = 24 * 3600 * 1000;
const certificateWarningDays = 60;

/** Of a key or certificate: what stands for it in metrics, and the causes of an alarm before and after its end. */
interface EndTerms {
  readonly check: string;
  readonly fix: string;
  readonly causes: readonly [soon: Cause, over: Cause];
  readonly measure: (seconds: number) => Measure;
}

/** A key or certificate: expired, soon to expire, or good. */
export function examineEnd({ check, fix, causes: [soon, over], measure }: EndTerms, end: Date, now: Date): Finding {
  const measures = [measure(end.getTime() / 1000)];
  const days = Math.floor((end.getTime() - now.getTime()) / dayMs);
  if (days < 0) return { ...fail(check, `expired at ${end.toISOString()}`, fix, over), measures };
  const detail = `${days} days left`;
  return { ...(days < certificateWarningDays ? warn(check, detail, fix, soon) : ok(check, detail)), measures };
}
