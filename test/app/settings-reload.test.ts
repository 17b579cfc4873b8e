/** Partners and certificates that are taken from changed settings while the gateway serves. */

import { once } from 'node:events';
import { mock } from 'node:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { connect, type TLSSocket } from 'node:tls';
import { expect } from 'chai';
import type { OpenGateway } from '../../gateway/app/composition.ts';
import type { Config, PartnerConfig } from '../../gateway/app/config.ts';
import { watchPartners } from '../../gateway/app/partner-watch.ts';
import { doorTrust } from '../../gateway/app/settings-reload.ts';
import { rotateTls } from '../../gateway/app/tls-rollover.ts';
import type { Serving } from '../../gateway/cli/context.ts';
import { getPartner } from '../../gateway/gateway.ts';
import { serve } from '../../gateway/serve.ts';
import { sha256 } from '../../gateway/model/canonical-json.ts';
import { deliverDue } from '../../gateway/outbound/delivery.ts';
import { sendList } from '../../gateway/outbound/send-list.ts';
import { partnerRevision } from '../../gateway/store/partner-keys.ts';
import { findMessage } from '../../gateway/store/outbox.ts';
import { openAdministrations, operators } from '../support/administrations.ts';
import type { OpenAdministration, OpenAdministrations } from '../support/administrations.ts';
import { refusalCode } from '../support/expect-code.ts';
import { temporaryFolder } from '../support/pki.ts';
import { socketClosed } from '../support/tls.ts';

