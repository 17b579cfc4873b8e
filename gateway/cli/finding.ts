/** What `mra doctor` finds. */

export interface Finding {
  readonly check: string;
  readonly result: 'ok' | 'warn' | 'fail';
  readonly detail: string;
  readonly fix?: string;
}

export const ok = (check: string, detail: string): Finding => ({ check, result: 'ok', detail });
export const warn = (check: string, detail: string, fix: string): Finding => ({ check, result: 'warn', detail, fix });
export const fail = (check: string, detail: string, fix: string): Finding => ({ check, result: 'fail', detail, fix });

export const dayMs = 24 * 3600 * 1000;
const certificateWarningDays = 60;

/** A key or certificate: expired, soon to expire, or good. */
export function examineEnd(check: string, notAfter: Date, now: Date, fix: string): Finding {
  const days = Math.floor((notAfter.getTime() - now.getTime()) / dayMs);
  if (days < 0) return fail(check, `expired at ${notAfter.toISOString()}`, fix);
  const detail = `${days} days left`;
  return days < certificateWarningDays ? warn(check, detail, fix) : ok(check, detail);
}
