/** What a partner holds of an operator, and what it refused, as `mra operator show` states it. */

import { expect } from 'chai';
import { Command } from 'commander';
import { operatorCommands } from '../../gateway/cli/operator.ts';
import { makeOutput } from '../../gateway/cli/output.ts';
import type { DomesticRecord } from '../../gateway/model/record/record.ts';
import { sendList } from '../../gateway/outbound/send-list.ts';
import { resultsOf } from '../../gateway/store/outbox.ts';
import { memoryStream } from '../cli/memory.ts';
import { code, openAdministrations, operator, type OpenAdministrations } from '../support/administrations.ts';

interface Standing {
  readonly partner: string;
  readonly listed: string;
  readonly reasons: readonly string[];
  readonly holds?: string;
  readonly last?: { readonly message: string; readonly state: string; readonly refused?: { readonly code: string } };
}

/** The partner refuses a name with a hidden character that turns its direction. */
const refusable = { name: { local: '深圳\u202e达瑞', latin: 'SHENZHEN DARUI' } };

describe('what a partner holds of an operator', () => {
  let administrations: OpenAdministrations;

  before(async () => {
    administrations = await openAdministrations({ partners: ['HK'] });
  });
  after(() => administrations.close());

  async function shown(number: number): Promise<Standing | undefined> {
    const stdout = memoryStream();
    const { gateway } = administrations.home;
    const program = new Command().exitOverride();
    const open = () => Promise.resolve({ ...gateway, close: () => Promise.resolve() });
    operatorCommands(program, {
      out: makeOutput({ stdout, stderr: stdout, format: 'json' }),
      exit: () => undefined,
      open,
    });
    await program.parseAsync(['operator', 'show', code(number)], { from: 'user' });
    const { partners } = JSON.parse(stdout.text()) as { partners: readonly Standing[] };
    return partners.find(({ partner }) => partner === 'HK');
  }

  /** Sends what changed, and waits for the reply about records where some are refused. */
  async function send(...records: DomesticRecord[]): Promise<void> {
    const { home } = administrations;
    await home.save(...records);
    const { id, state } = await home.send('HK');
    if (state !== 'PARTIAL') return;
    await home.until(async () => ((await resultsOf(home.gateway.db.sql, 'HK', id)).length > 0 ? true : undefined));
  }

  it('is nothing and not stated before the first list', async () => {
    await administrations.home.save(operator(1), operator(2, refusable), operator(3, { consent: false }));
    expect(await shown(1))
      .to.deep.include({ listed: 'yes', reasons: [] })
      .and.to.not.have.any.keys('holds', 'last');
  });

  it('is the record of a list that it applied, and not the one that it refused', async () => {
    const { home } = administrations;
    await administrations.of('HK').openDoors();
    await home.openDoors();
    await send();
    expect(await shown(1)).to.deep.include({ listed: 'yes', holds: 'current' });
    const refused = await shown(2);
    expect(refused).to.deep.include({ listed: 'no', reasons: ['refused_by_partner'], holds: 'no' });
    expect([refused?.last?.state, refused?.last?.refused?.code]).to.deep.equal(['PARTIAL', 'text_forbidden']);
    expect(await shown(3)).to.deep.include({ listed: 'no', reasons: ['no_consent'], holds: 'no' });
  });

  it('is the earlier record while the later one is refused or on its way, and the later one once it is applied', async () => {
    await send(operator(1, refusable));
    expect(await shown(1)).to.deep.include({ listed: 'no', reasons: ['refused_by_partner'], holds: 'earlier' });
    const { home } = administrations;
    await home.save(operator(1, { grade: 'advanced', status: 'suspended' }));
    expect(await shown(1)).to.deep.include({ holds: 'earlier' });
    const waiting = (await sendList(home.gateway, 'HK'))?.list.id ?? '';
    const sent = await shown(1);
    expect([sent?.listed, sent?.holds, sent?.last?.message]).to.deep.equal(['yes', 'earlier', waiting]);
    await home.answered(waiting);
    expect(await shown(1)).to.deep.include({ listed: 'yes', holds: 'current' });
  });

  it('is nothing once it applied the departure', async () => {
    await send(operator(1, { consent: false }));
    expect(await shown(1)).to.deep.include({ listed: 'no', reasons: ['no_consent'], holds: 'no' });
  });
});
