/** What border systems report of entries: recorded once, judged against the assessment and against each other, alone and many at a time. */

import { expect } from 'chai';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { borderDoor } from '../../gateway/doors/border.ts';
import { later } from '../../gateway/model/day.ts';
import { makeLog } from '../../gateway/wire/log.ts';
import { jsonValidator } from '../../gateway/wire/xsd/schema.ts';
import { eventsSince } from '../support/event-log.ts';
import { fillRegister, noon, northland, openClearance, type TestClearance } from '../support/clearance-fixture.ts';

const schemas = join(import.meta.dirname, '../../schemas');
const minutes = (count: number): string => later(noon, count * 60);

interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

describe('what became of entries', () => {
  let clearance: TestClearance;
  let server: Server;
  let address: string;
  beforeEach(async () => {
    clearance = await openClearance([northland]);
    await fillRegister(clearance.db);
    server = createServer(borderDoor({ ...clearance, schemas, log: makeLog({ level: 'silent' }) }));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await assess('E-1');
    clearance.clock = minutes(120);
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await clearance.close();
  });

  async function post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Reply> {
    const sent = { 'content-type': 'application/json', ...headers };
    const response = await fetch(address + path, { method: 'POST', body: JSON.stringify(body), headers: sent });
    const reply = (await response.json()) as Reply['body'];
    if (response.status === 200)
      expect(jsonValidator(join(schemas, 'entry-events-answer.schema.json'))(reply)).to.include({ ok: true });
    return { status: response.status, headers: response.headers, body: reply };
  }
  async function assess(id: string | undefined): Promise<string> {
    const parties = [{ role: 'consignor', identifier: 'NN0000001' }];
    const { body } = await post('/v1/assessments', { entry: { id, type: 'import', parties } });
    return body['assessment'] as string;
  }
  const report = (events: readonly object[], entry = 'E-1') => post(`/v1/entries/${entry}/events`, { events });
  const results = ({ body }: Reply): readonly unknown[] =>
    (body['events'] as readonly Record<string, unknown>[]).map(
      ({ result, problem }) => (problem as Record<string, unknown> | undefined)?.['code'] ?? result,
    );
  const examined = { event: 'examined', at: minutes(10) };
  const checked = { event: 'documents_checked', at: minutes(12) };
  const released = { event: 'released', at: minutes(30) };

  it('records examination, check of documents and release, each once however often it is reported, and in the log', async () => {
    const first = await report([examined, checked, released]);
    expect([first.status, first.body['counts']]).to.deep.equal([200, { recorded: 3, repeated: 0, refused: 0 }]);
    const again = await report([{ ...released, at: '2026-11-23T21:30:00+09:00' }, examined]);
    expect(results(again)).to.deep.equal(['repeated', 'repeated']);
    const row = clearance.db.sql.selectFrom('border_entry').selectAll().where('entry', '=', 'E-1');
    const { examined: isExamined, documents_checked: isChecked, released_at: at } = await row.executeTakeFirstOrThrow();
    expect([isExamined, isChecked, at]).to.deep.equal([1, 1, released.at]);
    const logged = (await eventsSince(clearance.db.sql, 0, 20)).filter(({ kind }) => kind === 'entry_reported');
    expect(logged.map(({ ref }) => ref)).to.deep.equal(['E-1']);
  });

  it('finds an entry by its number in the address, whatever signs it has, and refuses what is no text', async () => {
    for (const id of ['E 1', 'E/1', 'É-1', '25%41', 'E?1', '公司', 'E+1']) {
      clearance.clock = minutes(0);
      await assess(id);
      clearance.clock = minutes(120);
      expect((await report([released], encodeURIComponent(id))).body['counts'], id).to.include({ recorded: 1 });
    }
    expect((await report([released], '%E0%A4%A')).body).to.include({ status: 422, code: 'E_REQUEST_INVALID' });
  });

  it('finds an entry without a number by the number of its assessment', async () => {
    const number = await assess(undefined);
    clearance.clock = minutes(240);
    const reply = await report([{ event: 'released', at: minutes(130) }], number);
    expect([reply.status, results(reply)]).to.deep.equal([200, ['recorded']]);
  });

  for (const [what, events, status, code] of [
    ['an entry that was not assessed', [released], 404, 'E_ENTRY_UNKNOWN'],
    ['a time before the assessment', [{ ...released, at: minutes(-1) }], 422, 'E_EVENT_TIME'],
    ['a time in the future', [{ ...released, at: minutes(121) }], 422, 'E_EVENT_TIME'],
    ['a second release', [released, { ...released, at: minutes(31) }], 409, 'E_EVENT_CONTRADICTS'],
    ['an examination after the release', [{ ...examined, at: minutes(31) }, released], 409, 'E_EVENT_CONTRADICTS'],
    ['a time without a zone', [{ ...released, at: '2026-11-23T12:30:00' }], 422, 'E_REQUEST_INVALID'],
    ['an unknown event', [{ ...released, event: 'seized' }], 422, 'E_REQUEST_INVALID'],
    ['a second entry in the body', [{ ...released, entry: 'E-2' }], 422, 'E_REQUEST_INVALID'],
  ] as const) {
    it(`refuses ${what}, and records nothing of that report`, async () => {
      const reply = await report([checked, ...events], code === 'E_ENTRY_UNKNOWN' ? 'E-9' : 'E-1');
      expect([reply.status, reply.body['code']]).to.deep.equal([status, code]);
      expect(results(await report([checked]))).to.deep.equal(['recorded']);
    });
  }

  it('refuses a release before an examination that is known, and keeps what was recorded first', async () => {
    await report([{ ...examined, at: minutes(40) }]);
    expect((await report([released])).body['code']).to.equal('E_EVENT_CONTRADICTS');
    await report([{ ...released, at: minutes(40) }]);
    expect((await report([released])).body['code']).to.equal('E_EVENT_CONTRADICTS');
  });

  it('accepts a clock that differs by seconds', async () => {
    expect(results(await report([{ event: 'examined', at: later(noon, -4) }]))).to.deep.equal(['recorded']);
  });

  it('takes events of many entries, and one that is refused does not affect the others', async () => {
    await assess('E 2/b');
    clearance.clock = minutes(200);
    const events = [
      { entry: 'E-1', ...released },
      { entry: 'E-9', ...released },
      { entry: 'E 2/b', ...released },
      { entry: 'E 2/b', event: 'released', at: minutes(150) },
      { entry: 'E-1', ...examined },
      { entry: 'E-1', ...released },
    ];
    const reply = await post('/v1/entries/events', { events });
    expect(reply.body['counts']).to.deep.equal({ recorded: 3, repeated: 1, refused: 2 });
    expect(results(reply)).to.deep.equal([
      ...['recorded', 'E_ENTRY_UNKNOWN', 'E_EVENT_TIME', 'recorded', 'recorded', 'repeated'],
    ]);
    expect((await post('/v1/entries/events', { events: [released] })).status).to.equal(422);
  });

  it('returns the first reply to a request that is repeated under its key', async () => {
    const key = { 'idempotency-key': 'k1' };
    const first = await post('/v1/entries/E-1/events', { events: [examined] }, key);
    const again = await post('/v1/entries/E-1/events', { events: [examined] }, key);
    expect([again.body, again.headers.get('idempotent-replayed')]).to.deep.equal([first.body, 'true']);
    const other = await post('/v1/entries/E-1/events', { events: [checked] }, key);
    expect(other.body['code']).to.equal('E_IDEMPOTENCY_MISMATCH');
  });

  it('keeps what was reported when the entry is assessed again', async () => {
    await report([examined, released]);
    await assess('E-1');
    expect(results(await report([examined, released]))).to.deep.equal(['repeated', 'repeated']);
  });
});
