/** API clients in the office: added, rotated and revoked by who may, with a token that is shown once and works at the border at once. */

import { expect } from 'chai';
import { shownClients } from '../../gateway/app/client-decisions.ts';
import { lookUpConsultation } from '../../gateway/clearance/requests.ts';
import type { ProvenAnswer } from '../../gateway/model/clearance/answer.ts';
import { allClients } from '../../gateway/store/clients.ts';
import { sha256 } from '../../gateway/model/canonical-json.ts';
import type { OpenAdministration } from '../support/administrations.ts';
import { refusalCode } from '../support/expect-code.ts';
import { eachTestWithOffice, type Office } from '../support/office.ts';

describe('API clients in the office', () => {
  let them: OpenAdministration;
  let office: Office;
  eachTestWithOffice((opened) => {
    ({ them, office } = opened);
  });

  const known = async () => await allClients(them.gateway.db.sql);
  const tokenIn = (html: string): string => /mra_[\da-f]{12}_[\w-]{43}/u.exec(html)?.[0] ?? '';
  const clearance = { client: 'clearance', scope: 'check,feed', rate: '50', reason: 'the new clearance system' };

  it('adds a client, and shows its token once: the store has the digest only', async () => {
    const admin = await office.signedIn('li.na', 'partner-admin');
    const { at, html, status } = await admin.post('/clients', clearance);
    expect([at, status]).to.deep.equal(['/clients', 200]);
    const token = tokenIn(html);
    const { credentials, clients } = await known();
    expect([...credentials.values()].map(({ digest }) => digest)).to.deep.equal([sha256(token)]);
    expect(clients.get('clearance')).to.deep.include({ scopes: ['check', 'feed'], rate: 50, person: 'li.na' });
    const auditor = await office.signedIn('kim', 'auditor');
    for (const path of ['/clients', '/clients/clearance', '/audit?ref=client+clearance'])
      expect((await auditor.get(path)).html)
        .to.include('clearance')
        .and.not.include(token);
    expect((await admin.json('/office/v1/clients')).body['items']).to.deep.equal(shownClients(await known()));
  });

  it('takes boxes of a form, and refuses names, scopes, rates and reasons that cannot be', async () => {
    const admin = await office.signedIn('li.na', 'partner-admin');
    for (const [change, code] of [
      [{ client: 'border' }, 'E_REQUEST_INVALID'],
      [{ client: '' }, 'E_REQUEST_INVALID'],
      [{ scope: 'everything' }, 'E_REQUEST_INVALID'],
      [{ scope: '' }, 'E_REQUEST_INVALID'],
      [{ rate: '0' }, 'E_REQUEST_INVALID'],
      [{ rate: '1.5' }, 'E_REQUEST_INVALID'],
      [{ reason: '' }, 'E_REQUEST_INVALID'],
      [{ certificate: 'none' }, 'E_KEY_MISSING'],
    ] as const)
      expect([
        change,
        (await admin.json('/office/v1/clients', { ...clearance, ...change })).body['code'],
      ]).to.deep.equal([change, code]);
    expect((await known()).clients.size).to.equal(0);
    const { scope: _, ...rest } = clearance;
    const without = await admin.json('/office/v1/clients', rest);
    expect(without.body['code']).to.equal('E_REQUEST_INVALID');
  });

  it('gives another token beside the one before for the days that are stated, and refuses both once the client is revoked', async () => {
    const admin = await office.signedIn('li.na', 'partner-admin');
    await admin.post('/clients', clearance);
    const rotated = await admin.post('/clients/clearance/rotate', { grace: '3', reason: 'yearly' });
    expect(tokenIn(rotated.html)).not.to.equal('');
    const ends = [...(await known()).credentials.values()].map(({ untilAt }) => untilAt === undefined);
    expect(ends).to.deep.equal([false, true]);
    const revoked = await admin.post('/clients/clearance/revoke', { reason: 'taken out of service' });
    expect([revoked.at, revoked.html.includes('taken out of service')]).to.deep.equal(['/clients/clearance', true]);
    expect((await known()).clients.get('clearance')?.state).to.equal('revoked');
    expect((await admin.json('/office/v1/clients/clearance/rotate', { reason: 'x' })).body['code']).to.equal(
      'E_CLIENT_STATE',
    );
    expect((await admin.json('/office/v1/clients/clearance/revoke', { reason: 'x' })).body['code']).to.equal(
      'E_CLIENT_STATE',
    );
    expect((await admin.json('/office/v1/clients/unknown')).body['code']).to.equal('E_CLIENT_UNKNOWN');
  });

  it('registers the certificate of a file in place of a token', async () => {
    const admin = await office.signedIn('li.na', 'partner-admin');
    const { cert } = them.gateway.keyring.tls;
    const { status, html } = await admin.upload('/clients', cert, clearance);
    expect([status, tokenIn(html)]).to.deep.equal([200, '']);
    expect([...(await known()).credentials.values()].map(({ kind }) => kind)).to.deep.equal(['certificate']);
  });

  it('lets nobody else decide, and shows everybody who may ask', async () => {
    const admin = await office.signedIn('li.na', 'partner-admin');
    await admin.post('/clients', clearance);
    const others = await office.signedIn('kim', 'reader', 'operator', 'approver', 'key-admin', 'auditor');
    for (const path of ['/clients', '/clients/clearance/rotate', '/clients/clearance/revoke'])
      expect([path, (await others.json(`/office/v1${path}`, clearance)).body['code']]).to.deep.equal([
        path,
        'E_ROLE_MISSING',
      ]);
    expect((await others.get('/clients?language=zh-CN')).html)
      .to.include('接口客户端')
      .and.include('clearance');
    expect((await others.get('/clients/clearance?language=en')).html).to.include('disabled');
  });

  it('keeps what a person asked from a client that has the name of the person', async () => {
    const kim = await office.signedIn('kim', 'operator', 'partner-admin');
    const asked = { partner: 'CN', identifier: 'CNAEO4403100001' };
    const { proof } = (await kim.json('/office/v1/check', asked)).body as unknown as ProvenAnswer;
    expect(proof.requester).to.equal('office:kim');
    expect((await kim.json('/office/v1/clients', { ...clearance, client: 'kim' })).status).to.equal(200);
    const read = () => lookUpConsultation(them.gateway, proof.consultation_number, 'kim');
    expect(await refusalCode(read)).to.equal('E_CONSULTATION_UNKNOWN');
    expect((await kim.get(`/answers/${proof.consultation_number}`)).html).to.include('office:kim');
  });

  it('gives no name that differs from one before in capitals only', async () => {
    const admin = await office.signedIn('li.na', 'partner-admin');
    await admin.post('/clients', { ...clearance, client: 'Clearance' });
    for (const client of ['clearance', 'CLEARANCE', 'Clearance'])
      expect((await admin.json('/office/v1/clients', { ...clearance, client })).body['code']).to.equal(
        'E_CLIENT_STATE',
      );
    expect([...(await known()).clients.keys()]).to.deep.equal(['Clearance']);
  });

  it('names each field of a page apart from all others, so that each label belongs to its own', async () => {
    const admin = await office.signedIn('li.na', 'partner-admin');
    await admin.post('/clients', clearance);
    for (const path of ['/clients', '/clients/clearance']) {
      const ids = [...(await admin.get(path)).html.matchAll(/ id="([^"]+)"/gu)].map(([, id]) => id);
      expect(ids, path).to.deep.equal([...new Set(ids)]);
    }
  });
});
