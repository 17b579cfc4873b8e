/** Lists that travel in several messages: in parts, all or nothing; and operator by operator. */

import type { Worker } from 'node:worker_threads';
import { expect } from 'chai';
import { deliverDue } from '../../gateway/outbound/delivery.ts';
import { getPartner, type Gateway } from '../../gateway/gateway.ts';
import { receiveMessage, type ReceiveResult } from '../../gateway/inbound/receive-message.ts';
import { momentOf } from '../../gateway/model/day.ts';
import { emptyMirror, mirrorRoot } from '../../gateway/model/list/mirror.ts';
import { buildList, sendList, type BuiltList } from '../../gateway/outbound/send-list.ts';
import { makeDue } from '../../gateway/store/outbox.ts';
import { stagedParts } from '../../gateway/store/mirrors.ts';
import { findStatus } from '../../gateway/store/register.ts';
import { listInForce } from '../../gateway/store/streams.ts';
import { findStream } from '../../gateway/store/streams.ts';
import {
  code,
  openAdministrations,
  operator,
  operators,
  registerOf,
  type OpenAdministration,
  type OpenAdministrations,
} from '../support/administrations.ts';
import { rejectedBy } from '../support/thrown.ts';

/** The gateway, with a partner that takes so many operators a message. */
function inParts(gateway: Gateway, code: string, partRecords: number): Gateway {
  const partner = getPartner(gateway, code);
  const lists = { kinds: ['full', 'delta'] as const, partRecords };
  return { ...gateway, partners: new Map([[code, { ...partner, adapter: { ...partner.adapter, lists } }]]) };
}

