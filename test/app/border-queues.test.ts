/** Entries that come by a broker: answered as at the border door, once each, and laid aside where nobody can be answered. */

import { expect } from 'chai';
import { connect, type ChannelModel, type ConfirmChannel, type ConsumeMessage, type Options } from 'amqplib';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { consumeEntries } from '../../gateway/app/border-queues.ts';
import type { BorderQueue } from '../../gateway/app/border-settings.ts';
import { addClient, revokeClient } from '../../gateway/app/client-decisions.ts';
import { openAnswers } from '../../gateway/doors/border-posts.ts';
import type { AnsweredRequest } from '../../gateway/model/clearance/posted-request.ts';
import { makeLog } from '../../gateway/wire/log.ts';
import { openAmqp, type AmqpLink } from '../../gateway/wire/transport/amqp.ts';
import { passDeadLetters } from '../../gateway/wire/transport/amqp-dead-letters.ts';
import { testBroker } from '../support/administrations.ts';
import { fillRegister, openClearance, type TestClearance } from '../support/clearance-fixture.ts';
import { refusalCode } from '../support/expect-code.ts';

const schemas = join(import.meta.dirname, '../../schemas');
const entry = (identifier = 'NN0000001') =>
  JSON.stringify({ entry: { type: 'import', parties: [{ role: 'consignor', identifier }] } });
const decision = { person: 'ines', reason: 'the port of the north' };

