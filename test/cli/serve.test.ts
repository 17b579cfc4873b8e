/** `mra serve` as a process, with commands beside it, on a store that other accounts can read, that is full, or that is gone. */

import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { openKeyring } from '../../gateway/wire/signature/keys.ts';
import { runCommand } from '../support/command-line.ts';
import { temporaryFolder } from '../support/pki.ts';

const program = fileURLToPath(new URL('../../gateway/mra.js', import.meta.url));

interface Finding {
  readonly check: string;
  readonly result: string;
}

describe('a gateway that serves', () => {
  let folder: string;
  let serving: ChildProcess | undefined;
  beforeEach(() => {
    folder = temporaryFolder();
    const door = 'host: 127.0.0.1, port: 0';
    const doors = `exchange: { ${door} }\nborder: { ${door}, unauthenticated: true }\n`;
    writeFileSync(join(folder, 'cn.yaml'), `home: CN\ndata: ./new/data\nlog: silent\n${doors}`);
  });
  afterEach(() => {
    serving?.kill('SIGKILL');
    serving = undefined;
  });
  const options = (): readonly string[] => ['--config', join(folder, 'cn.yaml'), '-o', 'json'];
  const args = (...words: string[]): string[] => [program, ...options(), ...words];
  const data = (...names: string[]): string => join(folder, 'new', 'data', ...names);

  /** The address of the border door. `umask`: of the account that starts the program. */
  async function serve(umask: string, env = process.env): Promise<string> {
    const command = ['-c', `umask ${umask}; exec "$0" "$@"`, process.execPath, ...args('serve')];
    serving = spawn('sh', command, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    for await (const chunk of serving.stdout ?? []) {
      text += String(chunk);
      if (text.endsWith('}\n')) break;
    }
    return (JSON.parse(text) as { border: string }).border;
  }
  async function doctor(): Promise<readonly Finding[]> {
    return JSON.parse((await runCommand([...options(), 'doctor'])).stdout) as Finding[];
  }
  async function reload(): Promise<{ readonly exit: number; readonly result: unknown }> {
    const { exit, stdout } = await runCommand([...options(), 'partner', 'reload']);
    return { exit, result: JSON.parse(stdout) as unknown };
  }
  const resultOf = (findings: readonly Finding[], name: string): string | undefined =>
    findings.find(({ check }) => check === name)?.result;

  it('has files and a folder that no other account can read, and mra doctor finds those that others can', async () => {
    await serve('000');
    expect(statSync(data()).mode & 0o777).to.equal(0o700);
    for (const name of readdirSync(data()).filter((file) => file.startsWith('mra.db')))
      expect([name, statSync(data(name)).mode & 0o777]).to.deep.equal([name, 0o600]);
    const before = await doctor();
    expect([resultOf(before, 'privacy'), resultOf(before, 'store')]).to.deep.equal(['ok', 'ok']);
    chmodSync(data(), 0o755);
    expect(resultOf(await doctor(), 'privacy')).to.equal('fail');
  });

  it('does not end by a SIGHUP that comes before its doors are open, nor by one that comes while it stops', async () => {
    serving = spawn(process.execPath, args('serve'), { stdio: ['ignore', 'pipe', 'inherit'] });
    const output = serving.stdout?.[Symbol.asyncIterator]();
    const first = output?.next();
    const caught = (): boolean => {
      const status = readFileSync(`/proc/${serving?.pid}/status`, 'utf8');
      return (Number.parseInt(/^SigCgt:.*(.)$/mu.exec(status)?.[1] ?? '0', 16) & 1) === 1;
    };
    while (!caught()) await nextTurn();
    for (let n = 0; n < 3; n += 1) serving.kill('SIGHUP');
    const { border } = JSON.parse(String((await first)?.value)) as { border: string };
    expect((await fetch(`${border}/readyz`)).status).to.equal(200);
    const ended = once(serving, 'exit');
    serving.kill('SIGTERM');
    serving.kill('SIGHUP');
    expect(await ended).to.deep.equal([0, null]);
  });

  it('is not ready for messages while its disk is full, and ready again without a restart', async () => {
    const border = await serve('022');
    // The border door goes on answering from memory.
    const ready = async (): Promise<number> => (await fetch(`${border}/readyz/exchange`)).status;
    const limitFiles = (bytes: string): Buffer =>
      execFileSync('prlimit', [`--fsize=${bytes}:unlimited`, '--pid', String(serving?.pid)]);
    expect(await ready()).to.equal(200);
    limitFiles('1');
    expect([await ready(), await ready()]).to.deep.equal([503, 503]);
    limitFiles('unlimited');
    expect(await ready()).to.equal(200);
  });

  it('imports all operators of a file or, on a full disk, none, and names the disk', async () => {
    const file = join(folder, 'operators.csv');
    const titles =
      'customs_code,uscc,name_local,name_latin,address_local,address_latin,city,postcode,grade,grade_since,status,status_since,roles,consent,consent_since';
    const facts = 'CHENGDU,610041,general,2015-04-02,active,2015-04-02,forwarder,yes,2015-04-02';
    const rows = Array.from({ length: 2000 }, (_, n) => {
      const code = `44031${String(n).padStart(5, '0')}`;
      return `${code},91510107079012337R,成都${n},CHENGDU TRADE ${n},成都市${n},NO. ${n} AVENUE,${facts}`;
    });
    writeFileSync(file, [titles, ...rows, ''].join('\n'));
    const run = async (limit: string): Promise<{ code?: number; stdout: string }> => {
      const command = [`--fsize=${limit}`, process.execPath, ...args('operator', 'import', file)];
      return await promisify(execFile)('prlimit', command).catch((error: unknown) => error as { stdout: string });
    };
    await runCommand([...options(), 'key', 'new']);
    for (const limit of ['100000', '500000']) {
      const { code, stdout } = await run(limit);
      const { error } = JSON.parse(stdout) as { error: { code: string; fix: string } };
      expect([code, error.code, /disk/u.test(error.fix)], limit).to.deep.equal([5, 'E_STORE_UNREACHABLE', true]);
    }
    const { stdout } = await run('unlimited');
    expect((JSON.parse(stdout) as { counts: object }).counts).to.include({ created: 2000 });
  });

  it('ends with an exit code of its own when its store is gone, so that it is started again', async () => {
    const border = await serve('022');
    const ended = once(serving ?? process, 'exit');
    mkdirSync(join(folder, 'away'));
    renameSync(data('mra.db'), join(folder, 'away', 'mra.db'));
    // It may have noticed by itself, and be gone.
    const status = await fetch(`${border}/readyz`).then(
      (reply) => reply.status,
      () => 'ended',
    );
    expect(status).to.be.oneOf([503, 'ended']);
    expect(await ended).to.deep.equal([9, null]);
  });

  it('ends with the exit code of a defect after an error that nothing caught, and logs it without its text', async () => {
    const fault = join(folder, 'fault.mjs');
    writeFileSync(fault, "process.on('SIGUSR2', () => { throw new Error('NAME OF AN OPERATOR'); })");
    await serve('022', { ...process.env, NODE_OPTIONS: `--import ${fault}` });
    let log = '';
    serving?.stderr?.on('data', (chunk) => (log += String(chunk)));
    const ended = once(serving ?? process, 'close');
    serving?.kill('SIGUSR2');
    expect(await ended).to.deep.equal([70, null]);
    expect([log.includes('E_INTERNAL'), log.includes('OPERATOR')]).to.deep.equal([true, false]);
  });

  it('is the only one on its data folder: a second one ends, and the first one can still be asked to reload', async () => {
    await serve('022');
    const second = await promisify(execFile)(process.execPath, args('serve')).catch((error: unknown) => error);
    const { code, stdout } = second as { code: number; stdout: string };
    const { error } = JSON.parse(stdout) as { error: { code: string; at: string } };
    expect([code, error.code, error.at]).to.deep.equal([3, 'E_DATA_IN_USE', data()]);
    expect((await reload()).result).to.deep.equal([]);
    const ended = once(serving ?? process, 'exit');
    serving?.kill('SIGKILL');
    await ended;
    await serve('022');
    expect((await reload()).result).to.deep.equal([]);
    const copies = readdirSync(data()).filter((name) => name.startsWith('adapters-'));
    expect(copies, 'the copy of the one that was killed is gone').to.have.length(1);
  });

  it('warns of keys that end within 30 days after a reload that took them', async () => {
    const settings = join(folder, 'cn.yaml');
    writeFileSync(settings, readFileSync(settings, 'utf8').replace('log: silent', 'log: warn'));
    await serve('022');
    let log = '';
    serving?.stderr?.on('data', (chunk) => (log += String(chunk)));
    const owner = { country: 'CN', name: 'Customs', now: new Date(Date.now() - 1080 * 24 * 3600 * 1000) };
    await openKeyring(join(folder, 'old-keys'), owner);
    renameSync(data('keys'), join(folder, 'first-keys'));
    renameSync(join(folder, 'old-keys'), data('keys'));
    await reload();
    // What it logs may arrive later than the result of the command.
    while (!log.includes('"kind":"signing-rsa"')) await once(serving?.stderr ?? process, 'data');
    expect(log.match(/"kind":"signing-rsa"/gu)).to.have.length(1);
    renameSync(data('keys'), join(folder, 'old-keys'));
    renameSync(join(folder, 'first-keys'), data('keys'));
    await reload();
    expect(log.match(/"kind":"signing-rsa"/gu)).to.have.length(1);
  });

  it('takes a partner from its settings while it runs, asked by mra partner reload and by SIGHUP', async () => {
    const settings = join(folder, 'cn.yaml');
    const text = `${readFileSync(settings, 'utf8')}partners:\n`;
    const partner = (code: string): string => `  ${code}: { adapter: ${code.toLowerCase()}, transport: file }\n`;
    writeFileSync(settings, text + partner('HK'));
    const absent = await reload();
    const { error } = absent.result as { error: { code: string } };
    expect([absent.exit, error.code]).to.deep.equal([5, 'E_SERVICE_UNREACHABLE']);
    const border = await serve('022');
    const partners = async (): Promise<string[]> => {
      const { partners: listed } = (await (await fetch(`${border}/v1/partners`)).json()) as {
        partners: { partner: string }[];
      };
      return listed.map(({ partner: code }) => code).sort();
    };
    expect((await reload()).result).to.deep.equal([]);
    writeFileSync(settings, text + partner('HK') + partner('KR'));
    expect((await reload()).result).to.deep.equal([{ partner: 'KR', loaded: true }]);
    expect(await partners()).to.deep.equal(['HK', 'KR']);
    writeFileSync(settings, text + partner('KR'));
    await Promise.all([reload(), reload(), reload()]);
    writeFileSync(settings, text + partner('HK') + partner('KR'));
    await Promise.all([reload(), reload()]);
    expect(await partners()).to.deep.equal(['HK', 'KR']);
    writeFileSync(settings, text + partner('KR'));
    serving?.kill('SIGHUP');
    while ((await partners()).length > 1);
    expect(await partners()).to.deep.equal(['KR']);
  });
});