describe('a list in several messages', () => {
  let administrations: OpenAdministrations;
  let us: OpenAdministration;
  let them: OpenAdministration;
  before(async () => {
    administrations = await openAdministrations();
    us = administrations.home;
    them = administrations.of('KR');
  });
  after(() => administrations.close());

  const take = (bytes: Uint8Array): Promise<ReceiveResult> =>
    receiveMessage(them.gateway, { partner: 'CN', via: 'file', bytes, receivedAt: momentOf(new Date()) });
  const held = () => findStream(them.gateway.db.sql, 'CN', 'in');
  const staged = async () => stagedParts(them.gateway.db.sql, (await held())?.id ?? '');
  const takeAll = async (built: BuiltList | undefined): Promise<ReceiveResult[]> => {
    const received: ReceiveResult[] = [];
    for (const { sealed } of built?.messages ?? []) received.push(await take(sealed.bytes));
    return received;
  };

  it('is in force with its last part, and not before', async () => {
    await us.save(...operators(25));
    const sender = inParts(us.gateway, 'KR', 10);
    const built = await sendList(sender, 'KR');
    expect(built?.messages.map(({ list }) => list.part)).to.deep.equal([
      { no: 1, of: 3 },
      { no: 2, of: 3 },
      { no: 3, of: 3 },
    ]);
    const [first, second, last] = built?.messages ?? [];
    for (const message of [first, second]) {
      expect(await take(message?.sealed.bytes ?? Buffer.of())).to.include({ verdict: 'applied' });
      expect(await registerOf(them, 'CN')).to.have.length(1);
    }
    expect(await staged()).to.have.length(2);
    expect(await take(last?.sealed.bytes ?? Buffer.of())).to.include({ verdict: 'applied' });
    expect(await registerOf(them, 'CN')).to.have.length(1 + 25);
    expect(await staged()).to.deep.equal([]);
    expect((await held())?.position).to.deep.equal((await findStream(us.gateway.db.sql, 'KR', 'out'))?.position);
  });

  it('is completed in the thread for large messages, however small its last part: all parts are read again', async () => {
    const threads: string[] = [];
    const note = ({ threadName }: Worker): number => threads.push(threadName ?? '');
    process.on('worker', note);
    await them.openDoors();
    try {
      const sender = inParts(us.gateway, 'KR', 24);
      const built = await sendList(sender, 'KR', { kind: 'full' });
      expect(built?.messages).to.have.length(2);
      await us.gateway.db.transaction((tx) => makeDue(tx, 'KR', momentOf(new Date())));
      while ((await deliverDue(sender, 'KR')) > 0);
      expect((await held())?.position).to.deep.equal((await findStream(us.gateway.db.sql, 'KR', 'out'))?.position);
      expect(threads.filter((name) => name === 'large messages')).to.have.length(1);
    } finally {
      process.off('worker', note);
      await them.closeDoors();
    }
  });

  it('a change after it is a delta, in several messages where it is long', async () => {
    await us.save(...Array.from({ length: 12 }, (_, i) => operator(i + 1, { status: 'suspended' })), operator(26));
    await us.save(operator(13, { consent: false }));
    const built = await sendList(inParts(us.gateway, 'KR', 5), 'KR');
    expect(built?.messages.map(({ list }) => [list.kind, list.records.count, list.departures.length])).to.deep.equal([
      ['delta', 5, 0],
      ['delta', 5, 0],
      ['delta', 3, 1],
    ]);
    expect((await takeAll(built)).map(({ verdict }) => verdict)).to.deep.equal(['applied', 'applied', 'applied']);
    expect(mirrorRoot((await held())?.mirror ?? emptyMirror)).to.equal(built?.list.position.root);
    expect(await registerOf(them, 'CN')).to.have.length(1 + 25);
  });

  it('operators are sent one by one with the option `each`, and each message is applied by itself', async () => {
    await us.save(operator(1), operator(2), operator(3, { consent: false }));
    const built = await sendList(us.gateway, 'KR', { each: true });
    expect(built?.messages).to.have.length(3);
    const counts: (number | undefined)[] = [];
    for (const { sealed } of built?.messages ?? []) {
      expect((await take(sealed.bytes)).verdict).to.equal('applied');
      counts.push((await held())?.mirror.active);
    }
    expect(counts).to.deep.equal([14, 15, 15]);
    expect((await held())?.position).to.deep.equal((await findStream(us.gateway.db.sql, 'KR', 'out'))?.position);
  });

  it('nothing is sent, and no operator is read twice, when what changed is not for this partner', async () => {
    await us.save(operator(90, { grade: 'general' }));
    expect(await sendList(us.gateway, 'KR')).to.equal(undefined);
    const { watermark } = (await findStream(us.gateway.db.sql, 'KR', 'out')) ?? {};
    expect(await buildList(us.gateway, 'KR')).to.equal(undefined);
    await us.save(operator(91, { grade: 'general' }));
    expect(await sendList(us.gateway, 'KR')).to.equal(undefined);
    const after = (await findStream(us.gateway.db.sql, 'KR', 'out'))?.watermark;
    expect(after?.revision).to.equal((watermark?.revision ?? 0) + 1);
  });

  it('under other terms all operators are compared again', async () => {
    const partner = getPartner(us.gateway, 'KR');
    const arrangement = { ...partner.adapter.arrangement, grades: ['advanced', 'general'] };
    const adapter = { ...partner.adapter, arrangement };
    const wider: Gateway = { ...us.gateway, partners: new Map([['KR', { ...partner, adapter }]]) };
    // The table of grades has no code for the new one: its operators stay out, with the reason.
    const built = await buildList(wider, 'KR');
    expect(built).to.equal(undefined);
    const narrower = {
      ...wider,
      partners: new Map([['KR', { ...partner, adapter: { ...adapter, arrangement: { ...arrangement, grades: [] } } }]]),
    };
    const without = await buildList(narrower, 'KR');
    expect(without?.departures).to.equal((await held())?.position.count);
  });

  it('a part that is missing, repeated or of another list is refused, and nothing of it is in force', async () => {
    const before = await registerOf(them, 'CN');
    const sender = inParts(us.gateway, 'KR', 10);
    const built = await buildList(sender, 'KR', { kind: 'full' });
    await us.save(operator(50));
    const other = await buildList(sender, 'KR', { kind: 'full' });
    const [first, second, third] = built?.messages ?? [];
    expect(await take(second?.sealed.bytes ?? Buffer.of())).to.include({
      verdict: 'rejected',
      reason: 'E_SEQUENCE_GAP',
    });
    expect(await take(first?.sealed.bytes ?? Buffer.of())).to.include({ verdict: 'applied' });
    expect(await take(first?.sealed.bytes ?? Buffer.of())).to.include({ verdict: 'applied', duplicate: true });
    expect(await take(third?.sealed.bytes ?? Buffer.of())).to.include({
      verdict: 'rejected',
      reason: 'E_SEQUENCE_GAP',
    });
    const stranger = other?.messages[1]?.sealed.bytes ?? Buffer.of();
    expect(await take(stranger)).to.include({ verdict: 'rejected', reason: 'E_SEQUENCE_FORK' });
    expect(await staged()).to.have.length(1);
    expect((await registerOf(them, 'CN')).slice(1)).to.deep.equal(before.slice(1));
  });
});

