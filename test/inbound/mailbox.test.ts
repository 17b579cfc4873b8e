/** A partner at whose server messages wait by their names: each is listed, fetched, stored and removed. The server below is not this program. */

import { expect } from 'chai';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createServer, type Server } from 'node:https';
import { join } from 'node:path';
import { encodedText } from '../../gateway/adapter/format.ts';
import { readPem } from '../../gateway/app/certificate-files.ts';
import { pollPartner } from '../../gateway/inbound/poll-partners.ts';
import { receiveMessage } from '../../gateway/inbound/receive-message.ts';
import { unpackList } from '../../gateway/model/record/packed-records.ts';
import { deliverDue } from '../../gateway/outbound/delivery.ts';
import { sendList } from '../../gateway/outbound/send-list.ts';
import { findInbox } from '../../gateway/store/inbox.ts';
import { findMessage } from '../../gateway/store/outbox.ts';
import { adaptersFolder } from '../support/adapter-tools.ts';
import { openAdministrations, operator, operators, type OpenAdministrations } from '../support/administrations.ts';
import { temporaryFolder } from '../support/pki.ts';

const conversation = `
conversation:
  send:
    request: { path: /in }
    answer: { kind: document, mode: async, template: ack.json, schema: ack.schema.json, contentType: application/json }
  receive:
    request:
      list: { path: /out, query: { for: '{message.to}' }, names: '/waiting/*/name' }
      get: { path: '/out/{name}' }
      remove: { path: '/out/{name}' }
    acknowledgements:
      list: { path: /acks, names: lines }
      get: { path: /acks/file, query: { name: '{name}' } }
      remove: { method: POST, path: /acks/done, query: { name: '{name}' } }
    answer:
      template: ack.json
      schema: ack.schema.json
      contentType: application/json
      request: { method: PUT, path: '/answers/{ack.id}', headers: { X-About: '{ack.subject}' } }
`;

function adapters(): string {
  const folder = temporaryFolder();
  for (const cc of ['cn', 'sg']) cpSync(join(adaptersFolder, cc), join(folder, cc), { recursive: true });
  const at = (name: string): string => join(folder, 'sg', name);
  const verdicts = '  verdict: { applied: OK, held: WAIT, rejected: NOK, duplicate: DUP, busy: BUSY }';
  const manifest = readFileSync(at('adapter.yaml'), 'utf8')
    .replace(/^codes:$/mu, `codes:\n${verdicts}`)
    .replace(/^seal:.*$/mu, 'seal: { kind: none, reason: its system cannot sign }');
  writeFileSync(at('adapter.yaml'), manifest + conversation);
  writeFileSync(at('ack.json'), JSON.stringify({ code: '{ack.verdict|code:verdict}', about: '{ack.subject?}' }));
  writeFileSync(at('ack.schema.json'), JSON.stringify({ $id: 'urn:test:ack', type: 'object' }));
  return folder;
}

interface Asked {
  readonly asked: string;
  readonly about?: string | undefined;
  readonly body: string;
}

