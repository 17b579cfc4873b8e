/** Imports in the office: a file proposed by one person, its faults corrected, and approved by another, never by the same. */

import { expect } from 'chai';
import { findOperator } from '../../gateway/store/operators.ts';
import { csvOf, type Row } from '../cli/operator-command.ts';
import { openAdministrations, type OpenAdministration, type OpenAdministrations } from '../support/administrations.ts';
import { openOffice, person, type Browser, type Office, type Shown } from '../support/office.ts';

describe('imports in the office', () => {
  let all: OpenAdministrations;
  let home: OpenAdministration;
  let office: Office;
  let [li, kim, park]: Browser[] = [];
  before(async () => {
    all = await openAdministrations({ partners: ['KR'] });
    ({ home } = all);
    office = await openOffice(home.gateway);
    li = await office.signedIn('li.na', 'operator', 'approver');
    kim = await office.signedIn('kim', 'approver', 'operator');
    park = await office.signedIn('park', 'approver');
  });
  after(async () => {
    await office.close();
    await all.close();
  });

  const propose = (content: string): Promise<Shown> => person(li).upload('/imports', content);
  const decide = async (
    browser: Browser | undefined,
    at: string,
    decision: string,
    more: Record<string, string> = {},
  ) =>
    (await person(browser).json(`/office/v1${at}`, { decision, reason: 'compared with the programme', ...more })).body;
  const statusOf = async (code: string): Promise<string | undefined> =>
    (await findOperator(home.gateway.db.sql, code))?.status;
  const [good, bad]: [Row, Row] = [{ code: '4403130001' }, { code: '4403130002', status: 'unknown' }];

  it('change nothing before another person approves, whatever roles the first one has', async () => {
    const shown = await propose(csvOf(good, bad, { code: '44O3130003' }, { code: '4403130004', consent: 'maybe' }));
    expect(shown.at).to.match(/^\/imports\/m-/u);
    expect(shown.html).to.include('3 rows would be refused').and.include('You proposed this file');
    expect(await statusOf('4403130001')).to.equal(undefined);
    expect((await decide(li, shown.at, 'approve'))['code']).to.equal('E_APPROVAL_REPEATED');
    expect(await statusOf('4403130001')).to.equal(undefined);

    const { html: rows, headers } = await person(li).get(`${shown.at}/refused`);
    expect(headers.get('content-type')).to.match(/^text\/csv/u);
    expect((await decide(kim, shown.at, 'approve'))['counts']).to.include({ created: 1, refused: 3 });
    expect(await statusOf('4403130001')).to.equal('active');
    expect((await person(li).get('/imports')).html)
      .to.include('kim')
      .and.include('compared with the programme');

    const corrected = rows.replace('unknown', 'active').replace('44O3130003', '4403130003').replace('maybe', 'yes');
    const again = await propose(corrected);
    expect((await decide(park, again.at, 'approve'))['counts']).to.include({ created: 3, refused: 0 });
    const { items } = (
      await (await office.signedIn('wu', 'auditor')).json(`/office/v1/audit?ref=${again.at.split('/')[2]}`)
    ).body as {
      items: { kind: string; detail: Record<string, unknown> }[];
    };
    expect(items.map(({ kind }) => kind)).to.deep.equal(['import_approved', 'import_proposed']);
    expect(items[0]?.detail).to.include({
      person: 'park',
      proposed_by: 'li.na',
      reason: 'compared with the programme',
    });
  });

  it('are decided once, also in a race, and are not kept afterwards', async () => {
    const { at } = await propose(csvOf({ code: '4403130010' }));
    expect((await propose(csvOf({ code: '4403130010' }))).status).to.equal(409);
    const both = await Promise.all([decide(kim, at, 'approve'), decide(park, at, 'refuse')]);
    expect(both.filter((body) => body['code'] === 'E_IMPORT_STATE')).to.have.length(1);
    expect((await person(li).get(`${at}/refused`)).status).to.equal(409);
    expect((await decide(kim, at, 'approve'))['code']).to.equal('E_IMPORT_STATE');
  });

  it('correct one operator by the row that its page gives', async () => {
    const { at } = await propose(csvOf({ code: '4403130020' }));
    await decide(kim, at, 'approve');
    const { html: row } = await person(li).get('/operators/4403130020/row');
    const unchanged = await propose(row);
    expect((await decide(kim, unchanged.at, 'approve'))['counts']).to.include({ unchanged: 1, refused: 0 });
    const corrected = await propose(row.replace('SHENZHEN DARUI', 'SHENZHEN DARIU'));
    expect((await decide(kim, corrected.at, 'approve'))['counts']).to.include({ changed: 1, refused: 0 });
    expect((await findOperator(home.gateway.db.sql, '4403130020'))?.name.latin).to.include('DARIU');
  });

  it('lift a suspension only where the approval says so', async () => {
    const code = '4403130020';
    const suspended = await propose(csvOf({ code, status: 'suspended', statusSince: '2018-02-01' }));
    await decide(kim, suspended.at, 'approve');
    expect(await statusOf(code)).to.equal('suspended');
    const lifting = await propose(csvOf({ code, status: 'active', statusSince: '2018-03-01' }));
    expect(lifting.html).to.include('name="lift"');
    expect((await decide(kim, lifting.at, 'approve'))['code']).to.equal('E_IMPORT_STATE');
    expect(await statusOf(code)).to.equal('suspended');
    await decide(kim, lifting.at, 'approve', { lift: 'yes' });
    expect(await statusOf(code)).to.equal('active');
  });

  it('refuse a name of a file that cannot be shown: a long one, or with hidden characters', async () => {
    const named = async (name: string): Promise<Shown> =>
      await person(li).upload('/imports', csvOf({ code: '4403130040' }), {}, name);
    for (const name of ['a'.repeat(201), 'list\u202evsc.exe', 'li\u0007st.csv', 'li\u200bst.csv']) {
      const { status, html } = await named(name);
      expect([status, html.includes('E_REQUEST_INVALID'), html.length < 50_000]).to.deep.equal([422, true, true]);
    }
    expect((await person(li).get('/imports')).html).not.to.include('vsc.exe');
    expect((await named('Список 名单 & “operators”.csv')).html).to.include('名单');
  });

  it('refuse a file that is none, a decision without a reason, and people without the role', async () => {
    expect((await propose('no columns')).html).to.include('E_FILE_STRUCTURE');
    const { at } = await propose(csvOf({ code: '4403130030' }));
    expect((await decide(kim, at, 'approve', { reason: '' }))['code']).to.equal('E_REQUEST_INVALID');
    const reader = await office.signedIn('wang', 'reader', 'operator');
    expect((await decide(reader, at, 'approve'))['code']).to.equal('E_ROLE_MISSING');
    expect((await person(park).upload('/imports', csvOf(good))).status).to.equal(403);
    expect((await reader.get('/imports/m-none')).status).to.equal(404);
  });
});
