/** Some weeks of the simulated year; `npm run year` simulates all of it with 30 partners. */

import { expect } from 'chai';
import { simulateYear } from './year.ts';

describe('a gateway that is left alone', () => {
  it('needs no step of a person that its doctor does not name, and its store stays within its retention', async () => {
    const retention = { bytes: 5, refused: 5, receipts: 5, attempts: 5, answers: 5, repetitions: 5, history: 5 };
    const { faults, steps, sizes } = await simulateYear({ days: 20, partners: ['XA'], seed: 1, retention });
    expect(faults).to.deep.equal([]);
    expect(steps).to.include({ store_older: 1, 'key_expiring CN': 1, 'key_expiring XA': 1 });
    const [full, end] = [sizes[3]?.bodies ?? 0, sizes.at(-1)?.bodies ?? 0];
    expect(end).to.be.lessThan(1.25 * full);
  });
});
