/** Keys and people in the office: what ends when, and who may do what, as the commands show it. */

import { expect } from 'chai';
import { keyCalendar, monthsLater } from '../../gateway/app/key-calendar.ts';
import { beginRollover } from '../../gateway/app/key-rollover.ts';
import { momentOf } from '../../gateway/model/day.ts';
import { addPerson, setState } from '../../gateway/people/people.ts';
import type { OpenAdministration } from '../support/administrations.ts';
import { eachTestWithOffice, type Office } from '../support/office.ts';

describe('keys and people in the office', () => {
  let them: OpenAdministration;
  let office: Office;
  eachTestWithOffice((opened) => {
    ({ them, office } = opened);
  });

  it('shows the dates of keys as the command does, and gives them as a calendar file', async () => {
    const reader = await office.signedIn('li.na', 'reader');
    const { body } = await reader.json('/office/v1/keys');
    const dates = await keyCalendar(them.gateway, monthsLater(momentOf(them.gateway.now()), 18));
    expect(body['calendar']).to.deep.equal(dates);
    const { headers, html } = await reader.get('/keys/calendar');
    expect(headers.get('content-type')).to.include('text/calendar');
    expect(html.match(/BEGIN:VEVENT/gu) ?? []).to.have.length(dates.length);
  });

  it('shows a new key of ours with its state until it is in use', async () => {
    const reader = await office.signedIn('li.na', 'key-admin');
    expect((await reader.get('/keys')).html).to.include('No key of ours is being replaced');
    const { fingerprint } = await beginRollover(them.gateway, 'CN', { person: 'li.na' });
    const { body } = await reader.json('/office/v1/keys');
    expect(body['changing']).to.have.length(1);
    expect((body['changing'] as object[])[0]).to.include({ partner: 'CN', state: 'announced', fingerprint });
    expect((await reader.get('/keys?language=zh-CN')).html).to.include('已公告');
  });

  it('shows people with their roles to auditors alone, and no form that could change them', async () => {
    const auditor = await office.signedIn('li.na', 'auditor');
    await office.signedIn('kim', 'operator', 'approver');
    await setState(them.gateway, 'kim', { state: 'disabled', by: 'root', reason: 'left' });
    const subject = 'https://login.example s-1';
    await addPerson(them.gateway, { id: 'wu', name: 'Wu', roles: ['reader'], subject, by: 'root' });
    const { body } = await auditor.json('/office/v1/people');
    const shown = (body['items'] as Record<string, unknown>[]).map((each) => [
      each['person'],
      each['roles'],
      each['state'],
    ]);
    expect(shown).to.deep.equal([
      ['kim', ['operator', 'approver'], 'disabled'],
      ['li.na', ['auditor'], 'active'],
      ['wu', ['reader'], 'active'],
    ]);
    expect((body['items'] as Record<string, unknown>[])[2]).to.include({ has_password: false, has_subject: true });
    expect(JSON.stringify(body)).not.to.include('scrypt');
    const { html } = await auditor.get('/people');
    expect(html.match(/<form method="post"/gu) ?? []).to.have.length(1); // sign-out
    const others = await office.signedIn('park', 'reader', 'operator', 'approver', 'partner-admin', 'key-admin');
    expect((await others.get('/people')).status).to.equal(403);
  });
});
