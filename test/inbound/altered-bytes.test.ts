/** Received bytes and receipts that were altered on the disk after they were stored: nobody is judged or answered by them. */

import { expect } from 'chai';
import { getPartner } from '../../gateway/gateway.ts';
import { reviewHeld } from '../../gateway/inbound/held-list.ts';
import { decideHeld, receiveMessage, type ReceiveResult } from '../../gateway/inbound/receive-message.ts';
import { sha256 } from '../../gateway/model/canonical-json.ts';
import { momentOf } from '../../gateway/model/day.ts';
import { sendList, type BuiltList } from '../../gateway/outbound/send-list.ts';
import { findInbox } from '../../gateway/store/inbox.ts';
import { requireFullList } from '../../gateway/store/streams.ts';
import { codeOf } from '../store/codes.ts';
import {
  eachTestWithKorea,
  operator,
  operators,
  registerOf,
  type OpenAdministration,
} from '../support/administrations.ts';

describe('bytes that were altered in the store', () => {
  let us: OpenAdministration;
  let them: OpenAdministration;
  eachTestWithKorea(async (ours, theirs) => {
    [us, them] = [ours, theirs];
    await us.save(...operators(5));
  });

  const take = (bytes: Uint8Array): Promise<ReceiveResult> =>
    receiveMessage(them.gateway, { partner: 'CN', via: 'file', bytes, receivedAt: momentOf(new Date()) });
  const alter = (digest = ''): Promise<unknown> =>
    them.gateway.db.transaction((tx) =>
      tx
        .updateTable('body')
        .set({ bytes: Buffer.from('altered on the disk') })
        .where('digest', '=', digest)
        .execute(),
    );
  const built = async (gateway = us.gateway): Promise<BuiltList> => {
    const list = await sendList(gateway, 'KR');
    if (list === undefined) throw new Error('there was nothing to send');
    return list;
  };

  it('of a receipt: a repeated message gets another receipt with the same verdict', async () => {
    const { bytes } = (await built()).sealed;
    const first = await take(bytes);
    await alter(first.receipt?.digest);
    const again = await take(bytes);
    expect(again).to.include({ verdict: 'applied', duplicate: true });
    expect(sha256(again.receipt?.bytes ?? Buffer.of())).to.equal(again.receipt?.digest);
  });

  it('of an earlier part of a list: the list is refused, and a full list in the next epoch repairs the stream', async () => {
    const partner = getPartner(us.gateway, 'KR');
    const adapter = { ...partner.adapter, lists: { kinds: ['full', 'delta'] as const, partRecords: 3 } };
    const inParts = { ...us.gateway, partners: new Map([['KR', { ...partner, adapter }]]) };
    const [first, last] = (await built(inParts)).messages;
    expect(await take(first?.sealed.bytes ?? Buffer.of())).to.include({ verdict: 'applied' });
    await alter(first?.sealed.digest);
    const refused = await take(last?.sealed.bytes ?? Buffer.of());
    expect(refused).to.include({ verdict: 'rejected', reason: 'E_LIST_PART' });
    await us.gateway.db.transaction((tx) => requireFullList(tx, 'KR'));
    expect(await take((await built()).sealed.bytes)).to.include({ verdict: 'applied' });
    expect(await registerOf(them, 'CN')).to.have.length(1 + 5);
  });

  it('of a held list: it cannot be released, says why, and two people can refuse it', async () => {
    await take((await built()).sealed.bytes);
    await us.save(...operators(5).map((one) => ({ ...one, consent: false })));
    const { list, sealed } = await built();
    expect(await take(sealed.bytes)).to.include({ verdict: 'held' });
    const before = await registerOf(them, 'CN');
    await alter(sealed.digest);
    const held = await findInbox(them.gateway.db.sql, { messageId: list.id });
    if (held === undefined) throw new Error('the list is held');
    expect((await reviewHeld(them.gateway, held, 10)).fault?.code).to.equal('E_STORE_DAMAGED');
    const decide = (decision: 'release' | 'refuse', person: string) =>
      decideHeld(them.gateway, list.id, { decision, person });
    expect(await codeOf(decide('release', 'ann'))).to.equal('E_STORE_DAMAGED');
    await decide('refuse', 'ann');
    expect(await decide('refuse', 'ben')).to.include({ verdict: 'rejected', reason: 'E_LIST_REFUSED' });
    expect(await registerOf(them, 'CN')).to.deep.equal(before);
  });

  it('of a message whose signed content comes again in other bytes: a conflict, and no failure of the gateway', async () => {
    await us.save(operator(9));
    const { sealed } = await built();
    await take(sealed.bytes);
    await alter(sealed.digest);
    const other = Buffer.concat([sealed.bytes, Buffer.from('\n')]);
    expect(await take(other)).to.include({ verdict: 'rejected' });
    expect(await take(sealed.bytes)).to.include({ verdict: 'applied', duplicate: true });
  });
});
