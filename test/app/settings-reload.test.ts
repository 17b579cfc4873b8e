/** Partners and certificates that are taken from changed settings while the gateway serves. */

import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { connect, type TLSSocket } from 'node:tls';
import { expect } from 'chai';
import type { OpenGateway } from '../../gateway/app/composition.ts';
import type { Config, PartnerConfig } from '../../gateway/app/config.ts';
import type { Serving } from '../../gateway/cli/context.ts';
import { serve } from '../../gateway/main.ts';
import { sha256 } from '../../gateway/model/canonical-json.ts';
import { deliverDue } from '../../gateway/outbound/delivery.ts';
import { sendList } from '../../gateway/outbound/send-list.ts';
import { findMessage } from '../../gateway/store/outbox.ts';
import { openAdministrations, operators } from '../support/administrations.ts';
import type { OpenAdministration, OpenAdministrations } from '../support/administrations.ts';
import { temporaryFolder } from '../support/pki.ts';

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
  /** What becomes of a list that the partner sends now: its state, and why. */
  async function listFromThem(): Promise<readonly (string | undefined)[]> {
    const id = (await sendList(them.gateway, 'HK', { kind: 'full' }))?.list.id ?? '';
    await deliverDue(them.gateway, 'HK');
    const sent = await findMessage(them.gateway.db.sql, id);
    return [sent?.state, sent?.verdictDetail?.split(':')[0], sent?.holdReason].filter((each) => each !== undefined);
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
    const ended = once(open, 'close');
    await serving.takeSettings(changed({ tls: [] }));
    await ended;
    expect(await listFromThem()).to.deep.equal(['SEALED', 'refused']);
  });

  it('end the connections of a partner that was taken out, and serve it when it is back', async () => {
    const ended = once(await connectAsThem(), 'close');
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

  it('change nothing of a partner whose new certificates cannot be read, and report it', async () => {
    const [result] = await serving.takeSettings(changed({ anchors: ['/nowhere/anchor.pem'] }));
    expect([result?.loaded, result?.detail?.split(':')[0]]).to.deep.equal([false, 'E_KEY_MISSING']);
    expect(await listFromThem()).to.deep.equal(['ACCEPTED', 'applied']);
  });
});
