/** How many alarms are open, as the store has them. */

import { listAlarms } from '../../store/alarms.ts';
import type { OpenGateway } from '../composition.ts';
import { shownAlarm } from './alarm-texts.ts';
import { actorList } from './causes.ts';
import { ok, warn, type Finding } from './finding.ts';
import { measure } from './measures.ts';

export async function examineAlarms({ db }: OpenGateway): Promise<Finding> {
  const open = (await listAlarms(db.sql)).map(shownAlarm);
  const measures = actorList.map((who) =>
    measure('mra_alarms_open', { who }, open.filter((alarm) => alarm.who_must_act === who).length),
  );
  if (open.length === 0) return ok('alarms', 'none is open', measures);
  return { ...warn('alarms', `${open.length} are open`, 'mra alarm list'), measures };
}
