/**
 * A partner whose system is not this program: its own path and headers, lists with a number that restarts each year, and
 * acknowledgements in XML that are not signed. The adapter says all of it; the peer below is a plain HTTPS server and client.
 */

import { expect } from 'chai';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request, type Server } from 'node:https';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { sampleConversations } from '../../gateway/adapter/check/conversations.ts';
import { testAdapter } from '../../gateway/adapter/check/test-adapter.ts';
import { loadAdapter } from '../../gateway/adapter/load.ts';
import { encodedText } from '../../gateway/adapter/format.ts';
import { readPem } from '../../gateway/app/partners.ts';
import { unpackList } from '../../gateway/model/record/packed-records.ts';
import { deliverDue } from '../../gateway/outbound/delivery.ts';
import { checkTools } from '../../gateway/cli/adapter-folder.ts';
import { examinePartner } from '../../gateway/cli/doctor-partner.ts';
import { serve } from '../../gateway/main.ts';
import { makeLog } from '../../gateway/wire/log.ts';
import { buildList, sendList } from '../../gateway/outbound/send-list.ts';
import { findMessage } from '../../gateway/store/outbox.ts';
import { findStream, listInForce } from '../../gateway/store/streams.ts';
import { signUnchecked } from '../../gateway/wire/signature/seal.ts';
import { adapterTools, adaptersFolder } from '../support/adapter-tools.ts';
import { openAdministrations, operator, operators, type OpenAdministrations } from '../support/administrations.ts';
import { temporaryFolder } from '../support/pki.ts';
import { rejectedBy } from '../support/thrown.ts';

