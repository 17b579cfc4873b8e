/** Full lists at agreed intervals, which set right what was lost in a stream without numbers. */

import { expect } from 'chai';
import { examinePartner } from '../../gateway/app/health/partner-checks.ts';
import { sendList } from '../../gateway/outbound/send-list.ts';
import { openAdministrations, operators } from '../support/administrations.ts';
import { adaptersWith } from '../support/other-make.ts';

const conversation = `
conversation:
  stream: { discipline: identified, semantics: upsert, reconcile: 7d }
  fills: { message: { id: digest, from: channel, to: channel, nextBy: { from: issuedAt, add: maxAge } } }
`;

describe('a full list that was agreed for each week', () => {
  it('is sent without changes once it is due, and named by doctor until then', async () => {
    const open = await openAdministrations({ partners: ['SG'], adapters: adaptersWith(conversation) });
    try {
      await open.home.save(...operators(3));
      const { gateway } = open.home;
      const partner = gateway.partners.get('SG');
      if (partner === undefined) throw new Error('no partner');
      const after = (days: number) => ({ ...gateway, now: () => new Date(Date.now() + days * 86_400_000) });
      expect((await sendList(gateway, 'SG'))?.kind).to.equal('full');
      expect(await sendList(after(6), 'SG')).to.equal(undefined);
      const due = async (days: number): Promise<unknown> =>
        (await examinePartner(after(days), partner)).find(({ check }) => check === 'partner SG, schedule')?.detail;
      expect(await due(6)).to.not.include('full list is due');
      expect(await due(8)).to.include('full list is due');
      expect((await sendList(after(8), 'SG'))?.kind).to.equal('full');
      expect(await sendList(after(9), 'SG')).to.equal(undefined);
    } finally {
      await open.close();
    }
  });
});
