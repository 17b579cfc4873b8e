/** A client that is revoked while one of its requests goes on: it gets no more answers. */

import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import { addClient, revokeClient } from '../../gateway/app/client-decisions.ts';
import { borderDoor } from '../../gateway/doors/border.ts';
import { openCallers } from '../../gateway/doors/border-callers.ts';
import type { Scope } from '../../gateway/model/client.ts';
import { allClients } from '../../gateway/store/clients.ts';
import { makeLog } from '../../gateway/wire/log.ts';
import { fillList, fillRegister, openClearance, operator, type TestClearance } from '../support/clearance-fixture.ts';
import { listen, shut } from '../support/tls.ts';

const schemas = join(import.meta.dirname, '../../schemas');
const question = { partner: 'NN', identifier: 'NN0000001', role: 'consignor', direction: 'import' };
const decision = { person: 'ines', reason: 'the port of the north' };

describe('a long request at the border door', () => {
  let clearance: TestClearance;
  let server: Server;
  let address: string;
  let milliseconds = 0;

  beforeEach(async () => {
    clearance = await openClearance();
    await fillRegister(clearance.db);
    const log = makeLog({ level: 'silent' });
    const callerOf = openCallers({}, { ...clearance, log, clock: () => milliseconds });
    server = createServer(borderDoor({ ...clearance, schemas, log, callerOf }));
    address = `http://127.0.0.1:${await listen(server)}`;
  });
  afterEach(async () => {
    await shut(server);
    await clearance.close();
  });

  async function add(scope: Scope, rate?: number): Promise<string> {
    return (await addClient(clearance, 'desk', { ...decision, scopes: [scope], rate })).token ?? '';
  }

  it('a client that is revoked while its stream of queries is open gets no more answers, and the reason', async () => {
    const token = await add('batch', 1);
    const headers = { 'content-type': 'application/x-ndjson', authorization: `Bearer ${token}` };
    const sending = httpRequest(`${address}/v1/checks`, { method: 'POST', headers });
    sending.on('error', () => undefined); // the door cuts the connection
    sending.write(`${JSON.stringify(question)}\n`);
    const [response] = (await once(sending, 'response')) as [IncomingMessage];
    const lines = createInterface({ input: response })[Symbol.asyncIterator]();
    const next = async (): Promise<unknown> => JSON.parse((await lines.next()).value ?? '{}');
    expect(await next()).to.have.nested.property('answer.outcome', 'recognised');
    sending.write(`${JSON.stringify(question)}\n`);
    expect(await next(), 'the rate counts the request once').to.have.nested.property('answer.outcome', 'recognised');
    await revokeClient(clearance, 'desk', decision);
    milliseconds += 500;
    sending.write(`${JSON.stringify(question)}\n`);
    expect(await next())
      .to.deep.include({ line: 3 })
      .and.to.have.nested.property('problem.code', 'E_CALLER_UNKNOWN');
    sending.destroy();
  });

  it('a client that is revoked while it waits for changes is not answered with them', async () => {
    const token = await add('feed');
    const waiting = fetch(`${address}/v1/changes?after=6&wait=20`, { headers: { authorization: `Bearer ${token}` } });
    for (let used = false; !used; await nextTurn())
      used = [...(await allClients(clearance.db.sql)).credentials.values()].some(({ usedAt }) => usedAt !== undefined);
    await revokeClient(clearance, 'desk', decision);
    milliseconds += 500;
    await fillList(clearance.db, { partner: 'NN', sequence: 8, records: [operator('NN0000007')] });
    const response = await waiting;
    expect([response.status, ((await response.json()) as { code: string }).code]).to.deep.equal([
      401,
      'E_CALLER_UNKNOWN',
    ]);
  });
});
