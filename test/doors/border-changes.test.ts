/** Changes of the register as server-sent events: the same as by long poll, and a stream that was cut off goes on. */

import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { expect } from 'chai';
import { addClient, revokeClient } from '../../gateway/app/client-decisions.ts';
import { borderDoor } from '../../gateway/doors/border.ts';
import { openCallers } from '../../gateway/doors/border-callers.ts';
import type { Scope } from '../../gateway/model/client.ts';
import { makeLog } from '../../gateway/wire/log.ts';
import { fillList, fillRegister, northland, openClearance, operator, union } from '../support/clearance-fixture.ts';
import type { TestClearance } from '../support/clearance-fixture.ts';
import { listen, shut } from '../support/tls.ts';

const schemas = join(import.meta.dirname, '../../schemas');

interface Event {
  readonly id: string | undefined;
  readonly event: string | undefined;
  readonly data: unknown;
}

describe('changes of the register as events', () => {
  let clearance: TestClearance;
  let server: Server;
  let address: string;
  let token: string;
  const open = new Set<AbortController>();
  const decision = { person: 'A. Example', reason: 'a port' };
  const give = async (name: string, scope: Scope): Promise<string> =>
    (await addClient(clearance, name, { ...decision, scopes: [scope] })).token ?? '';

  beforeEach(async () => {
    clearance = await openClearance([northland, union]);
    token = await give('port-7', 'feed');
    const log = makeLog({ level: 'silent' });
    // Its clock moves by a second with each look, so that a revocation counts at once.
    let seconds = 0;
    const callerOf = openCallers({}, { ...clearance, log, clock: () => (seconds += 1) * 1000 });
    server = createServer(borderDoor({ ...clearance, schemas, log, callerOf }));
    address = `http://127.0.0.1:${await listen(server)}`;
    await fillRegister(clearance.db);
  });
  afterEach(async () => {
    for (const each of open) each.abort();
    open.clear();
    await shut(server);
    await clearance.close();
  });

  const ask = (query: string, headers: Readonly<Record<string, string>> = {}, signal?: AbortSignal) =>
    fetch(`${address}/v1/changes${query}`, {
      headers: { authorization: `Bearer ${token}`, accept: 'text/event-stream', ...headers },
      ...(signal && { signal }),
    });

  /** Reads a stream event by event; without the signs of life. */
  async function stream(query: string, headers?: Readonly<Record<string, string>>) {
    const gone = new AbortController();
    open.add(gone);
    const response = await ask(query, headers, gone.signal);
    expect(response.headers.get('content-type')).to.equal('text/event-stream');
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let rest = '';
    async function next(): Promise<Event | undefined> {
      for (;;) {
        const end = rest.indexOf('\n\n');
        if (end >= 0) {
          const text = rest.slice(0, end);
          rest = rest.slice(end + 2);
          const field = (name: string): string | undefined => new RegExp(`^${name}: (.*)$`, 'mu').exec(text)?.[1];
          if (text === ':') continue;
          return { id: field('id'), event: field('event'), data: JSON.parse(field('data') ?? 'null') as unknown };
        }
        const read = await reader?.read();
        if (read?.value === undefined) return undefined;
        rest += read.value;
      }
    }
    return { next, leave: () => gone.abort() };
  }
  const suspend = () =>
    fillList(clearance.db, {
      ...{ partner: 'NN', sequence: 8 },
      records: [operator('NN0000001', { status: 'suspended', statusSince: '2026-11-20' })],
    });

  it('have the data and the numbers of the changes by long poll, in their order', async () => {
    const polled = (await (await ask('', { accept: 'application/json' })).json()) as {
      changes: { n: number; change: string }[];
    };
    const events = await stream('');
    for (const change of polled.changes)
      expect(await events.next()).to.deep.equal({
        id: String(change.n),
        event: `operator.${change.change}`,
        data: change,
      });
    await suspend();
    expect(await events.next()).to.include({ id: '7', event: 'operator.suspended' });
  });

  it('go on behind the last id that a client has, which counts more than the address', async () => {
    expect(await (await stream('?after=2', { 'last-event-id': '5' })).next()).to.include({ id: '6' });
    expect(await (await stream('?after=5', { 'last-event-id': '' })).next()).to.include({ id: '6' });
  });

  it('are not sent to a client that does not accept them', async () => {
    const reply = await ask('?after=5', { accept: 'application/json, text/event-stream;q=0' });
    expect(reply.headers.get('content-type')).to.match(/^application\/json/u);
  });

  it('of a filter move the last id past what was passed over', async () => {
    const events = await stream('?only=restrictions&after=3&partner=NN');
    expect(await events.next()).to.deep.equal({ id: '6', event: undefined, data: null });
    await suspend();
    expect(await events.next()).to.include({ id: '7', event: 'operator.suspended' });
  });

  it('are refused before the first event: a number that was not given, another parameter, no scope', async () => {
    expect((await ask('?after=7')).status).to.equal(404);
    expect((await ask('', { 'last-event-id': 'x' })).status).to.equal(422);
    expect((await ask('?wait=5')).status).to.equal(422);
    token = await give('port-8', 'check');
    expect((await ask('')).status).to.equal(403);
  });

  it('end for a client that is revoked, with the reason', async () => {
    const events = await stream('?after=6');
    await revokeClient(clearance, 'port-7', decision);
    await suspend();
    const last = await events.next();
    expect(last?.event).to.equal('problem');
    expect(last?.data).to.include({ code: 'E_CALLER_UNKNOWN' });
    expect(await events.next()).to.equal(undefined);
  });

  it('are sent to so many streams of a client at a time', async () => {
    const streams = await Promise.all(Array.from({ length: 8 }, () => stream('?after=6')));
    expect((await ask('?after=6')).status).to.equal(503);
    await suspend();
    for (const { next } of streams) expect(await next()).to.include({ id: '7' });
  });
});
