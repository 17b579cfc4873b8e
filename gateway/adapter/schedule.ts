/** When lists go to a partner: what its adapter states, and the defaults. */

import { patternFault, type ListSchedule } from '../model/list/list-schedule.ts';
import { present } from '../model/present.ts';
import { invalid, type Place } from './faults.ts';
import type { Manifest } from './manifest.ts';

/** Changes of a partner that takes deltas are collected for seconds, those of one that takes whole lists for minutes. */
const collectSeconds = { delta: 5, full: 900 } as const;
const everyNight = ['0 1 * * *'];

/** Throws E_ADAPTER_INVALID for a pattern that is none or names no time, and for a renewal without a pause. */
export function listSchedule(manifest: Manifest, place: Place): ListSchedule {
  const { lists: { kinds = ['full', 'delta'], schedule = {} } = {}, conversation, timeZone, arrangement } = manifest;
  const maxAge = arrangement.maxAgeSeconds.value;
  const daily = conversation?.stream?.discipline === 'dated';
  const { onChange = daily ? 'never' : collectSeconds[kinds.includes('delta') ? 'delta' : 'full'] } = schedule;
  const { at = daily ? everyNight : [], except = [], empty = 'skip' } = schedule;
  const { renewSeconds = maxAge / 4, fullDays } = schedule;
  for (const [i, pattern] of at.entries()) {
    const fault = patternFault(pattern);
    if (fault !== undefined)
      throw invalid(fault, place(`/lists/schedule/at/${i}`), 'Write minute, hour, day of month, month, day of week.');
  }
  if (renewSeconds >= maxAge)
    throw invalid(
      'a list would be renewed as soon as it is sent',
      place('/lists/schedule/renewSeconds'),
      'It is less than arrangement.maxAgeSeconds.',
    );
  const onChangeSeconds = onChange === 'never' ? undefined : onChange;
  return { at, timeZone, except, empty: empty === 'send', renewSeconds, ...present({ onChangeSeconds, fullDays }) };
}
