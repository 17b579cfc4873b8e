/** A new TLS key of ours is announced in a message under our signing key, and the partner admits its certificate beside the present one. */

import { readdirSync } from 'node:fs';
import { expect } from 'chai';
import { adapterTools } from '../../gateway/app/adapter-tools.ts';
import { openGateway } from '../../gateway/app/composition.ts';
import { announcement } from '../../gateway/app/key-announcing.ts';
import { renewTls } from '../../gateway/app/key-renewal.ts';
import { rotateTls } from '../../gateway/app/tls-rollover.ts';
import { deliverDue } from '../../gateway/outbound/delivery.ts';
import { later, momentOf } from '../../gateway/model/day.ts';
import { addMessage, findMessage } from '../../gateway/store/outbox.ts';
import { partnerKeys } from '../../gateway/store/partner-keys.ts';
import { countEvents } from '../../gateway/store/events.ts';
import { heldMessages } from '../../gateway/store/held-messages.ts';
import { fingerprint, readCertificates } from '../../gateway/wire/signature/certificates.ts';
import { keepNextTls, makeNextTls } from '../../gateway/wire/signature/next-tls-key.ts';
import { signerAt, signerOf } from '../../gateway/wire/signature/profile.ts';
import { prepareOnce, type OpenAdministration, type OpenAdministrations } from '../support/administrations.ts';
import { refusalCode } from '../support/expect-code.ts';

