/** What changed in the register, as systems at the border read it. */

import { once } from 'node:events';
import { Agent, createServer, get, type IncomingMessage, type Server } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { addClient } from '../../gateway/app/client-decisions.ts';
import { borderDoor } from '../../gateway/doors/border.ts';
import { openCallers } from '../../gateway/doors/border-callers.ts';
import type { Scope } from '../../gateway/model/client.ts';
import { makeLog } from '../../gateway/wire/log.ts';
import {
  fillList,
  fillRegister,
  northland,
  openClearance,
  operator,
  union,
  type TestClearance,
} from '../support/clearance-fixture.ts';
import { listen, shut } from '../support/tls.ts';

const schemas = join(import.meta.dirname, '../../schemas');

interface News {
  readonly changes: readonly Readonly<Record<string, unknown>>[];
  readonly next: number;
  readonly code?: string;
}

describe('the changes of the register at the border door', () => {
  let clearance: TestClearance;
  let server: Server;
  let address: string;
  let token: string;
  let checker: string;

  async function give(...scopes: readonly Scope[]): Promise<string> {
    const terms = { person: 'A. Example', reason: 'a port', scopes };
    return (await addClient(clearance, `port-${scopes.join('-')}`, terms)).token ?? '';
  }
  beforeEach(async () => {
    clearance = await openClearance([northland, union]);
    token = await give('feed');
    checker = await give('check');
    const log = makeLog({ level: 'error' });
    const callerOf = openCallers({}, { ...clearance, log, clock: () => performance.now() });
    server = createServer(borderDoor({ ...clearance, schemas, log, callerOf }));
    address = `http://127.0.0.1:${await listen(server)}`;
    await fillRegister(clearance.db);
  });
  afterEach(async () => {
    await shut(server);
    await clearance.close();
  });

  async function news(query: string, bearer = token): Promise<News & { readonly status: number }> {
    const headers = { authorization: `Bearer ${bearer}` };
    const response = await fetch(`${address}/v1/changes?${query}`, { headers });
    return { status: response.status, ...((await response.json()) as News) };
  }
  const shown = ({ changes }: News): unknown[] =>
    changes.map(({ n, change, identifier, before, after }) => [n, change, identifier, before, after]);

  it('name each operator, restrictions of one list first, with what was known before and from which day', async () => {
    const first = await news('');
    expect(shown(first)).to.deep.equal([
      [1, 'suspended', 'NN0000002', undefined, 'suspended'],
      [2, 'revoked', 'NN0000004', undefined, 'revoked'],
      [3, 'withdrawn', 'NN0000005', undefined, 'withdrawn'],
      [4, 'listed', 'NN0000001', undefined, 'active'],
      [5, 'listed', 'NN0000003', undefined, 'active'],
      [6, 'listed', 'NN0000006', undefined, 'active'],
    ]);
    expect(first.next).to.equal(6);
    const suspended = operator('NN0000001', { status: 'suspended', statusSince: '2026-11-20' });
    const renamed = operator('NN0000006', { name: { latin: 'ANOTHER NAME LTD.' } });
    const back = operator('NN0000002', { statusSince: '2026-11-23' });
    await fillList(clearance.db, { partner: 'NN', sequence: 8, records: [renamed, back, suspended] });
    const second = await news('after=6');
    expect(shown(second)).to.deep.equal([
      [7, 'suspended', 'NN0000001', 'active', 'suspended'],
      [8, 'updated', 'NN0000006', 'active', 'active'],
      [9, 'reinstated', 'NN0000002', 'suspended', 'active'],
    ]);
    const [change] = second.changes;
    expect(change).to.include({ effective_from: '2026-11-20', known_from: '2026-11-23T11:00:00.000Z', partner: 'NN' });
  });

  it('are read page by page, of one partner, or restrictions only; what a filter passes over is not read again', async () => {
    const page = await news('limit=2');
    expect([page.changes.length, page.next]).to.deep.equal([2, 2]);
    expect((await news('only=restrictions')).changes.map(({ n }) => n)).to.deep.equal([1, 2, 3]);
    const other = await news('partner=UU');
    expect([other.changes, other.next]).to.deep.equal([[], 6]);
  });

  it('a request that waits is answered when a list arrives', async () => {
    const waiting = news('after=6&wait=20');
    await fillList(clearance.db, { partner: 'NN', sequence: 8, records: [operator('NN0000007')] });
    expect(shown(await waiting)).to.deep.equal([[7, 'listed', 'NN0000007', undefined, 'active']]);
  });

  it('of a first list with thousands of operators, say only that the register is to be read anew', async () => {
    const records = Array.from({ length: 5_001 }, (_, i) => operator(`UU${i}`));
    await fillList(clearance.db, { partner: 'UU', sequence: 1, records });
    expect(shown(await news('after=6'))).to.deep.equal([[7, 'reloaded', undefined, undefined, undefined]]);
  });

  it('leave nothing behind on a connection that is kept', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const counts: number[] = [];
    server.on('request', ({ socket }: IncomingMessage) => void counts.push(socket.listenerCount('close')));
    const headers = { authorization: `Bearer ${token}` };
    for (let n = 0; n < 5; n += 1) {
      const [response] = (await once(get(`${address}/v1/changes`, { agent, headers }), 'response')) as [
        IncomingMessage,
      ];
      expect(JSON.parse(await text(response))).to.have.property('next', 6);
    }
    agent.destroy();
    expect(counts).to.deep.equal(Array.from({ length: 5 }, () => counts[0]));
  });

  it('refuse a place that was never given, values out of range, and callers without the scope', async () => {
    const unknown = await news('after=7');
    expect([unknown.status, unknown.code]).to.deep.equal([404, 'E_CURSOR_UNKNOWN']);
    for (const query of ['after=-1', 'after=1.5', 'limit=1001', 'wait=21', 'only=news', 'after=x'])
      expect((await news(query)).status, query).to.equal(422);
    for (const query of ['partner=__proto__', 'partner=ZZ', 'onyl=restrictions', 'after=1&after=2'])
      expect((await news(query)).code, query).to.equal('E_REQUEST_INVALID');
    expect((await news('partner=nn')).next).to.equal(6);
    expect((await news('', checker)).status).to.equal(403);
  });
});
