/** What a sender does when a partner refuses, or would have to refuse, what it sends. */

import { expect } from 'chai';
import { decideHeld } from '../../gateway/inbound/receive-message.ts';
import { resetStream } from '../../gateway/inbound/reset-stream.ts';
import { deliverDue } from '../../gateway/outbound/delivery.ts';
import { sendList } from '../../gateway/outbound/send-list.ts';
import { attemptsOf, findMessage, type MessageRow } from '../../gateway/store/outbox.ts';
import { findInbox } from '../../gateway/store/inbox.ts';
import { findStream, requireFullList } from '../../gateway/store/streams.ts';
import { rejectedBy } from '../support/thrown.ts';
import {
  operator,
  operators,
  eachTestWithKorea,
  registerOf,
  type OpenAdministration,
} from '../support/administrations.ts';

describe('a list that a partner does not accept', () => {
  let us: OpenAdministration;
  let them: OpenAdministration;
  eachTestWithKorea(async (ours, theirs) => {
    [us, them] = [ours, theirs];
    await them.openDoors();
    await us.save(...operators(5));
    await us.send('KR');
  });

  const queue = async (count: number): Promise<string[]> => {
    const ids: string[] = [];
    for (let i = 1; i <= count; i += 1) {
      await us.save(operator(100 + i));
      ids.push((await sendList(us.gateway, 'KR'))?.list.id ?? '');
    }
    return ids;
  };
  const messages = async (ids: readonly string[]): Promise<(MessageRow | undefined)[]> =>
    await Promise.all(ids.map((id) => findMessage(us.gateway.db.sql, id)));
  const deliverAll = async (): Promise<void> => {
    while ((await deliverDue(us.gateway, 'KR')) > 0);
  };
  const theirEpoch = async () => (await findStream(them.gateway.db.sql, 'CN', 'in'))?.position.epoch.no;
  const loseOneList = async (): Promise<void> =>
    them.gateway.db.transaction(async (tx) => {
      await tx
        .updateTable('stream')
        .set({ sequence: 0, chain: '1'.repeat(64) })
        .where('id', '=', 'CN/in')
        .execute();
    });

  it('behind a gap the stream stops at the first refusal, and none of the other lists is sent', async () => {
    const ids = await queue(12);
    await loseOneList();
    await deliverAll();
    const [first, ...others] = await messages(ids);
    expect(first?.state).to.equal('REJECTED');
    expect(others.map((message) => message?.state)).to.deep.equal(others.map(() => 'SUPERSEDED'));
    for (const { id } of others.filter((message) => message !== undefined))
      expect(await findInbox(them.gateway.db.sql, { partner: 'CN', messageId: id })).to.equal(undefined);
    const { count } = await them.gateway.db.sql
      .selectFrom('inbox')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow();
    expect(count).to.equal(2);
  });

  it('a running gateway heals the stream by itself with a full list', async () => {
    await queue(3);
    await loseOneList();
    await us.openDoors(true);
    expect(await us.until(async () => ((await theirEpoch()) === 2 ? 'healed' : undefined))).to.equal('healed');
    expect(await registerOf(them, 'CN')).to.have.length(1 + 8);
  });

  it('a home restored from an old copy continues after the epoch that the receipt names, in one step', async () => {
    await them.gateway.db.transaction(async (tx) => {
      await tx.updateTable('stream').set({ epoch_no: 9, epoch_id: 'later' }).where('id', '=', 'CN/in').execute();
    });
    await us.save(operator(50));
    expect((await us.send('KR')).state).to.equal('REJECTED');
    expect((await us.send('KR')).state).to.equal('ACCEPTED');
    expect(await theirEpoch()).to.equal(10);
  });

  it('a stored message whose bytes were altered is held with an alarm, its followers are not sent, and a full list repairs it', async () => {
    const ids = await queue(3);
    const [first] = await messages(ids);
    await us.gateway.db.transaction(async (tx) => {
      const bytes = Buffer.from('altered on the disk');
      await tx
        .updateTable('body')
        .set({ bytes })
        .where('digest', '=', first?.digest ?? '')
        .execute();
    });
    await deliverAll();
    const [altered, ...followers] = await messages(ids);
    expect(altered).to.include({ state: 'SEALED', holdReason: 'altered' });
    expect((await attemptsOf(us.gateway.db.sql, ids[0] ?? '')).map(({ outcome }) => outcome)).to.deep.equal(['held']);
    expect(followers.map((message) => message?.attempts)).to.deep.equal([0, 0]);
    expect((await us.send('KR')).state).to.equal('ACCEPTED');
    expect(await registerOf(them, 'CN')).to.have.length(1 + 8);
  });

  describe('an epoch further than one ahead', () => {
    const far = 2_000_000_000;
    const sendFar = async (epoch = far): Promise<MessageRow> => {
      await us.gateway.db.transaction(async (tx) => {
        await tx.updateTable('stream').set({ resync_wanted: epoch }).where('id', '=', 'KR/out').execute();
      });
      return await us.send('KR');
    };

    it('is held for two people, and the stream goes on when they refuse it', async () => {
      const sent = await sendFar();
      expect(sent).to.include({ state: 'HANDED_OVER' });
      expect(sent.verdictDetail).to.contain('epoch_ahead');
      expect(await theirEpoch()).to.equal(1);
      for (const person of ['ann', 'ben']) await decideHeld(them.gateway, sent.id, { decision: 'refuse', person });
      await us.openDoors(true);
      await deliverDue(them.gateway, 'CN');
      expect(await us.until(async () => ((await theirEpoch()) === 2 ? 'goes on' : undefined))).to.equal('goes on');
    });

    it('that was applied locks the stream until two people reset it', async () => {
      const { id } = await sendFar();
      for (const person of ['ann', 'ben']) await decideHeld(them.gateway, id, { decision: 'release', person });
      expect(await theirEpoch()).to.equal(far);
      const anew = async (): Promise<string> => {
        await us.gateway.db.transaction((tx) => requireFullList(tx, 'KR', 2));
        return (await us.send('KR')).state;
      };
      expect(await anew()).to.equal('REJECTED');
      expect(await resetStream(them.gateway, 'CN', { person: 'ann' })).to.equal(false);
      expect((await rejectedBy(resetStream(them.gateway, 'CN', { person: 'ann' }))).code).to.equal(
        'E_APPROVAL_REPEATED',
      );
      expect(await resetStream(them.gateway, 'cn', { person: 'ben' })).to.equal(true);
      expect((await rejectedBy(resetStream(them.gateway, 'CN', { person: 'ben' }))).code).to.equal('E_MESSAGE_UNKNOWN');
      expect(await registerOf(them, 'CN')).to.have.length(1 + 5);
      expect(await anew()).to.equal('ACCEPTED');
      expect(await theirEpoch()).to.equal(2);
    });

    it('beyond what can be kept is held too, and refused when two people release it', async () => {
      const sent = await sendFar(999_999_999_999_999);
      expect(sent.verdictDetail).to.contain('epoch_ahead');
      await decideHeld(them.gateway, sent.id, { decision: 'release', person: 'ann' });
      const decided = await decideHeld(them.gateway, sent.id, { decision: 'release', person: 'ben' });
      expect(decided).to.include({ verdict: 'rejected', reason: 'E_VALUE_INVALID' });
      expect(await theirEpoch()).to.equal(1);
    });

    it('is held also as the first list of a partner', async () => {
      await them.gateway.db.transaction(async (tx) => {
        await tx.deleteFrom('mirror_bucket').execute();
        await tx.deleteFrom('stream').execute();
      });
      expect((await sendFar()).verdictDetail).to.contain('epoch_ahead');
    });
  });
});
