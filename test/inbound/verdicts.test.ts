/** Which verdicts are final for the bytes, which are made anew, and what counts as the same message. */

import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { eventsSince } from '../support/event-log.ts';
import { decideHeld, receiveMessage, type ReceiveResult } from '../../gateway/inbound/receive-message.ts';
import { momentOf } from '../../gateway/model/day.ts';
import { sendList, type BuiltList } from '../../gateway/outbound/send-list.ts';
import type { ListOptions } from '../../gateway/model/list/queued-list.ts';
import { getBytes } from '../../gateway/store/bodies.ts';
import { codeOf } from '../store/codes.ts';
import { findInbox } from '../../gateway/store/inbox.ts';
import {
  operator,
  operators,
  eachTestWithKorea,
  registerOf,
  type OpenAdministration,
} from '../support/administrations.ts';

describe('the verdict on a message', () => {
  let us: OpenAdministration;
  let them: OpenAdministration;
  eachTestWithKorea(async (ours, theirs) => {
    [us, them] = [ours, theirs];
    await us.save(...operators(5));
  });

  const built = async (options?: ListOptions): Promise<BuiltList> => {
    const list = await sendList(us.gateway, 'KR', options);
    if (list === undefined) throw new Error('there was nothing to send');
    return list;
  };
  const take = (bytes: Uint8Array, now = new Date(), receivedAt = now): Promise<ReceiveResult> =>
    receiveMessage(
      { ...them.gateway, now: () => now },
      { partner: 'CN', via: 'file', bytes, receivedAt: momentOf(receivedAt) },
    );

  it('a list refused because one before it was missing is applied when it comes again after that one', async () => {
    await take((await built()).sealed.bytes);
    await us.save(operator(6));
    const second = await built();
    await us.save(operator(7));
    const third = await built();
    expect(await take(third.sealed.bytes)).to.include({ verdict: 'rejected', reason: 'E_SEQUENCE_GAP' });
    expect(await take(second.sealed.bytes)).to.include({ verdict: 'applied' });
    expect(await take(third.sealed.bytes)).to.include({ verdict: 'applied', duplicate: false });
    expect(await registerOf(them, 'CN')).to.have.length(1 + 7);
    expect(await take(third.sealed.bytes)).to.include({ verdict: 'applied', duplicate: true });
  });

  it('a list refused for the time is applied when it comes again at the right time', async () => {
    const { bytes } = (await built()).sealed;
    const early = new Date(Date.now() - 3_600_000);
    expect(await take(bytes, early)).to.include({ verdict: 'rejected', reason: 'E_MESSAGE_TIME' });
    const longAfter = new Date('2099-01-01T00:00:00Z');
    expect(await take(bytes, new Date(), longAfter)).to.include({ verdict: 'rejected', reason: 'E_CERTIFICATE_TIME' });
    expect(await take(bytes)).to.include({ verdict: 'applied' });
  });

  it('a list refused for its signing key is applied when it comes again after the key was registered', async () => {
    const { bytes } = (await built()).sealed;
    const partner = them.gateway.partners.get('CN');
    if (partner === undefined) throw new Error('CN is a partner');
    const certificates = [them.gateway.keyring.signer('rsa-sha256').certificate];
    const before = { ...partner, trust: { ...partner.trust, certificates } };
    const raw = { partner: 'CN', via: 'file', bytes, receivedAt: momentOf(new Date()) } as const;
    const unregistered = { ...them.gateway, partners: new Map([['CN', before]]) };
    expect(await receiveMessage(unregistered, raw)).to.include({ verdict: 'rejected', reason: 'E_SIGNER_UNKNOWN' });
    expect(await take(bytes)).to.include({ verdict: 'applied' });
  });

  it('a refusal of the content stays: the same bytes get the same receipt', async () => {
    const bytes = Buffer.from(
      Buffer.from((await built()).sealed.bytes)
        .toString()
        .replace('NEW MAT', 'OLD MAT'),
    );
    const first = await take(bytes);
    expect(first).to.include({ verdict: 'rejected', reason: 'E_SIGNATURE_INVALID' });
    const again = await take(bytes);
    expect(again).to.include({ verdict: 'rejected', duplicate: true });
    expect(again.receipt?.digest).to.equal(first.receipt?.digest);
  });

  it('the same signed content in other bytes is the same message: the original gets the same verdict, over its own bytes', async () => {
    const { bytes } = (await built()).sealed;
    const xml = Buffer.from(bytes).toString();
    const blank = Buffer.from(`${xml}\n`);
    expect(await take(blank)).to.include({ verdict: 'applied', duplicate: false });
    const before = await registerOf(them, 'CN');
    const original = await take(bytes);
    expect(original).to.include({ verdict: 'applied', duplicate: true });
    const receipt = Buffer.from(original.receipt?.bytes ?? []).toString();
    expect(receipt).to.contain(createHash('sha256').update(bytes).digest('hex')).and.contain('Taken="5"');
    expect((await take(bytes)).receipt?.digest).to.equal(original.receipt?.digest);
    expect(await registerOf(them, 'CN')).to.deep.equal(before);
    expect(await take(Buffer.from(`${xml}\n\n `))).to.include({ verdict: 'applied', duplicate: true });
  });

  it('where two people release a list and two others refuse it at one time, one of both happens and the other is undone', async () => {
    await take((await built()).sealed.bytes);
    await us.save(...operators(5).map((one) => ({ ...one, consent: false })));
    const { list, sealed } = await built();
    await take(sealed.bytes);
    const before = await registerOf(them, 'CN');
    const decide = (decision: 'release' | 'refuse', person: string): ReturnType<typeof decideHeld> =>
      decideHeld(them.gateway, list.id, { decision, person });
    await decide('release', 'ann');
    await decide('refuse', 'ben');
    const ends = await Promise.allSettled([decide('release', 'eve'), decide('refuse', 'kim')]);
    const done = ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value?.verdict] : []));
    expect(done).to.have.lengthOf(1);
    const [failed] = ends.filter((end) => end.status === 'rejected');
    expect(failed?.reason).to.include({ code: 'E_MESSAGE_UNKNOWN' });
    const kept = await findInbox(them.gateway.db.sql, { messageId: list.id });
    expect(kept?.state).to.equal(done[0] === 'applied' ? 'APPLIED' : 'REJECTED');
    const kinds = (await eventsSince(them.gateway.db.sql, 0, 200))
      .filter(({ ref }) => ref === list.id)
      .map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'list_applied' || kind === 'message_rejected')).to.deep.equal([
      done[0] === 'applied' ? 'list_applied' : 'message_rejected',
    ]);
    if (done[0] !== 'applied') expect(await registerOf(them, 'CN')).to.deep.equal(before);
  });

  it('a list that two people refused stays refused in other bytes', async () => {
    await take((await built()).sealed.bytes);
    await us.save(...operators(5).map((one) => ({ ...one, consent: false })));
    const { list, sealed } = await built();
    expect(await take(sealed.bytes)).to.include({ verdict: 'held' });
    const other = Buffer.concat([sealed.bytes, Buffer.from(' ')]);
    expect(await take(other)).to.include({ verdict: 'held', duplicate: true });
    for (const person of ['ann', 'ben']) await decideHeld(them.gateway, list.id, { decision: 'refuse', person });
    expect(await take(other)).to.include({ verdict: 'rejected', duplicate: true });
  });

  it('a message larger than agreed is refused by whichever way it comes, and its bytes are not kept', async () => {
    const { bytes } = (await built()).sealed;
    const gateway = { ...them.gateway, maxBytes: bytes.length - 1 };
    for (const via of ['amqp', 'https', 'file'] as const) {
      const raw = { partner: 'CN', via, bytes, receivedAt: momentOf(new Date()) };
      expect(await receiveMessage(gateway, raw)).to.include({ verdict: 'rejected', reason: 'E_SIZE_EXCEEDED' });
    }
    const digest = createHash('sha256').update(bytes).digest('hex');
    const kept = await findInbox(them.gateway.db.sql, { partner: 'CN', digest });
    expect(kept).to.deep.include({ state: 'REJECTED', reason: 'E_SIZE_EXCEEDED', deliveries: 3 });
    expect(await codeOf(getBytes(them.gateway.db.sql, digest))).to.equal('E_BYTES_DROPPED');
    expect(await take(bytes)).to.include({ verdict: 'applied' });
  });
});
