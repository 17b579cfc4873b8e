import { writeText } from '../support/format-text.ts';
import { expect } from 'chai';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Adapter } from '../../gateway/adapter/adapter.ts';
import { loadAdapter } from '../../gateway/adapter/load.ts';
import { decodeText } from '../../gateway/adapter/check/message-text.ts';
import { codeTables } from '../../gateway/adapter/template/code-tables.ts';
import { openTemplateScope, parseHole } from '../../gateway/adapter/template/holes.ts';
import { listMessageFields, recordItemFields } from '../../gateway/adapter/template/message-fields.ts';
import type { Manifest } from '../../gateway/adapter/manifest.ts';
import { adapterTools, adaptersFolder } from '../support/adapter-tools.ts';
import { aListMessage, aListRecord } from '../support/messages.ts';
import { rejectedBy, thrownBy } from '../support/thrown.ts';

const nowhere = (): string => 'adapter.yaml:1:1';

describe('code tables with days', () => {
  const tables = codeTables(
    {
      status: {
        active: 'A',
        suspended: [
          { code: 'S', until: '2026-06-30' },
          { code: 'X', from: '2026-07-01' },
        ],
      },
      reason: {
        left: [
          { code: '9', until: '2026-06-30' },
          { code: '8', from: '2026-07-01' },
        ],
        revoked: [
          { code: '1', until: '2026-06-30' },
          { code: '9', from: '2026-07-01' },
        ],
      },
    },
    nowhere,
  );
  const written = (day: string): string | undefined => tables.tablesOn(day).get('status')?.toTheirs.get('suspended');
  const read = (day: string, code: string, table = 'status'): string | undefined =>
    tables.tablesOn(day).get(table)?.toOurs.get(code);

  it('write the code of the day', () => {
    expect([written('1999-01-01'), written('2026-06-30')]).to.deep.equal(['S', 'S']);
    expect([written('2026-07-01'), written('2099-01-01')]).to.deep.equal(['X', 'X']);
  });

  it('read an ended code for fourteen days more, and a coming one not before its day', () => {
    expect([read('2026-06-30', 'S'), read('2026-07-14', 'S'), read('2026-07-15', 'S')]).to.deep.equal([
      'suspended',
      'suspended',
      undefined,
    ]);
    expect([read('2026-06-30', 'X'), read('2026-07-01', 'X')]).to.deep.equal([undefined, 'suspended']);
  });

  it('read a code that changed its meaning by the day', () => {
    expect(read('2026-06-30', '9', 'reason')).to.equal('left');
    expect(read('2026-07-01', '9', 'reason')).to.equal('revoked');
  });

  it('hold a code on its last day, be it the only one', () => {
    const short = codeTables(
      {
        kind: {
          full: [
            { code: 'F', until: '2026-07-31' },
            { code: 'G', from: '2026-08-01', until: '2026-08-01' },
          ],
        },
      },
      nowhere,
    );
    const code = (day: string): string | undefined => short.tablesOn(day).get('kind')?.toTheirs.get('full');
    expect([code('2026-07-31'), code('2026-08-01'), code('2026-08-02')]).to.deep.equal(['F', 'G', undefined]);
  });

  it('are the same object on all days between two changes', () => {
    expect(tables.periods).to.deep.equal(['0001-01-01', '2026-07-01', '2026-07-15']);
    expect(tables.tablesOn('2026-07-02')).to.equal(tables.tablesOn('2026-07-14'));
    expect(tables.tablesOn('2026-07-15')).to.not.equal(tables.tablesOn('2026-07-14'));
  });

  const dated = (code: string, from?: string): { code: string; from?: string } =>
    from === undefined ? { code } : { code, from };
  for (const [what, status] of [
    ['one code for two words from some day on', { active: 'A', suspended: [dated('A', '2030-01-01')] }],
    ['two codes for one word on one day', { active: [dated('A'), dated('B', '2030-01-01')] }],
  ] as const) {
    it(`with ${what} are E_ADAPTER_INVALID, with the day`, () => {
      const error = thrownBy(() => codeTables({ status }, nowhere));
      expect(error.code).to.equal('E_ADAPTER_INVALID');
      expect(error.detail).to.include('2030-01-01');
    });
  }
});

describe('a table with a code for all other words', () => {
  const reason = { revoked: '11', else: { write: '99', read: 'left' } };
  const compile = (codes: Manifest['codes'], hole = '{reason|code:reason}') => {
    const tables = codeTables(codes, () => 'adapter.yaml:1:1').tablesOn('2026-01-01');
    const fields = listMessageFields.lists.find(({ path }) => path === 'departures')?.items ?? recordItemFields;
    const scope = openTemplateScope(fields, { tables, timeZone: 'UTC', grades: ['a'] }, 'departures');
    return { hole: parseHole(scope, hole, 'x:1:1'), lossy: scope.lossy };
  };

  it('writes each other word alike, reads it as one, and declares the loss', () => {
    const { hole, lossy } = compile({ reason });
    expect(['revoked', 'withdrawn', 'left'].map((word) => hole.writeText(word))).to.deep.equal(['11', '99', '99']);
    expect(['11', '99'].map((code) => hole.read(code))).to.deep.equal(['revoked', 'left']);
    expect(thrownBy(() => hole.read('12')).code).to.equal('E_CODE_UNKNOWN');
    expect([...lossy]).to.deep.equal(['reason']);
  });

  for (const [what, codes, hole] of [
    ['reads a code that means another word', { reason: { ...reason, withdrawn: '99' } }, undefined],
    ['reads a word that is none', { reason: { revoked: '11', else: { write: '99', read: 'gone' } } }, undefined],
    ['is of an identifier', { reason }, '{identifier|code:reason}'],
  ] as const)
    it(`that ${what}: E_ADAPTER_INVALID`, () => {
      expect(thrownBy(() => compile(codes, hole)).code).to.equal('E_ADAPTER_INVALID');
    });

  it('is refused for status, grade and roles: E_ADAPTER_INVALID', () => {
    for (const [path, read] of [
      ['status', 'active'],
      ['grade', 'a'],
      ['roles', 'carrier'],
    ] as const) {
      const tables = codeTables({ t: { else: { write: '9', read } } }, () => 'adapter.yaml:1:1').tablesOn('2026-01-01');
      const scope = openTemplateScope(recordItemFields, { tables, timeZone: 'UTC', grades: ['a'] }, 'records');
      const hole = path === 'roles' ? '{roles|code:t|join:;}' : `{${path}|code:t}`;
      expect(thrownBy(() => parseHole(scope, hole, 'x:1:1')).code, path).to.equal('E_ADAPTER_INVALID');
    }
  });
});