describe('a new TLS key of ours', () => {
  let administrations: OpenAdministrations;
  let us: OpenAdministration;
  let them: OpenAdministration;
  // Keys are files that each test changes.
  beforeEach(async () => {
    const open = await prepareOnce({ partners: ['HK'] });
    administrations = await open();
    [us, them] = [administrations.home, administrations.of('HK')];
    await them.openDoors();
  });
  afterEach(() => administrations.close());

  /** Whom the door of the partner takes a client certificate for. */
  const admitted = (print: string): string | undefined => them.gateway.doorTrust().partnerOf(print, new Date());

  it('is admitted by the partner beside the present one once the message has arrived, and nobody registers it', async () => {
    const [present] = readCertificates(us.gateway.keyring.tls.cert).map(fingerprint);
    const { fingerprint: next, announced } = await rotateTls(us.gateway, { person: 'Li' });
    expect(announced).to.deep.equal(['HK']);
    expect(admitted(next)).to.equal(undefined);
    await deliverDue(us.gateway, 'HK');
    const [key] = await partnerKeys(them.gateway.db.sql, 'CN');
    expect(key).to.include({ use: 'tls', fingerprint: next, state: 'accepted', replaces: present });
    await them.gateway.takeSettings(them.config);
    expect([admitted(next), admitted(present ?? '')]).to.deep.equal(['CN', 'CN']);
  });

  it('waits for two people of a partner that wants to look at it first', async () => {
    const { CN: config } = them.config.partners;
    if (config === undefined) throw new Error('CN is a partner');
    const certificates = { ...config.certificates, announced: 'hold' as const };
    await them.gateway.takeSettings({ ...them.config, partners: { CN: { ...config, certificates } } });
    await rotateTls(us.gateway, { person: 'Li' });
    await deliverDue(us.gateway, 'HK');
    const [held] = await heldMessages(them.gateway.db.sql, 'CN');
    expect([held?.kind, held?.reason]).to.deep.equal(['key', 'key_announced']);
    expect(await partnerKeys(them.gateway.db.sql, 'CN')).to.deep.equal([]);
  });

  it('is refused where it is the key of another partner, whose connections would be taken for ours', async () => {
    const open = await prepareOnce({ partners: ['HK', 'KR'] });
    const three = await open();
    try {
      const [home, victim, attacker] = [three.home, three.of('HK'), three.of('KR')];
      await home.openDoors();
      const [stolen] = readCertificates(victim.gateway.keyring.tls.cert);
      const partner = attacker.gateway.partners.get('CN');
      if (stolen === undefined || partner === undefined) throw new Error('both are there');
      const at = momentOf(attacker.gateway.now());
      const key = { use: 'tls', certificate: stolen.toString(), replaces: 'ab'.repeat(32), name: null } as const;
      const days = { from_at: at, until_at: later(at, 86_400) };
      const signer = signerAt(signerOf(partner.signer), at);
      const message = await announcement(attacker.gateway, partner, { ...key, ...days }, signer);
      await attacker.gateway.db.transaction((tx) => addMessage(tx, message, { at }));
      await deliverDue(attacker.gateway, 'CN');
      expect(await findMessage(attacker.gateway.db.sql, message.id)).to.include({ state: 'REJECTED' });
      expect(await partnerKeys(home.gateway.db.sql, 'KR')).to.deep.equal([]);
      await home.gateway.takeSettings(home.config);
      expect(home.gateway.doorTrust().partnerOf(fingerprint(stolen), new Date())).to.equal('HK');
    } finally {
      await three.close();
    }
  });

  it('is made once by two gateways on one folder at one moment', async () => {
    const other = await openGateway(us.config, adapterTools());
    try {
      const both = [us.gateway, other].map((gateway) => rotateTls(gateway, { person: 'Li' }));
      const ended = await Promise.allSettled(both);
      expect(ended.map(({ status }) => status).toSorted()).to.deep.equal(['fulfilled', 'rejected']);
      expect(await refusalCode(() => rotateTls(other, { person: 'Li' }))).to.equal('E_KEY_ROLLOVER');
      const keys = readdirSync(us.config.keys).filter((name) => /^tls-.*\.key\.pem$/u.test(name));
      expect(keys).to.have.length(1);
      expect(await countEvents(us.gateway.db.sql, 0, 10)).to.include({ tls_key_made: 1 });
    } finally {
      await other.close();
    }
  });

  it('is for partners that read no announcements to register by hand', async () => {
    const partner = us.gateway.partners.get('HK');
    if (partner === undefined) throw new Error('HK is a partner');
    const adapter = { ...partner.adapter, keys: { ...partner.adapter.keys, announce: 'file' as const } };
    const gateway = Object.create(us.gateway, {
      partners: { value: new Map([['HK', { ...partner, adapter }]]) },
    }) as typeof us.gateway;
    expect((await rotateTls(gateway, { person: 'Li' })).announced).to.deep.equal([]);
  });

  it('is announced by the next process where the one that made it ended before it told anybody', async () => {
    const now = us.gateway.now();
    const begins = new Date(now.getTime() + 10 * 86_400_000);
    const made = await makeNextTls(us.config.keys, { country: 'CN', name: 'Customs', now: begins });
    await keepNextTls(us.config.keys, made, now);
    await renewTls(us.gateway);
    await renewTls(us.gateway);
    expect(await countEvents(us.gateway.db.sql, 0, 10)).to.include({ tls_key_made: 1 });
    await deliverDue(us.gateway, 'HK');
    expect((await partnerKeys(them.gateway.db.sql, 'CN')).map((key) => key.fingerprint)).to.deep.equal([
      fingerprint(made.certificate),
    ]);
  });

  it('is begun without a person when the present one ends soon, unless a partner registers it by hand', async () => {
    const [present] = readCertificates(us.gateway.keyring.tls.cert);
    const soon = later(present?.validToDate.toISOString() ?? '', -20 * 24 * 3600);
    const partner = us.gateway.partners.get('HK');
    if (partner === undefined) throw new Error('HK is a partner');
    const adapter = { ...partner.adapter, keys: { ...partner.adapter.keys, announce: 'file' as const } };
    const byHand = { value: new Map([['HK', { ...partner, adapter }]]) };
    const renewed = async (view: PropertyDescriptorMap): Promise<string | undefined> => {
      await renewTls(Object.create(us.gateway, view) as typeof us.gateway);
      await us.gateway.takeSettings(us.config);
      return us.gateway.keyring.nextTls?.from.slice(0, 19);
    };
    const now = { value: () => new Date(soon) };
    expect(await renewed({})).to.equal(undefined);
    expect(await renewed({ now, partners: byHand })).to.equal(undefined);
    const from = later(soon, 14 * 24 * 3600).slice(0, 19);
    expect([await renewed({ now }), await renewed({ now })]).to.deep.equal([from, from]);
    expect(await countEvents(us.gateway.db.sql, 0, 10)).to.include({ tls_key_made: 1 });
  });
});
