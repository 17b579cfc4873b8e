/** A copy of the program that serves one partner of another make, and the files by which the two know each other. */

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { columnValues } from '../../gateway/model/record/record-text.ts';
import { openKeyring } from '../../gateway/wire/signature/keys.ts';
import { writeCsv } from '../../gateway/wire/files/csv.ts';
import { memoryStream } from '../cli/memory.ts';
import { sampleHome } from '../model/sample-home.ts';
import { sampleRecord } from '../model/sample-records.ts';
import { temporaryFolder } from './pki.ts';
import { copyOfProgram } from './program-copy.ts';
import { freePort } from './services.ts';

export type Shown = Readonly<Record<string, unknown>>;

export interface ConnectedPeer {
  /** The partner's keys and certificates, and ours: signing, tls, partner-signing and partner-ca, as PEM. */
  readonly keys: string;
  /** Of the partner's server, and of our exchange door. */
  readonly port: number;
  readonly door: number;
  /** One command of ours; its document. */
  mra(...words: readonly string[]): Promise<{ readonly exit: number; readonly result: unknown }>;
  done(...words: readonly string[]): Promise<unknown>;
  /** Imports so many operators of ours; the first `suspended` of them are suspended. */
  importOperators(count: number, suspended?: number): Promise<void>;
  serve(): Promise<void>;
  /** The newest message to the partner. */
  newest(): Promise<Shown>;
  /** Once the serving gateway has brought a message so far. */
  until(id: unknown, wanted: Shown): Promise<void>;
  stop(): void;
}

/** `adapter`: the partner's folder, named after it. `hasServer`: our messages are sent to it. */
export async function connectPeer(adapter: string, hasServer: boolean): Promise<ConnectedPeer> {
  const cc = adapter.slice(-2);
  const partner = cc.toUpperCase();
  const folder = copyOfProgram();
  cpSync(adapter, join(folder, 'adapters', cc), { recursive: true });
  const { run } = (await import(
    pathToFileURL(join(folder, 'gateway/main.ts')).href
  )) as typeof import('../../gateway/main.ts');
  const [port, door, border] = [await freePort(), await freePort(), await freePort()];
  const keys = temporaryFolder();
  await writeKeys(keys, partner);
  const lines = [
    'home: CN',
    'log: silent',
    `exchange: { host: 127.0.0.1, port: ${door} }`,
    `border: { host: 127.0.0.1, port: ${border} }`,
    'partners:',
    `  ${partner}:`,
    `    adapter: ${cc}`,
    ...(hasServer ? [`    url: https://127.0.0.1:${port}`] : []),
    '    certificates:',
    `      signing: [${join(keys, 'signing.pem')}]`,
    `      names: { ${cc}-2026: ${join(keys, 'signing.pem')} }`,
    `      tls: [${join(keys, 'tls.pem')}]`,
    `      anchors: [${join(keys, 'ca.pem')}]`,
  ];
  const settings = join(folder, 'gateway.yaml');
  writeFileSync(settings, `${lines.join('\n')}\n`);
  const mra: ConnectedPeer['mra'] = async (...words) => {
    const [stdout, stderr] = [memoryStream(), memoryStream()];
    const exit = await run(['node', 'mra', '--config', settings, '-o', 'json', ...words], { stdout, stderr, env: {} });
    return { exit, result: stdout.text() === '' ? undefined : JSON.parse(stdout.text()) };
  };
  const done: ConnectedPeer['done'] = async (...words) => {
    const { exit, result } = await mra(...words);
    expect([words.join(' '), exit, exit === 0 ? '' : result]).to.deep.equal([words.join(' '), 0, '']);
    return result;
  };
  await done('key', 'new');
  await done('key', 'export', partner, '--purpose', 'ca', '--out', join(keys, 'partner-ca.pem'));
  await done('key', 'export', partner, '--out', join(keys, 'partner-signing.pem'));
  let serving: ChildProcess | undefined;
  return {
    ...{ keys, port, door, mra, done },
    async importOperators(count, suspended = 0) {
      const file = join(folder, 'operators.csv');
      writeFileSync(file, operatorsFile(count, suspended));
      await done('operator', 'import', file);
    },
    async serve() {
      const args = [join(folder, 'gateway/mra.js'), '--config', settings, '-o', 'json', 'serve'];
      serving = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
      await once(serving.stdout ?? process, 'data');
    },
    async newest() {
      const [first = {}] = (await done('message', 'list', '--partner', partner)) as Shown[];
      return first;
    },
    async until(id, wanted) {
      for (const deadline = Date.now() + 90_000; ;) {
        const shown = (await done('message', 'show', String(id))) as Shown;
        const found = Object.fromEntries(Object.keys(wanted).map((name) => [name, shown[name]]));
        if (JSON.stringify(found) === JSON.stringify(wanted)) return;
        if (Date.now() > deadline) expect(found).to.deep.equal(wanted);
      }
    },
    stop() {
      serving?.kill('SIGKILL');
    },
  };
}

async function writeKeys(folder: string, country: string): Promise<void> {
  const owner = { country, name: `Customs of ${country}`, now: new Date() };
  const keyring = await openKeyring(join(temporaryFolder(), 'keys'), owner);
  const { key, certificate } = keyring.signer('rsa-sha256');
  const files = {
    'signing.key': key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    'signing.pem': certificate.toString(),
    'tls.key': keyring.tls.key,
    'tls.pem': keyring.tls.cert,
    'ca.pem': keyring.tls.ca,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
}

function operatorsFile(count: number, suspended: number): string {
  const titles = Object.entries(sampleHome.columns);
  const rows = Array.from({ length: count }, (_, i) => {
    const code = `44031${String(10000 + i)}`;
    const status = i < suspended ? ({ status: 'suspended', statusSince: '2026-06-02' } as const) : {};
    const cells: Partial<Record<string, string>> = columnValues({
      ...sampleRecord,
      code,
      grade: 'advanced',
      ...status,
    });
    return titles.map(([path]) => cells[path] ?? '');
  });
  return writeCsv([titles.map(([, title]) => title), ...rows]);
}
