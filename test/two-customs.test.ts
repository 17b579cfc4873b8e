/** Lists between administrations, end to end: real HTTPS with client certificates, a real broker, real signatures and stores. */

import { expect } from 'chai';
import { check } from '../gateway/clearance/requests.ts';
import { decideHeld, receiveMessage } from '../gateway/inbound/receive-message.ts';
import { momentOf } from '../gateway/model/day.ts';
import type { ListInForce } from '../gateway/model/clearance/answer.ts';
import { sendList } from '../gateway/outbound/send-list.ts';
import { deliverDue } from '../gateway/outbound/delivery.ts';
import { getBytes } from '../gateway/store/bodies.ts';
import { attemptsOf, findMessage, listMessages, resultsOf } from '../gateway/store/outbox.ts';
import { findStream, listInForce } from '../gateway/store/streams.ts';
import {
  code,
  openAdministrations,
  prepareOnce,
  operator,
  operators,
  registerOf,
  testBroker,
  type OpenAdministration,
  type OpenAdministrations,
} from './support/administrations.ts';
import { refusalCode } from './support/expect-code.ts';

async function asks(customs: OpenAdministration, identifier: string, changes: object = {}): Promise<string> {
  const { outcome } = await check(
    customs.gateway,
    { partner: 'CN', identifier, role: 'consignor', direction: 'import', ...changes },
    'test',
  );
  return outcome;
}

