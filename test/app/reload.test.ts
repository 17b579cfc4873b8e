import { viewOf, writeText } from '../support/format-text.ts';
import { expect } from 'chai';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { adapterTools } from '../../gateway/app/adapter-tools.ts';
import { openGateway, type OpenGateway } from '../../gateway/app/composition.ts';
import type { Serving } from '../../gateway/cli/context.ts';
import { loadConfig, type PartnerConfig } from '../../gateway/app/config.ts';
import { getPartner, type Partner } from '../../gateway/gateway.ts';
import { serve } from '../../gateway/serve.ts';
import { adaptersFolder } from '../support/adapter-tools.ts';
import { aListMessage, aListRecord } from '../support/messages.ts';
import { temporaryFolder } from '../support/pki.ts';
import { rejectedBy } from '../support/thrown.ts';

const certificates = { signing: [], tls: [], anchors: [], checkPath: false };
const partner = (adapter: string): PartnerConfig => ({
  adapter,
  mirrored: false,
  transport: 'https',
  url: 'https://127.0.0.1:9',
  certificates,
});

describe('reloading the adapters of a running gateway', () => {
  let adapters: string;
  let gateway: OpenGateway;
  let serving: Serving;
  beforeEach(async () => {
    adapters = temporaryFolder();
    for (const cc of ['cn', 'kr', 'sg']) cpSync(join(adaptersFolder, cc), join(adapters, cc), { recursive: true });
    const base = loadConfig({ data: temporaryFolder() }, { MRA_LOG: 'silent' });
    const door = { ...base.exchange, port: 0 };
    const config = { ...base, adapters, exchange: door, border: { ...base.border, port: 0, unauthenticated: true } };
    gateway = await openGateway({ ...config, partners: { KR: partner('kr'), SG: partner('sg') } }, adapterTools());
    serving = await serve(gateway);
  });
  afterEach(async () => {
    await serving.stop();
    await gateway.close();
    rmSync(adapters, { recursive: true });
  });

  function change(file: string, from: string, to: string): void {
    const path = join(adapters, 'kr', file);
    const text = readFileSync(path, 'utf8');
    expect(text).to.include(from);
    writeFileSync(path, text.replace(from, to));
  }
  const of = (code: string): Partner => getPartner(gateway, code);
  /** The list message that would now tell the partner of a suspended operator. */
  function written(code: string): string {
    const { list } = of(code).adapter.formatsOn('2026-11-24');
    const record = aListRecord({ identifier: of(code).adapter.identifiers.ours.example, status: 'suspended' });
    return writeText(list, aListMessage({ records: [viewOf(list)(record)] }));
  }
  async function readiness(): Promise<{ status: string; checks: { untaken?: Record<string, string> } }> {
    const reply = await fetch(`${serving.borderUrl}/readyz?verbose`);
    expect(reply.status).to.equal(200);
    return (await reply.json()) as { status: string; checks: { untaken?: Record<string, string> } };
  }

  it('rejects a faulty adapter, loads it once it is corrected, and changes no other partner', async () => {
    const before = { kr: of('KR'), sg: of('SG') };
    change('adapter.yaml', "suspended: '02'", "suspended: '01'");
    const [refused, ...others] = await serving.reload();
    expect([refused?.partner, refused?.loaded, others]).to.deep.equal(['KR', false, []]);
    expect(refused?.detail).to.match(/^E_ADAPTER_INVALID: .*adapter\.yaml:\d+:\d+/u);
    expect(of('KR')).to.equal(before.kr);
    expect(written('KR')).to.include('<kr:Status>02</kr:Status>');
    expect((await readiness()).checks.untaken).to.deep.equal({ KR: refused?.detail });

    change('adapter.yaml', "active: '01', suspended: '01'", "active: '01', suspended: '77'");
    expect(await serving.reload()).to.deep.equal([{ partner: 'KR', loaded: true }]);
    expect(written('KR')).to.include('<kr:Status>77</kr:Status>');
    expect(of('KR')).to.not.equal(before.kr);
    expect(of('KR').transport).to.equal(before.kr.transport).and.to.not.equal(undefined);
    expect(of('SG')).to.equal(before.sg);
    expect((await readiness()).checks.untaken).to.equal(undefined);
  });

  it('loads nothing when nothing changed, or when only other folders are named', async () => {
    expect(await serving.reload()).to.deep.equal([]);
    change('adapter.yaml', "suspended: '02'", "suspended: '77'");
    expect(await serving.reload(['sg', 'zz'])).to.deep.equal([]);
    expect((await serving.reload(['kr'])).map(({ loaded }) => loaded)).to.deep.equal([true]);
    expect(await serving.reload(['kr'])).to.deep.equal([]);
  });

  it('forgets the rejection once the change is undone', async () => {
    change('list.xml', '</kr:Header>', '</kr:Hedaer>');
    expect((await serving.reload()).map(({ loaded }) => loaded)).to.deep.equal([false]);
    change('list.xml', '</kr:Hedaer>', '</kr:Header>');
    expect(await serving.reload()).to.deep.equal([]);
    expect((await readiness()).checks.untaken).to.equal(undefined);
  });

  it('keeps the adapter in use when its folder is deleted', async () => {
    const before = of('KR');
    rmSync(join(adapters, 'kr'), { recursive: true });
    expect((await serving.reload()).map(({ loaded }) => loaded)).to.deep.equal([false]);
    expect(of('KR')).to.equal(before);
  });

  it('takes a partner with a folder that came later, and answers large requests with it', async () => {
    cpSync(join(adaptersFolder, 'nz'), join(adapters, 'nz'), { recursive: true });
    const partners = { ...gateway.config.partners, NZ: partner('nz') };
    expect(await serving.takeSettings({ ...gateway.config, partners })).to.deep.equal([
      { partner: 'NZ', loaded: true },
    ]);
    const declaration = `<Declaration><TypeCode>IMA</TypeCode>${' '.repeat(20_000)}<Exporter><ID>NZ1</ID></Exporter></Declaration>`;
    const headers = { 'content-type': 'application/xml' };
    const posted = { method: 'POST', headers, body: declaration };
    expect((await fetch(`${serving.borderUrl}/v1/assessments`, posted)).status).to.equal(201);
  });

  it('rejects another transport: that needs a restart', async () => {
    const { transport: _, ...settings } = partner('kr');
    const config = { ...gateway.config, data: temporaryFolder(), partners: { KR: settings } };
    const other = await openGateway({ ...config, store: `sqlite:${config.data}/mra.db` }, adapterTools());
    try {
      change('adapter.yaml', 'transport: amqp', 'transport: https');
      expect((await rejectedBy(other.reloadPartner('KR'))).code).to.equal('E_CONFIG_INVALID');
      expect(getPartner(other, 'KR').adapter.transport).to.equal('amqp');
    } finally {
      await other.close();
    }
  });
});