const conversation = `
conversation:
  stream: { discipline: numbered, restart: year }
  fills:
    message: { id: [from, to, period, number], from: channel, to: channel, nextBy: { from: issuedAt, add: maxAge } }
  send:
    request:
      method: PUT
      path: '/ws/aeo/{message.id}'
      query: { to: '{message.to}' }
      headers: { X-Sender: '{message.from}', X-Ref: '{message.id}' }
    statuses: { read: [200, 400], later: [503] }
    answer: { kind: document, template: ack.xml, schema: ack.xsd }
  receive:
    path: /partners/sg/aeo
    acknowledgements: /partners/sg/acks
    answer: { template: ack.xml, schema: ack.xsd, statuses: { applied: 200, held: 200, rejected: 400 } }
`;
const verdicts = '  verdict: { applied: OK, held: WAIT, rejected: NOK, duplicate: DUP, busy: BUSY }';
const ackTemplate = `<Ack xmlns="urn:sg:ack">
  <Code>{ack.verdict|code:verdict}</Code><No>{ack.number?}</No><Text>{ack.reason?}</Text>
</Ack>`;
const ackSchema = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:sg:ack" elementFormDefault="qualified">
  <xs:element name="Ack"><xs:complexType><xs:sequence>
    <xs:element name="Code" type="xs:string"/><xs:element name="No" type="xs:int" minOccurs="0"/>
    <xs:element name="Text" type="xs:string" minOccurs="0"/>
  </xs:sequence></xs:complexType></xs:element></xs:schema>`;

function adapters(change: (manifest: string) => string = (manifest) => manifest): string {
  const folder = temporaryFolder();
  for (const cc of ['cn', 'sg']) cpSync(join(adaptersFolder, cc), join(folder, cc), { recursive: true });
  const at = (name: string): string => join(folder, 'sg', name);
  const manifest = readFileSync(at('adapter.yaml'), 'utf8').replace(/^codes:$/mu, `codes:\n${verdicts}`);
  writeFileSync(at('adapter.yaml'), change(manifest + conversation));
  const template = JSON.parse(readFileSync(at('list.json'), 'utf8')) as Record<string, unknown>;
  const { listType, sentAt, operators: items, removals } = template;
  const number = '{message.position.sequence|number}';
  writeFileSync(at('list.json'), JSON.stringify({ number, listType, sentAt, operators: items, removals }));
  writeFileSync(at('list.schema.json'), JSON.stringify({ $id: 'urn:test:list', type: 'object' }));
  writeFileSync(at('ack.xml'), ackTemplate);
  writeFileSync(at('ack.xsd'), ackSchema);
  return folder;
}

const ack = (code: string, number: number, text = ''): string =>
  `<Ack xmlns="urn:sg:ack"><Code>${code}</Code><No>${number}</No>${text === '' ? '' : `<Text>${text}</Text>`}</Ack>`;

interface Answer {
  readonly status: number;
  readonly body: string;
}

describe('a partner whose answer is no more than a status', () => {
  it('is named by doctor, and in production when the gateway starts', async () => {
    const manifest = (text: string): string =>
      text.replace(/answer: \{ kind: document.*\}/u, 'answer: { kind: status }');
    const open = await openAdministrations({ partners: ['SG'], adapters: adapters(manifest) });
    try {
      const { gateway, config } = open.home;
      const partner = gateway.partners.get('SG');
      const found = partner === undefined ? [] : await examinePartner(gateway, partner);
      expect(found.filter(({ check }) => check === 'partner SG, evidence').map(({ result }) => result)).to.deep.equal([
        'warn',
      ]);
      const lines: string[] = [];
      const log = makeLog({ level: 'warn', destination: { write: (line) => void lines.push(line) } });
      const serving = await serve({ ...gateway, log, config: { ...config, environment: 'production' } });
      await serving.stop();
      const warned = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
      expect(warned.find(({ evidence }) => evidence !== undefined)).to.include({
        partner: 'SG',
        evidence: 'transport',
      });
    } finally {
      await open.close();
    }
  });
});

describe('a partner of another make', () => {
  let open: OpenAdministrations;
  let server: Server;
  const received: {
    readonly path: string;
    readonly sender: string;
    readonly ref: string;
    readonly payload: unknown;
  }[] = [];
  let answers: Answer[] = [];

  before(async () => {
    open = await openAdministrations({ partners: ['SG'], adapters: adapters() });
    const { config, gateway } = open.home;
    await open.home.openDoors();
    await open.home.save(...operators(5));
    const codes = ['1', '2', '3'].map((last) => `20260000000${last}`);
    await open.of('SG').save(...codes.map((code) => ({ ...operator(1), code, grade: 'stp_plus' })));
    const { cert, key } = open.of('SG').gateway.keyring.tls;
    const ca = config.partners['SG']?.certificates.anchors.map(readPem) ?? [];
    server = createServer(
      { cert, key, ca: [gateway.keyring.tls.ca, ...ca], requestCert: true },
      (incoming, response) => {
        const pieces: Buffer[] = [];
        incoming.on('data', (piece: Buffer) => pieces.push(piece));
        incoming.on('end', () => {
          const [, payload = ''] = Buffer.concat(pieces).toString().split('.');
          const { 'x-sender': sender = '', 'x-ref': ref = '' } = incoming.headers as Record<string, string>;
          const content = JSON.parse(Buffer.from(payload, 'base64url').toString()) as unknown;
          received.push({ path: `${incoming.method} ${incoming.url}`, sender, ref, payload: content });
          const { status, body } = answers.shift() ?? { status: 500, body: 'no answer is planned' };
          response.writeHead(status, { 'content-type': 'text/xml' }).end(body);
        });
      },
    );
    server.listen(Number(new URL(config.partners['SG']?.url ?? '').port), '127.0.0.1');
    await once(server, 'listening');
  });
  after(async () => {
    server.closeAllConnections();
    server.close();
    await open.close();
  });
  beforeEach(() => received.splice(0));

  /** Posts to our exchange door as the partner's system does. */
  async function post(path: string, body: Uint8Array | string): Promise<Answer> {
    const { cert, key } = open.of('SG').gateway.keyring.tls;
    const { exchange } = open.home.config;
    const ca = open.home.gateway.keyring.tls.ca;
    const sent = request({ host: '127.0.0.1', port: exchange.port, path, method: 'POST', cert, key, ca });
    sent.end(body);
    const [response] = (await once(sent, 'response')) as [import('node:http').IncomingMessage];
    const pieces = (await response.toArray()) as Buffer[];
    return { status: response.statusCode ?? 0, body: Buffer.concat(pieces).toString() };
  }

  async function theirList(number: number): Promise<Uint8Array> {
    const { gateway } = open.of('SG');
    const built = await buildList(gateway, 'CN', { kind: 'full' });
    const partner = gateway.partners.get('CN');
    if (built === undefined || partner === undefined) throw new Error('nothing was built');
    const { list } = partner.adapter;
    const content = JSON.parse(encodedText(list, unpackList(built.list))) as object;
    const bytes = Buffer.from(JSON.stringify({ ...content, number }));
    return (await signUnchecked(bytes, list, partner.signer, new Date().toISOString())).bytes;
  }

  /** Sends a list; its message after the answers planned. */
  async function send(...planned: readonly Answer[]) {
    answers = [...planned];
    const { gateway } = open.home;
    const built = await sendList(gateway, 'SG', { renew: true });
    await deliverDue(gateway, 'SG');
    const id = built?.list.id ?? '';
    return await open.home.until(async () => {
      const message = await findMessage(gateway.db.sql, id);
      return answers.length === 0 ? message : undefined;
    });
  }
  const state = async (id: string): Promise<string | undefined> =>
    (await findMessage(open.home.gateway.db.sql, id))?.state;
  const settled = (id: string, wanted: string): Promise<true> =>
    open.home.until(async () => ((await state(id)) === wanted ? true : undefined));
  const year = new Date().getUTCFullYear();

  it('gets a list at its own path with its own headers, and its acknowledgement settles it as evidence of the channel', async () => {
    const message = await send({ status: 200, body: ack('OK', 1) });
    await settled(message.id, 'ACCEPTED');
    expect(received).to.have.length(1);
    expect(received[0]).to.include({ path: `PUT /ws/aeo/CN-SG-${year}-1?to=SG`, sender: 'CN', ref: `CN-SG-${year}-1` });
    expect(received[0]?.payload).to.include({ number: 1, listType: 'FULL' });
    const kept = await findMessage(open.home.gateway.db.sql, message.id);
    expect(kept).to.deep.include({ verdictDetail: 'applied', evidence: 'channel' });
    expect(kept?.receiptDigest).to.match(/^[0-9a-f]{64}$/u);
  });

  it('that is busy, and then has the list already, has taken it', async () => {
    const { id } = await send({ status: 503, body: 'later' });
    answers = [{ status: 200, body: ack('DUP', 2) }];
    await settled(id, 'ACCEPTED');
  });

  it('that answers with the number of another list has not answered this one', async () => {
    const { id } = await send({ status: 200, body: ack('OK', 99) });
    expect(await state(id)).to.equal('HANDED_OVER');
    expect((await post('/partners/sg/acks', ack('OK', 3))).status).to.equal(204);
    expect(await state(id)).to.equal('ACCEPTED');
  });

  it('that holds a list may apply it later, in an acknowledgement of its own', async () => {
    const { id } = await send({ status: 200, body: ack('WAIT', 4) });
    await open.home.until(async () =>
      (await findMessage(open.home.gateway.db.sql, id))?.receiptDigest ? true : undefined,
    );
    expect(await state(id)).to.equal('HANDED_OVER');
    expect((await post('/partners/sg/acks', ack('OK', 4))).status).to.equal(204);
    expect(await state(id)).to.equal('ACCEPTED');
    expect((await post('/partners/sg/acks', ack('OK', 77))).status).to.be.within(400, 499);
    expect((await post('/partners/sg/acks', '<Ack/>')).status).to.be.within(400, 499);
  });

  it('that refuses a list gets a full one with the next number', async () => {
    const { id } = await send({ status: 400, body: ack('NOK', 5, 'bad date') }, { status: 200, body: ack('OK', 6) });
    await settled(id, 'REJECTED');
    expect((await findMessage(open.home.gateway.db.sql, id))?.verdictDetail).to.include('bad date');
    await open.home.until(() => Promise.resolve(received.length >= 2 ? true : undefined));
    expect(received.at(-1)?.payload).to.include({ number: 6, listType: 'FULL' });
    const stream = await findStream(open.home.gateway.db.sql, 'SG', 'out');
    expect(stream?.resyncWanted).to.equal(false);
  });

  it('sends its list to a path of ours, and is answered in its own words; again, the same', async () => {
    const list = await theirList(418);
    const first = await post('/partners/sg/aeo', list);
    expect(first.status).to.equal(200);
    expect(first.body).to.match(/<Code>OK<\/Code>.*<No>418<\/No>/su);
    expect(await post('/partners/sg/aeo', list)).to.deep.equal(first);
    expect((await listInForce(open.home.gateway.db.sql, 'SG'))?.number).to.equal(`SG/${year}/00418`);
  });

  it('is told in its own words what is wrong, with its own status', async () => {
    const answer = await post('/partners/sg/aeo', await theirList(3));
    expect(answer.status).to.equal(400);
    expect(answer.body).to.match(/<Code>NOK<\/Code>.*<No>3<\/No><Text>E_SEQUENCE_ROLLBACK<\/Text>/su);
    const forged = Buffer.from(await theirList(420));
    forged[forged.length - 3] = forged[forged.length - 3] === 65 ? 66 : 65;
    const refused = await post('/partners/sg/aeo', forged);
    expect([refused.status, /<Code>(\w+)<\/Code>/u.exec(refused.body)?.[1]]).to.deep.equal([400, 'NOK']);
  });

  it('that answers for no single record needs no template of replies, and its acknowledgements are samples and generated', async () => {
    const folder = join(
      adapters((manifest) => manifest.replace(/^ {2}reply: .*\n(?: {4}.*\n)*/mu, '')),
      'sg',
    );
    rmSync(join(folder, 'samples'), { recursive: true });
    const adapter = await loadAdapter(folder, adapterTools);
    expect([adapter.reply, adapter.acknowledgements.length]).to.deep.equal([undefined, 1]);
    for (const [file, text] of sampleConversations(adapter, adapterTools)) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), text);
    }
    const run = async () => {
      const { cases } = await testAdapter(folder, checkTools(adapterTools), {
        runs: 20,
        seed: 1,
        clock: () => 0,
        only: 'acknowledgement',
      });
      return cases.filter(({ ok }) => !ok).map(({ name }) => name);
    };
    expect(await run()).to.deep.equal([]);
    writeFileSync(join(folder, 'ack.xml'), ackTemplate.replace('{ack.number?}', '{ack.taken?}'));
    expect(await run()).to.include('acknowledgements/2-acknowledgement.xml');
  });

  it('with a template of answers that lacks the verdict, or a table that lacks a word, is E_ADAPTER_INVALID', async () => {
    const without = adapters((manifest) => manifest.replace(', busy: BUSY', ''));
    expect((await rejectedBy(loadAdapter(join(without, 'sg'), adapterTools))).code).to.equal('E_ADAPTER_INVALID');
    const folder = adapters();
    writeFileSync(join(folder, 'sg', 'ack.xml'), '<Ack xmlns="urn:sg:ack"><No>{ack.number?}</No></Ack>');
    expect((await rejectedBy(loadAdapter(join(folder, 'sg'), adapterTools))).code).to.equal('E_ADAPTER_INVALID');
  });

  it('that says neither by which path nor by which queue its messages come is E_ADAPTER_INVALID', async () => {
    const folder = adapters((manifest) => manifest.replace('    path: /partners/sg/aeo\n', ''));
    expect((await rejectedBy(loadAdapter(join(folder, 'sg'), adapterTools))).code).to.equal('E_ADAPTER_INVALID');
  });
});
