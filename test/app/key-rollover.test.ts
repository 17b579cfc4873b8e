/** A new key of ours: announced under the present one, proven, used from its day on; and a partner's, taken and its predecessor ended. */

import { expect } from 'chai';
import { examineNewKeys } from '../../gateway/app/health/key-checks.ts';
import { adapterTools } from '../../gateway/app/adapter-tools.ts';
import { openGateway, type OpenGateway } from '../../gateway/app/composition.ts';
import {
  advanceRollovers,
  beginRollover,
  cancelKey,
  confirmKey,
  type BegunRollover,
} from '../../gateway/app/key-rollover.ts';
import { renewKeys } from '../../gateway/app/key-renewal.ts';
import { later, momentOf } from '../../gateway/model/day.ts';
import { deliverDue } from '../../gateway/outbound/delivery.ts';
import { sendList } from '../../gateway/outbound/send-list.ts';
import { reviewHeld } from '../../gateway/inbound/held-list.ts';
import { decideHeld } from '../../gateway/inbound/receive-message.ts';
import { findMessage } from '../../gateway/store/outbox.ts';
import { heldMessages } from '../../gateway/store/held-messages.ts';
import { partnerKeys } from '../../gateway/store/partner-keys.ts';
import { fingerprint } from '../../gateway/wire/signature/certificates.ts';
import { signerAt, signerOf } from '../../gateway/wire/signature/profile.ts';
import { freshUrl } from '../store/engines.ts';
import { operators, prepareOnce } from '../support/administrations.ts';
import type { OpenAdministration, OpenAdministrations } from '../support/administrations.ts';
import { refusalCode } from '../support/expect-code.ts';

const day = 24 * 3600;

