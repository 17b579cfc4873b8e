/** Paths of the exchange door that name the list. */

import { expect } from 'chai';
import { openDoor } from '../support/exchange-door.ts';

describe('a path of a partner at the exchange door', () => {
  it('takes whatever stands in its holes, and one without holes is preferred', async () => {
    const own = { partner: 'XB', statuses: { applied: 201, held: 202, rejected: 400 } } as const;
    const acknowledge = (): Promise<void> => Promise.resolve();
    const routes = [
      { ...own, path: '/lists/{message.period}/{message.number}', takes: 'message' },
      { ...own, path: '/lists/2026/outcomes', takes: 'acknowledgement' },
    ] as const;
    const door = await openDoor({
      receive: () => Promise.resolve({ verdict: 'applied' as const }),
      poll: () => Promise.resolve(undefined),
      acknowledge,
      routes,
    });
    try {
      for (const [path, status] of [
        ['/lists/2026/17', 202],
        ['/lists/2026/outcomes', 204],
        ['/lists/2026/17/18', 404],
      ] as const)
        expect((await door.call({ path })).status, path).to.equal(status);
    } finally {
      await door.close();
    }
  });
});
