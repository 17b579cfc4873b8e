/** `mra snapshot`: copies and pages that are made, verified, brought up to date and brought back at the command line. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { runCommand, type Ran } from '../support/command-line.ts';
import { temporaryFolder } from '../support/pki.ts';

describe('mra snapshot', () => {
  const folder = temporaryFolder();
  const at = (name: string): string => join(folder, name);
  const mra = (...words: string[]): Promise<Ran> => runCommand(['--data', folder, '-o', 'json', ...words]);
  const parsed = ({ stdout }: Ran): Record<string, unknown> => JSON.parse(stdout) as Record<string, unknown>;

  it('makes a copy, a delta against it and a page, each verified with the key of the log', async () => {
    const whole = await mra('snapshot', 'get', '--days', '5', '--out', at('copy.gz'));
    expect(whole.exit, whole.stderr).to.equal(0);
    const { id } = parsed(whole);
    writeFileSync(at('key'), parsed(await mra('audit', 'key'))['key'] as string);
    await mra('snapshot', 'get', '--from', id as string, '--out', at('delta.gz'));
    const applied = ['snapshot', 'apply', at('copy.gz'), at('delta.gz'), '--key', at('key'), '--out', at('new.gz')];
    expect((await mra(...applied)).exit).to.equal(0);
    const page = await mra('snapshot', 'page', '--client', 'port-7', '--out', at('border.html'));
    expect([page.exit, page.stderr]).to.deep.equal([0, '']);
    for (const name of ['copy.gz', 'new.gz', 'border.html']) {
      const verified = await mra('snapshot', 'verify', at(name), '--key', at('key'));
      expect(parsed(verified), name).to.include({ home: 'CN', records: 0 });
    }
    writeFileSync(at('border.html'), readFileSync(at('border.html'), 'utf8').replace('port-7', 'port-8'));
    const altered = await mra('snapshot', 'verify', at('border.html'), '--key', at('key'));
    expect(parsed(altered)).to.have.nested.property('error.code', 'E_SNAPSHOT_INVALID');
  });

  it('refuses more days than the settings allow, a client that has no such name, and a file that no page saved', async () => {
    const long = await mra('snapshot', 'get', '--days', '32', '--out', at('long.gz'));
    expect(parsed(long)).to.have.nested.property('error.code', 'E_REQUEST_INVALID');
    const page = await mra('snapshot', 'page', '--client', 'border', '--out', at('x.html'));
    expect(parsed(page)).to.have.nested.property('error.code', 'E_REQUEST_INVALID');
    writeFileSync(at('no.json'), '{"consultations":[{}]}');
    const brought = await mra('snapshot', 'reconcile', at('no.json'));
    expect(parsed(brought)).to.have.nested.property('error.code', 'E_REQUEST_INVALID');
  });
});
