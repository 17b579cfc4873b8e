/** Commands that only read leave the data folder as it is: one that does not exist, and one with keys and a store. */

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { openDatabase } from '../../gateway/store/database.ts';
import { runCommand } from '../support/command-line.ts';
import { sampleRecord } from '../model/sample-records.ts';
import { temporaryFolder } from '../support/pki.ts';

/** Every file below a folder, with its mode, time of change and digest. */
function contentOf(folder: string): readonly string[] {
  if (!existsSync(folder)) return ['no folder'];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => {
    const path = join(folder, name);
    const { mode, mtimeMs } = statSync(path);
    const digest = statSync(path).isDirectory() ? '' : createHash('sha256').update(readFileSync(path)).digest('hex');
    return `${name} ${mode.toString(8)} ${mtimeMs} ${digest}`;
  });
}

describe('a command that only reads', () => {
  const folder = temporaryFolder();
  const file = join(folder, 'operators.csv');
  const records = join(folder, 'operators.jsonl');
  const commands = [
    ['doctor'],
    ['key', 'list'],
    ['key', 'calendar'],
    ['key', 'secret', 'KR'],
    ['schedule'],
    ['audit', 'key'],
    ['audit', 'verify'],
    ['alarm', 'list'],
    ['partner', 'list'],
    ['client', 'list'],
    ['person', 'list'],
    ['message', 'dead', 'list'],
    ['key', 'export', 'KR'],
    ['operator', 'list'],
    ['operator', 'show', '4403110000'],
    ['operator', 'import', file, '--dry-run'],
    ['operator', 'import', records, '--dry-run'],
    ['list', 'show', 'KR'],
    ['message', 'list'],
    ['message', 'show', 'm-1'],
    ['message', 'verify', 'KR', file],
    ['conformance', 'verify', file],
    ['adapter', 'lint', 'kr'],
    ['adapter', 'preview', 'kr'],
    ['adapter', 'preview', 'kr', '--record', '4403110000'],
    ['adapter', 'read', 'kr', file],
    ['explain', 'E-007'],
    ['simulate', '--list-faults'],
  ];
  before(() => {
    writeFileSync(file, 'code\n');
    writeFileSync(records, JSON.stringify(sampleRecord));
    writeFileSync(`${file}.jws`, '');
    writeFileSync(join(folder, 'gateway.yaml'), 'partners: { KR: { transport: https, url: "https://127.0.0.1:1" } }\n');
  });

  async function changedBy(data: string): Promise<readonly string[]> {
    const changing: string[] = [];
    for (const command of commands) {
      const options = ['--config', join(folder, 'gateway.yaml'), '--data', data, '-o', 'json'];
      const before = contentOf(data);
      const { exit, stdout } = await runCommand([...options, ...command]);
      expect(exit, stdout).to.be.lessThan(70);
      if (String(contentOf(data)) !== String(before)) changing.push(command.join(' '));
    }
    return changing;
  }

  it('makes no folder, no keys and no store', async () => {
    expect(await changedBy(join(folder, 'none'))).to.deep.equal([]);
  });

  it('changes no byte of keys and store, and only the doctor commits a probe', async () => {
    const data = join(folder, 'data');
    expect((await runCommand(['--data', data, 'check', 'KR1234567'])).exit).to.equal(0);
    expect(await changedBy(data)).to.deep.equal(['doctor']);
  });

  it('reads what a running gateway has committed', async () => {
    const data = join(folder, 'running');
    expect((await runCommand(['--data', data, 'key', 'new'])).exit).to.equal(0);
    const db = await openDatabase(`sqlite:${join(data, 'mra.db')}`);
    const { stdout } = await runCommand(['--data', data, '-o', 'json', 'operator', 'list']);
    expect(JSON.parse(stdout)).to.include({ count: 0 });
    await db.close();
  });

  it('leaves a store of an earlier version to the commands that write', async () => {
    const data = join(folder, 'data');
    const db = await openDatabase(`sqlite:${join(data, 'mra.db')}`);
    await db.transaction((tx) => tx.deleteFrom('kysely_migration' as never).execute());
    await db.close();
    const { stdout } = await runCommand(['--data', data, '-o', 'json', 'operator', 'list']);
    expect(JSON.parse(stdout)).to.have.nested.property('error.code', 'E_STORE_SCHEMA');
  });
});
