/** Layouts in another encoding than UTF-8: what it does not have is left out and named, or fitted where that was agreed. */

import { expect } from 'chai';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeText } from '../../gateway/adapter/check/message-text.ts';
import { lintAdapter } from '../../gateway/adapter/check/lint.ts';
import { loadAdapter } from '../../gateway/adapter/load.ts';
import { asGatewayError } from '../../gateway/model/errors.ts';
import type { ListMessage } from '../../gateway/model/list/list.ts';
import { adapterTools } from '../support/adapter-tools.ts';
import { temporaryFolder } from '../support/pki.ts';

const source = new URL('../peers/files/xd', import.meta.url).pathname;

/** A copy of the partner with changes in its files. */
function changed(changes: readonly (readonly [file: string, from: string, to: string])[]): string {
  const folder = join(temporaryFolder(), 'xd');
  cpSync(source, folder, { recursive: true });
  for (const [file, from, to] of changes) {
    const before = readFileSync(join(folder, file), 'utf8');
    expect(before).to.include(from);
    writeFileSync(join(folder, file), before.replaceAll(from, to));
  }
  return folder;
}

const listOf = (local: string): ListMessage => ({
  ...{ id: 'm-1', kind: 'full', from: 'CN', to: 'XD', issuedAt: '2026-11-01T00:00:00.000Z' },
  ...{ nextBy: '2026-12-01T00:00:00.000Z', previousChain: '', departures: [] },
  position: { epoch: { no: 1, id: 'e' }, sequence: 1, chain: '', root: '', count: 1 },
  records: [
    {
      ...{ identifier: 'CN4403131697', name: { local }, address: { city: '부산' }, grade: 'advanced' },
      ...{ status: 'active', statusSince: '2026-01-01', validFrom: '2026-01-01', roles: [] },
    },
  ],
});

describe('a layout in an encoding', () => {
  it('refuses a record with a character that the encoding does not have, and names the value', async () => {
    const { list } = await loadAdapter(changed([['list.csv', '|fit:?', '']]), adapterTools);
    expect(encodeText(list, listOf('해동물산'))).to.include('해동물산');
    let thrown: unknown;
    try {
      encodeText(list, listOf('똠방'));
    } catch (error) {
      thrown = error;
    }
    expect(asGatewayError(thrown)).to.include({ code: 'E_VALUE_INVALID', at: '/records/0/name/local' });
  });

  it('writes the agreed sign in place of such a character with fit', async () => {
    const { list } = await loadAdapter(source, adapterTools);
    expect(encodeText(list, listOf('똠방'))).to.include(';?방;');
  });

  for (const [what, changes] of [
    ['fit without an encoding', [['adapter.yaml', ' encoding: euc-kr,', '']]],
    ['a fixed text that the encoding does not have', [['list.csv', 'H;HAEDONG', 'H;똠']]],
    ['fit on a value that must not change', [['list.csv', '{identifier}', '{identifier|fit:?}']]],
    ['fit with a letter that the encoding does not have', [['list.csv', 'fit:?', 'fit:똠']]],
  ] as const)
    it(`is a finding of lint with ${what}: E-001 template_invalid`, async () => {
      const found = await lintAdapter(changed(changes), adapterTools);
      const errors = found.filter(({ severity }) => severity === 'error').map(({ rule }) => rule);
      expect(new Set(errors)).to.deep.equal(new Set(['template_invalid']));
    });

  it('is a finding of lint with an unknown encoding: manifest_invalid', async () => {
    const found = await lintAdapter(changed([['adapter.yaml', 'encoding: euc-kr', 'encoding: euc-xx']]), adapterTools);
    expect(found.some(({ rule }) => rule === 'manifest_invalid')).to.equal(true);
  });
});
