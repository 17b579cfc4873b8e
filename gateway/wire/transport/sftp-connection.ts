/** Connections to an account on an SFTP server, whose host key is pinned. */

import { createRequire } from 'node:module';
import type { ConnectConfig, ServerHostKeyAlgorithm, SFTPWrapper } from 'ssh2';
import { GatewayError } from '../../model/errors.ts';
import { FileFault, type FileFaultKind, type FileStore } from './file-store.ts';
import { sftpStore } from './sftp-store.ts';

interface SftpAccount {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Public keys of the host, as ssh-keyscan prints them: `ssh-ed25519 AAAA…`. Several while it changes. */
  readonly hostKeys: readonly string[];
  /** Private key of the account, PEM or OpenSSH. */
  readonly key: string;
}

const connectMs = 10_000;
/** The server is asked so often whether it is there, and given up after three times. */
const aliveMs = 10_000;

type Ssh = typeof import('ssh2');

/** Loaded for the first account: most gateways have none. */
const load = createRequire(import.meta.url);

/** Throws E_CONFIG_INVALID. */
export function requirePrivateKey(key: string, at: string): void {
  const { utils } = load('ssh2') as Ssh;
  const parsed = utils.parseKey(key);
  if (!(parsed instanceof Error) && parsed.isPrivateKey()) return;
  const fix = 'Name a private key without a passphrase, in the form of OpenSSH or PEM: ssh-keygen -t ed25519 -N "".';
  throw new GatewayError('E_CONFIG_INVALID', 'the private key of the SFTP account cannot be used', { at, fix });
}

/** Throws FileFault. */
export async function openSftp(account: SftpAccount): Promise<FileStore> {
  const { host } = account;
  const { Client } = load('ssh2') as Ssh;
  const client = new Client();
  const lost = Promise.withResolvers<never>();
  lost.promise.catch(() => undefined); // who waits for it gets the fault; nobody may
  const state = { isOpen: false };
  const end = (kind: FileFaultKind, what: string, cause?: unknown): void => {
    state.isOpen = false;
    lost.reject(new FileFault(kind, `${host} ${what}`, cause));
    client.end();
  };
  client.on('close', () => end('lost', 'ended the connection'));
  client.on('error', (error) => {
    if (state.isOpen) end('lost', 'lost the connection', error);
    else if (error.level === 'client-authentication') end('denied', 'refused the account or its key', error);
    else end('unreachable', `could not be reached: ${codeOf(error)}`, error);
  });
  const ready = Promise.withResolvers<SFTPWrapper>();
  client.on('ready', () => {
    client.sftp((error, sftp) => {
      if (error === undefined) ready.resolve(sftp);
      else end('denied', 'offers no file transfer to the account', error);
    });
  });
  try {
    client.connect(connectOptions(account, () => end('certificate', 'has another host key than the settings')));
  } catch (error) {
    throw new FileFault('denied', `the private key for ${host} cannot be used`, error);
  }
  const sftp = await Promise.race([ready.promise, lost.promise]);
  state.isOpen = true;
  return sftpStore({ sftp, lost: lost.promise, isOpen: () => state.isOpen, end: (what) => end('lost', what) });
}

/** `mismatch` is called where the host shows another key. */
function connectOptions({ host, port, user, hostKeys, key }: SftpAccount, mismatch: () => void): ConnectConfig {
  const pinned = hostKeys.map((each) => each.trim().split(/\s+/u));
  return {
    ...{ host, port, username: user, privateKey: key, readyTimeout: connectMs, keepaliveInterval: aliveMs },
    // Without this a host with several keys may show another one than those pinned.
    algorithms: { serverHostKey: pinned.flatMap(([type = '']) => algorithmsOf(type)) },
    hostVerifier(shown: Buffer) {
      const isPinned = pinned.some(([, encoded = '']) => shown.equals(Buffer.from(encoded, 'base64')));
      if (!isPinned) mismatch();
      return isPinned;
    },
  };
}

/** RFC 8332: a key of this type signs by SHA-2. The schema of the settings names the types. */
function algorithmsOf(type: string): ServerHostKeyAlgorithm[] {
  return type === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256'] : [type as ServerHostKeyAlgorithm];
}

function codeOf(error: Error & { readonly code?: unknown; readonly level?: string }): string {
  return typeof error.code === 'string' ? error.code : (error.level ?? 'no answer');
}
