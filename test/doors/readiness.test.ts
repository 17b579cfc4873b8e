/** Whether a door says that it can do its work now: the store, and the broker of the partners that use one. */

import { expect } from 'chai';
import { adapterTools } from '../../gateway/app/adapter-tools.ts';
import { openGateway } from '../../gateway/app/composition.ts';
import { openStoreProbe } from '../../gateway/doors/readiness.ts';
import { openAdministrations, testBroker } from '../support/administrations.ts';
import { serve } from '../../gateway/serve.ts';
import { refusalCode } from '../support/expect-code.ts';

describe('the readiness of a door', () => {
  it('is refused in time where the store does not answer, and asks it once for all who wait', async () => {
    let asked = 0;
    const never = (): Promise<never> => {
      asked += 1;
      return new Promise(() => undefined);
    };
    const probe = openStoreProbe({ transaction: never }, 30);
    const codes = await Promise.all([1, 2, 3].map(() => refusalCode(probe)));
    expect([...new Set(codes), asked]).to.deep.equal(['E_STORE_UNREACHABLE', 1]);
  });

  it('is that of each door: without the broker only what travels over it waits', async () => {
    const all = await openAdministrations({ partners: ['KR'], connection: { transport: 'amqp' } });
    const { config, gateway } = all.home;
    await gateway.close();
    try {
      for (const [url, expected] of Object.entries({ [testBroker()]: 200, 'amqp://127.0.0.1:1': 503 })) {
        const broker = { url, realm: 'readiness', temporary: true };
        const opened = await openGateway({ ...config, broker, logLevel: 'silent' }, adapterTools());
        const serving = await serve(opened, { scheduled: false });
        const status = async (path: string): Promise<number> =>
          (await fetch(`${serving.monitoringUrl}/readyz${path}`)).status;
        try {
          for (const deadline = Date.now() + 90_000; (await status('/broker')) !== expected && Date.now() < deadline;);
          const found = [await status('/border'), await status('/exchange'), await status('/broker')];
          expect(found).to.deep.equal([200, 200, expected]);
        } finally {
          await serving.stop();
          await opened.close();
        }
      }
    } finally {
      await all.of('KR').gateway.close();
    }
  });
});
