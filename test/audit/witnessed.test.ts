/** Each side witnesses the log of the other: checkpoints travel in receipts, are kept outside the store, and are compared. */

import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { openWitness, witnessedOf } from '../../gateway/audit/witnessed.ts';
import { momentOf } from '../../gateway/model/day.ts';
import { signCheckpoint, verifierKey } from '../../gateway/model/log/checkpoint.ts';
import { receiveMessage } from '../../gateway/inbound/receive-message.ts';
import { sendList } from '../../gateway/outbound/send-list.ts';
import { settleByReturnedReceipt } from '../../gateway/outbound/settle.ts';
import { getPartner } from '../../gateway/gateway.ts';
import { sql } from 'kysely';
import { generateKeyPairSync } from 'node:crypto';
import { openAdministrations, operators, type OpenAdministrations } from '../support/administrations.ts';
import { runCommand } from '../support/command-line.ts';
import { refusalCode } from '../support/expect-code.ts';
import { temporaryFolder } from '../support/pki.ts';

const origin = 'mra-gateway/XA/0123456789abcdef';

describe('checkpoints of a partner', () => {
  const log = generateKeyPairSync('ed25519');
  const key = verifierKey(origin, log.publicKey);
  const checkpoint = (size: number, root = `root-${size}`) => ({
    key,
    note: signCheckpoint({ origin, size, root: Buffer.from(root).toString('base64') }, log.privateKey),
  });
  let folder: string;
  let clock: string;
  const witness = () => openWitness(folder, () => new Date(clock));
  const sizes = async (): Promise<readonly number[]> => (await witnessedOf(folder, 'XA')).map(({ size }) => size);
  beforeEach(() => {
    folder = temporaryFolder();
    clock = '2026-11-23T12:00:00.000Z';
  });

  it('are kept one an hour, and an older one that a repeated receipt carries is none', async () => {
    const { keep } = witness();
    await keep('XA', checkpoint(10));
    await keep('XA', checkpoint(20));
    clock = '2026-11-23T13:00:00.000Z';
    await keep('XA', checkpoint(30));
    clock = '2026-11-23T14:00:00.000Z';
    await keep('XA', checkpoint(10));
    expect(await sizes()).to.deep.equal([10, 30]);
  });

  it('that contradict one that is kept are an error, and kept as evidence', async () => {
    const { keep } = witness();
    await keep('XA', checkpoint(10));
    expect(await refusalCode(() => keep('XA', checkpoint(10, 'other')))).to.equal('E_LOG_ALTERED');
    expect(await sizes()).to.deep.equal([10, 10]);
    const other = generateKeyPairSync('ed25519');
    const foreign = signCheckpoint({ origin, size: 40, root: 'AAAA' }, other.privateKey);
    const stated = { key: verifierKey(origin, other.publicKey), note: foreign };
    expect(await refusalCode(() => keep('XA', stated))).to.equal('E_LOG_ALTERED');
    expect(await refusalCode(() => keep('XA', { key, note: foreign }))).to.equal('E_LOG_ALTERED');
    expect(await sizes()).to.deep.equal([10, 10, 40]);
  });

  it('are found by mra audit verify where two contradict each other', async () => {
    const data = temporaryFolder();
    const mra = (...words: string[]) => runCommand(['--data', data, '-o', 'json', ...words]);
    await mra('audit', 'checkpoint');
    const line = (of: ReturnType<typeof checkpoint>): string => `${JSON.stringify({ at: clock, ...of })}\n`;
    mkdirSync(join(data, 'log/partners'), { recursive: true });
    writeFileSync(join(data, 'log/partners/XA'), line(checkpoint(10)));
    expect((await mra('audit', 'verify')).exit).to.equal(0);
    appendFileSync(join(data, 'log/partners/XA'), line(checkpoint(10, 'other')));
    const { exit, stdout } = await mra('audit', 'verify');
    const { faults } = JSON.parse(stdout) as { readonly faults: readonly { readonly fault: string }[] };
    expect([exit, faults.map(({ fault }) => fault)]).to.deep.equal([1, ['partner_contradicts']]);
    const listed = JSON.parse((await mra('audit', 'witnessed')).stdout) as unknown[];
    expect(listed[0]).to.include({ partner: 'XA', checkpoints: 2, size: 10, origin });
  });
});

describe('receipts between two gateways', () => {
  let all: OpenAdministrations;
  afterEach(() => all.close());

  async function exchange(connection: { readonly checkpoints?: boolean }): Promise<void> {
    all = await openAdministrations({ partners: ['KR'], connection });
    const [us, them] = [all.home, all.of('KR')];
    // The first list makes an entry of their log, which the receipt of the second states.
    for (const count of [3, 5]) {
      await us.save(...operators(count));
      const list = await sendList(us.gateway, 'KR', { kind: count === 3 ? 'full' : 'delta' });
      const bytes = list?.sealed.bytes ?? Buffer.of();
      const raw = { partner: 'CN', via: 'file', bytes, receivedAt: momentOf(new Date()) } as const;
      const { receipt } = await receiveMessage(them.gateway, raw);
      await settleByReturnedReceipt(us.gateway, getPartner(us.gateway, 'KR'), receipt?.bytes ?? Buffer.of());
      expect((await us.answered(list?.list.id ?? '')).state).to.equal('ACCEPTED');
      await them.gateway.sealer.seal();
    }
  }
  const folderOf = (country: string): string => join(all.of(country).config.data, 'log');

  it('carry the newest checkpoint where that is set, which the other side keeps and gives back as lines that verify', async () => {
    await exchange({ checkpoints: true });
    const [kept] = await witnessedOf(folderOf('CN'), 'KR');
    const signed = readFileSync(join(folderOf('KR'), 'checkpoints'), 'utf8')
      .trim()
      .split('\n');
    expect(signed).to.include(JSON.stringify(kept?.note));
    expect(kept?.key).to.equal(await all.of('KR').gateway.sealer.verifierKey());
    // What was kept by us finds that they changed an entry and all that stands on it behind the back of the gateway.
    const copy = temporaryFolder();
    writeFileSync(join(copy, 'checkpoints'), `${JSON.stringify(kept?.note)}\n`);
    writeFileSync(join(copy, 'key'), kept?.key ?? '');
    const { gateway, config } = all.of('KR');
    const args = ['--home', 'KR', '-o', 'json', 'audit', 'verify', '--checkpoints', copy, '--key', join(copy, 'key')];
    const verified = () => runCommand(['--data', config.data, ...args], { MRA_STORE: config.store });
    expect((await verified()).exit).to.equal(0);
    expect(kept?.size).to.be.at.least(1);
    await gateway.db.transaction(async (tx) => {
      await sql`drop trigger event_no_update`.execute(tx);
      await sql`update event set leaf_hash = ${'0'.repeat(64)} where n = 1`.execute(tx);
    });
    expect((await verified()).exit).to.equal(1);
  });

  it('carry none where it is not set', async () => {
    await exchange({});
    expect(await witnessedOf(folderOf('CN'), 'KR')).to.deep.equal([]);
  });
});
