/** Who may ask at the border door: tokens, scopes, rates, and what each client may see of others. */

import { createServer, request as httpRequest, type Server } from 'node:http';
import { once } from 'node:events';
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { expect } from 'chai';
import { addClient, revokeClient, rotateClient } from '../../gateway/app/client-decisions.ts';
import { borderDoor } from '../../gateway/doors/border.ts';
import { openCallers, type CallerTerms } from '../../gateway/doors/border-callers.ts';
import type { Scope } from '../../gateway/model/client.ts';
import { allClients } from '../../gateway/store/clients.ts';
import { makeLog } from '../../gateway/wire/log.ts';
import { fillRegister, openClearance, type TestClearance } from '../support/clearance-fixture.ts';
import { eventsSince } from '../support/event-log.ts';
import { refusalCode } from '../support/expect-code.ts';
import { listen, shut } from '../support/tls.ts';

const schemas = join(import.meta.dirname, '../../schemas');
const question = { partner: 'NN', identifier: 'NN0000001', role: 'consignor', direction: 'import' };
const entry = { entry: { type: 'import', parties: [{ role: 'consignor', identifier: 'NN0000001' }] } };
const decision = { person: 'ines', reason: 'the port of the north' };
const days = (n: number): number => n * 24 * 3600;

interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
}