describe('a mailbox at a partner’s server', () => {
  let open: OpenAdministrations;
  let server: Server;
  /** By name; a name may be listed more than once. */
  let waiting: [name: string, bytes: Buffer][] = [];
  let acks: [name: string, text: string][] = [];
  let asked: Asked[] = [];
  let refusesToRemove = false;
  let onRemove: () => Promise<void>;

  async function answer(
    incoming: IncomingMessage,
    body: string,
  ): Promise<readonly [status: number, body?: string | Buffer]> {
    const { method = '', url = '' } = incoming;
    asked.push({ asked: `${method} ${url}`, about: incoming.headers['x-about'] as string | undefined, body });
    const [path = '', query = ''] = url.split('?');
    const name = new URLSearchParams(query).get('name');
    if (path === '/out') return [200, JSON.stringify({ waiting: waiting.map(([listed]) => ({ name: listed })) })];
    if (path === '/acks') return [200, acks.map(([listed]) => `${listed}\r\n`).join('')];
    if (path === '/acks/file') return [200, acks.find(([listed]) => listed === name)?.[1] ?? ''];
    if (path === '/acks/done') acks = acks.filter(([listed]) => listed !== name);
    const [, own] = /^\/out\/([^/]+)$/u.exec(path) ?? [];
    if (own === undefined) return [path === '/in' ? 202 : 200];
    const found = waiting.find(([listed]) => listed === decodeURIComponent(own));
    if (found === undefined) return [404];
    if (method === 'GET') return [200, found[1]];
    await onRemove();
    if (refusesToRemove) return [500];
    waiting = waiting.filter(([listed]) => listed !== found[0]);
    return [204];
  }

  before(async () => {
    open = await openAdministrations({ partners: ['SG'], adapters: adapters() });
    const { config, gateway } = open.home;
    await open.home.save(...operators(3));
    const { cert, key } = open.of('SG').gateway.keyring.tls;
    const ca = config.partners['SG']?.certificates.anchors.map(readPem) ?? [];
    const options = { cert, key, ca: [gateway.keyring.tls.ca, ...ca], requestCert: true };
    server = createServer(options, (incoming, response) => {
      void incoming.toArray().then(async (chunks: Buffer[]) => {
        const [status, body] = await answer(incoming, Buffer.concat(chunks).toString());
        response.writeHead(status).end(body);
      });
    });
    server.listen(Number(new URL(config.partners['SG']?.url ?? '').port), '127.0.0.1');
    await once(server, 'listening');
  });
  after(async () => {
    server.closeAllConnections();
    server.close();
    await open.close();
  });
  beforeEach(() => {
    [waiting, acks, asked, refusesToRemove] = [[], [], [], false];
    onRemove = () => Promise.resolve();
  });

  let count = 0;
  async function theirList(): Promise<{ readonly id: string; readonly bytes: Buffer }> {
    const { gateway, save } = open.of('SG');
    count += 1;
    await save({ ...operator(1), code: `20260000000${count}`, grade: 'stp_plus' });
    const built = await sendList(gateway, 'CN');
    const partner = gateway.partners.get('CN');
    if (built === undefined || partner === undefined) throw new Error('nothing was built');
    return { id: built.list.id, bytes: Buffer.from(encodedText(partner.adapter.list, unpackList(built.list))) };
  }
  const poll = (receive = receiveMessage): Promise<boolean> =>
    pollPartner(open.home.gateway, 'SG', (raw) => receive(open.home.gateway, raw));
  const state = async (messageId: string): Promise<string | undefined> =>
    (await findInbox(open.home.gateway.db.sql, { messageId, partner: 'SG' }))?.state;
  const paths = (): string[] => asked.map(({ asked: each }) => each);

  it('is emptied in its order: each message is removed once it was judged, and answered by a request of its own', async () => {
    const [first, second] = [await theirList(), await theirList()];
    waiting = [
      ['list 1/a?b', first.bytes],
      ['list 1/a?b', first.bytes],
      ['n-2', second.bytes],
    ];
    const removed: (string | undefined)[] = [];
    onRemove = async () => void removed.push(await state(first.id), await state(second.id));
    expect([await poll(), await poll(), await poll()]).to.deep.equal([true, true, false]);
    expect(removed).to.deep.equal(['APPLIED', undefined, 'APPLIED', 'APPLIED']);
    const encoded = '/out/list%201%2Fa%3Fb';
    expect(paths().filter((path) => !path.includes('/acks'))).to.deep.equal([
      ...[
        'GET /out?for=CN',
        `GET ${encoded}`,
        `DELETE ${encoded}`,
        'GET /out/n-2',
        'DELETE /out/n-2',
        'GET /out?for=CN',
      ],
    ]);
    await deliverDue(open.home.gateway, 'SG');
    const answers = asked.filter(({ asked: each }) => each.startsWith('PUT /answers/'));
    expect(answers.map(({ about, body }) => ({ about, body: JSON.parse(body) as unknown }))).to.deep.equal([
      { about: first.id, body: { code: 'OK', about: first.id } },
      { about: second.id, body: { code: 'OK', about: second.id } },
    ]);
  });

  it('from which a message could not be removed gives it again: it counts once, and gets the same answer', async () => {
    const { id, bytes } = await theirList();
    waiting = [['n-1', bytes]];
    refusesToRemove = true;
    expect(await poll()).to.equal(false);
    refusesToRemove = false;
    expect(await poll()).to.equal(false); // a repeated message is no reason to poll again at once
    expect(waiting).to.deep.equal([]);
    expect(await state(id)).to.equal('APPLIED');
    await deliverDue(open.home.gateway, 'SG');
    const answers = asked.filter(({ about }) => about === id);
    expect(answers).to.have.length(2);
    expect(answers[0]?.body).to.equal(answers[1]?.body);
  });

  it('keeps a message that this gateway could not store', async () => {
    const { id, bytes } = await theirList();
    waiting = [['n-1', bytes]];
    const fails = (): Promise<never> => Promise.reject(new Error('power failure'));
    expect(await poll(fails).catch((error: unknown) => String(error))).to.equal('Error: power failure');
    expect(waiting).to.have.length(1);
    expect(await poll()).to.equal(true);
    expect([await state(id), waiting.length]).to.deep.equal(['APPLIED', 0]);
  });

  it('with names that name another place is asked for its other messages, and for nothing outside it', async () => {
    const { id, bytes } = await theirList();
    const hostile = ['..', '.', '', 'a\r\nX-Other: b', 'n\u0000', '\ud800', 'x'.repeat(5000)];
    waiting = [...hostile.map((name): [string, Buffer] => [name, bytes]), ['../../secret', bytes]];
    expect(await poll()).to.equal(true);
    expect(await state(id)).to.equal('APPLIED');
    expect(await poll()).to.equal(false);
    expect(paths().filter((path) => !/^GET \/(?:out\?for=CN|acks)$/u.test(path))).to.deep.equal([
      ...['GET /out/..%2F..%2Fsecret', 'DELETE /out/..%2F..%2Fsecret'],
    ]);
  });

  it('may list ten megabytes of one name, which is asked for once; a list without names is asked for again later', async () => {
    const { id, bytes } = await theirList();
    waiting = Array.from({ length: 250_000 }, (): [string, Buffer] => ['list-of-a-partner-0001', bytes]);
    expect([await poll(), await poll(), await state(id)]).to.deep.equal([true, false, 'APPLIED']);
    expect(paths().filter((path) => path.startsWith('GET /out/'))).to.have.length(1);
    waiting = [[7 as unknown as string, bytes]];
    expect(await poll()).to.equal(false); // a number is a name, and the server has none
    waiting = [[null as unknown as string, bytes]];
    expect(await poll()).to.equal(false);
  });

  it('of acknowledgements settles the list that one names', async () => {
    const built = await sendList(open.home.gateway, 'SG');
    await deliverDue(open.home.gateway, 'SG');
    const id = built?.list.id ?? '';
    const sent = async () => (await findMessage(open.home.gateway.db.sql, id))?.state;
    expect([await sent(), paths().includes('POST /in')]).to.deep.equal(['HANDED_OVER', true]);
    acks = [
      ['ack of nothing', JSON.stringify({ code: 'OK', about: 'no message of ours' })],
      ['ack&1', JSON.stringify({ code: 'OK', about: id })],
    ];
    expect([await poll(), await poll(), await poll()]).to.deep.equal([true, true, false]);
    expect(await sent()).to.equal('ACCEPTED');
    expect(paths().filter((path) => path.startsWith('POST /acks'))).to.deep.equal([
      ...['POST /acks/done?name=ack%20of%20nothing', 'POST /acks/done?name=ack%261'],
    ]);
  });
});
