/** A partner nobody has heard of is a copied folder with other data in it. */

import { viewOf, writeText } from './support/format-text.ts';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { decodeText } from '../gateway/adapter/check/message-text.ts';
import { loadAdapter } from '../gateway/adapter/load.ts';
import { adapterTools, adaptersFolder } from './support/adapter-tools.ts';
import { aListMessage, aListRecord } from './support/messages.ts';

describe('one more partner', () => {
  let folder: string;
  beforeEach(() => {
    folder = path.join(mkdtempSync(path.join(tmpdir(), 'adapters-')), 'xb');
    cpSync(path.join(adaptersFolder, 'kr'), folder, { recursive: true });
  });
  afterEach(() => rmSync(path.join(folder, '..'), { recursive: true }));

  function edit(file: string, changes: Readonly<Record<string, string>>): void {
    let content = readFileSync(path.join(folder, file), 'utf8');
    for (const [from, to] of Object.entries(changes)) {
      expect(content, `${file}: ${from}`).to.include(from);
      content = content.replaceAll(from, to);
    }
    writeFileSync(path.join(folder, file), content);
  }

  it('is added by copying a folder and changing data, and needs no program', async () => {
    rmSync(path.join(folder, 'samples'), { recursive: true });
    const manifest = path.join(folder, 'adapter.yaml');
    const layouts = / {2}list:\n(?: {4}.*\n)+/u;
    const oneLayout = readFileSync(manifest, 'utf8').replace(
      layouts,
      '  list: { template: list.xml, schema: list.xsd }\n',
    );
    writeFileSync(manifest, oneLayout);
    edit('adapter.yaml', {
      'partner: KR': 'partner: XB',
      'Korea Customs Service': 'Borealia Customs',
      'Asia/Seoul': 'Asia/Tokyo',
      "code: '[0-9A-Z]{7}'": "code: '[A-Z]{2}[0-9]{6}-[0-9]'",
      'form: KR{code}': 'form: XB/{code}',
      'example: KR1234567': 'example: XB/AB123456-7',
      'form: AEOCN{code}': 'form: CN{code}',
      'example: AEOCN4403131697': 'example: CN4403131697',
      "active: '01', suspended: '02'": 'active: ACT, suspended: SUS',
      'rsa-sha256': 'ecdsa-p256-sha256',
      'transport: amqp': 'transport: https',
    });
    const names = {
      'urn:mra:profile:kr:1': 'urn:borealia:aeo',
      'kr:': 'b:',
      ':kr=': ':b=',
      'AEOList>': 'Traders>',
      'AEOList ': 'Traders ',
    };
    edit('list.xml', {
      ...names,
      '{validFrom|date:yyyyMMdd}': '{validFrom|date:dd.MM.yyyy}',
      '<b:ID>{identifier}</b:ID>\n    <b:Name>{name.latin}</b:Name>':
        '<b:Trader number="{identifier}"><b:Title>{name.latin}</b:Title><b:Town>{address.city?}</b:Town></b:Trader>',
    });
    edit('reply.xml', { 'urn:mra:profile:kr:1': 'urn:borealia:aeo' });
    const adapter = await loadAdapter(folder, adapterTools);
    expect([adapter.cc, adapter.partner, adapter.list.type, adapter.transport]).to.deep.equal([
      'xb',
      'XB',
      '{urn:borealia:aeo}Traders',
      'https',
    ]);
    const known = aListRecord({ identifier: 'CN4403131697', status: 'suspended', validTo: '2028-02-29' });
    const record = viewOf(adapter.list)(known);
    expect(record.address).to.deep.equal({ city: 'SHENZHEN' });
    const list = aListMessage({
      records: [record],
      departures: [{ identifier: 'CN4403131698', reason: 'left', since: '2026-01-31' }],
    });
    const written = writeText(adapter.list, list);
    expect(written)
      .to.include('<b:Trader number="CN4403131697">')
      .and.to.include('<b:ValidFrom>20.05.2024<')
      .and.to.include('<b:Status>SUS<');
    expect(decodeText(adapter.list, written, adapterTools)).to.deep.equal(list);
  });
});