describe('callers of the border door', () => {
  let clearance: TestClearance;
  let servers: Server[];
  let address: string;
  let milliseconds: number;
  const logged: string[] = [];

  async function open(terms: CallerTerms = {}): Promise<string> {
    const log = makeLog({ level: 'warn', destination: { write: (line) => void logged.push(line) } });
    const callerOf = openCallers(terms, { ...clearance, log, clock: () => milliseconds });
    const server = createServer(borderDoor({ ...clearance, schemas, log, callerOf }));
    servers.push(server);
    return `http://127.0.0.1:${await listen(server)}`;
  }
  beforeEach(async () => {
    logged.length = 0;
    milliseconds = 0;
    servers = [];
    clearance = await openClearance();
    await fillRegister(clearance.db);
    address = await open();
  });
  afterEach(async () => {
    await Promise.all(servers.map(shut));
    await clearance.close();
  });

  async function add(name: string, scopes: readonly Scope[], rate?: number): Promise<string> {
    const { token = '' } = await addClient(clearance, name, { ...decision, scopes, rate });
    milliseconds += 500; // what another process has committed is known from then on
    return token;
  }
  async function ask(path: string, token?: string, body?: unknown, more: Record<string, string> = {}): Promise<Reply> {
    const headers = {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...more,
    };
    const sent = body === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(body) };
    const response = await fetch(`${address}${path}`, sent);
    return { status: response.status, headers: response.headers, body: (await response.json()) as Reply['body'] };
  }
  const check = (token?: string, more?: Record<string, string>): Promise<Reply> =>
    ask('/v1/checks', token, question, more);
  const code = ({ status, body }: Reply): unknown[] => [status, body['code']];
  const numberOf = ({ body }: Reply): string => (body['proof'] as { consultation_number: string }).consultation_number;

  it('nobody is answered without a token, and the refusal says how to ask', async () => {
    await add('desk', ['check']);
    for (const path of ['/v1/partners', '/v1/consultations/CN7K2Q4M9XT3WHH'])
      expect(code(await ask(path)), path).to.deep.equal([401, 'E_CALLER_UNKNOWN']);
    const refused = await check();
    expect([...code(refused), refused.headers.get('www-authenticate')]).to.deep.equal([
      401,
      'E_CALLER_UNKNOWN',
      'Bearer realm="border"',
    ]);
    for (const path of ['/livez', '/readyz']) expect((await ask(path)).status).to.equal(200);
    const kinds = (await eventsSince(clearance.db.sql, 0, 9)).map(({ kind }) => kind);
    expect(kinds).to.deep.equal(['client_added']);
    expect(logged.join('')).to.include('E_CALLER_UNKNOWN');
  });

  it('the client of a token stands in the proof, the answer that is kept, and the log', async () => {
    const token = await add('port-7', ['check', 'assess']);
    const answer = await check(token);
    expect(answer.status).to.equal(201);
    expect(answer.body['proof']).to.deep.include({ requester: 'port-7' });
    expect((await ask(`/v1/consultations/${numberOf(answer)}`, token)).body).to.deep.equal(answer.body);
    const assessed = await ask('/v1/assessments', token, entry);
    expect([assessed.status, assessed.body['requester']]).to.deep.equal([201, 'port-7']);
    const [, consultation] = await eventsSince(clearance.db.sql, 0, 9);
    expect(consultation?.detail).to.deep.include({ requester: 'port-7' });
  });

  it('a client asks what its scopes allow, and nothing else', async () => {
    const allowed = async (token: string): Promise<number[]> => {
      const one = await check(token);
      const batch = await ask('/v1/checks/batch', token, { checks: { a: question } });
      return [one.status, batch.status, (await ask('/v1/assessments', token, entry)).status];
    };
    expect(await allowed(await add('a1', ['check']))).to.deep.equal([201, 403, 403]);
    expect(await allowed(await add('a2', ['batch']))).to.deep.equal([403, 200, 403]);
    expect(await allowed(await add('a3', ['assess']))).to.deep.equal([403, 403, 201]);
    expect(await allowed(await add('a4', ['history', 'feed']))).to.deep.equal([403, 403, 403]);
    const refused = await ask('/v1/checks', await add('a5', ['batch']), question);
    expect([...code(refused), refused.headers.get('www-authenticate')]).to.deep.equal([
      403,
      'E_SCOPE_MISSING',
      'Bearer realm="border", error="insufficient_scope", scope="check"',
    ]);
  });

  it('a client sees what others were answered only with the scope history', async () => {
    const [one, other, all] = [
      await add('one', ['check', 'assess']),
      await add('other', ['check', 'assess']),
      await add('all', ['history']),
    ];
    const number = numberOf(await check(one));
    const assessment = String((await ask('/v1/assessments', one, entry)).body['assessment']);
    const paths = [
      `/v1/consultations/${number}`,
      `/v1/consultations/${number}/evidence`,
      `/v1/assessments/${assessment}`,
    ];
    const statuses = (token: string): Promise<number[]> =>
      Promise.all(paths.map(async (path) => (await ask(path, token)).status));
    expect(await statuses(one)).to.deep.equal([200, 200, 200]);
    expect(await statuses(all)).to.deep.equal([200, 200, 200]);
    expect(await statuses(other)).to.deep.equal([404, 404, 404]);
    const own = await ask(paths[0] ?? '', other);
    const none = await ask('/v1/consultations/CN7K2Q4M9XT3WHH', other);
    expect(own.body).to.deep.equal({ ...none.body, request_id: own.body['request_id'] });
  });

  it('two clients with one idempotency key get their own answers', async () => {
    const [one, other] = [await add('one', ['check']), await add('other', ['check'])];
    const key = { 'idempotency-key': 'K1' };
    const first = await check(one, key);
    expect(numberOf(first)).not.to.equal(numberOf(await check(other, key)));
    expect(numberOf(await check(one, key))).to.equal(numberOf(first));
  });

  it('no changed, cut, foreign or doubled token is accepted', async () => {
    const token = await add('desk', ['check']);
    const other = await add('other', ['check']);
    const [, id = '', secret = ''] = /^mra_([\da-f]{12})_(.+)$/u.exec(token) ?? [];
    const changed = Array.from(
      secret,
      (letter, i) => secret.slice(0, i) + (letter === 'A' ? 'B' : 'A') + secret.slice(i + 1),
    );
    const others = [
      ...[token.toUpperCase(), token.slice(0, -1), `${token}A`, `${token}=`, `${token} ${other}`, `${token},${other}`],
      ...[
        `mra_${id}_${other.slice(-43)}`,
        `mra__${secret}`,
        `mra_${id}_`,
        id,
        secret,
        "' or 1=1 --",
        'null',
        `${token}\t`,
      ],
    ];
    for (const each of [...changed, ...others.filter((text) => text !== `${token}\t`)])
      expect(code(await check(each)), each).to.deep.equal([401, 'E_CALLER_UNKNOWN']);
    const refused = await check('mra_0');
    expect(refused.headers.get('www-authenticate')).to.equal('Bearer realm="border", error="invalid_token"');
    expect((await check(undefined, { authorization: `bearer  ${token}` })).status).to.equal(201);
    for (const scheme of [`Basic ${token}`, token, `Bearer${token}`])
      expect((await check(undefined, { authorization: scheme })).status, scheme).to.equal(401);
    const twice = httpRequest(`${address}/v1/partners`, {
      headers: ['host', 'x', 'authorization', `Bearer ${token}`, 'authorization', `Bearer ${other}`],
    }).end();
    const [{ statusCode }] = (await once(twice, 'response')) as [{ statusCode: number }];
    expect(statusCode).to.equal(400);
  });

  it('the store has no token, and no log line has one', async () => {
    const token = await add('desk', ['check']);
    const rotated = (await rotateClient(clearance, 'desk', { ...decision, graceSeconds: 60 })).token ?? '';
    milliseconds += 500;
    await check(token);
    await check(`${token}x`);
    await clearance.db.transaction(() => Promise.resolve()); // what was written before is in the file
    const file = new DatabaseSync(clearance.file, { readOnly: true });
    const tables = file.prepare("select name from sqlite_master where type = 'table'").all();
    const all = tables.map(({ name }) => JSON.stringify(file.prepare(`select * from ${String(name)}`).all())).join('');
    file.close();
    for (const secret of [token, rotated].map((text) => text.slice(-43)))
      expect(all + logged.join('')).to.not.include(secret);
  });

  it('a new token and the one before both count for the agreed time, then only the new one', async () => {
    const before = await add('desk', ['check']);
    const { token: after, othersUntil } = await rotateClient(clearance, 'desk', { ...decision, graceSeconds: days(7) });
    milliseconds += 500;
    const statuses = async (): Promise<number[]> => [(await check(before)).status, (await check(after)).status];
    expect(await statuses()).to.deep.equal([201, 201]);
    expect(othersUntil).to.equal('2026-11-30T12:00:00.000Z');
    clearance.clock = '2026-11-30T11:59:59.999Z';
    expect(await statuses()).to.deep.equal([201, 201]);
    clearance.clock = '2026-11-30T12:00:00.000Z';
    expect(await statuses()).to.deep.equal([401, 201]);
    const { token: third } = await rotateClient(clearance, 'desk', { ...decision, graceSeconds: 0 });
    milliseconds += 500;
    expect([(await check(after)).status, (await check(third)).status]).to.deep.equal([401, 201]);
  });

  it('a revoked client is refused within a second by every gateway on the store, and its name is not given again', async () => {
    const token = await add('desk', ['check']);
    const doors = [address, await open()];
    const statuses = async (): Promise<number[]> => {
      const found: number[] = [];
      for (address of doors) found.push((await check(token)).status);
      return found;
    };
    expect(await statuses()).to.deep.equal([201, 201]);
    await revokeClient(clearance, 'desk', { person: 'ines', reason: 'lost' });
    milliseconds += 999;
    expect(await statuses()).to.deep.equal([401, 401]);
    const again = { ...decision, scopes: ['check'] as const };
    expect(await refusalCode(() => addClient(clearance, 'desk', again))).to.equal('E_CLIENT_STATE');
    expect(await refusalCode(() => rotateClient(clearance, 'desk', { ...again, graceSeconds: 1 }))).to.equal(
      'E_CLIENT_STATE',
    );
    expect(await refusalCode(() => revokeClient(clearance, 'desk', decision))).to.equal('E_CLIENT_STATE');
    expect(await refusalCode(() => revokeClient(clearance, 'desk2', decision))).to.equal('E_CLIENT_UNKNOWN');
    for (const name of ['border', 'Command-Line', 'a', 'a b', 'oauth2:x', '-x', 'ä1', 'x'.repeat(64)])
      expect(await refusalCode(() => addClient(clearance, name, again)), name).to.equal('E_REQUEST_INVALID');
  });

  it('each decision about a client is an event with who and why', async () => {
    await add('desk', ['check', 'feed'], 5);
    await rotateClient(clearance, 'desk', { person: 'omar', graceSeconds: 0 });
    await revokeClient(clearance, 'desk', { person: 'ines', reason: 'lost' });
    const events = await eventsSince(clearance.db.sql, 0, 9);
    expect(events.map(({ kind, ref }) => [kind, ref])).to.deep.equal(
      ['client_added', 'client_rotated', 'client_revoked'].map((kind) => [kind, 'client desk']),
    );
    expect(events[0]?.detail).to.deep.include({ ...decision, scopes: ['check', 'feed'], rate: 5 });
    expect(events[1]?.detail).to.deep.include({ person: 'omar' });
    expect(events[2]?.detail).to.deep.equal({ person: 'ines', reason: 'lost' });
  });

  it('a client that sends more requests than it may is refused, and others are not', async () => {
    const [slow, other] = [await add('slow', ['check'], 3), await add('other', ['check'])];
    const statuses = async (token: string, count: number): Promise<number[]> => {
      const found: number[] = [];
      for (let n = 0; n < count; n += 1) found.push((await check(token)).status);
      return found;
    };
    expect(await statuses(slow, 5)).to.deep.equal([201, 201, 201, 429, 429]);
    expect(await statuses(other, 5)).to.deep.equal([201, 201, 201, 201, 201]);
    const refused = await check(slow);
    expect([...code(refused), refused.headers.get('retry-after')]).to.deep.equal([429, 'E_RATE_EXCEEDED', '1']);
    milliseconds += 400;
    expect(await statuses(slow, 2)).to.deep.equal([201, 429]);
    milliseconds += 60_000;
    expect(await statuses(slow, 4)).to.deep.equal([201, 201, 201, 429]);
    address = await open({ rate: 1 });
    expect(await statuses(other, 2)).to.deep.equal([201, 429]);
  });

  it('the last use of a token is kept, and written seldom', async () => {
    const token = await add('desk', ['check']);
    const used = async (): Promise<string | undefined> => {
      await check(token);
      await clearance.db.transaction(() => Promise.resolve());
      return [...(await allClients(clearance.db.sql)).credentials.values()][0]?.usedAt;
    };
    expect(await used()).to.equal('2026-11-23T12:00:00.000Z');
    clearance.clock = '2026-11-23T12:09:59.000Z';
    expect(await used()).to.equal('2026-11-23T12:00:00.000Z');
    clearance.clock = '2026-11-23T12:10:00.000Z';
    expect(await used()).to.equal('2026-11-23T12:10:00.000Z');
  });

  it('where everybody may ask, a caller without credentials is called border, and one with a token is judged by it', async () => {
    address = await open({ unauthenticated: true });
    expect((await check()).body['proof']).to.deep.include({ requester: 'border' });
    expect((await check(undefined, { authorization: 'Basic cHJveHk6eA==' })).status).to.equal(201);
    const token = await add('desk', ['batch']);
    expect((await check(token)).status).to.equal(403);
    expect((await check(`${token}x`)).status).to.equal(401);
    expect(logged.join('')).to.include('answers everybody');
  });
});
