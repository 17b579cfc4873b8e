/** A partner that sends what is refused, without end, takes no more than its budget of the store. */

import { expect } from 'chai';
import { sql } from 'kysely';
import { receiveMessage, type ReceiveResult } from '../../gateway/inbound/receive-message.ts';
import { momentOf } from '../../gateway/model/day.ts';
import { buildList } from '../../gateway/outbound/send-list.ts';
import { openDatabase, type Database } from '../../gateway/store/database.ts';
import { getBytes } from '../../gateway/store/bodies.ts';
import { findInbox } from '../../gateway/store/inbox.ts';
import { openAdministrations, operators } from '../support/administrations.ts';
import type { OpenAdministration, OpenAdministrations } from '../support/administrations.ts';
import { codeOf } from '../store/codes.ts';
import { freshUrl, type FreshStore } from '../store/engines.ts';
import { digestOf } from '../store/samples.ts';

const budget = 100_000;
const size = 20_000;

for (const engine of ['sqlite', 'postgres'] as const) {
  describe(`a flood of refused messages (${engine})`, () => {
    let administrations: OpenAdministrations;
    let us: OpenAdministration;
    let fresh: FreshStore;
    let db: Database;
    let them: OpenAdministration['gateway'];
    let applied: ReceiveResult | undefined;

    before(async () => {
      administrations = await openAdministrations({ partners: ['KR'] });
      us = administrations.home;
      await us.save(...operators(3));
      fresh = await freshUrl(engine);
      db = await openDatabase(fresh.url);
      them = { ...administrations.of('KR').gateway, db, refusedBytes: budget };
    });
    after(async () => {
      await db.close();
      await fresh.remove();
      await administrations.close();
    });

    const take = (bytes: Uint8Array): Promise<ReceiveResult> =>
      receiveMessage(them, { partner: 'CN', via: 'https', bytes, receivedAt: momentOf(new Date()) });
    const garbage = (i: number): Buffer => Buffer.alloc(size, `not a message ${i} `);
    async function storedBytes(): Promise<number> {
      const { rows } = await sql<{ total: number }>`select sum(length(bytes)) as total from body`.execute(db.sql);
      return Number(rows[0]?.total);
    }

    it('drops the oldest bytes and receipts, and keeps digests, verdicts and events', async () => {
      const first = await take(garbage(0));
      for (let i = 1; i < 30; i += 1) expect((await take(garbage(i))).verdict).to.equal('rejected');
      expect(await storedBytes()).to.be.within(budget / 2, budget);
      const digest = digestOf(garbage(0));
      expect(await codeOf(getBytes(db.sql, digest))).to.equal('E_BYTES_DROPPED');
      expect(await getBytes(db.sql, digestOf(garbage(29)))).to.have.length(size);
      const row = await findInbox(db.sql, { partner: 'CN', digest });
      expect(row).to.deep.include({ state: 'REJECTED', reason: first.reason, deliveries: 1 });
    });

    it('answers dropped bytes that come again with the same verdict, and does not store them again', async () => {
      const before = await storedBytes();
      const again = await take(garbage(0));
      expect(again).to.include({ verdict: 'rejected', duplicate: true });
      expect(Buffer.from(again.receipt?.bytes ?? []).toString()).to.contain(digestOf(garbage(0)));
      expect(await storedBytes()).to.equal(before);
    });

    it('counts messages that are judged anew each time, oversize ones and repetitions in other bytes', async () => {
      const large = { ...them, maxBytes: size - 1 };
      const { bytes } = (await buildList(us.gateway, 'KR', { kind: 'full' }))?.sealed ?? { bytes: Buffer.of() };
      applied = await take(bytes);
      expect(applied.verdict).to.equal('applied');
      for (let i = 0; i < 30; i += 1) {
        const raw = {
          partner: 'CN',
          via: 'amqp',
          bytes: garbage(100 + (i % 15)),
          receivedAt: momentOf(new Date()),
        } as const;
        expect(await receiveMessage(large, raw)).to.include({ verdict: 'rejected', reason: 'E_SIZE_EXCEEDED' });
        const variant = Buffer.concat([bytes, Buffer.alloc(i + 1, ' ')]);
        expect(await take(variant)).to.include({ verdict: 'applied', duplicate: true });
      }
      expect(await storedBytes()).to.be.within(budget / 2, budget + 3 * bytes.length);
      expect(await getBytes(db.sql, digestOf(bytes))).to.have.length(bytes.length);
    });

    it('keeps bytes that another partner, or a message of ours, needs too', async () => {
      const { bytes, digest } = applied?.receipt ?? { bytes: Buffer.of(), digest: '' };
      // A partner returns our receipt: refused, and its bytes are those of a receipt in use.
      expect((await take(bytes)).verdict).to.equal('rejected');
      for (let i = 200; i < 210; i += 1) await take(garbage(i));
      expect(await getBytes(db.sql, digest)).to.have.length(bytes.length);
    });

    it('takes bytes that were dropped as they come, when circumstances no longer refuse them', async () => {
      const later = (await buildList(us.gateway, 'KR', { kind: 'full' }))?.sealed.bytes ?? Buffer.of();
      const none = { ...them, refusedBytes: 0, maxBytes: later.length - 1 };
      const raw = { partner: 'CN', via: 'file', bytes: later, receivedAt: momentOf(new Date()) } as const;
      expect((await receiveMessage(none, raw)).reason).to.equal('E_SIZE_EXCEEDED');
      expect(await codeOf(getBytes(db.sql, digestOf(later)))).to.equal('E_BYTES_DROPPED');
      await take(later);
      expect(await getBytes(db.sql, digestOf(later))).to.have.length(later.length);
    });
  });
}
