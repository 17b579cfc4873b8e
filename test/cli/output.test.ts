/** The output of commands: streams, alignment, exit codes. */

import { WriteStream } from 'node:tty';
import { stripVTControlCharacters } from 'node:util';
import { expect } from 'chai';
import { exitCodeOf, makeOutput, type Output } from '../../gateway/cli/output.ts';
import { wholeNumber } from '../../gateway/cli/input.ts';
import { errorTable, GatewayError, type ErrorCode } from '../../gateway/model/errors.ts';
import { memoryStream } from './memory.ts';

interface Watched {
  readonly out: Output;
  readonly stdout: () => string;
  readonly stderr: () => string;
}

function watched(format: 'table' | 'json' = 'table', terminal = false): Watched {
  const stdout = memoryStream();
  const stderr = memoryStream({ terminal });
  return { out: makeOutput({ stdout, stderr, format }), stdout: stdout.text, stderr: stderr.text };
}

describe('the output of commands', () => {
  it('puts data on stdout and messages on stderr', () => {
    const { out, stdout, stderr } = watched();
    out.print('data');
    out.note('message');
    out.next('mra demo');
    expect(stdout()).to.equal('data\n');
    expect(stderr()).to.equal('message\nNext: mra demo\n');
  });

  it('aligns wide and narrow letters, and numbers to the right', () => {
    const { out, stdout } = watched();
    out.table([
      { name: '达瑞', rows: 5 },
      { name: 'Ｄ', rows: 1000 },
      { name: 'e\u0301', rows: undefined },
    ]);
    expect(stdout()).to.equal('name  rows\n达瑞     5\nＤ    1000\ne\u0301\n');
  });

  it('writes a table wider than the terminal as one line for each cell, so that ids stay whole', () => {
    const stdout = memoryStream({ terminal: true });
    makeOutput({ stdout, stderr: memoryStream() }).table([{ id: 'm-1'.padEnd(60, '0'), digest: 'f'.repeat(64) }]);
    const lines = stripVTControlCharacters(stdout.text()).trim().split('\n');
    expect(lines).to.deep.equal([`id      ${'m-1'.padEnd(60, '0')}`, `digest  ${'f'.repeat(64)}`]);
  });

  it('colours results on a terminal only, and not under NO_COLOR', () => {
    const getColorDepth = (): number => WriteStream.prototype.getColorDepth({ ...process.env, TERM: 'xterm-256color' });
    const terminal = Object.assign(memoryStream({ terminal: true }), { getColorDepth });
    const plain = memoryStream();
    for (const stdout of [terminal, plain]) makeOutput({ stdout, stderr: plain }).table([{ result: 'fail' }]);
    process.env['NO_COLOR'] = '1';
    makeOutput({ stdout: terminal, stderr: plain }).table([{ result: 'warn' }]);
    delete process.env['NO_COLOR'];
    expect(terminal.text()).to.include('\u001b[31mfail').and.include('\nwarn\n');
    expect(plain.text()).to.equal('result\nfail\n');
  });

  it('shows hidden characters by number, so that data cannot send control sequences to a terminal', () => {
    const { out, stdout, stderr } = watched();
    out.print('a\u001b[31mb');
    out.table([{ 'the name': 'x\u202ey\n' }]);
    out.note('\u0007');
    expect(stdout()).to.equal('a\\u{001b}[31mb\nthe name\nx\\u{202e}y\\u{000a}\n');
    expect(stderr()).to.equal('\\u{0007}\n');
  });

  it('writes only the result as JSON', () => {
    const { out, stdout, stderr } = watched('json');
    out.json({ a: '\u202e' });
    out.next('mra demo');
    expect(JSON.parse(stdout())).to.deep.equal({ a: '\u202e' });
    expect(stderr()).to.equal('');
  });

  it('as JSON an error is the document, unless the result stands there already', () => {
    const error = new GatewayError('E_FILE_STRUCTURE', 'missing: code', { at: 'row 1', fix: 'Title the columns.' });
    const [alone, late] = [watched('json'), watched('json')];
    expect(alone.out.fail(error)).to.equal(2);
    const { error: written } = JSON.parse(alone.stdout()) as { error: object };
    expect(written).to.include({ code: 'E_FILE_STRUCTURE', at: 'row 1', fix: 'Title the columns.', exit_code: 2 });
    expect(alone.stderr()).to.equal('');
    late.out.json({ a: 1 });
    late.out.fail(error);
    expect(JSON.parse(late.stdout())).to.deep.equal({ a: 1 });
    expect(late.stderr()).to.include('E_FILE_STRUCTURE');
  });

  it('prints a result as JSON, or as its tables with a blank line between those that have rows', () => {
    const [json, table] = [watched('json'), watched()];
    for (const { out } of [json, table]) out.result({ all: 2 }, [{ a: 1 }], [], [{ b: 2 }]);
    expect(JSON.parse(json.stdout())).to.deep.equal({ all: 2 });
    expect(table.stdout()).to.equal('a\n1\n\nb\n2\n');
  });

  it('prints a progress line for each 10 % if stderr is not a terminal', () => {
    const { out, stderr } = watched();
    const progress = out.progress('reading', 200);
    for (let done = 0; done <= 210; done += 1) progress.at(done);
    progress.end();
    const lines = stderr().trim().split('\n');
    expect(lines).to.have.lengthOf(10);
    expect([lines[0], lines[9]]).to.deep.equal(['reading: 10 %', 'reading: 100 %']);
  });

  it('draws a bar on a terminal, and ends it', () => {
    const { out, stderr } = watched('table', true);
    const progress = out.progress('reading', 4);
    progress.at(4);
    progress.end();
    expect(stderr()).to.include('reading [').and.to.include('100 %');
  });

  it('shows no progress if the total is 0', () => {
    const { out, stderr } = watched();
    out.progress('reading', 0).at(1);
    expect(stderr()).to.equal('');
  });

  it('names the place, the fix and the code of an error', () => {
    const { out, stderr } = watched();
    const place = { at: 'row 1', fix: 'Title the columns.' };
    expect(out.fail(new GatewayError('E_FILE_STRUCTURE', 'missing: code', place))).to.equal(2);
    const text = stderr();
    for (const part of ['Missing: code.', 'row 1', 'Title the columns.', 'E_FILE_STRUCTURE']) {
      expect(text).to.include(part);
    }
  });
});