describe('entries from a queue of a broker', () => {
  let clearance: TestClearance;
  let link: AmqpLink;
  let consumers: { stop(): Promise<void> }[];
  let model: ChannelModel;
  let channel: ConfirmChannel;
  let queue: string;
  let replies: string;
  let answered: AnsweredRequest[];
  const log = makeLog({ level: 'silent' });

  beforeEach(async () => {
    clearance = await openClearance();
    await fillRegister(clearance.db);
    link = await openAmqp({ url: testBroker(), log });
    [consumers, answered] = [[], []];
    model = await connect(testBroker());
    channel = await model.createConfirmChannel();
    queue = `entries-${randomBytes(6).toString('hex')}`;
    ({ queue: replies } = await channel.assertQueue('', { exclusive: true }));
  });
  afterEach(async () => {
    await Promise.all(consumers.map((each) => each.stop()));
    await link.close();
    for (const name of [queue, `${queue}.dead`]) await channel.deleteQueue(name);
    await model.close();
    await clearance.close();
  });

  const addPort = () => addClient(clearance, 'port-7', { ...decision, scopes: ['assess'], rate: undefined });
  async function consume(settings: Partial<BorderQueue> = {}): Promise<void> {
    const own: BorderQueue = { queue, client: 'port-7', declare: true, ...settings };
    const answering = {
      answer: openAnswers({ ...clearance, schemas, log }),
      answered: (reply: AnsweredRequest) => void answered.push(reply),
    };
    const brokers = new Map([['', { link: () => Promise.resolve(link), realm: { name: 'mra', temporary: false } }]]);
    const gateway = { db: clearance.db, brokers, config: { border: { queues: [own] } } };
    consumers.push(await consumeEntries(gateway, answering));
  }
  async function put(text: string | Buffer, properties: Options.Publish = {}): Promise<void> {
    const named = { replyTo: replies, contentType: 'application/json', ...properties };
    channel.sendToQueue(
      queue,
      Buffer.from(text),
      Object.fromEntries(Object.entries(named).filter(([, v]) => v !== '')),
    );
    await channel.waitForConfirms();
  }
  /** The next message of a queue, once it is there. */
  async function next(from = replies): Promise<ConsumeMessage> {
    const { promise, resolve } = Promise.withResolvers<ConsumeMessage>();
    const { consumerTag } = await channel.consume(from, (message) => message && resolve(message), { noAck: true });
    const message = await promise;
    await channel.cancel(consumerTag);
    return message;
  }
  async function nextReply() {
    const { content, properties } = await next();
    const { status } = properties.headers as Readonly<Record<string, unknown>>;
    const correlation: unknown = properties.correlationId;
    const type: unknown = properties.contentType;
    const body = JSON.parse(content.toString()) as Readonly<Record<string, unknown>>;
    return { body, status, correlation, type };
  }
  const requesters = async (): Promise<readonly unknown[]> =>
    (await clearance.db.sql.selectFrom('assessment').select('requester').execute()).map(({ requester }) => requester);
  /** The next message that was laid aside, with the reason of the broker. */
  async function laidAside() {
    const { content, properties } = await next(`${queue}.dead`);
    const [death] = (properties.headers as { 'x-death'?: readonly { reason: string }[] })['x-death'] ?? [];
    return [content.toString(), death?.reason];
  }

  it('are assessed for their client, and answered to the queue they name with what correlates the two', async () => {
    await addPort();
    await consume();
    await put(entry(), { messageId: 'entry-1', correlationId: 'gate 4, lorry 17' });
    const reply = await nextReply();
    expect(reply).to.include({ status: 201, correlation: 'gate 4, lorry 17', type: 'application/json' });
    expect(reply.body).to.have.property('decision');
    expect(reply.body).to.have.property('assessment');
    expect(await requesters()).to.deep.equal(['port-7']);
    await put(entry(), { messageId: 'entry-2' });
    expect((await nextReply()).correlation).to.equal('entry-2');
    expect(answered.map(({ route, status }) => [route, status])).to.deep.equal([
      ['queue', 201],
      ['queue', 201],
    ]);
  });

  it('are assessed once: the same message again, by its id or its bytes, gets the same reply', async () => {
    await addPort();
    await consume();
    for (const messageId of ['entry-1', '']) {
      const bodies: unknown[] = [];
      for (let n = 0; n < 3; n += 1) {
        await put(entry(), { messageId });
        bodies.push((await nextReply()).body);
      }
      expect(bodies[1]).to.deep.equal(bodies[0]);
      expect(bodies[2]).to.deep.equal(bodies[0]);
    }
    expect(await requesters()).to.have.length(2);
  });

  it('in XML are read by their profile, without a content type by what they begin with', async () => {
    await addPort();
    await consume();
    const declaration =
      '<Declaration xmlns="urn:wco:datamodel:WCO:DEC-DMS:2"><FunctionCode>9</FunctionCode><TypeCode>IMA</TypeCode>' +
      '<Exporter><ID>NN0000001</ID></Exporter></Declaration>';
    await put(declaration, { contentType: '' });
    expect((await nextReply()).body).to.include({ profile: 'wco-dec' });
  });

  it('that are refused get the reason, and are laid aside', async () => {
    await addPort();
    await consume();
    const tooLarge = Buffer.alloc(8 * 1024 * 1024 + 1, ' ');
    for (const [content, properties, status, code] of [
      ['{', {}, 400, 'E_REQUEST_MALFORMED'],
      ['{"entry":{}}', {}, 422, 'E_REQUEST_INVALID'],
      [entry(), { contentType: 'text/plain' }, 415, 'E_REQUEST_TYPE'],
      [tooLarge, {}, 413, 'E_SIZE_EXCEEDED'],
    ] as const) {
      await put(content, properties);
      const reply = await nextReply();
      expect([reply.status, reply.body['code'], reply.type]).to.deep.equal([status, code, 'application/problem+json']);
      expect(await laidAside()).to.deep.equal([content.toString(), 'rejected']);
    }
    await put(entry(), { messageId: 'entry-1' });
    expect((await nextReply()).status).to.equal(201);
    await put(entry('NN0000002'), { messageId: 'entry-1' });
    expect((await nextReply()).body['code']).to.equal('E_IDEMPOTENCY_MISMATCH');
    expect(await requesters()).to.have.length(1);
  });

  it('are laid aside where nobody can be answered: before they are assessed, or with their assessment recorded', async () => {
    await addPort();
    await consume();
    await put(entry(), { replyTo: '' });
    expect(await laidAside()).to.deep.equal([entry(), 'rejected']);
    expect(await requesters()).to.deep.equal([]);
    for (const replyTo of [queue, `${queue}.dead`, 'mra.CN.from.KR']) {
      await put(entry(), { replyTo });
      expect(await laidAside()).to.deep.equal([entry(), 'rejected']);
    }
    expect(await requesters()).to.deep.equal([]);
    await put(entry(), { replyTo: 'nobody-reads-this' });
    expect(await laidAside()).to.deep.equal([entry(), 'rejected']);
    expect(await requesters()).to.deep.equal(['port-7']);
  });

  it('without a name of their own are answered where the settings say', async () => {
    await addPort();
    await consume({ replies: { exchange: '', key: replies } });
    await put(entry(), { replyTo: '' });
    expect((await nextReply()).status).to.equal(201);
  });

  it('are answered in queues that begin as the settings say, and in no other', async () => {
    await addPort();
    await consume({ replyTo: 'port-7.' });
    await put(entry());
    expect(await laidAside()).to.deep.equal([entry(), 'rejected']);
    await Promise.all(consumers.splice(0).map((each) => each.stop()));
    await consume({ replyTo: replies.slice(0, 5) });
    await put(entry());
    expect((await nextReply()).status).to.equal(201);
  });

  it('wait while their client is not there, may not ask, or is revoked', async () => {
    await consume();
    await put(entry());
    await addClient(clearance, 'port-7', { ...decision, scopes: ['check'], rate: undefined });
    await revokeClient(clearance, 'port-7', decision);
    expect(await requesters()).to.deep.equal([]);
    await Promise.all(consumers.splice(0).map((each) => each.stop()));
    await addClient(clearance, 'port-8', { ...decision, scopes: ['assess'], rate: undefined });
    await consume({ client: 'port-8' });
    expect((await nextReply()).status).to.equal(201);
    expect(await requesters()).to.deep.equal(['port-8']);
  });

  it('lie aside until somebody puts them back or drops them', async () => {
    await addPort();
    await consume();
    await put('{', { messageId: 'entry-9' });
    await nextReply();
    const dead = { queue, dead: `${queue}.dead` };
    const found: unknown[] = [];
    while (found.length === 0)
      await passDeadLetters({ url: testBroker() }, dead, ({ bytes, messageId, reason }) => {
        found.push([Buffer.from(bytes).toString(), messageId, reason]);
        return Promise.resolve('drop');
      });
    expect(found).to.deep.equal([['{', 'entry-9', 'rejected']]);
  });

  it('need a broker that is set up, and a queue that is there or that the gateway makes', async () => {
    expect(await refusalCode(() => consume({ broker: 'inland' }))).to.equal('E_CONFIG_INVALID');
    await channel.assertQueue(queue, { durable: true });
    await consume({ declare: false, replies: { exchange: '', key: replies } });
    await addPort();
    await put(entry());
    expect((await nextReply()).status).to.equal(201);
    expect(await refusalCode(() => consume())).to.equal('E_CONFIG_INVALID');
  });
});
