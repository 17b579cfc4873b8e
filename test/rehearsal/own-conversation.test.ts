/** A partner with a conversation of its own is played by this program: the adapter describes both halves. */

import { expect } from 'chai';
import { runConformance } from '../../gateway/rehearsal/conformance.ts';
import { makePair } from '../../gateway/rehearsal/pairing.ts';
import { findInbox } from '../../gateway/store/inbox.ts';
import { openAdministrations, operators, type OpenAdministrations } from '../support/administrations.ts';
import { playedPartner } from '../support/played-partner.ts';
import { environmentOptions } from '../support/rehearsal.ts';
import { rejectedBy } from '../support/thrown.ts';

describe('a partner of another make that is simulated', () => {
  describe('by a gateway with the mirrored adapter', () => {
    let open: OpenAdministrations;
    before(async () => {
      open = await openAdministrations({ partners: ['SG'], adapters: playedPartner() });
      await open.home.openDoors();
      await open.of('SG').openDoors();
    });
    after(() => open.close());

    it('takes our list at its own path, by its own method, and its acknowledgement settles it', async () => {
      await open.home.save(...operators(3));
      const sent = await open.home.send('SG');
      expect(sent).to.include({ state: 'ACCEPTED', evidence: 'channel' });
    });

    it('sends its list to our path, and has our acknowledgement', async () => {
      const sent = await open.of('SG').send('CN', { kind: 'full' });
      expect(sent).to.include({ evidence: 'channel' });
      expect(await findInbox(open.home.gateway.db.sql, { messageId: sent.id, partner: 'SG' })).to.include({
        kind: 'list',
      });
    });
  });

  it('passes the scenarios of a conformance run; those with forged receipts are left out, for it gives none', async () => {
    const options = environmentOptions('sg');
    const base = { ...options.base, adapters: playedPartner() };
    const only = ['C-02', 'C-04', 'C-07', 'C-08', 'C-12', 'C-13', 'C-34', 'C-35'];
    const report = await runConformance({ ...options, base, only, report: () => undefined });
    const ended = report.scenarios.map(({ id, verdict, reason = '' }) =>
      `${id} ${verdict} ${reason}`.slice(0, 30).trim(),
    );
    expect(ended).to.deep.equal([
      ...['C-01', ...only.slice(0, -1)].map((id) => `${id} pass`),
      'C-35 skip the partner answers',
    ]);
    const [first] = report.scenarios.find(({ id }) => id === 'C-07')?.evidence ?? [];
    expect(first?.ending).to.equal('E_SEQUENCE_GAP');
  });

  it('is refused where its side is no door: a status alone, a broker or a mailbox of its own', async () => {
    const status = playedPartner((manifest) =>
      manifest.replace(/answer: \{ kind: document.*\}/u, 'answer: { kind: status }'),
    );
    const mailbox = playedPartner((manifest) =>
      manifest
        .replace('    method: PATCH\n', '')
        .replace(
          'path: /partners/sg/aeo',
          'request: { list: { path: /l, names: lines }, get: { path: "/{name}" }, remove: { path: "/{name}" } }',
        ),
    );
    for (const adapters of [status, mailbox]) {
      const options = environmentOptions('sg');
      const { code } = await rejectedBy(makePair({ ...options, base: { ...options.base, adapters } }));
      expect(code).to.equal('E_REQUEST_INVALID');
    }
  });
});
