/** Alarms and the schedule in the office: who must act, who has taken charge, what has closed, and which list goes when. */

import { expect } from 'chai';
import { closeAlarm, openAlarm } from '../../gateway/store/alarms.ts';
import type { OpenAdministration } from '../support/administrations.ts';
import { eachTestWithOffice, type Office } from '../support/office.ts';

describe('alarms and the schedule in the office', () => {
  let them: OpenAdministration;
  let office: Office;
  eachTestWithOffice((opened) => {
    ({ them, office } = opened);
  });

  const at = '2026-11-30T08:00:00.000Z';
  const opened = (cause: string): Promise<number> =>
    them.gateway.db.transaction(async (tx) => {
      const problem = { cause, subject: 'CN', severity: 'fail', detail: 'no list of CN', fix: 'ask CN' } as const;
      return (await openAlarm(tx, problem, [], at)).n;
    });

  it('shows an open alarm with who must act, and an operator takes charge of it, which the log keeps', async () => {
    const n = await opened('list_stale');
    const operator = await office.signedIn('li.na', 'operator');
    expect((await operator.get('/alarms')).html)
      .to.include('Open alarms (1)')
      .and.include('no list of CN');
    const taken = await operator.post(`/alarms/${n}/acknowledge`);
    expect([taken.at, taken.status]).to.deep.equal([`/alarms/${n}`, 200]);
    const { body } = await operator.json(`/office/v1/alarms/${n}`);
    expect(body).to.include({ alarm: n, cause: 'list_stale', acknowledged_by: 'li.na', closed_at: null });
    const events = await them.gateway.db.sql
      .selectFrom('event')
      .select('ref')
      .where('kind', '=', 'alarm_acknowledged')
      .execute();
    expect(events).to.deep.equal([{ ref: `alarm ${n}` }]);
  });

  it('keeps what has closed, of which nobody can take charge, and knows no other number', async () => {
    const n = await opened('list_stale');
    await them.gateway.db.transaction((tx) => closeAlarm(tx, n, [], '2026-11-30T09:00:00.000Z'));
    const operator = await office.signedIn('li.na', 'operator');
    const { body } = await operator.json('/office/v1/alarms');
    expect([body['open'], (body['closed'] as { alarm: number }[]).map(({ alarm }) => alarm)]).to.deep.equal([[], [n]]);
    expect((await operator.get(`/alarms/${n}`)).html).to.include('disabled');
    for (const path of [`/office/v1/alarms/${n}/acknowledge`, '/office/v1/alarms/999/acknowledge'])
      expect((await operator.json(path, {})).body['code']).to.equal('E_ALARM_UNKNOWN');
    expect((await operator.json('/office/v1/alarms/x')).body['code']).to.equal('E_ALARM_UNKNOWN');
  });

  it('lets a reader take charge of nothing', async () => {
    const n = await opened('list_stale');
    const reader = await office.signedIn('li.na', 'reader');
    expect((await reader.post(`/alarms/${n}/acknowledge`)).status).to.equal(403);
  });

  it('shows which list waits for whom, as the command does', async () => {
    const reader = await office.signedIn('li.na', 'reader');
    const { body } = await reader.json('/office/v1/schedule');
    const zone = them.gateway.partners.get('CN')?.adapter.timeZone;
    expect(body['items']).to.deep.include({
      partner: 'CN',
      next: null,
      at: null,
      waits: 'first_list',
      zone,
    });
    expect((await reader.get('/schedule?language=zh-CN')).html).to.include('发送计划');
  });
});
