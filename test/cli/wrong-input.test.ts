/** Every command with wrong input of every kind, in this process: an error with its own code and fix, as one JSON document. */

import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Command, Option } from 'commander';
import { errorTable } from '../../gateway/model/errors.ts';
import type { CliContext } from '../../gateway/cli/context.ts';
import { addCommands, newProgram } from '../../gateway/cli/program.ts';
import { runCommand } from '../support/command-line.ts';
import { temporaryFolder } from '../support/pki.ts';
import { memoryStream } from './memory.ts';

/** What an error says in JSON; undefined where the command printed a result. */
interface Failure {
  readonly code: string;
  readonly fix?: string;
  readonly exit_code: number;
}

/** Runs for programs: standard output is one document; an error has a code of the table, a fix and its exit code. */
async function failureOf(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Failure | undefined> {
  const { exit, stdout, stderr } = await runCommand(['-o', 'json', ...args], env);
  const about = `${args.join(' ').slice(0, 200)} → ${stdout.slice(0, 600)}${stderr.slice(0, 300)}`;
  expect(stdout + stderr, about).to.not.include('E_INTERNAL');
  const { error } = JSON.parse(stdout) as { error?: Failure };
  if (error === undefined) return undefined;
  expect(Object.keys(errorTable), about).to.include(error.code);
  expect(error.fix, about).to.match(/\S/u);
  expect([error.exit_code, exit > 0], about).to.deep.equal([exit, true]);
  return error;
}

const program = newProgram({ stdout: memoryStream(), stderr: memoryStream(), env: {} });
await addCommands(program, {} as CliContext); // no command of it runs
const leaves = leavesOf(program, []);

function leavesOf(command: Command, path: readonly string[]): { path: readonly string[]; command: Command }[] {
  if (command.commands.length === 0) return [{ path, command }];
  return command.commands.flatMap((each) => leavesOf(each, [...path, each.name()]));
}

/** Commands that work for minutes, or write beside the program, once their input is right: they get input that cannot be. */
const long = ['serve', 'demo', 'simulate', 'conformance run', 'adapter new', 'adapter test', 'adapter mutate'];
const writing = ['adapter certify'];

describe('a command with wrong input', () => {
  const folder = temporaryFolder();
  // One partner opens faster than ten.
  const settings = join(folder, 'gateway.yaml');
  const data = ['--data', join(folder, 'data'), '--config', settings];
  const [file, binary] = [join(folder, 'file.txt'), join(folder, 'binary')];
  const paths = ['', folder, binary, '/proc/none/x', join(file, 'x'), 'x'.repeat(5000)];
  const texts = ['', '../..', '__proto__', '☃', '9'.repeat(5000)];
  const numbers = ['', 'abc', '-1', '1.5', '1e9', '0x10', '99999999999999999999'];
  const good: Readonly<Record<string, string>> = {
    ...{ partner: 'KR', cc: 'kr', message: 'm-1', id: 'm-1', identifier: 'KR1234567', code: 'E-007' },
    ...{ file, report: file },
  };
  before(async () => {
    writeFileSync(settings, 'partners: { KR: { transport: file } }\n');
    writeFileSync(file, 'neither a list nor a declaration\n');
    writeFileSync(binary, new Uint8Array(3000).fill(0xfe));
    expect((await runCommand([...data, 'key', 'new'])).exit).to.equal(0);
  });

  function operandsOf(command: Command): string[] {
    const required = command.registeredArguments.filter((each) => each.required);
    return required.map((each) => good[each.name()] ?? 'abc');
  }

  /** Values for the options that a command requires; an output file is one that cannot be written. */
  function requiredOf(command: Command, except?: Option): string[] {
    const required = command.options.filter((option) => option.mandatory && option !== except);
    return required.flatMap(({ long: name = '' }) => [name, join(folder, 'none', 'x')]);
  }

  function wrongValues({ flags, parseArg }: Option): readonly string[] {
    if (parseArg?.name === '') return numbers;
    return /<(?:file|folder|path)>/u.test(flags) ? paths : texts;
  }

  for (const { path, command } of leaves) {
    const name = path.join(' ');
    const slow = long.includes(name) || writing.includes(name);

    it(`mra ${name}: options and arguments that are unknown, missing or too many`, async () => {
      const operands = operandsOf(command);
      const tooMany = [...operands, ...requiredOf(command), 'more', 'more', 'more'];
      const wrong = [['--nonsense'], ...(command.registeredArguments.at(-1)?.variadic === true ? [] : [tooMany])];
      if (operands.length > 0) wrong.push(operands.slice(1));
      for (const args of wrong) expect((await failureOf([...data, ...path, ...args]))?.exit_code).to.equal(2);
    });

    it(`mra ${name}: values that cannot be right`, async () => {
      const operands = operandsOf(command);
      for (const [i, argument] of command.registeredArguments.entries()) {
        const kinds = ['file', 'report'].includes(argument.name()) ? paths : texts;
        for (const value of kinds) {
          const args = [...operands.slice(0, i), value, ...operands.slice(i + 1)];
          const found = await failureOf([...data, ...path, ...requiredOf(command), '--', ...args]);
          if (value === '') expect(found?.code, `${name} ${argument.name()}`).to.equal('E_REQUEST_INVALID');
        }
      }
      for (const option of command.options.filter(({ required }) => required)) {
        const values = wrongValues(option);
        const never = option.argChoices !== undefined || values === numbers ? values : [''];
        for (const value of slow ? never : values) {
          const found = await failureOf([
            ...data,
            ...path,
            ...requiredOf(command, option),
            `${option.long ?? ''}=${value}`,
            '--',
            ...operands,
          ]);
          if (values === numbers) expect(found?.code, `${name} ${option.flags}`).to.equal('E_REQUEST_INVALID');
        }
      }
    });
  }

  it('a folder of data that cannot be made, an unknown home, settings that cannot be read, a store that cannot be opened', async () => {
    const config = (text: string): string[] => {
      writeFileSync(join(folder, 'settings.yaml'), text);
      return ['--config', join(folder, 'settings.yaml')];
    };
    const badKeys = join(folder, 'bad-keys');
    mkdirSync(badKeys);
    writeFileSync(join(badKeys, 'keys'), '');
    const cases: readonly [code: string, args: readonly string[], env?: NodeJS.ProcessEnv][] = [
      ['E_FILE_UNWRITABLE', ['--data', '/proc/none']],
      ['E_FILE_UNWRITABLE', ['--data', join(file, 'x')]],
      ['E_FILE_UNWRITABLE', ['--data', file]],
      ['E_KEY_MISSING', ['--data', badKeys]],
      ['E_REQUEST_INVALID', ['--data', '']],
      ['E_ADAPTER_UNKNOWN', ['--home', 'zz']],
      ['E_ADAPTER_UNKNOWN', ['--home', '../..']],
      ['E_CONFIG_INVALID', ['--config', folder]],
      ['E_CONFIG_INVALID', ['--config', join(folder, 'none')]],
      ['E_CONFIG_INVALID', ['--config', binary]],
      ['E_CONFIG_INVALID', config('a: [')],
      ['E_CONFIG_INVALID', config('home: 7')],
      ['E_CONFIG_INVALID', [...data, ...config('partners: { ZZ: { adapter: kr } }')]],
      ['E_CONFIG_INVALID', [...data, ...config('partners: { KR: { credentials: { kind: bearer, secret: word } } }')]],
      ['E_CONFIG_INVALID', data, { MRA_STORE: 'mysql://x' }],
      ['E_CONFIG_INVALID', data, { MRA_LOG: 'loud' }],
      ['E_STORE_UNREACHABLE', data, { MRA_STORE: 'postgres://nobody@127.0.0.1:1/none' }],
      ['E_STORE_UNREACHABLE', data, { MRA_STORE: `sqlite:${join(folder, 'none', 'x.db')}` }],
      ['E_STORE_DAMAGED', data, { MRA_STORE: `sqlite:${binary}` }],
    ];
    for (const [code, args, env = {}] of cases)
      expect((await failureOf([...args, 'check', 'KR1234567'], env))?.code, args.join(' ')).to.equal(code);
  });

  it('a store with damaged pages is called damaged by every command, also by one that only reads', async () => {
    const damaged = join(folder, 'damaged');
    const options = ['--config', settings, '--data', damaged];
    expect((await runCommand([...options, 'check', 'KR1234567'])).exit).to.equal(0);
    const store = openSync(join(damaged, 'mra.db'), 'r+');
    const pageBytes = 4096;
    writeSync(store, new Uint8Array(60 * pageBytes).fill(0xfe), 0, 60 * pageBytes, 2 * pageBytes);
    closeSync(store);
    const reading = ['operator list', 'message list', 'list show', 'check'];
    for (const { path, command } of leaves) {
      const name = path.join(' ');
      if (long.includes(name) || writing.includes(name)) continue;
      const found = await failureOf([...options, ...path, ...requiredOf(command), '--', ...operandsOf(command)]);
      if (reading.includes(name)) expect(found?.code, name).to.equal('E_STORE_DAMAGED');
    }
  });

  it('a second serve on the same port names the address and ends', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    for (const [taken, free] of [
      ['exchange', 'border'],
      ['border', 'exchange'],
    ]) {
      const doors = join(folder, `${taken ?? ''}.yaml`);
      writeFileSync(doors, `log: silent\n${taken ?? ''}: { port: ${port} }\n${free ?? ''}: { port: 0 }\n`);
      expect((await failureOf([...data, '--config', doors, 'serve']))?.code).to.equal('E_ADDRESS_UNUSABLE');
    }
    server.close();
    await once(server, 'close');
  });

  it('a partner that is not configured is an error where messages are listed, not an empty list', async () => {
    expect((await failureOf([...data, 'message', 'list', '--partner', 'zz']))?.code).to.equal('E_PARTNER_UNKNOWN');
  });

  it('version and help are one document for programs too', async () => {
    const all = [['--version'], ['--help'], ['help', 'list'], ['list', 'send', '--help']];
    const ways = all.flatMap((args) => [['-o', 'json'], ['--output=json']].map((way) => [...args, ...way]));
    for (const args of [...ways, ...all.map((each) => ['-o', 'json', ...each])]) {
      const { exit, stdout } = await runCommand(args);
      const document = JSON.parse(stdout) as object;
      expect([exit, ...Object.keys(document)], args.join(' ')).to.deep.equal([
        0,
        args.includes('--version') ? 'version' : 'help',
      ]);
    }
  });

  it('a result that cannot be written is one line and exit code 74', () => {
    const output = openSync('/dev/full', 'w');
    const program = join(import.meta.dirname, '../../gateway/mra.js');
    for (const args of [['explain', 'E-012'], ['--help']]) {
      const { status, stderr } = spawnSync(process.execPath, [program, ...args], { stdio: ['ignore', output, 'pipe'] });
      expect([status, String(stderr).trimEnd().split('\n').length], args.join(' ')).to.deep.equal([74, 1]);
    }
    closeSync(output);
  });

  it('a choice of tests that matches none, options that exclude each other, a file that is no message', async () => {
    for (const args of [
      ['adapter', 'test', 'kr', '--runs', '1', '--only', 'no-such-case'],
      ['adapter', 'preview', 'kr', '--day', '2026-13-01'],
      ['list', 'send', 'KR', '--full', '--delta'],
      ['message', 'verify', 'KR', file],
      ['adapter', 'read', 'kr', binary],
    ])
      expect(await failureOf([...data, ...args]), args.join(' ')).to.not.equal(undefined);
  });

  it('people read the same as text: code and fix, without a stack', async () => {
    for (const args of [
      ['frobnicate'],
      ['list', 'shwo', 'KR'],
      ['message', 'list', '--limit', 'abc'],
      ['key', 'export', 'KR', '--out', '/none/x'],
    ]) {
      const { exit, stdout, stderr } = await runCommand([...data, ...args]);
      expect([exit, stdout], args.join(' ')).to.deep.equal([2, '']);
      expect(stderr)
        .to.match(/^ {2}fix {2}/mu)
        .and.match(/^ {2}code E_/mu)
        .and.not.match(/^ +at \S+ \(/mu);
    }
  });
});