describe('an option with a whole number', () => {
  it('accepts digits from the least number on, and nothing else', () => {
    expect([wholeNumber('--limit')('1'), wholeNumber('--seed', 0)('0')]).to.deep.equal([1, 0]);
    for (const text of ['0', '', 'x', '1.5', '-1', '1e3', ' 1'])
      expect(() => wholeNumber('--limit')(text), text).to.throw(GatewayError, 'E_REQUEST_INVALID');
  });
});

describe('exit codes', () => {
  const expected: Partial<Record<ErrorCode, number>> = {
    E_SIGNATURE_INVALID: 1,
    E_SCHEMA_INVALID: 1,
    E_REQUEST_INVALID: 2,
    E_FILE_STRUCTURE: 2,
    E_CONFIG_INVALID: 3,
    E_ADAPTER_INVALID: 3,
    E_APPROVAL_NEEDED: 4,
    E_STORE_UNREACHABLE: 5,
    E_BROKER_UNREACHABLE: 5,
    E_ARRANGEMENT_NOT_IN_FORCE: 7,
    E_NOTHING_HELD: 7,
    E_STREAM_MOVED: 7,
    E_OUTCOME_UNKNOWN: 8,
    E_DELIVERY_UNKNOWN: 8,
    E_INTERNAL: 70,
  };

  it('distinguish the categories of errors', () => {
    for (const [code, exit] of Object.entries(expected)) {
      expect(exitCodeOf(new GatewayError(code as ErrorCode, 'x')), code).to.equal(exit);
    }
  });

  it('are never 0 for an error', () => {
    for (const code of Object.keys(errorTable)) {
      expect(exitCodeOf(new GatewayError(code as ErrorCode, 'x')), code).to.be.greaterThan(0);
    }
  });
});
