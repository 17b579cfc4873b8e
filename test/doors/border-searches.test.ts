/** `GET /v1/consultations` and `GET /v1/assessments`: what was answered, by whom it was asked, in pages. */

import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { expect } from 'chai';
import { borderDoor } from '../../gateway/doors/border.ts';
import { makeLog } from '../../gateway/wire/log.ts';
import { fillRegister, northland, openClearance, union, type TestClearance } from '../support/clearance-fixture.ts';
import { listen, shut } from '../support/tls.ts';

const schemas = join(import.meta.dirname, '../../schemas');

describe('searches at the border door', () => {
  let clearance: TestClearance;
  let server: Server;
  let address: string;
  let scopes: readonly ('check' | 'batch' | 'assess' | 'history')[] = [];

  before(async () => {
    clearance = await openClearance([northland, union]);
    await fillRegister(clearance.db);
    const callerOf = () => Promise.resolve({ name: 'desk', scopes });
    server = createServer(borderDoor({ ...clearance, schemas, log: makeLog({ level: 'silent' }), callerOf }));
    address = `http://127.0.0.1:${await listen(server)}`;
    scopes = ['check', 'assess', 'history'];
    for (const [i, identifier] of ['NN0000001', 'nn 0000001', 'NN0000002', 'NN0000009'].entries()) {
      clearance.clock = `2026-11-${['23T12', '24T12', '25T09', '25T10'][i]}:00:00.000Z`;
      await post('/v1/checks', { partner: 'NN', identifier, reference: `E${i % 2}` });
    }
    await post('/v1/assessments', {
      entry: { id: 'E7', type: 'import', parties: [{ role: 'consignor', identifier: 'NN0000001' }] },
    });
  });
  after(async () => {
    await shut(server);
    await clearance.close();
  });
  async function post(path: string, body: object): Promise<void> {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(address + path, { method: 'POST', headers, body: JSON.stringify(body) });
    expect(response.status).to.equal(201);
  }
  type Page = Readonly<Record<string, unknown>> & {
    readonly consultations: Readonly<Record<string, string>>[];
    readonly next?: string;
  };
  async function get(path: string): Promise<{ readonly status: number; readonly page: Page }> {
    const response = await fetch(address + path);
    return { status: response.status, page: (await response.json()) as Page };
  }
  const outcomes = async (query: string): Promise<unknown> =>
    (await get(`/v1/consultations?${query}`)).page.consultations.map(
      ({ answered_at: at, outcome }) => `${at?.slice(8, 10)} ${outcome}`,
    );

  it('find answers by each value, by days, and by several at once, the newest first', async () => {
    const all = ['25 recognised', '25 not_on_list', '25 suspended', '24 recognised', '23 recognised'];
    expect(await outcomes('')).to.deep.equal(all);
    expect(await outcomes('identifier=NN0000001')).to.deep.equal([all[0], all[3], all[4]]);
    expect(await outcomes(`identifier=${encodeURIComponent('nn 0000001')}`)).to.deep.equal([all[3]]);
    expect(await outcomes('entry=E0')).to.deep.equal([all[2], all[4]]);
    expect(await outcomes('entry=E7')).to.deep.equal([all[0]]);
    expect(await outcomes('outcome=recognised&from=2026-11-24&to=2026-11-24')).to.deep.equal([all[3]]);
    expect(await outcomes('requester=desk&partner=NN&to=2026-11-24T12:00:00Z')).to.deep.equal([all[4]]);
    expect(await outcomes('requester=other')).to.deep.equal([]);
  });

  it('continue where the page before ended', async () => {
    const found: unknown[] = [];
    let cursor = '';
    for (;;) {
      const { page } = await get(`/v1/consultations?limit=2${cursor}`);
      found.push(...page.consultations.map(({ consultation_number: number }) => number));
      if (page.next === undefined) break;
      cursor = `&cursor=${encodeURIComponent(page.next)}`;
    }
    const { page } = await get('/v1/consultations');
    expect(found).to.deep.equal(page.consultations.map(({ consultation_number: number }) => number));
    const [first] = page.consultations;
    const answer = await get(`/v1/consultations/${first?.['consultation_number']}`);
    expect(answer.page['outcome']).to.equal(first?.['outcome']);
  });

  it('find assessments by entry, identifier and decision', async () => {
    const { page } = await get('/v1/assessments?entry=E7&identifier=NN0000001&outcome=apply&partner=NN');
    const [assessment] = page['assessments'] as Record<string, string>[];
    expect(assessment).to.deep.include({ requester: 'desk', entry: 'E7', decision: 'apply', profile: 'json' });
    expect((await get(`/v1/assessments/${assessment?.['assessment']}`)).status).to.equal(200);
    expect((await get('/v1/assessments?entry=E0')).page['assessments']).to.deep.equal([]);
  });

  it('refuse parameters that are unknown, twice there, or of another form', async () => {
    for (const query of [
      'x=1',
      'limit=0',
      'limit=101',
      'from=yesterday',
      'from=2026-02-30',
      'to=2026-11-23T12:00:00',
      'cursor=x',
    ])
      expect((await get(`/v1/consultations?${query}`)).page['code'], query).to.equal('E_REQUEST_INVALID');
    for (const query of ['partner=nn', 'identifier=', 'entry=E0&entry=E1', 'outcome=%01', 'from=2016-12-31T23:59:60Z'])
      expect((await get(`/v1/assessments?${query}`)).status, query).to.equal(422);
    // PostgreSQL does not search for it.
    expect((await get('/v1/consultations?identifier=a%00')).page['code']).to.equal('E_REQUEST_MALFORMED');
  });

  it('take the first and the last day there can be, and refuse days that no calendar has', async () => {
    for (const path of ['/v1/consultations', '/v1/exposure', '/v1/exposure/answers']) {
      for (const query of ['from=0001-01-01&to=9999-12-31', 'to=0001-01-01', 'from=9999-12-31'])
        expect((await get(`${path}?${query}`)).status, `${path}?${query}`).to.equal(200);
      for (const query of [
        'from=2026-02-30',
        'from=275760-09-13',
        'to=2026-13-01',
        'to=1',
        'from=',
        'to=0&to=1',
        'form=2026-11-23',
        'limit=1&limit=2',
      ])
        expect((await get(`${path}?${query}`)).page['code'], `${path}?${query}`).to.equal('E_REQUEST_INVALID');
    }
  });

  it('need the scope history', async () => {
    scopes = ['check', 'batch', 'assess'];
    for (const path of ['/v1/consultations', '/v1/assessments?entry=E7'])
      expect((await get(path)).page['code']).to.equal('E_SCOPE_MISSING');
    scopes = ['history'];
    expect((await get('/v1/consultations')).status).to.equal(200);
  });
});
