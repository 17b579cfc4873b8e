/** An agency at home in the office: its page shows the memorandum, and it is no partner of the check desk, the register and the outcomes. */

import { expect } from 'chai';
import { join } from 'node:path';
import { loadAdapter } from '../../gateway/adapter/load.ts';
import { getPartner, type Partner } from '../../gateway/gateway.ts';
import { adapterTools, adaptersFolder } from '../support/adapter-tools.ts';
import { eachTestWithOffice, type Office } from '../support/office.ts';
import { operator, type OpenAdministration } from '../support/administrations.ts';

describe('an agency at home in the office', () => {
  let them: OpenAdministration;
  let office: Office;
  eachTestWithOffice((opened) => {
    ({ them, office } = opened);
  });
  beforeEach(async () => {
    const adapter = await loadAdapter(join(adaptersFolder, 'qp'), adapterTools);
    const partners = them.gateway.partners as Map<string, Partner>;
    partners.set('QP', { ...getPartner(them.gateway, 'CN'), code: 'QP', adapter });
  });

  it('has a page with its memorandum in the language of the reader, and its row among the partners', async () => {
    const reader = await office.signedIn('li.na', 'reader');
    const { body } = await reader.json('/office/v1/partners/QP');
    expect(body).to.deep.include({ partner: 'QP', kind: 'agency' });
    expect(body['memorandum']).to.deep.include({ retentionDays: 365, statusQueries: true });
    const { html } = await reader.get('/partners/QP');
    expect(html)
      .to.include('Memorandum')
      .and.include('Name, own script')
      .and.include('365 days')
      .and.include('no bid bond');
    expect(html).to.not.include('/partners/QP/card').and.to.not.include('/outcomes/partners/QP');
    expect((await reader.get('/partners/QP?language=zh-CN')).html)
      .to.include('备忘录')
      .and.include('365天');
    expect((await reader.get('/partners')).html)
      .to.include('/partners/QP')
      .and.include('不发送名单');
  });

  it('stands beside the partners on the page of an operator of ours', async () => {
    await them.save(operator(1));
    const reader = await office.signedIn('li.na', 'reader');
    const { body } = await reader.json(`/office/v1/operators/${operator(1).code}`);
    expect((body['partners'] as { partner: string }[]).map(({ partner }) => partner)).to.include('QP');
  });

  it('is no partner of the check desk, the register and the outcomes', async () => {
    const reader = await office.signedIn('li.na', 'reader', 'operator');
    for (const path of ['/check', '/register', '/consultations'])
      expect((await reader.get(path)).html, path).to.not.include('value="QP"');
    const { body } = await reader.json('/office/v1/outcomes?from=2026-10&to=2026-10');
    expect(JSON.stringify(body)).to.not.include('"QP"');
    expect((await reader.json('/office/v1/outcomes/partners/QP?from=2026-10&to=2026-10')).body).to.deep.include({
      code: 'E_PARTNER_UNKNOWN',
    });
  });
});
