/** Lists that a running gateway sends without a person. */

import { join } from 'node:path';
import { expect } from 'chai';
import { decideOperator, type OperatorDecision } from '../../gateway/domestic/change-operator.ts';
import { longWorkHere } from '../../gateway/app/long-work.ts';
import { examinePartner } from '../../gateway/app/health/partner-checks.ts';
import { getPartner, type Gateway } from '../../gateway/gateway.ts';
import { GatewayError } from '../../gateway/model/errors.ts';
import { listScheduler, scheduledList } from '../../gateway/outbound/scheduled-lists.ts';
import { sendList } from '../../gateway/outbound/send-list.ts';
import { unacknowledgedRestrictions } from '../../gateway/outbound/unacknowledged.ts';
import { listMessages, type MessageListRow } from '../../gateway/store/message-list.ts';
import { numbered, resumeLists } from '../../gateway/store/older-store.ts';
import { requireFullList } from '../../gateway/store/streams.ts';
import { refusalCode } from '../support/expect-code.ts';
import { temporaryFolder } from '../support/pki.ts';
import { code, operator, operators, eachTestWithKorea, type OpenAdministration } from '../support/administrations.ts';

const day = 24 * 3600;

describe('lists by schedule', () => {
  let us: OpenAdministration;
  let them: OpenAdministration;
  eachTestWithKorea((ours, theirs) => {
    [us, them] = [ours, theirs];
  });

  /** Our gateway so many seconds later. */
  const after = (seconds: number): Gateway => ({
    ...us.gateway,
    now: () => new Date(Date.now() + seconds * 1000),
  });
  const queued = (): Promise<MessageListRow[]> =>
    listMessages(us.gateway.db.sql, { partner: 'KR', direction: 'out', limit: 10 });
  const sentFirst = async (): Promise<void> => {
    await them.openDoors();
    await us.save(...operators(5));
    await us.send('KR');
    await them.closeDoors();
  };
  const decide = (decision: OperatorDecision, number: number) =>
    decideOperator(us.gateway, code(number), { decision, reason: 'inspection', person: 'chen' });

  it('wait for a person before the first', async () => {
    await us.save(operator(1));
    expect(await scheduledList(us.gateway, 'KR')).to.deep.equal({ waits: 'first_list' });
    await listScheduler(after(day))('KR');
    expect(await queued()).to.deep.equal([]);
  });

  it('are built in another thread where there are thousands of operators to compare, and in this one otherwise', async () => {
    await sentFirst();
    const elsewhere: unknown[] = [];
    const schedule = listScheduler({
      ...after(6),
      sendLongList(partner, options) {
        elsewhere.push([partner, options]);
        return longWorkHere(us.gateway).sendList(partner, options);
      },
    });
    await us.save(operator(6));
    await schedule('KR');
    expect([elsewhere, await queued()].map(({ length }) => length)).to.deep.equal([0, 2]);
    await us.save(...operators(2010));
    await schedule('KR');
    expect(elsewhere).to.deep.equal([['KR', {}]]);
    expect((await queued())[0]).to.include({ state: 'SEALED' });
    expect(await queued()).to.have.length(3);
  });

  it('go some seconds after a change, once', async () => {
    await sentFirst();
    await us.save(operator(6));
    const schedule = listScheduler(after(0));
    await schedule('KR');
    expect(await queued()).to.have.length(1);
    const { next } = await scheduledList(us.gateway, 'KR');
    expect(next?.cause).to.equal('change');
    const [both] = await Promise.all([listScheduler(after(6))('KR'), listScheduler(after(6))('KR')]);
    expect(both).to.equal(undefined);
    expect(await queued()).to.have.length(2);
    await listScheduler(after(12))('KR');
    expect(await queued()).to.have.length(2);
  });

  it('go at once when an operator is suspended or ends its consent', async () => {
    await sentFirst();
    await decide('suspend', 1);
    await listScheduler(after(0))('KR');
    await decide('end_consent', 2);
    await listScheduler(after(0))('KR');
    expect(await queued()).to.have.length(3);
    await decide('reinstate', 1);
    await listScheduler(after(0))('KR');
    expect(await queued()).to.have.length(3);
  });

  it('go at once when the change was stored while the clock was ahead', async () => {
    await sentFirst();
    await decideOperator(after(day), code(2), { decision: 'suspend', reason: 'inspection', person: 'chen' });
    const { next } = await scheduledList(us.gateway, 'KR');
    expect(next?.cause).to.equal('restriction');
    await listScheduler(us.gateway)('KR');
    expect(await queued()).to.have.length(2);
  });

  it('go as soon as the store takes them, whatever failed before', async () => {
    await sentFirst();
    await decide('suspend', 3);
    let isAway = true;
    const away = new GatewayError('E_STORE_UNREACHABLE', 'the disk is full');
    const { db } = us.gateway;
    const transaction: typeof db.transaction = (work) => (isAway ? Promise.reject(away) : db.transaction(work));
    const schedule = listScheduler({ ...us.gateway, db: { ...db, transaction } });
    expect(await refusalCode(() => schedule('KR'))).to.equal('E_STORE_UNREACHABLE');
    isAway = false;
    await schedule('KR');
    expect(await queued()).to.have.length(2);
  });

  it('go before the partner regards the last as stale, and again after a rejection', async () => {
    await sentFirst();
    const { next } = await scheduledList(us.gateway, 'KR');
    expect(next?.cause).to.equal('renewal');
    const dueIn = (Date.parse(next?.at ?? '') - Date.now()) / 1000;
    await listScheduler(after(dueIn - 60))('KR');
    expect(await queued()).to.have.length(1);
    await listScheduler(after(dueIn + 60))('KR');
    expect(await queued()).to.have.length(2);
    await us.gateway.db.transaction((tx) => requireFullList(tx, 'KR'));
    expect((await scheduledList(us.gateway, 'KR')).next?.cause).to.equal('rejection');
    await listScheduler(after(0))('KR');
    expect(await queued()).to.have.length(3);
  });

  it('go again after seconds to a partner that refuses several, less and less often', async () => {
    await sentFirst();
    let seconds = 0;
    const schedule = listScheduler({ ...us.gateway, now: () => new Date(Date.now() + seconds * 1000) });
    const sentAt: number[] = [];
    for (; seconds < 120; seconds += 1) {
      const before = (await queued()).length;
      await us.gateway.db.transaction((tx) => requireFullList(tx, 'KR'));
      await schedule('KR');
      if ((await queued()).length > before) sentAt.push(seconds);
    }
    expect(sentAt.map((at, n) => at - (sentAt[n - 1] ?? 0))).to.deep.equal([0, 5, 10, 20, 40]);
  });

  it('move on without a list where the changes concern nothing that the partner may see', async () => {
    await sentFirst();
    await us.save(operator(7, { consent: false }));
    await listScheduler(after(6))('KR');
    expect(await queued()).to.have.length(1);
    expect((await scheduledList(us.gateway, 'KR')).next?.cause).to.equal('renewal');
  });

  it('go once when the terms of the partner change, even if no operator is seen otherwise', async () => {
    await sentFirst();
    const partner = us.gateway.partners.get('KR');
    if (partner === undefined) throw new Error('KR is not configured');
    const { adapter } = partner;
    const arrangement = { ...adapter.arrangement, grades: [...adapter.arrangement.grades, 'never-given'] };
    const partners = new Map([['KR', { ...partner, adapter: { ...adapter, arrangement } }]]);
    const gateway = { ...us.gateway, partners };
    expect((await scheduledList(gateway, 'KR')).next?.cause).to.equal('new_terms');
    await listScheduler(gateway)('KR');
    expect(await queued()).to.have.length(1);
    expect((await scheduledList(gateway, 'KR')).next?.cause).to.equal('renewal');
  });

  it('are not queued for a partner that was stopped for its settings', async () => {
    await sentFirst();
    await us.save(operator(6));
    const partners = new Map([...us.gateway.partners].map(([each, { transport: _, ...rest }]) => [each, rest]));
    await listScheduler({ ...after(6), partners })('KR');
    expect(await queued()).to.have.length(1);
  });

  it('wait while one does not arrive, and say so', async () => {
    await sentFirst();
    await us.openDoors(true);
    await us.save(operator(8));
    await us.until(async () => ((await scheduledList(us.gateway, 'KR')).waits === 'not_delivered' ? true : undefined));
    await us.closeDoors();
    await us.save(operator(9));
    await listScheduler(after(day))('KR');
    expect(await queued()).to.have.length(2);
  });

  it('are followed until the partner has acknowledged the end of a consent', async () => {
    await sentFirst();
    const open = async (): Promise<string[]> =>
      (await unacknowledgedRestrictions(us.gateway, 'KR', 10)).map((each) => each.code);
    await decide('end_consent', 1);
    await decide('suspend', 2);
    expect(await open()).to.deep.equal([code(1), code(2)]);
    await listScheduler(after(0))('KR');
    expect(await open()).to.deep.equal([code(1), code(2)]);
    await them.openDoors();
    await us.openDoors(true);
    await us.until(async () => ((await open()).length === 0 ? true : undefined));
    await us.closeDoors();
    await us.save(operator(99, { consent: true, grade: 'general' }));
    await decide('suspend', 99);
    await listScheduler(after(0))('KR');
    expect(await open()).to.deep.equal([]);
  });

  it('after a restore wait for a person, and the doctor names that and no rejection', async () => {
    await sentFirst();
    const found = async () => {
      const findings = await examinePartner(us.gateway, getPartner(us.gateway, 'KR'));
      const schedule = findings.find(({ check }) => check === 'partner KR, schedule');
      return [schedule?.result, schedule?.cause, schedule?.fix?.match(/mra list \w+/u)?.[0]];
    };
    const at = new Date(Date.now() + 1000).toISOString();
    const file = join(temporaryFolder(), 'numbers');
    const { db } = await numbered({ ...us.gateway.db, close: () => Promise.resolve() }, file, at, 'restored');
    await db.close();
    expect(await found()).to.deep.equal(['warn', undefined, 'mra list resume']);
    expect(await refusalCode(() => sendList(us.gateway, 'KR', { kind: 'full' }))).to.equal('E_STORE_OLDER');
    await resumeLists(us.gateway.db, { person: 'chen', at, last: [] });
    expect(await found()).to.deep.equal(['warn', 'list_not_sent', 'mra list send']);
    const later = new Date(Date.now() + 2000);
    await sendList({ ...us.gateway, now: () => later }, 'KR', { kind: 'full' });
    await us.gateway.db.transaction((tx) => requireFullList(tx, 'KR'));
    expect(await found(), 'this one it did reject').to.deep.equal(['warn', 'list_rejected', 'mra list send']);
  });

  it('that do not bring a restriction are an alarm whose text, which is logged, names no operator; its fix does', async () => {
    await sentFirst();
    await decide('suspend', 2);
    await listScheduler(after(0))('KR');
    const later = { ...us.gateway, now: () => new Date(Date.now() + 2 * day * 1000) };
    const findings = await examinePartner(later, getPartner(us.gateway, 'KR'));
    const found = findings.find(({ cause }) => cause === 'restriction_unacknowledged');
    expect([found?.detail.includes(code(2)), found?.fix?.includes(code(2))]).to.deep.equal([false, true]);
  });

  it('bring a suspension to the register of the partner by themselves', async () => {
    await sentFirst();
    await them.openDoors();
    await us.openDoors(true);
    await decide('suspend', 3);
    const suspended = async (): Promise<string | undefined> => {
      const versions = them.gateway.db.sql.selectFrom('register_version').where('status', '=', 'suspended');
      return (await versions.select('identifier').executeTakeFirst())?.identifier;
    };
    expect(await us.until(suspended)).to.match(new RegExp(`${code(3)}$`, 'u'));
  });
});
