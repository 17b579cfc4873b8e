/** `mra list show` of a held list, and `mra message show` of what was received: two administrations that exchange files. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { columnValues } from '../../gateway/model/record/record-text.ts';
import { writeCsv } from '../../gateway/wire/files/csv.ts';
import { sampleHome } from '../model/sample-home.ts';
import { sampleRecord } from '../model/sample-records.ts';
import { runCommand } from '../support/command-line.ts';
import { temporaryFolder } from '../support/pki.ts';

interface Held {
  readonly messageId: string;
  readonly reason: string;
  readonly decisions: readonly { person: string; decision: string }[];
  readonly difference: Readonly<Record<string, unknown>> & {
    readonly examples: readonly { change: string; identifier: string; name: string }[];
  };
}

describe('a list held for two people', () => {
  const folder = temporaryFolder();
  const ours = ['--config', join(folder, 'cn.yaml'), '-o', 'json'];
  const theirs = ['--config', join(folder, 'kr.yaml'), '-o', 'json'];
  const [first, second] = [join(folder, 'first.xml'), join(folder, 'second.xml')];

  async function mra(exit: number, ...args: string[]): Promise<unknown> {
    const ran = await runCommand(args);
    expect(ran.exit, ran.stdout + ran.stderr).to.equal(exit);
    return JSON.parse(ran.stdout);
  }

  /** The first operators of 40 that are active; the others are revoked, or suspended. */
  function operators(active: number, status: 'revoked' | 'suspended'): string {
    const titles = Object.entries(sampleHome.columns);
    const rows = Array.from({ length: 40 }, (_, i) => {
      const ended = { status, statusSince: '2025-03-04' } as const;
      const record = { ...sampleRecord, code: `44031${String(10000 + i)}`, ...(i < active ? {} : ended) };
      const cells: Partial<Record<string, string>> = columnValues(record);
      return titles.map(([path]) => cells[path] ?? '');
    });
    const file = join(folder, `${active}.csv`);
    writeFileSync(file, writeCsv([titles.map(([, title]) => title), ...rows]));
    return file;
  }

  /** KR holds a list of CN whose operators were all active, and then another one for two people. */
  async function hold(status: 'revoked' | 'suspended'): Promise<void> {
    writeFileSync(join(folder, 'cn.yaml'), `data: cn-${status}\npartners: { KR: { transport: file } }\n`);
    await mra(0, ...ours, 'operator', 'import', operators(40, status));
    await mra(0, ...ours, 'list', 'build', 'KR', '--full', '--out', first);
    await mra(0, ...ours, 'operator', 'import', operators(4, status));
    await mra(0, ...ours, 'list', 'build', 'KR', '--full', '--out', second);
    await mra(0, ...ours, 'key', 'export', 'KR', '--out', join(folder, 'ours.pem'));
    const partner = '{ adapter: kr, mirrored: true, transport: file, certificates: { signing: [ours.pem] } }';
    writeFileSync(join(folder, 'kr.yaml'), `home: KR\ndata: kr-${status}\nlog: silent\npartners: { CN: ${partner} }\n`);
    await mra(0, ...theirs, 'list', 'receive', 'CN', first);
    await mra(7, ...theirs, 'list', 'receive', 'CN', second);
  }

  before(() => hold('revoked'));

  it('is shown with its reason, the difference, ten examples, and who decided so far', async () => {
    const shown = (await mra(0, ...theirs, 'list', 'show', 'CN')) as { held: Held[] };
    const [held] = shown.held;
    expect(held?.reason).to.equal('list_shrinks');
    expect(held?.decisions).to.deep.equal([]);
    expect(held?.difference).to.include({ before: 40, after: 4, leaving: 36, new: 0, changed: 0, refused: 0 });
    const { examples = [] } = held?.difference ?? {};
    expect(examples).to.have.length(10);
    expect(examples[0]).to.include({ change: 'leaves', name: sampleRecord.name.latin });

    await mra(4, ...theirs, 'list', 'release', held?.messageId ?? '', '--as', 'Kim');
    const again = (await mra(0, ...theirs, 'list', 'show', 'CN')) as { held: Held[] };
    expect(again.held[0]?.decisions[0]).to.include({ person: 'Kim', decision: 'release' });
    const text = await runCommand(['--config', join(folder, 'kr.yaml'), 'list', 'show', 'CN']);
    expect(text.stdout).to.include('list_shrinks').and.include('36 would leave').and.include('Kim decided');
  });

  it('is not overwritten by the receipt over it', async () => {
    const before = readFileSync(second);
    const refused = (await mra(2, ...theirs, 'list', 'receive', 'CN', second, '--receipt', second)) as {
      error: { code: string };
    };
    expect([refused.error.code, readFileSync(second).equals(before)]).to.deep.equal(['E_REQUEST_INVALID', true]);
  });

  it('is shown as a received message by its id and its digest, and its bytes and receipt are exported', async () => {
    const { held } = (await mra(0, ...theirs, 'list', 'show', 'CN')) as { held: (Held & { digest: string })[] };
    const [{ messageId, digest } = { messageId: '', digest: '' }] = held;
    for (const name of [messageId, digest]) {
      const files = ['--bytes', join(folder, 'bytes'), '--receipt', join(folder, 'receipt')];
      const shown = await mra(0, ...theirs, 'message', 'show', name, ...files);
      expect(shown).to.include({ direction: 'in', state: 'HELD', partner: 'CN', messageId });
      expect(readFileSync(join(folder, 'bytes'))).to.deep.equal(readFileSync(second));
      expect(readFileSync(join(folder, 'receipt'), 'utf8')).to.include('held');
    }
    expect(await mra(0, ...ours, 'message', 'show', messageId)).to.include({ direction: 'out', kind: 'list' });
    const unknown = await mra(2, ...theirs, 'message', 'show', 'm-none');
    expect(unknown).to.have.nested.property('error.code', 'E_MESSAGE_UNKNOWN');
  });

  it('a message that was rejected unread is shown by its digest', async () => {
    writeFileSync(join(folder, 'junk'), '<AEOList/>');
    await mra(1, ...theirs, 'list', 'receive', 'CN', join(folder, 'junk'));
    const listed = (await mra(0, ...theirs, 'message', 'list')) as { state: string; digest: string }[];
    const rejected = listed.find(({ state }) => state === 'REJECTED');
    expect(await mra(0, ...theirs, 'message', 'show', rejected?.digest ?? '')).to.include({ state: 'REJECTED' });
  });

  it('whose operators stay and are suspended says so, and shows those first', async () => {
    await hold('suspended');
    const { held } = (await mra(0, ...theirs, 'list', 'show', 'CN')) as { held: Held[] };
    const difference = held[0]?.difference;
    expect(difference).to.include({ before: 40, after: 40, leaving: 0, changed: 36, suspended: 36, reinstated: 0 });
    expect(difference?.examples[0]).to.include({ change: 'changed', status: 'suspended' });
    const text = await runCommand(['--config', join(folder, 'kr.yaml'), 'list', 'show', 'CN']);
    expect(text.stdout).to.include('36 would be suspended');
  });
});
