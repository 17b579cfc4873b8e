/** Polling: two administrations, each with a door, each polling the other. Real mutual TLS, signatures and stores. */

import { EventEmitter, once } from 'node:events';
import { mock } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { expect } from 'chai';
import { deliverDue } from '../../gateway/outbound/delivery.ts';
import { pollPartner, runPolling } from '../../gateway/inbound/poll-partners.ts';
import { answerPoll } from '../../gateway/outbound/answer-poll.ts';
import { decideHeld, receiveMessage, type ReceiveResult } from '../../gateway/inbound/receive-message.ts';
import type { RawMessage } from '../../gateway/model/message.ts';
import { sendList } from '../../gateway/outbound/send-list.ts';
import { attemptsOf, findMessage, listMessages, type MessageRow } from '../../gateway/store/outbox.ts';
import { findStream } from '../../gateway/store/streams.ts';
import { makeLog } from '../../gateway/wire/log.ts';
import {
  openAdministrations,
  operator,
  operators,
  registerOf,
  type OpenAdministration,
  type OpenAdministrations,
} from '../support/administrations.ts';
import { refusalCode } from '../support/expect-code.ts';

describe('a partner that polls', () => {
  let administrations: OpenAdministrations;
  let us: OpenAdministration;
  let them: OpenAdministration;
  const taken: RawMessage[] = [];

  before(async () => {
    // An hour between two polls: only the tests poll, except in the last one.
    administrations = await openAdministrations({ connection: { transport: 'https-pull', pollSeconds: 3600 } });
    us = administrations.home;
    them = administrations.of('HK');
    await us.openDoors();
    await them.openDoors();
  });
  after(() => administrations.close());
  beforeEach(() => taken.splice(0));

  const receive = async (raw: RawMessage): Promise<ReceiveResult> => {
    taken.push(raw);
    return await receiveMessage(them.gateway, raw);
  };
  const asks = (how = receive): Promise<boolean> => pollPartner(them.gateway, 'CN', how);
  const state = async (id: string): Promise<MessageRow> => {
    const message = await findMessage(us.gateway.db.sql, id);
    if (message === undefined) throw new Error('there is no such message');
    return message;
  };
  const queued = async (): Promise<string> => {
    const built = await sendList(us.gateway, 'HK');
    if (built === undefined) throw new Error('there was nothing to send');
    return built.list.id;
  };
  /** Custody is recorded once all bytes have left, which the poller may notice first. */
  const handedOver = (id: string): Promise<MessageRow> =>
    us.until(async () => {
      const message = await state(id);
      return message.state === 'SEALED' ? undefined : message;
    });
  const position = async () => (await findStream(them.gateway.db.sql, 'CN', 'in'))?.position;

  it('gets nothing before there is a list', async () => {
    expect(await asks()).to.equal(false);
    expect(taken).to.deep.equal([]);
  });

  it('a list waits until it is fetched: it is never sent', async () => {
    await us.save(...operators(30));
    const id = await queued();
    expect(await deliverDue(us.gateway, 'HK')).to.equal(0);
    expect(await state(id)).to.include({ state: 'SEALED', attempts: 0 });
  });

  it('a crash before the message was received: the same bytes come again, and no message overtakes another', async () => {
    await us.save(operator(31));
    const [first] = await listMessages(us.gateway.db.sql, { partner: 'HK', direction: 'out', limit: 1 });
    const second = await queued();
    const dies = async (raw: RawMessage): Promise<ReceiveResult> => {
      taken.push(raw);
      return await Promise.reject(new Error('power failure'));
    };
    expect(await asks(dies).catch((error: unknown) => String(error))).to.equal('Error: power failure');
    expect(await handedOver(first?.id ?? '')).to.include({ state: 'HANDED_OVER' });

    expect(await asks()).to.equal(true);
    expect(taken.map(({ hintedId }) => hintedId)).to.deep.equal([first?.id, first?.id]);
    expect(Buffer.compare(taken[0]?.bytes ?? Buffer.of(0), taken[1]?.bytes ?? Buffer.of(1))).to.equal(0);
    expect(await state(first?.id ?? '')).to.include({ state: 'ACCEPTED', attempts: 2 });
    expect(await state(second)).to.include({ state: 'SEALED' });
    const attempts = await attemptsOf(us.gateway.db.sql, first?.id ?? '');
    expect(attempts.map(({ outcome }) => outcome)).to.deep.equal(['handed_over', 'handed_over']);
    expect(attempts[0]?.evidence).to.equal(`fetched, ${taken[0]?.bytes.length} bytes`);
  });

  it('the next message follows, and both sides are then at the same position', async () => {
    expect(await asks()).to.equal(true);
    expect(await position()).to.deep.equal((await findStream(us.gateway.db.sql, 'HK', 'out'))?.position);
    expect((await position())?.count).to.equal(31);
    expect(await asks()).to.equal(false);
  });

  it('a lost receipt is replaced at the next poll, and the list is applied once', async () => {
    await us.save(operator(32));
    const id = await queued();
    const way = them.gateway.partners.get('CN')?.transport;
    if (way === undefined) throw new Error('there is a way');
    const mute = { ...way, send: () => Promise.resolve({ kind: 'unknown', evidence: 'ECONNRESET' } as const) };
    const partners = new Map(them.gateway.partners).set('CN', { ...getCn(), transport: mute });
    expect(await pollPartner({ ...them.gateway, partners }, 'CN', receive)).to.equal(false);
    const held = await registerOf(them, 'CN');
    expect(await handedOver(id)).to.include({ state: 'HANDED_OVER' });

    expect(await asks()).to.equal(false); // received before: answered again, and not polled again at once
    expect(await state(id)).to.include({ state: 'ACCEPTED', attempts: 2 });
    expect(await registerOf(them, 'CN')).to.deep.equal(held);
  });
  const getCn = () => {
    const partner = them.gateway.partners.get('CN');
    if (partner === undefined) throw new Error('there is a partner');
    return partner;
  };

  it('the replies of the other side are fetched the same way', async () => {
    while (await pollPartner(us.gateway, 'HK', (raw) => receiveMessage(us.gateway, raw))) taken.splice(0);
    const replies = await listMessages(us.gateway.db.sql, { partner: 'HK', direction: 'in', limit: 20 });
    expect(replies.filter(({ kind, state }) => kind === 'reply' && state === 'APPLIED')).to.have.length(3);
    const sent = await listMessages(them.gateway.db.sql, { partner: 'CN', direction: 'out', limit: 20 });
    expect(sent.map(({ state }) => state)).to.deep.equal(['ACCEPTED', 'ACCEPTED', 'ACCEPTED']);
  });

  it('a list held for two people is not given again at once; the second receipt settles it', async () => {
    await us.save(
      ...operators(25).map((record) => ({ ...record, status: 'revoked' as const, statusSince: '2026-01-01' })),
    );
    const id = await queued();
    await asks();
    expect((await state(id)).receiptDigest).to.be.a('string');
    expect(await asks()).to.equal(false);
    expect(taken).to.have.length(1);

    const decision = { decision: 'release' } as const;
    await decideHeld(them.gateway, id, { ...decision, person: 'first' });
    await decideHeld(them.gateway, id, { ...decision, person: 'second' });
    await deliverDue(them.gateway, 'CN');
    expect(await us.until(async () => ((await state(id)).state === 'ACCEPTED' ? true : undefined))).to.equal(true);
  });

  it('bytes changed in transit settle nothing, and the right ones come with the next poll', async () => {
    await us.save(operator(40));
    const id = await queued();
    const spoilt = async (raw: RawMessage): Promise<ReceiveResult> => {
      const bytes = Buffer.from(raw.bytes);
      bytes[Math.floor(bytes.length / 2)] = 0;
      return await receive({ ...raw, bytes });
    };
    await asks(spoilt); // their receipt is over other bytes than were sent
    expect(await handedOver(id)).to.include({ state: 'HANDED_OVER' });
    await asks();
    expect(await state(id)).to.include({ state: 'ACCEPTED' });
  });

  it('a partner whose messages are sent fetches nothing', async () => {
    const partner = us.gateway.partners.get('KR');
    if (partner?.transport === undefined) throw new Error('there is a way');
    const { waits: _, ...pushing } = partner.transport;
    const partners = new Map(us.gateway.partners).set('KR', { ...partner, transport: pushing });
    expect(await refusalCode(() => answerPoll({ ...us.gateway, partners }, 'KR'))).to.equal('E_ROUTE_UNKNOWN');
  });

  it('a gateway that serves polls by itself', async () => {
    await us.save(operator(41));
    const id = await queued();
    await them.closeDoors();
    await them.openDoors(); // serving begins with a poll
    expect(await us.until(async () => ((await state(id)).state === 'ACCEPTED' ? true : undefined))).to.equal(true);
  });

  it('is asked again within 20 s after it could not be reached, and not only after the agreed pause', async () => {
    await us.closeDoors();
    const stop = new AbortController();
    const failures = new EventEmitter();
    const log = makeLog({ level: 'warn', destination: { write: () => failures.emit('failure') } });
    const first = once(failures, 'failure');
    mock.timers.enable({ apis: ['setTimeout'] });
    try {
      const polling = runPolling({ ...them.gateway, log }, receive, stop.signal);
      await first;
      const second = once(failures, 'failure');
      await setImmediate();
      mock.timers.tick(20_000);
      await second;
      stop.abort();
      await polling;
    } finally {
      mock.timers.reset();
    }
  });
});
