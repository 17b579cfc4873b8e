/** Consultations and entries in the office: found by what people know of them, in pages, and one entry with its parties. */

import { expect } from 'chai';
import { reportEvents } from '../../gateway/clearance/entry-events.ts';
import { addDays, dayAt, momentOf } from '../../gateway/model/day.ts';
import { assess, check } from '../../gateway/clearance/requests.ts';
import { operator, operators, type OpenAdministration } from '../support/administrations.ts';
import { listToThem } from '../support/office-pages.ts';
import { eachTestWithOffice, type Office } from '../support/office.ts';

describe('consultations and entries in the office', () => {
  let us: OpenAdministration;
  let them: OpenAdministration;
  let office: Office;
  eachTestWithOffice((opened) => {
    ({ us, them, office } = opened);
  });

  const identifier = (n: number): string => `CNAEO44031${String(n).padStart(5, '0')}`;
  const numbersIn = (items: unknown): unknown[] =>
    (items as Record<string, unknown>[]).map((each) => each['consultation_number']);

  it('finds answers by identifier, outcome, requester and day, the newest first, in pages that lose none', async () => {
    const given: string[] = [];
    for (let n = 1; n <= 53; n += 1) {
      const query = { partner: 'CN', identifier: n === 1 ? 'nothing' : identifier(n) };
      given.unshift((await check(them.gateway, query, n % 2 === 0 ? 'port-a' : 'port-b')).proof.consultation_number);
    }
    const reader = await office.signedIn('li.na', 'reader');
    const first = await reader.json('/office/v1/consultations');
    expect(numbersIn(first.body['items'])).to.deep.equal(given.slice(0, 50));
    const second = await reader.json(`/office/v1/consultations?cursor=${String(first.body['next'])}`);
    expect([numbersIn(second.body['items']), second.body['next']]).to.deep.equal([given.slice(50), null]);
    for (const [query, count] of [
      [`identifier=${identifier(7)}`, 1],
      ['requester=port-a&identifier=&from=2026-01-01', 26],
      ['requester=nobody', 0],
      ['outcome=identifier_malformed', 1],
      ['to=2020-01-01', 0],
    ] as const) {
      const { body } = await reader.json(`/office/v1/consultations?${query}`);
      expect([query, numbersIn(body['items']).length]).to.deep.equal([query, count]);
    }
    const { html } = await reader.get('/consultations?requester=nobody&language=en');
    expect(html).to.include('Nothing matches');
    expect((await reader.json('/office/v1/consultations?from=yesterday')).status).to.equal(422);
    expect((await reader.json('/office/v1/consultations?cursor=x')).body['code']).to.equal('E_REQUEST_INVALID');
  });

  it('shows an entry with its parties, each with the number of its answer', async () => {
    const reader = await office.signedIn('li.na', 'reader');
    expect((await reader.get('/entries')).html).to.include('No entry was assessed yet');
    const parties = [
      { role: 'consignor', identifier: identifier(1), pointer: '/parties/0' },
      { role: 'consignee', pointer: '/parties/1' },
    ] as const;
    const entry = { id: 'ENTRY-7', direction: 'import', parties } as const;
    const { assessment, decision } = await assess(them.gateway, { entry, profile: 'json', warnings: [] }, 'port-a');
    const { body } = await reader.json('/office/v1/entries?entry=ENTRY-7');
    expect(body['items']).to.have.length(1);
    expect((body['items'] as object[])[0]).to.include({ assessment, decision, entry: 'ENTRY-7' });
    const events = [{ entry: 'ENTRY-7', event: 'released', at: momentOf(new Date()) } as const];
    await reportEvents(them.gateway, { events, client: 'port-a', together: true });
    const { html } = await reader.get(`/entries/${assessment}`);
    expect(html).to.match(/<td>released<\/td>/u);
    expect(html).to.include('/answers/KR').and.include('not checked: no identifier');
    expect((await reader.json('/office/v1/entries/ASM-0')).body['code']).to.equal('E_ASSESSMENT_UNKNOWN');
  });

  it('shows identifier suggestions: what was written nearly right, with the identifier that would be recognised', async () => {
    const reader = await office.signedIn('li.na', 'reader');
    expect((await reader.get('/suggestions')).html).to.include('No identifier with this outcome has a suggestion');
    await us.save(...operators(3));
    await listToThem(us, them);
    const right = `AEOCN${operator(1).code}`;
    const wrong = right.replace('0', 'O');
    for (const each of [right, wrong, 'nothing'])
      await check(them.gateway, { partner: 'CN', identifier: each }, 'port-a');
    const { items, next } = (await reader.json('/office/v1/suggestions')).body;
    expect([(items as object[]).length, next]).to.deep.equal([1, null]);
    expect((items as object[])[0]).to.include({ identifier_as_sent: wrong, identifier: right, edit: 'look_alike' });
    const { html } = await reader.get('/suggestions?from=2026-01-01&requester=port-a&partner=CN');
    expect(html).to.include(`href="/register/CN/${right}"`).and.include('a letter for a digit');
  });

  it('shows the exposure: answers that recognised an operator which was suspended by then, as a later list says', async () => {
    const reader = await office.signedIn('li.na', 'reader');
    expect((await reader.get('/exposure')).html).to.include('No answer of this period would be different now');
    await us.save(...operators(3));
    await listToThem(us, them);
    const query = { partner: 'CN', identifier: identifier(1), role: 'consignor', direction: 'import' } as const;
    const { proof, outcome } = await check(them.gateway, { ...query, reference: 'ENTRY-9' }, 'port-a');
    expect(outcome).to.equal('recognised');
    const yesterday = addDays(dayAt(new Date(), 'Asia/Shanghai'), -1);
    await us.save(operator(1, { status: 'suspended', statusSince: yesterday }));
    await listToThem(us, them);
    const { items } = (await reader.json('/office/v1/exposure')).body;
    const [first] = items as readonly { readonly change: object; readonly answers: readonly object[] }[];
    expect(first?.change).to.include({ partner: 'CN', change: 'suspended', effective_from: yesterday });
    const number = proof.consultation_number;
    expect(first?.answers[0]).to.include({ consultation_number: number, outcome_now: 'suspended', entry: 'ENTRY-9' });
    expect((await reader.get('/exposure')).html).to.include(`href="/answers/${number}"`);
    expect((await reader.json('/office/v1/exposure?from=2030-01-01')).body['items']).to.deep.equal([]);
    const others = Array.from({ length: 12 }, (_, i) => i + 2);
    await us.save(...operators(60).slice(1));
    await listToThem(us, them);
    await us.save(...others.map((n) => operator(n, { status: 'suspended', statusSince: yesterday })));
    await listToThem(us, them);
    const behind = (await reader.json('/office/v1/exposure')).body;
    expect((behind['items'] as readonly { readonly change: object }[]).map(({ change }) => change)).to.deep.equal([
      first?.change,
    ]);
  });
});
