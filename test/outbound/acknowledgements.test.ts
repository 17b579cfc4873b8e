/**
 * A partner whose system is not this program: its own path and headers, lists with a number that restarts each year, and
 * acknowledgements in XML that are not signed. The adapter says all of it; the peer below is a plain HTTPS server and client.
 */

import { expect } from 'chai';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { sampleConversations } from '../../gateway/adapter/check/conversations.ts';
import { testAdapter } from '../../gateway/adapter/check/test-adapter.ts';
import { loadAdapter } from '../../gateway/adapter/load.ts';
import { deliverDue } from '../../gateway/outbound/delivery.ts';
import { checkTools } from '../../gateway/app/adapter-checks.ts';
import { examinePartner } from '../../gateway/app/health/partner-checks.ts';
import { serve } from '../../gateway/serve.ts';
import { makeLog } from '../../gateway/wire/log.ts';
import { sendList } from '../../gateway/outbound/send-list.ts';
import { findMessage } from '../../gateway/store/outbox.ts';
import { findStream, listInForce } from '../../gateway/store/streams.ts';
import { adapterTools } from '../support/adapter-tools.ts';
import { openAdministrations, operator, operators, type OpenAdministrations } from '../support/administrations.ts';
import {
  ack,
  ackTemplate,
  adaptersWith,
  numberedByYear,
  numberedList,
  openOtherMake,
  type HttpAnswer,
  type OtherMake,
} from '../support/other-make.ts';
import { rejectedBy } from '../support/thrown.ts';

const conversation = `${numberedByYear}
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
const adapters = (change?: (manifest: string) => string): string => adaptersWith(conversation, change);

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
  let peer: OtherMake;

  before(async () => {
    open = await openAdministrations({ partners: ['SG'], adapters: adapters() });
    await open.home.openDoors(true);
    await open.home.save(...operators(5));
    const codes = ['1', '2', '3'].map((last) => `20260000000${last}`);
    await open.of('SG').save(...codes.map((code) => ({ ...operator(1), code, grade: 'stp_plus' })));
    peer = await openOtherMake(open);
  });
  after(async () => {
    peer.close();
    await open.close();
  });
  beforeEach(() => peer.received.splice(0));
  const post = (path: string, body: Uint8Array | string): Promise<HttpAnswer> => peer.post(path, body);

  const theirList = (number: number): Promise<Uint8Array> => numberedList(open, number);

  /** Sends a list; its message after the answers planned. */
  async function send(...planned: readonly HttpAnswer[]) {
    peer.answers = [...planned];
    const { gateway } = open.home;
    const built = await sendList(gateway, 'SG', { renew: true });
    await deliverDue(gateway, 'SG');
    const id = built?.list.id ?? '';
    return await open.home.until(async () => {
      const message = await findMessage(gateway.db.sql, id);
      return peer.answers.length === 0 ? message : undefined;
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
    expect(peer.received).to.have.length(1);
    const [{ path, headers, payload } = { path: '', headers: {}, payload: {} }] = peer.received;
    expect([path, headers['x-sender'], headers['x-ref']]).to.deep.equal([
      `PUT /ws/aeo/CN-SG-${year}-1?to=SG`,
      'CN',
      `CN-SG-${year}-1`,
    ]);
    expect(payload).to.include({ number: 1, listType: 'FULL' });
    const kept = await findMessage(open.home.gateway.db.sql, message.id);
    expect(kept).to.deep.include({ verdictDetail: 'applied', evidence: 'channel' });
    expect(kept?.receiptDigest).to.match(/^[0-9a-f]{64}$/u);
  });

  it('that is busy, and then has the list already, has taken it', async () => {
    const { id } = await send({ status: 503, body: 'later' });
    peer.answers = [{ status: 200, body: ack('DUP', 2) }];
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
    await open.home.until(() => Promise.resolve(peer.received.length >= 2 ? true : undefined));
    expect(peer.received.at(-1)?.payload).to.include({ number: 6, listType: 'FULL' });
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
    const without = adapters((manifest) => manifest.replace(' held: WAIT,', ''));
    expect((await rejectedBy(loadAdapter(join(without, 'sg'), adapterTools))).code).to.equal('E_ADAPTER_INVALID');
    const folder = adapters();
    writeFileSync(join(folder, 'sg', 'ack.xml'), '<Ack xmlns="urn:sg:ack"><No>{ack.number?}</No></Ack>');
    expect((await rejectedBy(loadAdapter(join(folder, 'sg'), adapterTools))).code).to.equal('E_ADAPTER_INVALID');
  });

  it('that says neither by which path nor by which queue its messages come is E_ADAPTER_INVALID', async () => {
    const folder = adapters((manifest) => manifest.replace(/^ {4}(?:path|acknowledgements): \/partners.*\n/gmu, ''));
    expect((await rejectedBy(loadAdapter(join(folder, 'sg'), adapterTools))).code).to.equal('E_ADAPTER_INVALID');
  });
});
