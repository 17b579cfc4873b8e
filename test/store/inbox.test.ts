/** The inbox: messages are identified by their bytes, repeated ones get the stored receipt, and an id belongs to one verified message. */

import { expect } from 'chai';
import { sql } from 'kysely';
import { getBytes, keepBytes } from '../../gateway/store/bodies.ts';
import { findHeld, heldMessages, recordDecision } from '../../gateway/store/held-messages.ts';
import { claimMessageId, findInbox, findReceived, recordArrival, settleInbox } from '../../gateway/store/inbox.ts';
import type { HoldDecision } from '../../gateway/store/held-messages.ts';
import type { InboxSettlement } from '../../gateway/store/inbox.ts';
import { codeOf } from './codes.ts';
import { onBothEngines } from './engines.ts';
import type { TestStore } from './engines.ts';
import { bytesOf, digestOf, hour, raw } from './samples.ts';

onBothEngines('the inbox', (store) => {
  const arrive = (partner: string, text: string, id?: string) =>
    store().write((tx) => recordArrival(tx, { ...raw(partner, text), hintedId: id }));
  const claim = (partner: string, id: string, digest: string) =>
    store().write((tx) => claimMessageId(tx, partner, id, digest));
  const settle = (settlement: Omit<InboxSettlement, 'at'>, h = 2) =>
    store().write(async (tx) => {
      const receiptDigest = await keepBytes(tx, bytesOf(`receipt ${settlement.state}`));
      return await settleInbox(tx, { receiptDigest, at: hour(h), ...settlement });
    });

  it('stores bytes before they are judged, and counts deliveries', async () => {
    const digest = digestOf(bytesOf('first'));
    expect(await arrive('AA', 'first', 'hint')).to.deep.equal({ known: false, digest });
    expect(await arrive('AA', 'first')).to.deep.equal({ known: true, digest, state: 'RECEIVED' });
    const row = await findInbox(store().db.sql, { partner: 'AA', digest });
    expect(row).to.deep.include({ hintedId: 'hint', deliveries: 2, state: 'RECEIVED', via: 'https' });
    expect(Buffer.from(await getBytes(store().db.sql, digest)).toString()).to.equal('first');
  });

  it('returns the stored receipt for known bytes, also for rejected ones', async () => {
    const { digest } = await arrive('AB', 'refused');
    await settle({ partner: 'AB', digest, state: 'REJECTED', reason: 'E_SIGNATURE_INVALID' });
    const again = await arrive('AB', 'refused');
    expect(again).to.deep.include({ known: true, state: 'REJECTED' });
    const receipt = again.known ? await getBytes(store().db.sql, again.receiptDigest ?? '') : undefined;
    expect(Buffer.from(receipt ?? []).toString()).to.equal('receipt REJECTED');
  });

  it('takes bytes that were refused for circumstances as if they arrived now, and lets them be settled otherwise', async () => {
    const { digest } = await arrive('AQ', 'early');
    await settle({ partner: 'AQ', digest, state: 'REJECTED', reason: 'E_SEQUENCE_GAP' });
    expect(await arrive('AQ', 'early')).to.deep.equal({ known: true, digest, state: 'RECEIVED' });
    expect(await settle({ partner: 'AQ', digest, state: 'APPLIED' })).to.equal(true);
    const row = await findInbox(store().db.sql, { partner: 'AQ', digest });
    expect(row).to.deep.include({ state: 'APPLIED', deliveries: 2 });
    expect(row?.reason).to.equal(undefined);
  });

  it('keeps the same bytes of two partners apart', async () => {
    await arrive('AC', 'shared');
    expect((await arrive('AD', 'shared')).known).to.equal(false);
  });

  it('assigns an id to the first verified bytes, and reports them as a conflict to others', async () => {
    const [first, second] = [(await arrive('AE', 'one')).digest, (await arrive('AE', 'two')).digest];
    for (const digest of [first, first, second]) expect(await claim('AE', 'id', digest)).to.equal(first);
    expect((await findInbox(store().db.sql, { messageId: 'id', partner: 'AE' }))?.digest).to.equal(first);
    expect((await findInbox(store().db.sql, { partner: 'AE', digest: second }))?.state).to.equal('RECEIVED');
  });

  it('does not let unverified bytes use up an id', async () => {
    await arrive('AF', 'garbage', 'wanted');
    expect(await findInbox(store().db.sql, { messageId: 'wanted', partner: 'AF' })).to.equal(undefined);
    const { digest } = await arrive('AF', 'genuine', 'wanted');
    expect(await claim('AF', 'wanted', digest)).to.equal(digest);
  });

  it('assigns an id to one of two concurrent claims', async () => {
    const digests = [(await arrive('AG', 'left')).digest, (await arrive('AG', 'right')).digest];
    const claims = await Promise.all(digests.map((digest) => claim('AG', 'contested', digest)));
    expect(new Set(claims)).to.have.property('size', 1);
    expect(digests).to.include(claims[0]);
  });

  it('finds a message by its digest or verified id, whatever later messages state as theirs', async () => {
    const { digest } = await arrive('AR', 'the message itself');
    await claim('AR', 'm-genuine', digest);
    for (const name of ['m-genuine', digest]) {
      const junk = await arrive('AS', `junk that states ${name}`, name);
      await settle({
        partner: 'AS',
        digest: junk.digest,
        state: 'REJECTED',
        messageId: name,
        reason: 'E_SIGNATURE_INVALID',
      });
      const found = await findReceived(store().db.sql, name);
      expect(found.map((each) => each.digest)).to.deep.equal([digest]);
    }
    const stated = await arrive('AS', 'states an id that nobody has', 'm-nobody');
    expect((await findReceived(store().db.sql, 'm-nobody')).map((each) => each.digest)).to.deep.equal([stated.digest]);
    expect(await findReceived(store().db.sql, 'm-unknown')).to.deep.equal([]);
  });

  it('requires the partner when two use one id', async () => {
    for (const partner of ['AH', 'AI'])
      await claim(partner, 'common', (await arrive(partner, `from ${partner}`)).digest);
    expect(await codeOf(findInbox(store().db.sql, { messageId: 'common' }))).to.equal('E_REQUEST_INVALID');
    expect((await findInbox(store().db.sql, { messageId: 'common', partner: 'AI' }))?.partner).to.equal('AI');
  });

  it('moves only forward: held, then applied or rejected', async () => {
    const { digest } = await arrive('AJ', 'moving');
    const key = { partner: 'AJ', digest };
    await claim('AJ', 'moving', digest);
    expect(await settle({ ...key, messageId: 'moving', state: 'HELD', kind: 'list', reason: 'list_shrinks' })).to.equal(
      true,
    );
    expect(
      (await heldMessages(store().db.sql, 'AJ')).map(({ messageId, reason }) => [messageId, reason]),
    ).to.deep.equal([['moving', 'list_shrinks']]);
    expect(await settle({ ...key, state: 'HELD' })).to.equal(false);
    expect(await settle({ ...key, state: 'APPLIED' }, 3)).to.equal(true);
    expect(await settle({ ...key, state: 'REJECTED' }, 4)).to.equal(false);
    expect(await settle({ ...key, state: 'HELD' }, 5)).to.equal(false);
    expect(await findInbox(store().db.sql, key)).to.deep.include({ state: 'APPLIED', settledAt: hour(3) });
    expect(await heldMessages(store().db.sql, 'AJ')).to.deep.equal([]);
    const again = await arrive('AJ', 'moving');
    expect(again).to.deep.include({ state: 'APPLIED', receiptDigest: digestOf(bytesOf('receipt APPLIED')) });
  });
});

