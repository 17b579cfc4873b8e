/** An alarm in words: its cause in a sentence, who must act, what happens next by itself, and a command that is safe. */

import texts from '../../../schemas/code-explanations.json' with { type: 'json' };
import type { Alarm, AlarmEvent } from '../../store/alarms.ts';
import { isCause, whoMustAct, type Actor, type Cause } from './causes.ts';

interface AlarmText {
  readonly means: string;
  /** What happens without a person. */
  readonly itself: string;
  /** A command that changes nothing, or nothing that a person has not decided. */
  readonly mend: string;
}

const alarmTexts: Readonly<Record<Cause, AlarmText>> = texts.alarms;

/** Published: an alarm as programs read it. */
export interface ShownAlarm {
  readonly alarm: number;
  readonly cause: string;
  readonly partners: readonly string[];
  readonly severity: Alarm['severity'];
  readonly who_must_act: Actor;
  readonly means: string;
  readonly detail: string;
  readonly next_by_itself: string;
  readonly fix: string;
  readonly command: string;
  readonly opened_at: string;
  readonly closed_at: string | null;
  readonly acknowledged_by: string | null;
}

/** An alarm of a cause that a later version of this program opened has its stored words only. */
export function shownAlarm(alarm: Alarm): ShownAlarm {
  const { n, cause, subject, severity, detail, fix, openedAt, closedAt, acknowledgedBy } = alarm;
  const known = isCause(cause) ? { ...alarmTexts[cause], who: whoMustAct(cause) } : undefined;
  const partners = subject === '' ? [] : subject.split(', ');
  return {
    ...{ alarm: n, cause, partners, severity, who_must_act: known?.who ?? 'we', means: known?.means ?? detail, detail },
    next_by_itself: known?.itself ?? '',
    fix,
    command: (known?.mend ?? 'mra doctor').replace('PARTNER', partners[0] ?? ''),
    ...{ opened_at: openedAt, closed_at: closedAt ?? null, acknowledged_by: acknowledgedBy ?? null },
  };
}

const actorNames: Readonly<Record<Actor, string>> = {
  we: 'We',
  partner: 'The partner',
  network: 'The operator of the network',
  broker: 'The operator of the broker',
  certificate_authority: 'The certificate authority',
  data_owner: 'The owner of the data',
};

/** Lines for people. */
export function alarmLines(event: AlarmEvent, shown: ShownAlarm): readonly string[] {
  const about = shown.partners.length === 0 ? '' : ` (${shown.partners.join(', ')})`;
  const head = `Alarm ${shown.alarm} ${event}: ${shown.cause}${about}`;
  if (event === 'closed') return [head, `It was open from ${shown.opened_at} to ${shown.closed_at ?? ''}.`];
  return [
    head,
    shown.means,
    shown.detail,
    `${actorNames[shown.who_must_act]} must act: ${shown.fix}`,
    `Next by itself: ${shown.next_by_itself}`,
    `Command: ${shown.command}`,
  ];
}
