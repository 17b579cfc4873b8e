/** The border door gives evidence for the answers it gave. */

import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { verifyEvidence } from '../../gateway/audit/verify-evidence.js';
import { borderDoor } from '../../gateway/doors/border.ts';
import type { ProvenAnswer } from '../../gateway/model/clearance/answer.ts';
import { makeLog } from '../../gateway/wire/log.ts';
import { fillRegister, northland, openClearance, type TestClearance } from '../support/clearance-fixture.ts';

describe('the border door', () => {
  let clearance: TestClearance;
  let server: Server;

  before(async () => {
    clearance = await openClearance([northland]);
    await fillRegister(clearance.db);
    const schemas = join(import.meta.dirname, '../../schemas');
    server = createServer(borderDoor({ ...clearance, schemas, log: makeLog({ level: 'silent' }) }));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  after(async () => {
    server.closeAllConnections();
    server.close();
    await clearance.close();
  });
  const ask = (path: string, body?: object): Promise<Response> => {
    const headers = { 'content-type': 'application/json' };
    const post = body === undefined ? {} : { method: 'POST', headers, body: JSON.stringify(body) };
    return fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, post);
  };

  it('gives evidence by the number of an answer, which verifies without this gateway', async () => {
    const { proof } = (await (
      await ask('/v1/checks', { partner: 'NN', identifier: 'NN0000001' })
    ).json()) as ProvenAnswer;
    const reply = await ask(`/v1/consultations/${proof.consultation_number}/evidence`);
    expect(reply.status).to.equal(200);
    const proven = verifyEvidence(await reply.text(), await clearance.sealer.verifierKey());
    expect(proven).to.deep.include({ number: proof.consultation_number, outcome: 'recognised', requester: 'border' });
  });

  it('has none for a number that is mistyped or was never given', async () => {
    for (const [number, code] of [
      ['CN7K2Q4M9XT3WHX', 'E_CONSULTATION_NUMBER'],
      ['CN7K2Q4M9XT3WHH', 'E_CONSULTATION_UNKNOWN'],
    ] as const) {
      const reply = await ask(`/v1/consultations/${number}/evidence`);
      expect([reply.status, ((await reply.json()) as { code: string }).code]).to.deep.equal([404, code]);
    }
  });
});