for (const [country, way] of [
  ['HK', 'HTTPS'],
  ['SG', 'HTTPS'],
  ['KR', 'HTTPS'],
  ['KR', 'AMQP'],
  ['IL', 'HTTPS'],
  ['JP', 'HTTPS'],
  ['SG', 'fetching'],
] as const) {
  describe(`lists to ${country} over ${way}`, () => {
    let open: () => Promise<OpenAdministrations>;
    let administrations: OpenAdministrations;
    let us: OpenAdministration;
    let them: OpenAdministration;
    const abroad = (number: number): string =>
      us.gateway.partners.get(country)?.adapter.identifiers.ours.toIdentifier(code(number)) ?? '';
    const count = async (): Promise<number | undefined> =>
      (await findStream(them.gateway.db.sql, 'CN', 'in'))?.position.count;

    async function inForce(): Promise<ListInForce> {
      const list = await listInForce(them.gateway.db.sql, 'CN');
      if (list === undefined) throw new Error('no list is in force');
      return list;
    }

    before(async () => {
      const connection = way === 'fetching' ? ({ transport: 'https-pull', pollSeconds: 1 } as const) : {};
      const broker = way === 'AMQP' ? testBroker() : undefined;
      open = await prepareOnce({ partners: [country], broker, connection });
    });

    async function begin(): Promise<void> {
      administrations = await open();
      us = administrations.home;
      them = administrations.of(country);
      await them.openDoors();
      await us.save(
        ...operators(30),
        operator(31, { status: 'suspended' }),
        operator(32, { status: 'revoked' }),
        operator(33, { consent: false }),
        operator(34, { grade: 'general' }),
      );
    }
    async function sendFirstList(): Promise<void> {
      await begin();
      await us.openDoors();
      await us.send(country);
    }
    const end = (): Promise<void> => administrations.close();

    describe('before any list', () => {
      before(begin);
      after(end);

      it('a full list arrives, is applied, and its receipt settles the message', async () => {
        if (way !== 'HTTPS') await us.openDoors(); // over HTTPS the receipt is in the answer
        const message = await us.send(country);
        expect(message.state).to.equal('ACCEPTED');
        expect(await count()).to.equal(31);
        expect(await asks(them, abroad(1))).to.equal('recognised');
        expect(await asks(them, abroad(31))).to.equal('suspended');
        expect(await asks(them, abroad(32))).to.equal('not_on_list');
        expect(await asks(them, abroad(33))).to.equal('not_on_list');
        expect(await asks(them, abroad(34))).to.equal('not_on_list');
      });
    });

    // One list in force for all tests: each changes an operator of its own, and leaves nothing unsent.
    describe('after a full list', () => {
      before(sendFirstList);
      after(end);

      it('both sides hold the same position', async () => {
        const [sent, held] = await Promise.all([
          findStream(us.gateway.db.sql, country, 'out'),
          findStream(them.gateway.db.sql, 'CN', 'in'),
        ]);
        expect(held?.position).to.deep.equal(sent?.position);
      });

      it('a suspension travels as a delta, and the past stays what it was', async () => {
        const before = momentOf(new Date());
        await us.save(operator(1, { status: 'suspended', statusSince: before.slice(0, 10) }));
        const message = await us.send(country);
        expect(message.state).to.equal('ACCEPTED');
        expect(await asks(them, abroad(1))).to.equal('suspended');
        expect(await asks(them, abroad(1), { known_at: before })).to.equal('recognised');
        expect(await asks(them, abroad(1), { at: '2020-01-01T00:00:00Z' })).to.equal('recognised');
        expect(await asks(them, abroad(3))).to.equal('recognised');
      });

      it('who withdraws consent leaves the list, and nothing but the number travels', async () => {
        await us.save(operator(2, { consent: false }));
        const built = await sendList(us.gateway, country);
        expect(built?.list.records.count).to.equal(0);
        expect(built?.list.departures.map(({ identifier, reason }) => ({ identifier, reason }))).to.deep.equal([
          { identifier: abroad(2), reason: 'consent_withdrawn' },
        ]);
        await deliverDue(us.gateway, country);
        await us.answered(built?.list.id ?? '');
        expect(await asks(them, abroad(2))).to.equal('not_on_list');
      });

      it('a delta that would say nothing is not sent', async () => {
        expect(await sendList(us.gateway, country, { kind: 'delta' })).to.equal(undefined);
      });

      it('a list that is only renewed changes nothing but its age', async () => {
        const number = (await findStream(us.gateway.db.sql, country, 'out'))?.position.sequence ?? 0;
        const [before, operatorsBefore] = [await inForce(), await count()];
        const message = await us.send(country, { renew: true });
        expect(message).to.include({ state: 'ACCEPTED', sequence: number + 1 });
        const after = await inForce();
        expect(after.issuedAt > before.issuedAt).to.equal(true);
        expect(await count()).to.equal(operatorsBefore);
      });

      it('the reply tells the sender what became of each record', async () => {
        await us.save(operator(40));
        const { id } = await us.send(country);
        await deliverDue(them.gateway, 'CN');
        const reply = await us.until(async () =>
          (await listMessages(us.gateway.db.sql, { partner: country, direction: 'in', limit: 20 })).find(
            ({ kind }) => kind === 'reply',
          ),
        );
        expect(reply.state).to.equal('APPLIED');
        expect(await resultsOf(us.gateway.db.sql, country, id)).to.deep.equal([]);
      });

      it('the same bytes again get the very same receipt and change nothing', async () => {
        await us.save(operator(41));
        const sent = await us.send(country);
        const bytes = await getBytes(us.gateway.db.sql, sent.digest);
        const held = await registerOf(them, 'CN');
        const raw = { partner: 'CN', via: 'file', bytes, receivedAt: momentOf(new Date()), hintedId: sent.id } as const;
        const first = await receiveMessage(them.gateway, raw);
        expect(first.duplicate).to.equal(true);
        expect(first.receipt?.digest).to.equal(sent.receiptDigest);
        expect(await registerOf(them, 'CN')).to.deep.equal(held);
      });
    });

    describe('of which most operators are gone', () => {
      before(sendFirstList);
      after(end);

      it('a list that collapses is held, and two people put it in force', async () => {
        const gone = operators(30)
          .slice(2)
          .map((record) => ({ ...record, status: 'revoked' as const, statusSince: '2026-01-01' }));
        await us.save(...gone);
        const built = await sendList(us.gateway, country);
        await deliverDue(us.gateway, country);
        const id = built?.list.id ?? '';
        const message = await us.answered(id);
        expect(message.state).to.equal('HANDED_OVER');
        expect(await asks(them, abroad(5))).to.equal('recognised');

        const decision = { decision: 'release', person: 'first' } as const;
        expect(await decideHeld(them.gateway, id, decision)).to.equal(undefined);
        expect(await refusalCode(() => decideHeld(them.gateway, id, decision))).to.equal('E_APPROVAL_REPEATED');
        const released = await decideHeld(them.gateway, id, { ...decision, person: 'second' });
        expect(released?.verdict).to.equal('applied');
        expect(await asks(them, abroad(5))).to.equal('revoked');

        // The second receipt travels as a message and settles the list at its sender.
        await deliverDue(them.gateway, 'CN');
        const settled = await us.until(async () =>
          (await findMessage(us.gateway.db.sql, id))?.state === 'ACCEPTED' ? true : undefined,
        );
        expect(settled).to.equal(true);
      });
    });
  });
}

describe('a partner that cannot be reached', () => {
  it('gets the same bytes under the same id once it opens its door', async () => {
    const administrations = await openAdministrations();
    const us = administrations.home;
    const them = administrations.of('HK');
    try {
      await us.save(...operators(3));
      const built = await sendList(us.gateway, 'HK');
      const id = built?.list.id ?? '';
      await deliverDue(us.gateway, 'HK');
      const waiting = await findMessage(us.gateway.db.sql, id);
      expect(waiting?.state).to.equal('SEALED');

      await them.openDoors();
      const later: OpenAdministration['gateway'] = { ...us.gateway, now: () => new Date(Date.now() + 60_000) };
      expect(await deliverDue(later, 'HK')).to.equal(1);
      const settled = await findMessage(us.gateway.db.sql, id);
      expect(settled).to.include({ state: 'ACCEPTED', digest: waiting?.digest });
      expect((await attemptsOf(us.gateway.db.sql, id)).map(({ no }) => no)).to.deep.equal([1, 2]);
    } finally {
      await administrations.close();
    }
  });
});