describe('layouts with days', () => {
  let folder: string;
  beforeEach(() => {
    folder = join(mkdtempSync(join(tmpdir(), 'adapter-')), 'xb');
    cpSync(join(adaptersFolder, 'kr'), folder, { recursive: true });
  });
  afterEach(() => rmSync(join(folder, '..'), { recursive: true }));

  function change(from: string, to: string): void {
    const file = join(folder, 'adapter.yaml');
    const text = readFileSync(file, 'utf8');
    expect(text).to.include(from);
    writeFileSync(file, text.replace(from, to));
  }

  const types = (adapter: Adapter, day: string): readonly string[] => {
    const { list, accepted } = adapter.formatsOn(day);
    const lists = accepted.filter(({ kind }) => kind === 'list').map(({ format }) => format.type);
    return [list.type, ...lists].map((type) => type.replace(/^\{(.*)\}.*$/u, '$1'));
  };
  const [old, next] = ['urn:mra:profile:kr:1', 'urn:mra:profile:kr:2'];

  it('the newest that holds is sent, and all that hold are read', async () => {
    const adapter = await loadAdapter(folder, adapterTools);
    expect(types(adapter, '2028-12-31')).to.deep.equal([old, old]);
    expect(types(adapter, '2029-01-01')).to.deep.equal([next, old, next]);
    expect(types(adapter, '2029-01-31')).to.deep.equal([next, old, next]);
    expect(types(adapter, '2029-02-01')).to.deep.equal([next, next]);
    expect(adapter.periods).to.deep.equal(['0001-01-01', '2029-01-01', '2029-02-01']);
    expect(adapter.list).to.equal(adapter.formatsOn('2099-01-01').list);
  });

  it('a layout is compiled once for all days on which no code changes', async () => {
    const adapter = await loadAdapter(folder, adapterTools);
    expect(adapter.formatsOn('2029-01-15').list).to.equal(adapter.formatsOn('2029-03-15').list);
    expect(adapter.formatsOn('2028-12-31').list.fingerprint).to.not.equal(
      adapter.formatsOn('2029-01-01').list.fingerprint,
    );
  });

  it('codes of the day stand in messages of the day', async () => {
    change("suspended: '02'", "suspended: [{ code: '02', until: 2029-06-30 }, { code: '03', from: 2029-07-01 }]");
    const adapter = await loadAdapter(folder, adapterTools);
    const list = aListMessage({ records: [aListRecord({ status: 'suspended', address: {} })] });
    const encoded = (day: string): string => writeText(adapter.formatsOn(day).list, list);
    const [before, after] = [encoded('2029-06-30'), encoded('2029-07-01')];
    expect([before.includes('>02<'), after.includes('>03<')]).to.deep.equal([true, true]);
    expect(decodeText(adapter.formatsOn('2029-07-14').list, before, adapterTools)).to.deep.equal(list);
    const late = thrownBy(() => decodeText(adapter.formatsOn('2029-07-15').list, before, adapterTools));
    expect([late.code, late.at]).to.deep.equal(['E_CODE_UNKNOWN', '/AEOList/AEO[1]/Status']);
  });

  const faults: readonly (readonly [what: string, from: string, to: string, detail: string])[] = [
    ['a gap between two layouts', 'from: 2029-01-01', 'from: 2029-03-01', '2029-02-01'],
    ['no layout in the beginning', 'until: 2029-01-31', 'from: 2020-01-01, until: 2029-01-31', 'before'],
    ['no layout in the end', 'from: 2029-01-01', 'from: 2029-01-01, until: 2029-06-30', '2029-07-01'],
    ['two layouts of one type side by side', 'list.v2.xml', 'list.xml', '2029-01-01'],
    [
      'a word without a code on a coming day',
      "suspended: '02'",
      "suspended: [{ code: '02', until: 2029-12-31 }]",
      '2030-01-01',
    ],
  ];
  for (const [what, from, to, detail] of faults) {
    it(`${what} is E_ADAPTER_INVALID today, with the day`, async () => {
      change(from, to);
      const error = await rejectedBy(loadAdapter(folder, adapterTools));
      expect(error.code).to.equal('E_ADAPTER_INVALID');
      expect(error.detail).to.include(detail);
    });
  }

  it('lists in parts need templates that show the part', async () => {
    expect((await loadAdapter(folder, adapterTools)).lists.partRecords).to.be.a('number');
    const file = join(folder, 'list.v2.xml');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/<kr:Part [^>]*>/u, ''));
    const error = await rejectedBy(loadAdapter(folder, adapterTools));
    expect(error.code).to.equal('E_ADAPTER_INVALID');
    expect(error.at).to.match(/adapter\.yaml:\d+:\d+$/u);
  });
});