describe('a new key of ours', () => {
  let open: () => Promise<OpenAdministrations>;
  let administrations: OpenAdministrations;
  let us: OpenAdministration;
  let them: OpenAdministration;
  /** The moment that our side has, in seconds from the begin. */
  let seconds: number;
  const begin = momentOf(new Date());
  before(async () => {
    open = await prepareOnce({ partners: ['HK'] });
  });
  beforeEach(async () => {
    administrations = await open();
    [us, them] = [administrations.home, administrations.of('HK')];
    seconds = 0;
    await them.openDoors();
    await us.save(...operators(3));
  });
  afterEach(() => administrations.close());

  const atThatTime = (gateway: OpenGateway): OpenGateway =>
    Object.create(gateway, { now: { value: () => new Date(later(begin, seconds)) } }) as OpenGateway;
  /** Our gateway with the clock of the test, as it is after it has taken what the store says. */
  async function ours(of: OpenAdministration = us): Promise<OpenGateway> {
    await of.gateway.takeSettings(of.config);
    return atThatTime(of.gateway);
  }
  const rotate = async (changes: object = {}): Promise<BegunRollover> =>
    beginRollover(await ours(), 'HK', { from: later(begin, 20 * day), graceDays: 30, person: 'Li', ...changes });
  /** What the gateway does at a later moment: one step, and what is due is sent. */
  async function go(on: number): Promise<void> {
    seconds += on;
    await them.gateway.takeSettings(them.config);
    await advanceRollovers(await ours());
    await deliverDue(await ours(), 'HK');
  }
  const state = async (): Promise<string | undefined> =>
    (await partnerKeys(us.gateway.db.sql, 'HK')).findLast(({ side }) => side === 'ours')?.state;
  const acceptedUntil = async (print: string): Promise<unknown> => {
    const keys = await partnerKeys(them.gateway.db.sql, 'CN');
    return keys.find((key) => key.fingerprint === print)?.untilAt;
  };
  async function signsWith(): Promise<string> {
    const { partners, now } = await ours();
    const partner = partners.get('HK');
    if (partner === undefined) throw new Error('HK is a partner');
    return fingerprint(signerAt(signerOf(partner.signer), momentOf(now())).certificate);
  }
  async function listTaken(): Promise<readonly unknown[]> {
    const gateway = await ours();
    const id = (await sendList(gateway, 'HK', { kind: 'full' }))?.list.id ?? '';
    await deliverDue(gateway, 'HK');
    const message = await findMessage(gateway.db.sql, id);
    return [message?.state, message?.verdictDetail?.split(':')[0]];
  }

  it('is announced, proven before its day, signs from its day on, and the one before is taken until the end of the days for both', async () => {
    const old = await signsWith();
    const { fingerprint: next, oldUntil } = await rotate();
    expect(oldUntil).to.equal(later(begin, 50 * day));
    await go(1);
    expect([await state(), await signsWith()]).to.deep.equal(['announced', old]);
    await go(30);
    expect([await state(), await acceptedUntil(old)]).to.deep.equal(['probed', oldUntil]);
    await go(30);
    expect([await state(), await signsWith()]).to.deep.equal(['confirmed', old]);
    expect(await listTaken(), 'before the day').to.deep.equal(['ACCEPTED', 'applied']);
    seconds = 20 * day;
    expect(await signsWith()).to.equal(next);
    await go(1);
    expect(await state()).to.equal('in_use');
  });

  it('never signs where the partner refused it, and is announced again', async () => {
    await them.gateway.takeSettings({
      ...them.config,
      partners: {
        CN: {
          ...them.config.partners['CN'],
          certificates: { signing: [], tls: [], anchors: [], checkPath: false },
        } as never,
      },
    });
    const old = await signsWith();
    const { message } = await rotate();
    await deliverDue(await ours(), 'HK');
    expect((await findMessage(us.gateway.db.sql, message ?? ''))?.state).to.equal('REJECTED');
    await advanceRollovers(await ours());
    const announced = async (): Promise<string | undefined> =>
      (await partnerKeys(us.gateway.db.sql, 'HK')).find(({ side }) => side === 'ours')?.messageId;
    expect(await announced(), 'not at once').to.equal(message);
    seconds = 21 * day;
    expect([await state(), await signsWith()]).to.deep.equal(['announced', old]);
    await advanceRollovers(await ours());
    expect(await announced()).to.not.equal(message);
  });

  it('is one at a time for a partner, and cannot be given up once it is proven', async () => {
    await rotate();
    expect(await refusalCode(() => rotate())).to.equal('E_KEY_ROLLOVER');
    await go(1);
    await go(30);
    expect(await state()).to.equal('probed');
    const late = async (): Promise<void> => cancelKey(await ours(), 'HK', { person: 'Li', reason: 'wrong day' });
    expect(await refusalCode(late), 'the partner ends the one before').to.equal('E_KEY_ROLLOVER');
  });

  it('can be given up before the partner has its proof', async () => {
    const old = await signsWith();
    await rotate();
    await cancelKey(await ours(), 'HK', { person: 'Li', reason: 'wrong day' });
    expect(await refusalCode(async () => cancelKey(await ours(), 'HK', { person: 'Li', reason: 'again' }))).to.equal(
      'E_KEY_ROLLOVER',
    );
    seconds = 21 * day;
    expect([await state(), await signsWith()]).to.deep.equal(['cancelled', old]);
  });

  for (const engine of ['sqlite', 'postgres'] as const)
    it(`is announced, proven and used once, by whichever of two gateways on one store is first (${engine})`, async () => {
      const fresh = await freshUrl(engine);
      const config = { ...us.config, store: fresh.url };
      const both = [await openGateway(config, adapterTools()), await openGateway(config, adapterTools())];
      const [first, second] = both.map(atThatTime);
      if (first === undefined || second === undefined) throw new Error('two are open');
      const step = async (on: number): Promise<void> => {
        seconds += on;
        await them.gateway.takeSettings(them.config);
        for (const each of both) await each.takeSettings(config);
        await Promise.all([first, second].map(advanceRollovers));
        await deliverDue(second, 'HK');
      };
      try {
        const begun = await Promise.allSettled(
          [first, second].map((each) => beginRollover(each, 'HK', { from: later(begin, 60), person: 'Li' })),
        );
        expect(begun.filter(({ status }) => status === 'fulfilled')).to.have.length(1);
        for (const on of [1, 30, 30, 60]) await step(on);
        const events = first.db.sql.selectFrom('event').select('kind').where('kind', 'like', 'key_%');
        const rows = await events.orderBy('n').execute();
        expect(rows.map(({ kind }) => kind)).to.deep.equal([
          'key_announced',
          'key_probed',
          'key_confirmed',
          'key_switched',
        ]);
        const prints = [first, second].map(({ partners }) => {
          const { signer } = partners.get('HK') ?? {};
          return fingerprint(
            signerAt(signerOf(signer ?? { kind: 'none', reason: '' }), momentOf(first.now())).certificate,
          );
        });
        expect(new Set(prints)).to.have.length(1);
      } finally {
        for (const each of both) await each.close();
        await fresh.remove();
      }
    });

  it('is begun without a person when the present one ends soon, and not before', async () => {
    await renewKeys(await ours());
    expect(await state()).to.equal(undefined);
    seconds = 1060 * day; // keys last three years
    await renewKeys(await ours());
    await renewKeys(await ours());
    const own = (await partnerKeys(us.gateway.db.sql, 'HK')).filter(({ side }) => side === 'ours');
    expect(own.map(({ state: found, fromAt }) => [found, fromAt])).to.deep.equal([
      ['announced', later(begin, 1074 * day)],
    ]);
  });

  it('for a partner that gets it in a file signs from its day on once a person has confirmed it, and never before; its end is an alarm', async () => {
    const gateway = await ours();
    const partner = gateway.partners.get('HK');
    if (partner === undefined) throw new Error('HK is a partner');
    const keys = { announce: 'file', noticeDays: 60, graceDays: 10 } as const;
    const byFile = { ...partner, adapter: { ...partner.adapter, keys } };
    const own = Object.create(gateway, { partners: { value: new Map([['HK', byFile]]) } }) as OpenGateway;
    const old = await signsWith();
    const begun = await beginRollover(own, 'HK', { person: 'Li' });
    expect([begun.message, begun.from, begun.oldUntil]).to.deep.equal([
      ...[undefined, later(begin, 60 * day), later(begin, 70 * day)],
    ]);
    await advanceRollovers(own);
    seconds = 61 * day;
    expect([await state(), await signsWith()]).to.deep.equal(['announced', old]);
    seconds = 1;
    expect(await confirmKey(own, 'HK', 'Li')).to.equal(begun.from);
    expect(await signsWith()).to.equal(old);
    seconds = 61 * day;
    expect(await signsWith()).to.equal(begun.fingerprint);
    expect(await refusalCode(() => confirmKey(own, 'HK', 'Li'))).to.equal('E_KEY_ROLLOVER');
    const examined = async (days: number): Promise<unknown> => {
      seconds = days * day;
      return (await examineNewKeys(own, byFile)).map(({ result, cause }) => [result, cause]);
    };
    expect(await examined(62)).to.deep.equal([['ok', undefined]]);
    expect(await examined(1_090), 'of one partner alone, which the keyring does not list').to.deep.equal([
      ['warn', 'key_expiring'],
    ]);
    expect(await examined(1_110)).to.deep.equal([['fail', 'key_expired']]);
  });

  it('waits for two people of a partner that wants to look at it first', async () => {
    const config = them.config.partners['CN'];
    if (config === undefined) throw new Error('CN is a partner');
    const holding = {
      ...them.config,
      partners: { CN: { ...config, certificates: { ...config.certificates, announced: 'hold' as const } } },
    };
    await them.gateway.takeSettings(holding);
    const { fingerprint: next } = await rotate();
    await deliverDue(await ours(), 'HK');
    const [held] = await heldMessages(them.gateway.db.sql, 'CN');
    expect([held?.kind, held?.reason]).to.deep.equal(['key', 'key_announced']);
    expect(await partnerKeys(them.gateway.db.sql, 'CN')).to.deep.equal([]);
    if (held === undefined) throw new Error('the announcement is held');
    expect((await reviewHeld(them.gateway, held, 5)).key).to.deep.equal({
      fingerprint: next,
      from: later(begin, 20 * day),
    });
    for (const person of ['Chan', 'Wong'])
      await decideHeld(them.gateway, held.messageId ?? '', { decision: 'release', person });
    expect((await partnerKeys(them.gateway.db.sql, 'CN')).map(({ fingerprint: print }) => print)).to.deep.equal([next]);
    await deliverDue(them.gateway, 'CN');
  });
});