onBothEngines('deciding about a held message', (store) => {
  const hold = (partner: string, messageId: string, text: string) =>
    store().write(async (tx) => {
      const { digest } = await recordArrival(tx, raw(partner, text), undefined);
      await claimMessageId(tx, partner, messageId, digest);
      await settleInbox(tx, { partner, digest, messageId, state: 'HELD', kind: 'list', at: hour(2) });
      return digest;
    });
  const decide = async (idOrDigest: string, person: string, h: number, more: Partial<HoldDecision> = {}) => {
    const { partner, digest } = await findHeld(store().db.sql, idOrDigest);
    const decided = { partner, digest, decision: 'release', at: hour(h), ...more } as const;
    return await store().write((tx) => recordDecision(tx, decided, { person }));
  };

  it('counts different people who decide the same', async () => {
    await hold('AA', 'm1', 'held 1');
    expect(await decide('m1', 'one', 3)).to.deep.equal(['one']);
    expect(await decide('m1', 'contrary', 4, { decision: 'refuse' })).to.deep.equal(['contrary']);
    expect(await decide('m1', 'two', 5)).to.deep.equal(['one', 'two']);
  });

  it('refuses a second decision of the same person, also the opposite one', async () => {
    await hold('AA', 'm2', 'held 2');
    await decide('m2', 'one', 3);
    expect(await codeOf(decide('m2', 'one', 4))).to.equal('E_APPROVAL_REPEATED');
    expect(await codeOf(decide('m2', 'one', 4, { decision: 'refuse' }))).to.equal('E_APPROVAL_REPEATED');
    expect(await decide('m2', 'two', 5)).to.deep.equal(['one', 'two']);
  });

  it('takes one name for one person, in capitals, with blanks and with hidden characters', async () => {
    await hold('AA', 'm9', 'held 9');
    await decide('m9', 'Ann Lee', 3);
    for (const person of [' ann lee ', 'ANN  LEE', 'Ann\u00a0Lee', 'Ａnn Lee', 'Ann\u200b Lee', 'ann-lee'])
      expect(await codeOf(decide('m9', person, 4)), person).to.equal('E_APPROVAL_REPEATED');
    expect(await decide('m9', 'Ann Leeds', 5)).to.deep.equal(['Ann Lee', 'Ann Leeds']);
  });

  it('counts for the held bytes only, not for another message with the id', async () => {
    const digest = await hold('AB', 'm3', 'held 3');
    await decide('m3', 'one', 3);
    await decide('m3', 'two', 3);
    await store().write((tx) => settleInbox(tx, { partner: 'AB', digest, state: 'APPLIED', at: hour(4) }));
    expect(await codeOf(decide('m3', 'three', 5))).to.equal('E_MESSAGE_UNKNOWN');
    const late = { partner: 'AB', digest, decision: 'release', at: hour(5) } as const;
    expect(await codeOf(store().write((tx) => recordDecision(tx, late, { person: 'three' })))).to.equal(
      'E_MESSAGE_UNKNOWN',
    );
    await hold('AC', 'm3', 'held by another');
    expect(await decide('m3', 'three', 6)).to.deep.equal(['three']);
  });

  it('asks for the digest where two partners have a held message with one id', async () => {
    const [one, other] = [await hold('AE', 'm5', 'held by one'), await hold('AF', 'm5', 'held by a third')];
    const refused = await findHeld(store().db.sql, 'm5').catch((error: unknown) => error);
    expect(refused).to.include({ code: 'E_REQUEST_INVALID' });
    expect(refused).to.have.property('fix').that.includes(`${one} is of AE`).and.includes(`${other} is of AF`);
    expect(await decide(other, 'one', 3)).to.deep.equal(['one']);
    expect(await decide(one, 'two', 3)).to.deep.equal(['two']);
  });

  it('shows both decisions to one of two people who decide concurrently', async () => {
    const digest = await hold('AD', 'm4', 'held 4');
    let second: Promise<readonly string[]> | undefined;
    const first = await store().write(async (tx) => {
      const own = { partner: 'AD', digest, decision: 'release', at: hour(3) } as const;
      const people = await recordDecision(tx, own, { person: 'one' });
      second = decide('m4', 'two', 3);
      await waitsOrEnds(store(), second);
      return people;
    });
    expect([first, await second]).to.deep.equal([['one'], ['one', 'two']]);
  });

  it('is refused for a message that is not held', async () => {
    expect(await codeOf(decide('absent', 'one', 3))).to.equal('E_MESSAGE_UNKNOWN');
  });
});

/** Until the work has ended, or its transaction is seen to wait for another. The embedded engine makes every one wait. */
async function waitsOrEnds({ db, engine }: TestStore, work: Promise<unknown>): Promise<void> {
  if (engine === 'sqlite') return;
  const ended = work.then(
    () => true,
    () => true,
  );
  for (;;) {
    const { rows } = await sql`select 1 from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`.execute(db.sql);
    if (rows.length > 0 || (await Promise.race([ended, Promise.resolve(false)]))) return;
  }
}
