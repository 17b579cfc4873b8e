/** Partners and certificates that people add and revoke while a gateway serves. */

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { expect } from 'chai';
import {
  addPartner,
  registerCertificate,
  revoke,
  type CertificateDecision,
} from '../../gateway/app/partner-decisions.ts';
import { adapterTools } from '../../gateway/app/adapter-tools.ts';
import { openGateway, type OpenGateway } from '../../gateway/app/composition.ts';
import { serve } from '../../gateway/serve.ts';
import type { Serving } from '../../gateway/cli/context.ts';
import { deliverDue } from '../../gateway/outbound/delivery.ts';
import { sendList } from '../../gateway/outbound/send-list.ts';
import { findMessage } from '../../gateway/store/outbox.ts';
import { fingerprint } from '../../gateway/wire/signature/certificates.ts';
import { openAdministrations, operators, registerOf } from '../support/administrations.ts';
import type { OpenAdministration, OpenAdministrations } from '../support/administrations.ts';
import { refusalCode } from '../support/expect-code.ts';
import { ecPair, temporaryFolder, testCertificate } from '../support/pki.ts';
import { openAuthority } from '../support/revocation.ts';
import { socketClosed } from '../support/tls.ts';

describe('partners of a gateway that serves', () => {
  let administrations: OpenAdministrations;
  let us: OpenGateway;
  let them: OpenAdministration;
  let serving: Serving;
  let ahead = 0;
  beforeEach(async () => {
    administrations = await openAdministrations({ partners: ['HK'] });
    us = administrations.of('HK').gateway;
    them = administrations.home;
    serving = await serve(us, { scheduled: false });
    await them.save(...operators(3));
  });
  afterEach(async () => {
    await serving.stop();
    await administrations.close();
  });

  /** The gateway as a command opens it, while the other serves. */
  async function asCommand<T>(work: (gateway: OpenGateway) => Promise<T>): Promise<T> {
    const gateway = await openGateway(administrations.of('HK').config, adapterTools());
    return await work(gateway).finally(() => gateway.close());
  }
  const queuedByThem = async (): Promise<string> =>
    (await sendList(them.gateway, 'HK', { kind: 'full' }))?.list.id ?? '';
  /** What becomes of a list that the partner sends now, or of an earlier one that its dispatcher sends again a minute later. */
  async function listFromThem(earlier?: string): Promise<readonly (string | undefined)[]> {
    const id = earlier ?? (await queuedByThem());
    if (earlier !== undefined) ahead += 60_000;
    await deliverDue({ ...them.gateway, now: () => new Date(Date.now() + ahead) }, 'HK');
    const sent = await findMessage(them.gateway.db.sql, id);
    return [sent?.state, sent?.verdictDetail?.split(':')[0]].filter((each) => each !== undefined);
  }
  async function connectAsThem(): Promise<TLSSocket> {
    const { cert, key } = them.gateway.keyring.tls;
    const { hostname: host, port } = new URL(serving.exchangeUrl);
    const socket = connect({ host, port: Number(port), cert, key, ca: us.keyring.tls.ca });
    await once(socket, 'secureConnect');
    return socket.on('error', () => undefined);
  }
  const taken = (condition: () => boolean): Promise<true> =>
    administrations.of('HK').until(() => Promise.resolve(condition() || undefined));
  const events = async (kind: string): Promise<readonly Record<string, unknown>[]> => {
    const rows = await us.db.sql.selectFrom('event').selectAll().where('kind', '=', kind).execute();
    return rows.map(({ detail }) => JSON.parse(detail ?? '{}') as Record<string, unknown>);
  };
  const usedSigner = (): string => {
    const { signer } = them.gateway.partners.get('HK') ?? {};
    return signer !== undefined && 'certificate' in signer ? fingerprint(signer.certificate) : '';
  };
  const isRegistered = (print: string): boolean => {
    const { trust } = us.partners.get('CN') ?? {};
    return (
      trust !== undefined && 'certificates' in trust && trust.certificates.some((one) => fingerprint(one) === print)
    );
  };

  it('are stopped by one person at once, connections included, and served again when two people add them', async () => {
    expect(await listFromThem()).to.deep.equal(['ACCEPTED', 'applied']);
    const settings = us.config.partners['CN'];
    if (settings === undefined) throw new Error('CN is a partner');
    const ended = socketClosed(await connectAsThem());
    await asCommand((gateway) => revoke(gateway, 'CN', { reason: 'the key was stolen', person: 'Li' }));
    await ended;
    const id = await queuedByThem();
    expect(await listFromThem(id)).to.deep.equal(['SEALED']);
    expect(us.partners.get('CN')?.transport).to.equal(undefined);
    expect(await registerOf(administrations.of('HK'), 'CN'), 'the register stays').to.have.length(4);
    expect(await events('partner_revoked')).to.deep.equal([
      { partner: 'CN', person: 'Li', reason: 'the key was stolen' },
    ]);

    const add = (person: string): Promise<boolean> =>
      asCommand((gateway) => addPartner(gateway, adapterTools(), { code: 'CN', settings, person }));
    expect(await add('Li')).to.equal(false);
    expect(await refusalCode(() => add(' LI '))).to.equal('E_APPROVAL_REPEATED');
    expect(await add('Wang')).to.equal(true);
    await them.until(async () => ((await listFromThem(id))[1] === 'applied' ? true : undefined));
    expect((await events('partner_added')).map(({ people }) => people)).to.deep.equal([['Li', 'Wang']]);
  });

  it('do not sign any more with a certificate that one person revoked; others of them count as before', async () => {
    expect(await listFromThem()).to.deep.equal(['ACCEPTED', 'applied']);
    const other = fingerprint(them.gateway.keyring.signer('eddsa-ed25519').certificate);
    const revokeOne = (certificate: string): Promise<void> =>
      asCommand((gateway) => revoke(gateway, 'CN', { reason: 'lost', person: 'Li', certificate }));
    expect(await refusalCode(() => revokeOne(other.slice(0, 16)))).to.equal('E_REQUEST_INVALID');
    await revokeOne(other);
    expect(await listFromThem()).to.deep.equal(['ACCEPTED', 'applied']);
    await revokeOne(usedSigner());
    await administrations
      .of('HK')
      .until(async () => ((await listFromThem())[1] === 'E_CERTIFICATE_REVOKED' ? true : undefined));
    expect((await events('certificate_revoked')).map(({ digest, reason }) => [digest, reason])).to.deep.equal([
      [other, 'lost'],
      [usedSigner(), 'lost'],
    ]);
  });

  it('get a certificate that counts from a day on, when two people registered the same one', async () => {
    const certificate = testCertificate(ecPair(), { use: 'signing', notAfter: new Date('2031-01-01') });
    const print = fingerprint(certificate);
    const register = (person: string, more: Partial<CertificateDecision> = {}): Promise<boolean> =>
      asCommand((gateway) => {
        const decision = { use: 'signing', certificate: certificate.toString(), graceDays: 30, person } as const;
        return registerCertificate(gateway, 'CN', { ...decision, from: '2026-12-24T00:00:00.000Z', ...more });
      });
    const weak = testCertificate(ecPair(), { use: 'tls', notAfter: new Date('2031-01-01') }).toString();
    expect(await refusalCode(() => register('Li', { certificate: weak }))).to.equal('E_CERTIFICATE_USAGE');
    expect(await register('Li')).to.equal(false);
    expect(await register('Wang', { from: '2026-12-25T00:00:00.000Z' }), 'of another day').to.equal(false);
    expect(isRegistered(print)).to.equal(false);
    expect(await register('Wang')).to.equal(true);
    await taken(() => isRegistered(print));
    const { trust } = us.partners.get('CN') ?? {};
    expect(trust).to.have.nested.property(`periods.${print}.from`, '2026-12-24T00:00:00.000Z');
  });

  it('are decided about once where three people decide in the same moment: the third decides anew', async () => {
    const certificate = testCertificate(ecPair(), { use: 'signing', notAfter: new Date('2031-01-01') }).toString();
    const settings = us.config.partners['CN'];
    if (settings === undefined) throw new Error('CN is a partner');
    for (const decide of [
      (person: string) => registerCertificate(us, 'CN', { person, use: 'signing', certificate, graceDays: 30 }),
      (person: string) => addPartner(us, adapterTools(), { code: 'CN', settings, person }),
    ])
      expect((await Promise.all(['Li', 'Wang', 'Kim'].map(decide))).toSorted()).to.deep.equal([false, false, true]);
  });

  it('are not admitted and not believed any more when their authority lists their certificates, without a restart', async () => {
    const { keys } = them.config;
    const certificate = new X509Certificate(readFileSync(join(keys, 'ca.cert.pem')));
    const privateKey = createPrivateKey(readFileSync(join(keys, 'ca.key.pem')));
    const authority = openAuthority({ privateKey, publicKey: certificate.publicKey }, certificate);
    const tls = new X509Certificate(them.gateway.keyring.tls.cert);
    const signing = new X509Certificate(them.gateway.keyring.signer('ecdsa-p256-sha256').certificate.raw);
    const file = join(temporaryFolder(), 'list.crl');
    const day = (days: number): string =>
      `${new Date(Date.now() + days * 86_400_000).toISOString().replaceAll(/[-:T]/gu, '').slice(0, 14)}Z`;
    const takeList = async (revoked: readonly X509Certificate[], until = day(1)): Promise<void> => {
      writeFileSync(file, authority.list(revoked, { from: day(-1), until }));
      const { config } = administrations.of('HK');
      const { CN: partner } = config.partners;
      if (partner === undefined) throw new Error('CN is a partner');
      const revocation = { files: [file], unknown: 'refuse', graceHours: 0 } as const;
      const certificates = { ...partner.certificates, revocation };
      await serving.takeSettings({ ...config, partners: { CN: { ...partner, certificates } } });
    };
    await takeList([]);
    expect(await listFromThem()).to.deep.equal(['ACCEPTED', 'applied']);
    const open = await connectAsThem();
    await takeList([signing]);
    expect(await listFromThem()).to.deep.equal(['REJECTED', 'E_CERTIFICATE_REVOKED']);
    const ended = socketClosed(open);
    await takeList([tls]);
    await ended;
    const id = await queuedByThem();
    expect(await listFromThem(id)).to.deep.equal(['SEALED']);
    await takeList([], day(-0.5));
    expect(await listFromThem(id), 'no current list').to.deep.equal(['SEALED']);
    await takeList([]);
    await them.until(async () => ((await listFromThem(id))[1] === 'applied' ? true : undefined));
  });
});
