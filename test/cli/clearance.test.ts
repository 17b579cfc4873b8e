/** `mra check` and `mra entry assess`: questions from the command line, answered and recorded like any other. */

import { expect } from 'chai';
import { Command } from 'commander';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkCommand } from '../../gateway/cli/check.ts';
import { entryCommands } from '../../gateway/cli/entry.ts';
import { makeOutput, type ExitCode, type Format } from '../../gateway/cli/output.ts';
import { eventsSince } from '../support/event-log.ts';
import { fillList, fillRegister, openClearance, operator, type TestClearance } from '../support/clearance-fixture.ts';
import { federation, harbour } from '../support/clearance-partners.ts';
import { refusalCode } from '../support/expect-code.ts';
import { memoryStream } from './memory.ts';

describe('clearance on the command line', () => {
  let clearance: TestClearance;
  let folder: string;
  let [stdout, stderr] = [memoryStream(), memoryStream()];
  let exit: ExitCode | undefined;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'mra-entry-'));
    clearance = await openClearance();
    await fillRegister(clearance.db);
  });
  afterEach(async () => {
    await clearance.close();
    rmSync(folder, { recursive: true });
  });

  async function mra(args: readonly string[], format: Format = 'table'): Promise<string> {
    [stdout, stderr, exit] = [memoryStream(), memoryStream(), undefined];
    const program = new Command().exitOverride();
    const context = {
      out: makeOutput({ stdout, stderr, format }),
      open: () => Promise.resolve({ ...clearance, close: () => Promise.resolve() }),
      exit: (code: ExitCode) => void (exit = code),
    };
    checkCommand(program, context);
    entryCommands(program, context);
    await program.parseAsync(['node', 'mra', ...args]);
    return stdout.text();
  }

  it('a check prints the outcome first, then the steps and the consultation number', async () => {
    const [first, ...rest] = (await mra(['check', 'NN0000001', '--role', 'consignor', '--direction', 'import'])).split(
      '\n',
    );
    expect(first).to.match(/^RECOGNISED {2}NN NN0000001/u);
    expect(rest.join('\n'))
      .to.include('apply E P')
      .and.match(/number +CN-\w{4}-\w{4}-\w{4}-\w/u);
    expect(stderr.text()).to.include('Next: ');
    expect(await eventsSince(clearance.db.sql, 0, 5)).to.have.length(1);
  });

  it('as JSON it is the answer itself; the exit code depends on the outcome only with --exit-code', async () => {
    const answer = JSON.parse(await mra(['check', 'NN0000002', '--partner', 'NN'], 'json')) as { outcome: string };
    expect([answer.outcome, exit]).to.deep.equal(['suspended', undefined]);
    await mra(['check', 'NN0000002', '--exit-code']);
    expect(exit).to.equal(1);
    await mra(['check', 'NN0000001', '--exit-code']);
    expect(exit).to.equal(undefined);
  });

  it('an identifier suggestion is printed, and queried only by hand', async () => {
    const text = await mra(['check', 'NN00000O1', '--direction', 'import', '--role', 'consignor']);
    expect(text)
      .to.match(/^NOT ON LIST/u)
      .and.match(/^suggestion .*NN0000001/mu);
    expect(stderr.text()).to.include('mra check NN0000001 --partner NN');
    expect(await mra(['check', 'NN0000009'])).to.not.include('suggestion');
  });

  it('a state is queried at the partner that represents it, and a name where the arrangement allows it', async () => {
    await clearance.close();
    clearance = await openClearance([harbour, federation]);
    const [name, address] = ['EXAMPLE LTD', '1 Example Road'];
    const records = [operator('NN0000001', { name: { latin: name }, address: { latin: address } })];
    await fillList(clearance.db, { partner: 'NN', records });
    await fillList(clearance.db, { partner: 'FF', records: [operator('XA1234567')] });
    expect(await mra(['check', 'XA1234567', '--partner', 'XA'])).to.match(/^RECOGNISED {2}FF \(XA\) XA1234567/u);
    const byName = ['check', '--partner', 'NN', '--mode', 'sea', '--name', name, '--address', address];
    expect(await mra(byName)).to.match(/^RECOGNISED {2}NN NN0000001/u);
    expect(stderr.text()).to.include('mra check NN0000001 --direction');
    expect(await refusalCode(() => mra(['check', '--name', name]))).to.equal('E_PARTNER_UNKNOWN');
  });

  it('a time without a zone, a time that does not exist and an identifier of nobody are refused', async () => {
    expect(await refusalCode(() => mra(['check', 'NN0000001', '--at', '2026-11-23T12:00:00']))).to.equal(
      'E_REQUEST_INVALID',
    );
    // A day that does not exist was read as the first of March.
    for (const at of ['2026-02-30T00:00:00Z', '+012026-11-30T00:00:00Z', '2026-11-31T00:00:00+08:00'])
      expect(await refusalCode(() => mra(['check', 'NN0000001', '--at', at])), at).to.equal('E_REQUEST_INVALID');
    expect(await refusalCode(() => mra(['check', '12345']))).to.equal('E_PARTNER_UNKNOWN');
  });

  it('entries are assessed file by file; a file that cannot be read is reported and skipped', async () => {
    const [good, bad] = [join(folder, 'good.xml'), join(folder, 'bad.json')];
    writeFileSync(
      good,
      '<Declaration><ID>E-1</ID><TypeCode>IMA</TypeCode><Exporter><ID>NN0000001</ID></Exporter></Declaration>',
    );
    writeFileSync(bad, '{"entry":{}}');
    const text = await mra(['entry', 'assess', good, bad]);
    expect(text)
      .to.match(/^APPLY {2}good\.xml, entry E-1/u)
      .and.include('lower examination rate');
    expect(stderr.text()).to.include('bad.json').and.include('E_REQUEST_INVALID');
    expect(exit).to.equal(6);

    const results = JSON.parse(await mra(['entry', 'assess', good, join(folder, 'none.xml')], 'json')) as object[];
    expect(results[0]).to.have.nested.property('assessment.decision', 'apply');
    expect(results[1]).to.include({ file: 'none.xml', code: 'E_FILE_UNREADABLE' });
    expect(results[1]).to.have.nested.property('error.at', join(folder, 'none.xml'));
    expect(stderr.text()).to.equal('');
  });

  it('every fault of an entry is named with its place, and nothing follows where none was assessed', async () => {
    const bad = join(folder, 'two-faults.json');
    writeFileSync(bad, '{"entry":{"id":"E-1"},"surplus":1}');
    expect(await mra(['entry', 'assess', bad])).to.equal('');
    expect(stderr.text())
      .to.match(/additional properties/u)
      .and.match(/^ {2}at {3}\/surplus$/mu);
    expect(stderr.text())
      .to.match(/\/entry\/parties: must have required property/u)
      .and.not.include('Next:');
  });
});