describe('settings taken again by a gateway that serves', () => {
  let administrations: OpenAdministrations;
  let us: OpenGateway;
  let them: OpenAdministration;
  let config: Config;
  let serving: Serving;
  beforeEach(async () => {
    administrations = await openAdministrations({ partners: ['HK'] });
    ({ gateway: us, config } = administrations.of('HK'));
    them = administrations.home;
    serving = await serve(us);
    await them.save(...operators(3));
  });
  afterEach(async () => {
    await serving.stop();
    await administrations.close();
  });

  /** The settings with other certificates of the partner. */
  function changed(certificates: Partial<PartnerConfig['certificates']>): Config {
    const { CN: partner } = config.partners;
    if (partner === undefined) throw new Error('CN is a partner');
    return {
      ...config,
      partners: { ...config.partners, CN: { ...partner, certificates: { ...partner.certificates, ...certificates } } },
    };
  }
  async function queuedByThem(): Promise<string> {
    return (await sendList(them.gateway, 'HK', { kind: 'full' }))?.list.id ?? '';
  }
  /** The state of a message of theirs after what their dispatcher does twenty seconds later. */
  async function sentAgain(id: string): Promise<string | undefined> {
    await deliverDue({ ...them.gateway, now: () => new Date(Date.now() + 20_000) }, 'HK');
    return (await findMessage(them.gateway.db.sql, id))?.state;
  }
  /** What becomes of a list that the partner sends now: its state, and why. */
  async function listFromThem(): Promise<readonly (string | undefined)[]> {
    const id = await queuedByThem();
    await deliverDue(them.gateway, 'HK');
    const sent = await findMessage(them.gateway.db.sql, id);
    return [sent?.state, sent?.verdictDetail?.split(':')[0], sent?.holdReason].filter((each) => each !== undefined);
  }
  /** The outcome of a query about an operator that they never listed, in a request so large that the thread answers it. */
  async function largeRequest(): Promise<string | undefined> {
    const { example: identifier } = getPartner(us, 'CN').adapter.identifiers.theirs;
    const query = { partner: 'CN', identifier, role: 'consignor', direction: 'import' };
    const checks = Object.fromEntries(Array.from({ length: 200 }, (_, key) => [`query ${key}`, query]));
    const headers = { 'content-type': 'application/json' };
    const request = { method: 'POST', headers, body: JSON.stringify({ checks }) };
    return await (await fetch(`${serving.borderUrl}/v1/checks/batch`, request)).text();
  }
  async function connectAsThem(): Promise<TLSSocket> {
    const { cert, key } = them.gateway.keyring.tls;
    const { hostname: host, port } = new URL(serving.exchangeUrl);
    const socket = connect({ host, port: Number(port), cert, key, ca: us.keyring.tls.ca });
    await once(socket, 'secureConnect');
    return socket.on('error', () => undefined);
  }

  it('refuse what a signing certificate signed that was taken out, and take it once it is back', async () => {
    expect(await listFromThem()).to.deep.equal(['ACCEPTED', 'applied']);
    expect(await serving.takeSettings(changed({ signing: [] }))).to.deep.equal([{ partner: 'CN', loaded: true }]);
    expect(await listFromThem()).to.deep.equal(['REJECTED', 'E_SIGNER_UNKNOWN']);
    await serving.takeSettings(config);
    expect(await listFromThem()).to.deep.equal(['ACCEPTED', 'applied']);
    expect(await serving.takeSettings(config)).to.deep.equal([]);
  });

  it('end the open connections of a client certificate that was taken out, and admit no new ones', async () => {
    const open = await connectAsThem();
    const ended = socketClosed(open);
    await serving.takeSettings(changed({ tls: [] }));
    await ended;
    expect(await listFromThem()).to.deep.equal(['SEALED']);
  });

  it('refuse a partner with the client certificate of another by name, and go on with that one', async () => {
    const { CN: partner } = config.partners;
    if (partner === undefined) throw new Error('CN is a partner');
    const both = { CN: partner, KR: partner };
    const results = await serving.takeSettings({ ...config, partners: both });
    expect(results.map(({ partner, loaded }) => [partner, loaded])).to.deep.equal([['KR', false]]);
    expect(results[0]?.detail).to.match(/^E_CONFIG_INVALID.*KR and CN/u);
    expect(await listFromThem()).to.deep.equal(['ACCEPTED', 'applied']);
    // One reload may give it from one to the other.
    const other = { ...partner, certificates: { ...partner.certificates, tls: [] } };
    const given = await serving.takeSettings({ ...config, partners: { CN: other, KR: partner } });
    expect(given.map(({ partner, loaded }) => [partner, loaded])).to.deep.equal([
      ['CN', true],
      ['KR', true],
    ]);
  });

  it('refuse at the start that two partners have one client certificate', async () => {
    const { CN: settings } = config.partners;
    if (settings === undefined) throw new Error('CN is a partner');
    const all = ['CN', 'KR'].map((code) => ({ code, settings, config, keyring: us.keyring }));
    const open = (): unknown => doorTrust(us.keyring, all as unknown as Parameters<typeof doorTrust>[1]);
    expect(await refusalCode(open)).to.equal('E_CONFIG_INVALID');
  });

  it('connect with a new TLS key from its day on, which the partner has registered beside the present one', async () => {
    // OpenSSL has the clock of the machine, and the certificate begins a day before its key is used.
    const from = new Date(Date.now() + 20 * 3600 * 1000).toISOString();
    const { certificate } = await rotateTls(them.gateway, { from, person: 'li' });
    const file = join(temporaryFolder(), 'new.pem');
    writeFileSync(file, certificate.toString());
    const present = config.partners['CN']?.certificates.tls ?? [];
    await serving.takeSettings(changed({ tls: [...present, file] }));
    await them.gateway.takeSettings(them.config);
    expect(await listFromThem()).to.deep.equal(['ACCEPTED', 'applied']);
    await serving.takeSettings(changed({ tls: [file] }));
    expect(await listFromThem()).to.deep.equal(['SEALED']);
    mock.timers.enable({ apis: ['Date'], now: Date.parse(from) });
    try {
      await them.gateway.takeSettings(them.config);
      expect(await listFromThem()).to.deep.equal(['ACCEPTED', 'applied']);
    } finally {
      mock.timers.reset();
    }
  });

  it('are taken by themselves on the day of a new TLS key', async () => {
    const { from } = await rotateTls(them.gateway, { person: 'li' });
    await them.gateway.takeSettings(them.config);
    const partnersAt = await partnerRevision(them.gateway.db.sql);
    const stopping = new AbortController();
    const gateway = { ...them.gateway, partnersAt, now: () => new Date(from) };
    const { promise: taken, resolve } = Promise.withResolvers<undefined>();
    const take = (): Promise<void> => Promise.resolve(resolve(undefined));
    const watching = watchPartners(gateway, take, stopping.signal);
    await taken;
    stopping.abort();
    await watching;
  });

  it('end the connections of a partner that was taken out, and serve it when it is back', async () => {
    const ended = socketClosed(await connectAsThem());
    const { CN: _, ...others } = config.partners;
    const results = await serving.takeSettings({ ...config, partners: others });
    expect(results).to.deep.include({ partner: 'CN', loaded: true, detail: 'removed' });
    await ended;
    expect(us.partners.has('CN')).to.equal(false);
    await serving.takeSettings(config);
    expect(await listFromThem()).to.deep.equal(['ACCEPTED', 'applied']);
  });

  it('take the secret for a partner’s server again when its file changed, and report one that is missing', async () => {
    const file = join(temporaryFolder(), 'secret.txt');
    const { CN: partner } = config.partners;
    if (partner === undefined) throw new Error('CN is a partner');
    const credentials = { kind: 'bearer', secret: { file } } as const;
    const next = { ...config, partners: { CN: { ...partner, credentials } } };
    const [missing] = await serving.takeSettings(next);
    expect([missing?.loaded, missing?.detail?.split(':')[0]]).to.deep.equal([false, 'E_CONFIG_INVALID']);
    writeFileSync(file, 'first');
    expect(await serving.takeSettings(next)).to.deep.equal([{ partner: 'CN', loaded: true }]);
    expect(await serving.takeSettings(next)).to.deep.equal([]);
    writeFileSync(file, 'second');
    expect(await serving.takeSettings(next)).to.deep.equal([{ partner: 'CN', loaded: true }]);
  });

  it('admit callers without a client certificate only while a partner has a secret', async () => {
    const asked = async (): Promise<number | string> => {
      const { hostname: host, port } = new URL(serving.exchangeUrl);
      const headers = { authorization: 'Bearer token-of-CN' };
      const sent = request({ host, port, path: '/exchange/CN/next', headers, ca: us.keyring.tls.ca, agent: false });
      return await once(sent.end(), 'response').then(
        ([response]) => (response as IncomingMessage).resume().statusCode ?? 0,
        (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : 'unexpected'),
      );
    };
    const { CN: partner } = config.partners;
    if (partner === undefined) throw new Error('CN is a partner');
    const access = [{ sha256: sha256(Buffer.from('token-of-CN')) }];
    expect(await asked()).to.equal('ECONNRESET');
    await serving.takeSettings({ ...config, partners: { CN: { ...partner, access } } });
    expect(await asked()).to.equal(404); // it is not polled
    const other = [{ sha256: sha256(Buffer.from('another')) }];
    await serving.takeSettings({ ...config, partners: { CN: { ...partner, access: other } } });
    expect(await asked()).to.equal(401);
    await serving.takeSettings(config);
    expect(await asked()).to.equal('ECONNRESET');
  });

  it('let a message through by itself that was refused while a certificate was missing', async () => {
    await serving.takeSettings(changed({ tls: [] }));
    const id = await queuedByThem();
    await deliverDue(them.gateway, 'HK');
    await serving.takeSettings(config);
    expect(await sentAgain(id)).to.equal('ACCEPTED');
  });

  it('stop a partner whose new settings are faulty: a certificate that was taken out no longer counts', async () => {
    expect(await listFromThem()).to.deep.equal(['ACCEPTED', 'applied']);
    const ended = socketClosed(await connectAsThem());
    const { CN } = changed({ signing: [], anchors: ['/nowhere/anchor.pem'] }).partners;
    const faulty = { ...(CN && { CN, SG: { ...CN, adapter: 'sg' } }) };
    const results = await serving.takeSettings({ ...config, partners: faulty });
    expect(results.map(({ partner, loaded, detail }) => [partner, loaded, detail?.split(':')[0]])).to.deep.equal([
      ['CN', false, 'E_KEY_MISSING'],
      ['SG', false, 'E_KEY_MISSING'],
    ]);
    await ended;
    const id = await queuedByThem();
    await deliverDue(them.gateway, 'HK');
    expect([...us.stopped.keys()]).to.deep.equal(['CN', 'SG']);
    const readyz = (await (await fetch(`${serving.borderUrl}/readyz?verbose`)).json()) as {
      readonly status: string;
      readonly checks: { readonly stopped: Readonly<Record<string, string>> };
    };
    expect([readyz.status, Object.keys(readyz.checks.stopped)]).to.deep.equal(['degraded', ['CN', 'SG']]);
    expect(await largeRequest(), 'the border is answered from the list held').to.include('"outcome":"not_on_list"');

    await serving.takeSettings(config);
    expect([...us.stopped.keys()]).to.deep.equal([]);
    expect(await sentAgain(id)).to.equal('ACCEPTED');
  });

  it('are taken one after the other: the last ones count', async () => {
    const { CN: _, ...others } = config.partners;
    const without = { ...config, partners: others };
    await Promise.all([without, config, without, config].map((next) => serving.takeSettings(next)));
    expect(us.partners.has('CN')).to.equal(true);
    expect(await listFromThem()).to.deep.equal(['ACCEPTED', 'applied']);
    await Promise.all([config, without].map((next) => serving.takeSettings(next)));
    expect(us.partners.has('CN')).to.equal(false);
  });
});
