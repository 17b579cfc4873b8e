/** What the border door answers with is what schemas/ promises, and the digest of an answer can be recomputed by anybody. */

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { borderDoor } from '../../gateway/doors/border.ts';
import { makeLog } from '../../gateway/wire/log.ts';
import { jsonValidator } from '../../gateway/wire/xsd/schema.ts';
import { fillRegister, northland, openClearance, union, type TestClearance } from '../support/clearance-fixture.ts';
import { federation, longland } from '../support/clearance-partners.ts';

const schemas = join(import.meta.dirname, '../../schemas');
const identifiers = ['NN0000001', 'NN0000002', 'NN0000003', 'NN0000004', 'NN0000005', 'NN9999999', 'not of the form'];

describe('the border contract', () => {
  let clearance: TestClearance;
  let server: Server;
  let address: string;

  before(async () => {
    clearance = await openClearance([northland, union, federation, longland]);
    await fillRegister(clearance.db);
    server = createServer(borderDoor({ ...clearance, schemas, log: makeLog({ level: 'silent' }) }));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(async () => {
    server.closeAllConnections();
    server.close();
    await clearance.close();
  });

  async function post(path: string, body: unknown): Promise<unknown> {
    const response = await fetch(`${address}${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    });
    return await response.json();
  }
  function follows(schema: string, value: unknown): void {
    const verdict = jsonValidator(join(schemas, `${schema}.schema.json`))(value);
    expect(verdict.ok ? [] : verdict.errors).to.deep.equal([]);
  }
  const question = (identifier: string): object => ({
    partner: 'NN',
    identifier,
    role: 'consignor',
    direction: 'import',
    name: 'NN0000001 Trading Co Ltd',
    reference: 'entry 1',
  });

  for (const identifier of identifiers) {
    it(`the answer about ${identifier} follows answer.schema.json`, async () => {
      follows('answer', await post('/v1/checks', question(identifier)));
    });
  }

  it('answers with a suggestion, without one, and about a truncated identifier follow it', async () => {
    const near = await post('/v1/checks', question('NN00000O1'));
    follows('answer', near);
    expect(near).to.have.nested.property('would_change_answer.identifier', 'NN0000001');
    const cut = { partner: 'LL', identifier: 'LL123456789012345', box_length: 17, port: 'A', port_of_departure: 'B' };
    follows('answer', await post('/v1/checks', cut));
    const { would_change_answer: change, ...rest } = near as { would_change_answer: object };
    follows('answer', { ...rest, would_change_answer: { edit: 'ambiguous', because: 'two' } });
    const verdict = jsonValidator(join(schemas, 'answer.schema.json'))({
      ...rest,
      would_change_answer: { ...change, edit: 'ambiguous' },
    });
    expect(verdict.ok).to.equal(false);
  });

  it('an answer about a member state follows it', async () => {
    const answer = await post('/v1/checks', { partner: 'XA', identifier: 'XA1234567' });
    follows('answer', answer);
    expect(answer).to.deep.nested.include({ 'subject.partner': 'FF', 'subject.issuer': 'XA' });
    const { partners } = (await (await fetch(`${address}/v1/partners`)).json()) as { partners: object[] };
    expect(partners[2]).to.deep.nested.include({ 'identifier.issuers': ['XA', 'XB'] });
  });

  it('an answer without a list follows it too', async () => {
    follows('answer', await post('/v1/checks', { partner: 'UU', identifier: 'UU12' }));
  });

  it('an assessment follows assessment.schema.json', async () => {
    const parties = identifiers.map((identifier, n) => ({ pointer: `/${n}`, role: 'consignor', identifier }));
    follows('assessment', await post('/v1/assessments', { entry: { id: 'E1', type: 'import', parties } }));
  });

  it('a problem follows problem.schema.json', async () => {
    follows('problem', await post('/v1/checks', { partner: 'NN', role: 'shipper', at: '2026-01-01' }));
    follows('problem', await post('/v1/nothing', {}));
  });

  it('the digest is SHA-256 over the sorted members of the answer without its proof', async () => {
    const { proof, ...rest } = (await post('/v1/checks', question('NN0000001'))) as {
      proof: { answer_digest: string };
    };
    expect(proof.answer_digest).to.equal(`sha-256:${createHash('sha256').update(sorted(rest)).digest('base64url')}`);
  });
});

/** JSON with sorted members and no spaces, written here anew: what a reader of a proof would write. */
function sorted(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(sorted).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${sorted(member)}`).join(',')}}`;
}