describe('a record that a layout cannot carry', () => {
  it('is left out with its place and the reason, and what the partner holds of it stays; the others are sent', async () => {
    const administrations = await openAdministrations({ partners: ['HK'] });
    try {
      const us = administrations.home;
      await administrations.of('HK').openDoors();
      const long = { latin: 'EXAMPLE '.repeat(70).trim(), local: '示例' };
      await us.save(...operators(4), operator(5, { name: long }));
      const built = await sendList(us.gateway, 'HK');
      const abroad = getPartner(us.gateway, 'HK').adapter.identifiers.ours.toIdentifier(code(5));
      expect(built?.records).to.equal(4);
      expect([...(built?.leftOut ?? [])]).to.deep.equal([['value_not_writable', 1]]);
      expect(built?.unencodable).to.have.length(1);
      expect(built?.unencodable[0]).to.include({ identifier: abroad, code: 'E_SCHEMA_INVALID' });
      expect(built?.unencodable[0]?.at).to.match(/^line \d+, /u);
      await deliverDue(us.gateway, 'HK');

      await us.save(operator(1, { name: long }), operator(6));
      const delta = await sendList(us.gateway, 'HK');
      expect([delta?.records, delta?.departures]).to.deep.equal([1, 0]);
      expect(delta?.list.position.count).to.equal(5);
    } finally {
      await administrations.close();
    }
  });
});

describe('a partner that takes full lists only', () => {
  let administrations: OpenAdministrations;
  before(async () => {
    administrations = await openAdministrations({ partners: ['NZ'] });
    await administrations.of('NZ').openDoors();
  });
  after(() => administrations.close());

  it('is sent one when something changed, with the reason of each departure, and none when nothing changed', async () => {
    const [us, them] = [administrations.home, administrations.of('NZ')];
    await us.save(...operators(12));
    expect((await us.send('NZ')).state).to.equal('ACCEPTED');
    expect(await sendList(us.gateway, 'NZ')).to.equal(undefined);
    expect((await rejectedBy(sendList(us.gateway, 'NZ', { kind: 'delta' }))).code).to.equal('E_LIST_KIND');

    await us.save(operator(3, { status: 'revoked', statusSince: '2026-01-05' }), operator(4, { consent: false }));
    const built = await sendList(us.gateway, 'NZ');
    expect(built?.kind).to.equal('full');
    const { adapter } = getPartner(us.gateway, 'NZ');
    const abroad = (number: number): string => adapter.identifiers.ours.toIdentifier(code(number));
    expect(built?.list.departures.map(({ identifier, reason }) => [identifier, reason])).to.have.deep.members([
      [abroad(3), 'revoked'],
      [abroad(4), 'consent_withdrawn'],
    ]);
    await deliverDue(us.gateway, 'NZ');
    const day = '2026-06-01';
    const { ordinal = 0 } = (await listInForce(them.gateway.db.sql, 'CN')) ?? {};
    const status = (number: number) => findStatus(them.gateway.db.sql, 'CN', abroad(number), day, ordinal);
    expect((await status(3))?.status).to.equal('revoked');
    expect((await status(5))?.status).to.equal('active');
  });
});
