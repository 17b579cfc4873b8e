/** `mra adapter new` at a terminal: questions one by one, wrong answers, and a person who leaves. */

import { expect } from 'chai';
import { Command } from 'commander';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import { loadConfig } from '../../gateway/app/config.ts';
import { newCommand } from '../../gateway/cli/adapter-new.ts';
import { makeOutput, type ExitCode } from '../../gateway/cli/output.ts';
import { terminalOn, type Terminal } from '../../gateway/cli/terminal.ts';
import { adaptersOfHome, runAdapter } from '../support/adapter-command.ts';
import { adapterTools } from '../support/adapter-tools.ts';
import { memoryStream } from './memory.ts';

const samples = new URL('../fixtures/partners/', import.meta.url).pathname;

describe('mra adapter new at a terminal', () => {
  let adapters: string;
  beforeEach(() => {
    adapters = adaptersOfHome();
  });

  /** Runs the command at a terminal where `answer` answers; gives the places asked about, and what was noted. */
  async function atTerminal(
    answer: (at: string) => string | undefined,
    more: readonly string[] = [],
  ): Promise<{ asked: readonly string[]; notes: string }> {
    const asked: string[] = [];
    const terminal = {
      ask(question: string) {
        const at = question.split('  ')[0] ?? '';
        asked.push(at);
        return Promise.resolve(answer(at));
      },
      close: () => undefined,
    };
    return { asked, notes: (await runAt(terminal, more)).notes };
  }

  async function runAt(terminal: Terminal, more: readonly string[] = []): Promise<{ notes: string; exit?: ExitCode }> {
    let exit: ExitCode | undefined;
    const program = new Command().exitOverride();
    const streams = { stdout: memoryStream(), stderr: memoryStream() };
    const context = {
      out: makeOutput(streams),
      tools: adapterTools,
      config: () => ({ ...loadConfig({ data: join(adapters, 'data') }), adapters }),
      open: fail,
      serve: fail,
      exit: (code: ExitCode) => void (exit = code),
    };
    newCommand(program, context, () => terminal);
    await program.parseAsync(['new', 'xb', '--sample', join(samples, 'xb-list.xml'), ...more], { from: 'user' });
    return { notes: streams.stderr.text(), ...(exit !== undefined && { exit }) };
  }

  it('asks one question after the other: an empty answer accepts, ? leaves it open', async () => {
    const answers = new Map([
      ['/name', 'Borealia Customs'],
      ['/seal', '?'],
    ]);
    const { asked } = await atTerminal((at) => answers.get(at) ?? '');
    expect(asked).to.include.members(['/name', '/seal', '/codes/status']);
    expect(new Set(asked).size).to.equal(asked.length);
    const yaml = fileOf('adapter.yaml');
    expect(yaml).to.include('name: Borealia Customs').and.to.include('at: /seal');
    expect(yaml).to.not.include('at: /codes/status');
  });

  it('a wrong answer is refused with its reason, and asked again', async () => {
    const day = 'list.xml#/ApprovedOperators/Envelope/@created';
    const wrong = new Map([
      ['/timeZone', ['7', 'Etc/UTC']],
      [day, ['message.issuedAt|datetime:yyyy-MM-dd', 'message.issuedAt|datetime:dd/MM/yyyy HH:mm:ss']],
      ['list.xml#/ApprovedOperators/Operators/Operator/RegionCode', ['validFrom', 'ignore']],
    ]);
    const { asked, notes } = await atTerminal((at) => wrong.get(at)?.shift() ?? '');
    for (const at of wrong.keys()) expect(asked.filter((each) => each === at).length, at).to.equal(2);
    expect(notes).to.include('E_REQUEST_INVALID');
    expect(fileOf('list.xml')).to.include('{message.issuedAt|datetime:dd/MM/yyyy HH:mm:ss}');
    expect((await runAdapter(adapters, ['lint', 'xb'])).exit).to.equal(0);
  });

  it('keeps what was answered where the person leaves, and a later run goes on from there', async () => {
    let left = 3;
    const first = await atTerminal((at) => (left-- > 0 ? (at === '/name' ? 'Borealia Customs' : '') : undefined));
    expect(first.asked.length).to.equal(4);
    expect(readdirSync(join(adapters, 'xb'))).to.include('answers.yaml');
    expect((await runAdapter(adapters, ['test', 'xb', '--runs', '20'])).exit).to.equal(0);
    const second = await atTerminal(() => '');
    expect(second.asked[0]).to.equal(first.asked[3]);
    for (const at of first.asked.slice(0, 3)) expect(second.asked).to.not.include(at);
    expect(readdirSync(join(adapters, 'xb'))).to.not.include('answers.yaml');
    expect((await runAdapter(adapters, ['lint', 'xb'])).exit).to.equal(0);
  });

  it('ends with 130 after Ctrl-C, and leaves a whole draft with the answers so far', async () => {
    const input = new PassThrough();
    const terminal = terminalOn(createInterface({ input, output: new PassThrough(), terminal: true }));
    input.write('\r\u0003');
    expect((await runAt(terminal)).exit).to.equal(130);
    expect(readdirSync(adapters)).to.have.members(['cn', 'xb']);
    expect(fileOf('answers.yaml')).to.include('yes');
    expect((await runAdapter(adapters, ['test', 'xb', '--runs', '5'])).exit).to.equal(0);
    const end = terminalOn(createInterface({ input: new PassThrough().end(), output: new PassThrough() }));
    expect((await runAt(end)).exit).to.equal(undefined);
  });

  const fileOf = (name: string): string => readFileSync(join(adapters, 'xb', name), 'utf8');
});

function fail(): never {
  throw new Error('this is not needed here');
}
