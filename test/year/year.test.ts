/** Some weeks of the simulated year; `npm run year` simulates all of it with 30 partners. */

import { expect } from 'chai';
import { simulateYear } from './year.ts';

describe('a gateway that is left alone', () => {
  it('needs no step of a person that its alarms do not name, closes each of them, and stays within its retention', async () => {
    const retention = { bytes: 5, refused: 5, receipts: 5, attempts: 5, answers: 5, repetitions: 5, history: 5 };
    const others = { messages: 5, events: 5, changes: 5, alarms: 5 };
    const terms = { days: 24, partners: ['XA'], seed: 1, retention: { ...retention, ...others } };
    const { faults, steps, sizes, alarms } = await simulateYear(terms);
    expect(alarms.length).to.be.greaterThan(1);
    expect(faults).to.deep.equal([]);
    expect(steps).to.include({ store_older: 1, 'key_expiring CN': 1, 'key_expiring XA': 1 });
    const [full, end] = [sizes[5]?.bodies ?? 0, sizes.at(-1)?.bodies ?? 0];
    expect(end).to.be.lessThan(1.25 * full);
  });
});
