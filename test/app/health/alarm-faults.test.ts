/** Forty faults, each injected into a gateway that exchanges lists: who must act is named, by one alarm, which closes when the fault has gone. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { openAlarms } from '../../../gateway/app/health/alarms.ts';
import { whoMustAct } from '../../../gateway/app/health/causes.ts';
import { examineGateway } from '../../../gateway/app/health/checks.ts';
import { listAlarms } from '../../../gateway/store/alarms.ts';
import { probeStore } from '../../../gateway/store/database.ts';
import { eachTestWithKorea, operators } from '../../support/administrations.ts';
import { newList, type AlarmFault, type Scene } from '../../support/alarm-fault-kinds.ts';
import { alarmFaults } from '../../support/alarm-faults.ts';

describe('the alarm for a fault', () => {
  let scene: Scene;
  eachTestWithKorea((us, them) => {
    scene = { us, them };
  });

  /** The causes of the alarms that were opened, and of those that did not close. */
  async function alarmsOf({
    inject,
  }: AlarmFault): Promise<readonly [opened: readonly string[], left: readonly string[]]> {
    const { gateway } = scene.us;
    const take = openAlarms(gateway, new Map());
    const examined = async (view = {}): Promise<void> => {
      for (let round = 0; round < 2; round += 1)
        await take(await examineGateway({ ...gateway, ...view }, () => probeStore(gateway.db)));
    };
    const before = (await listAlarms(gateway.db.sql, { all: true })).length;
    const { view, end } = await inject(scene);
    await examined(view);
    await end();
    await examined();
    const all = await listAlarms(gateway.db.sql, { all: true });
    const open = await listAlarms(gateway.db.sql);
    return [all.slice(0, all.length - before).map(({ cause }) => cause), open.map(({ cause }) => cause)];
  }

  it('names who must act for all of forty and more, is the only one, and closes when the fault has gone', async () => {
    await scene.us.save(...operators(3));
    await scene.them.openDoors();
    await scene.us.send('KR');
    await newList(scene.us.gateway);
    const wrong: unknown[] = [];
    for (const fault of alarmFaults) {
      const [opened, left] = await alarmsOf(fault);
      if (opened.join() !== fault.cause || left.length > 0)
        wrong.push({ fault: fault.fault, expected: fault.cause, opened, left });
    }
    expect(alarmFaults.length).to.be.at.least(40);
    expect(wrong).to.deep.equal([]);
  });

  it('is in the table of docs/alarms.md', () => {
    const page = readFileSync(join(import.meta.dirname, '../../../docs/alarms.md'), 'utf8');
    const rows = alarmFaults.map(({ fault, cause }) => `| ${fault} | \`${cause}\` | ${whoMustAct(cause)} |`);
    expect(page.split('\n').filter((line) => /^\| .* \| `[a-z_]+` \| [a-z_]+ \|$/u.test(line))).to.deep.equal(rows);
  });
});
