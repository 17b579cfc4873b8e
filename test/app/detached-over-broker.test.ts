/** Two administrations over a broker, whose signatures stand in a header beside each list. */

import { expect } from 'chai';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lintAdapter } from '../../gateway/adapter/check/lint.ts';
import { brokerTransport, type Broker } from '../../gateway/app/brokers.ts';
import { getPartner } from '../../gateway/gateway.ts';
import { buildList } from '../../gateway/outbound/send-list.ts';
import { listInForce } from '../../gateway/store/streams.ts';
import type { AmqpLink } from '../../gateway/wire/transport/amqp.ts';
import { adapterTools, adaptersFolder } from '../support/adapter-tools.ts';
import { openAdministrations, operators, testBroker } from '../support/administrations.ts';
import { temporaryFolder } from '../support/pki.ts';

const seal = 'seal: { kind: jws, algorithm: rsa-sha256, serialization: detached, signatureHeader: X-JWS-Signature }';

describe('signatures beside messages, over a broker', () => {
  it('come with their lists, which are verified and answered by receipts', async () => {
    const adapters = temporaryFolder();
    for (const cc of ['cn', 'au']) cpSync(join(adaptersFolder, cc), join(adapters, cc), { recursive: true });
    const manifest = join(adapters, 'au/adapter.yaml');
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replace(/^seal: .*$/mu, seal));
    const found = await lintAdapter(join(adapters, 'au'), adapterTools);
    expect(found.filter(({ severity }) => severity === 'error')).to.deep.equal([]);
    const open = await openAdministrations({ partners: ['AU'], broker: testBroker(), adapters });
    try {
      await Promise.all([open.home.openDoors(), open.of('AU').openDoors()]);
      await open.home.save(...operators(3));
      expect(await open.home.send('AU')).to.include({ state: 'ACCEPTED' });
      expect(await listInForce(open.of('AU').gateway.db.sql, 'CN')).to.include({ evidence: 'signed' });
      const { sealed } = (await buildList(open.home.gateway, 'AU', { renew: true })) ?? {};
      if (sealed === undefined) throw new Error('there was nothing to send');
      const { adapter } = getPartner(open.home.gateway, 'AU');
      const published: { readonly body: string; readonly headers: unknown }[] = [];
      const link: Pick<AmqpLink, 'send'> = {
        send(target, message) {
          const { headers } = target.properties(message) as { readonly headers?: unknown };
          published.push({ body: Buffer.from(message.bytes).toString(), headers });
          return Promise.resolve({ kind: 'custody', evidence: '' });
        },
      };
      const broker = { realm: { name: '' }, link: () => Promise.resolve(link) } as unknown as Broker;
      await brokerTransport(broker, { home: 'CN', code: 'AU', adapter }).send(sealed);
      expect(published[0]?.body).to.match(/^\{/u);
      expect(published[0]?.headers)
        .to.have.property('X-JWS-Signature')
        .that.matches(/^[\w-]+\.\.[\w-]+$/u);
    } finally {
      await open.close();
    }
  });
});
