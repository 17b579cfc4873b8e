/** The programs the gateway is measured against, on the same finished document: native xmllint and xmlsec1, and the JDK. */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Stage } from './stage.ts';

export type PeerTask = 'sign' | 'verify';

/** Milliseconds of one run; `extra` is what the peer did besides and is not counted against the gateway. */
export interface PeerRun {
  readonly ms: number;
  readonly steps: Readonly<Record<string, number>>;
  readonly extra?: Readonly<Record<string, number>>;
}

export interface Peer {
  readonly name: 'native' | 'jdk';
  run(): Promise<PeerRun>;
  /** Largest resident memory, where it can be read. */
  peakBytes(): number | undefined;
  close(): Promise<void>;
}

/** The files peers work on: the sealed list, the list without a signature, and one with an empty signature to be filled. */
export interface PeerFiles {
  readonly sealed: string;
  readonly bare: string;
  readonly template: string;
}

export function makePeerFiles(sealed: string): PeerFiles {
  const text = readFileSync(sealed, 'utf8');
  const start = text.lastIndexOf('<ds:Signature ');
  const end = text.lastIndexOf('</ds:Signature>') + '</ds:Signature>'.length;
  const empty = text
    .slice(start, end)
    .replace(/(<ds:(DigestValue|SignatureValue)>)[^<]*/gu, '$1')
    .replace(/<ds:X509Certificate>[^<]*<\/ds:X509Certificate>/u, '');
  const write = (ending: string, content: string): string => {
    writeFileSync(sealed + ending, content);
    return sealed + ending;
  };
  return {
    sealed,
    bare: write('.bare.xml', text.slice(0, start) + text.slice(end)),
    template: write('.template.xml', text.slice(0, start) + empty + text.slice(end)),
  };
}

/** xmllint --schema, then xmlsec1: two processes, their start included. Undefined where one of them is absent. */
export function nativePeer(stage: Stage, files: PeerFiles, task: PeerTask): Peer | undefined {
  if (!isInstalled('xmllint', '--version') || !isInstalled('xmlsec1', '--version')) return undefined;
  const id = ['--id-attr:Id', stage.listType.slice(1).replace('}', ':')];
  const [document, seal] =
    task === 'sign'
      ? ([
          files.bare,
          ['--sign', '--privkey-pem', `${stage.key},${stage.certificate}`, ...id, '--output', `${files.sealed}.out`],
        ] as const)
      : ([
          files.sealed,
          ['--verify', '--enabled-key-data', 'rsa', '--pubkey-cert-pem', stage.certificate, ...id],
        ] as const);
  return {
    name: 'native',
    run() {
      const validate = timedProcess('xmllint', ['--noout', '--huge', '--schema', stage.schema, document]);
      const sealed = timedProcess('xmlsec1', [...seal, task === 'sign' ? files.template : document]);
      return Promise.resolve({ ms: validate + sealed, steps: { validate, [task]: sealed } });
    },
    peakBytes: () => undefined,
    close: () => Promise.resolve(),
  };
}

export function isInstalled(program: string, argument: string): boolean {
  return spawnSync(program, [argument], { stdio: 'ignore' }).status === 0;
}

function timedProcess(program: string, args: readonly string[]): number {
  const started = performance.now();
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] });
  const ms = performance.now() - started;
  if (status !== 0) throw new Error(`${program} failed: ${stderr.slice(0, 500)}`);
  return ms;
}

/** One JVM for all runs, so that it is as warm as the gateway beside it. Undefined where there is no JDK. */
export async function jdkPeer(stage: Stage, files: PeerFiles, task: PeerTask): Promise<Peer | undefined> {
  if (!isInstalled('javac', '-version')) return undefined;
  const program = fileURLToPath(new URL('JdkSignature.java', import.meta.url));
  const document = task === 'sign' ? files.bare : files.sealed;
  const child = spawn('java', [program, task, stage.schema, document, stage.certificate, stage.key], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const nextLine = async (): Promise<string> => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error('the JDK program ended');
    return value;
  };
  await nextLine();
  return {
    name: 'jdk',
    async run() {
      child.stdin.write('\n');
      const [validate = 0, sealed = 0, write = 0] = (await nextLine()).split(' ').map(Number);
      const extra = task === 'sign' ? { write } : {};
      return { ms: validate + sealed, steps: { validate, [task]: sealed }, extra };
    },
    peakBytes: () => peakOf(child.pid),
    async close() {
      child.stdin.end();
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}

function peakOf(pid: number | undefined): number | undefined {
  const status = join('/proc', String(pid), 'status');
  if (!existsSync(status)) return undefined;
  const [, kilobytes] = /VmHWM:\s+(\d+) kB/u.exec(readFileSync(status, 'utf8')) ?? [];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}
