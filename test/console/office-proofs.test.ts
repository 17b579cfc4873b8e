/** Proofs in the office: by the number of an answer and by a file, of our log and of another one, and what does not hold. */

import { expect } from 'chai';
import { verifyEvidence } from '../../gateway/audit/verify-evidence.js';
import { check } from '../../gateway/clearance/requests.ts';
import { openAdministrations, type OpenAdministration, type OpenAdministrations } from '../support/administrations.ts';
import { openOffice, type Browser, type Office } from '../support/office.ts';

describe('proofs in the office', () => {
  let us: OpenAdministration;
  let them: OpenAdministration;
  let office: Office;
  let reader: Browser;
  let number: string;
  let all: OpenAdministrations;
  before(async () => {
    all = await openAdministrations({ partners: ['KR'] });
    [us, them] = [all.home, all.of('KR')];
    office = await openOffice(them.gateway);
    reader = await office.signedIn('li.na', 'reader');
    const answer = await check(them.gateway, { partner: 'CN', identifier: 'CNAEO4403100001' }, 'port-a');
    number = answer.proof.consultation_number;
  });
  after(async () => {
    await office.close();
    await all.close();
  });

  it('says in sentences what the number of an answer proves, and gives the file that proves it', async () => {
    const found = await reader.get(`/proofs/find?number=${number}`);
    expect(found.status).to.equal(200);
    expect(found.html).to.include('The proof is valid').and.include('port-a').and.include('no list of CN was in force');
    const { headers, html: text } = await reader.get(`/proofs/${number}/evidence`);
    expect(headers.get('content-disposition')).to.include(`${number}.json`);
    const proven = verifyEvidence(text, await them.gateway.sealer.verifierKey());
    expect(proven).to.include({ number, requester: 'port-a' });
    const printed = await reader.get(`/proofs/${number}/print`);
    expect(printed.html).to.match(/<svg/u);
    expect(verifyEvidence(printed.html, await them.gateway.sealer.verifierKey()).number).to.equal(number);
    const { body } = await reader.json(`/office/v1/proofs/${number}`);
    expect(body).to.deep.include({ number, requester: 'port-a', partner: 'CN', message: null });
    const chinese = await (await office.signedIn('li.na')).get(`/proofs/${number}?language=zh-CN`);
    expect(chinese.html).to.include('凭证有效');
  });

  it('verifies a file under our key or the one that is given, and refuses one that was changed', async () => {
    const { html: text } = await reader.get(`/proofs/${number}/evidence`);
    const valid = await reader.upload('/proofs', text);
    expect([valid.status, valid.html.includes('The proof is valid')]).to.deep.equal([200, true]);
    const ours = await office.signedIn('kim', 'operator');
    expect((await ours.json('/office/v1/proofs', { evidence: text })).body).to.include({ number });
    const changed = text.replace('"requester":"port-a"', '"requester":"port-b"');
    for (const [file, key] of [
      [changed, ''],
      ['no evidence', ''],
      [text, await us.gateway.sealer.verifierKey()],
    ] as const) {
      const { status, html } = await reader.upload('/proofs', file, { key });
      expect([status, html.includes('E_EVIDENCE_INVALID')]).to.deep.equal([422, true]);
    }
  });

  it('verifies a file of another administration under its key, and says whose log it is', async () => {
    const { html: text } = await reader.get(`/proofs/${number}/evidence`);
    const elsewhere = await openOffice(us.gateway);
    try {
      const other = await elsewhere.signedIn('wang', 'auditor');
      expect((await other.upload('/proofs', text)).html).to.include('E_EVIDENCE_INVALID');
      const { html } = await other.upload('/proofs', text, { key: await them.gateway.sealer.verifierKey() });
      expect(html).to.include('The log is of another administration');
    } finally {
      await elsewhere.close();
    }
  });

  it('refuses a form without a file, a number that nobody got, and bytes that are no form', async () => {
    expect((await reader.upload('/proofs', '')).html).to.include('E_REQUEST_INVALID');
    expect((await reader.get('/proofs/find?number=CN7K2Q4M9XT3WHX')).html).to.include('E_CONSULTATION_NUMBER');
    expect((await reader.get('/proofs/CN7K2Q4M9XT3WHH')).html).to.include('E_CONSULTATION_UNKNOWN');
    const token = await reader.token();
    const headers = { 'content-type': 'multipart/form-data; boundary=x', origin: office.url, 'x-form-token': token };
    const cookie = [...reader.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const post = (body: string): Promise<Response> =>
      fetch(`${office.url}/office/v1/proofs`, { method: 'POST', body, headers: { ...headers, cookie } });
    expect([(await post('not a part')).status, (await post('x'.repeat(3_000_000))).status]).to.deep.equal([400, 413]);
  });
});
