/** What a memorandum with an agency allows to leave: held by the loader, found by lint, and proven by generated lists. */

import { expect } from 'chai';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unnamedFieldShown } from '../../gateway/adapter/check/field-policy.ts';
import { loadAdapter } from '../../gateway/adapter/load.ts';
import { adapterTools, adaptersFolder } from '../support/adapter-tools.ts';
import { found, type Change } from '../support/lint-folder.ts';
import { rejectedBy } from '../support/thrown.ts';

const inTemplate = (value: string): Change => [
  'list.json',
  '"since": "{statusSince}"',
  `"since": "{statusSince}", ${value}`,
];
const unnamed = { runs: 20, seed: 1 };

describe('the memorandum with an agency', () => {
  const carried: Readonly<Record<string, string>> = {
    'coordinator.telephone': '"phone": "{coordinator.telephone?}"',
    'address.city': '"city": "{address.city?}"',
    'name.latin': '"latin": "{name.latin?|max:30|lost}"',
    roles: '"roles": "{roles?|join:;}"',
  };
  for (const [path, value] of Object.entries(carried))
    it(`lint names ${path} in a template, which the memorandum does not`, async () => {
      const [first] = await found('qp', [inTemplate(value)]);
      expect([first?.rule, first?.code]).to.deep.equal(['field_not_agreed', 'E-022']);
      expect(first?.detail).to.include(path);
    });

  it('lint names what a departure carries and the memorandum does not', async () => {
    const findings = await found('qp', [['adapter.yaml', ', departure.reason', '']]);
    expect(findings.filter(({ rule }) => rule === 'field_not_agreed').map(({ detail }) => detail)).to.have.length(1);
  });

  it('does not load with a template that carries another field, so that no list is made', async () => {
    const folder = join(mkdtempSync(join(tmpdir(), 'memorandum-')), 'qp');
    try {
      cpSync(join(adaptersFolder, 'qp'), folder, { recursive: true });
      const file = join(folder, 'list.json');
      writeFileSync(file, readFileSync(file, 'utf8').replace('"code":', '"post": "{address.postcode?}", "code":'));
      const { code, at } = await rejectedBy(loadAdapter(folder, adapterTools));
      expect([code, at]).to.deep.equal(['E_ADAPTER_INVALID', file]);
    } finally {
      rmSync(join(folder, '..'), { recursive: true });
    }
  });

  it('is proven by lists that differ in one field: those that it does not name change no byte', async () => {
    const adapter = await loadAdapter(join(adaptersFolder, 'qp'), adapterTools);
    const { memorandum } = adapter;
    if (memorandum === undefined) throw new Error('it is an agency');
    expect(unnamedFieldShown(adapter, unnamed)).to.equal(undefined);
    for (const path of memorandum.fields) {
      const fields = memorandum.fields.filter((each) => each !== path);
      const shown = unnamedFieldShown({ ...adapter, memorandum: { ...memorandum, fields } }, unnamed);
      expect(shown?.detail, path).to.include(path);
    }
  });

  it('lint finds a count of operators with a value that the template does not carry', async () => {
    const count = '"cities": "{count:records[address.city=SHENZHEN]}", "left":';
    const [first] = await found('qp', [['list.json', '"left":', count]]);
    expect(first?.rule).to.equal('template_invalid');
  });

  it('stands in place of an arrangement, under letters that ISO leaves to users', async () => {
    for (const change of [
      ['adapter.yaml', 'partner: QP', 'partner: FR'],
      ['adapter.yaml', 'kind: agency', 'kind: administration'],
      ['adapter.yaml', 'fields:', 'field:'],
      ['adapter.yaml', 'value: [identifier, ', 'value: ['],
    ] as const) {
      const [first] = await found('qp', [change]);
      expect(first?.rule, change[2]).to.equal('manifest_invalid');
    }
  });
});
