/** Connects a partner with whom messages are exchanged as files: the names of its adapter, and the folders and account of the settings. */

import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import type { Adapter } from '../adapter/adapter.ts';
import type { Beside } from '../adapter/conversation/files.ts';
import { signatureFileOf } from '../adapter/seal.ts';
import { GatewayError } from '../model/errors.ts';
import type { HomeProfile } from '../model/home.ts';
import type { SealTerms } from '../model/message.ts';
import { authenticatedChannel } from '../wire/signature/channel.ts';
import { joinedWhereSigned, splitForFile } from '../wire/signature/detached.ts';
import { filesTransport, type FilesOptions, type IncomingFiles, type OutgoingFiles } from '../wire/transport/files.ts';
import type { SignatureFile } from '../wire/transport/signature-files.ts';
import { folderStore } from '../wire/transport/folder-store.ts';
import { openSftp, requirePrivateKey } from '../wire/transport/sftp-connection.ts';
import type { Transport } from '../wire/transport/transport.ts';
import type { Config, PartnerConfig } from './config.ts';

interface FilePartner {
  readonly code: string;
  readonly settings: PartnerConfig;
  readonly config: Config;
  readonly home: HomeProfile;
}

type Place = Pick<FilesOptions, 'open' | 'channel'>;

/** Undefined without folders. Throws E_CONFIG_INVALID. */
export function fileTransport(
  { code, settings, config, home }: FilePartner,
  { exchange: { send, receive }, seal }: Adapter,
  via: 'sftp' | 'folder',
): Transport | undefined {
  const { folders, pollSeconds: seconds = 60 } = settings;
  if (folders === undefined) return undefined;
  const at = `partners.${code}.folders`;
  if (send?.file === undefined || receive?.file === undefined)
    throw new GatewayError('E_CONFIG_INVALID', 'the adapter of this partner describes no files', {
      at: `partners.${code}.transport`,
      fix: 'Describe them at conversation/send/file and conversation/receive/file of adapter.yaml.',
    });
  if (receive.file.then === 'archive' && folders.archive === undefined)
    throw new GatewayError('E_CONFIG_INVALID', 'files of this partner are archived, and no folder is named for them', {
      at,
      fix: 'Name archive, on the same file system as in.',
    });
  const { account, ...paths } = folders;
  const place = {
    folders: paths,
    ...(via === 'folder' ? folderPlace(paths.in, account) : accountPlace(settings, code)),
  };
  return filesTransport({
    ...{ via, seconds, maxBytes: config.exchange.maxBytes, ...place },
    send: outgoing(send, send.file),
    receive: incoming(
      { partner: code, home: home.country, send, receive, signature: signatureFileOf(seal) },
      receive.file,
    ),
    signature: signatureFile(seal),
  });
}

/** Unless one account alone may write there, anybody could have put a file. */
function folderPlace(folder: string, account: string | undefined): Place {
  return {
    open: () => Promise.resolve(folderStore()),
    ...(account !== undefined && { channel: authenticatedChannel('file-account', `${account}, folder ${folder}`) }),
  };
}

/** Throws E_CONFIG_INVALID, E_KEY_MISSING. */
function accountPlace({ sftp }: PartnerConfig, code: string): Place {
  if (sftp === undefined) {
    const fix = 'Name host, user, hostKey and key; docs/gateway.example.yaml shows them.';
    throw new GatewayError('E_CONFIG_INVALID', 'the SFTP account is missing', { at: `partners.${code}.sftp`, fix });
  }
  const { host, port = 22, user, hostKey, key: file } = sftp;
  const hostKeys = typeof hostKey === 'string' ? [hostKey] : hostKey;
  requirePrivateKey(readKey(file), file);
  return {
    open: () => openSftp({ host, port, user, hostKeys, key: readKey(file) }),
    channel: authenticatedChannel('file-account', `${user} at ${host}, host key ${hostKeys.map(printOf).join(' or ')}`),
  };
}

/** As ssh-keygen -l shows it. */
function printOf(hostKey: string): string {
  const [, encoded = ''] = hostKey.split(' ');
  return `SHA256:${createHash('sha256').update(Buffer.from(encoded, 'base64')).digest('base64').replace(/=+$/u, '')}`;
}

function readKey(file: string): string {
  if (existsSync(file)) return readFileSync(file, 'utf8');
  const fix = 'Make it with ssh-keygen, and give its public key to the people who run the server.';
  throw new GatewayError('E_KEY_MISSING', 'the private key of the SFTP account does not exist', { at: file, fix });
}

type Exchange = Adapter['exchange'];

function outgoing(
  { stages }: NonNullable<Exchange['send']>,
  { direct, marker }: NonNullable<NonNullable<Exchange['send']>['file']>,
): OutgoingFiles {
  return { direct, marker: marker?.of, answers: answerFiles(stages).map(({ of }) => of) };
}

function answerFiles(stages: NonNullable<Exchange['send']>['stages']): readonly Beside[] {
  return stages.map(({ answerFile }) => answerFile).filter((each) => each !== undefined);
}

function signatureFile(seal: SealTerms): SignatureFile | undefined {
  const of = signatureFileOf(seal)?.of;
  return (
    of && {
      of,
      split: (message) => splitForFile(seal, message),
      join: (body, signature) => joinedWhereSigned(seal, body, signature),
    }
  );
}

interface Sides extends Required<Pick<Exchange, 'send' | 'receive'>> {
  readonly partner: string;
  readonly home: string;
  readonly signature: Beside | undefined;
}

/** A folder may hold the files of both sides. */
function incoming(
  { partner, home, send, receive, signature }: Sides,
  { names, marker, then }: NonNullable<Sides['receive']['file']>,
): IncomingFiles {
  return {
    ...{ then, marker: marker?.of },
    order(name) {
      const values = names.read(name);
      if (values === undefined || (values.from ?? partner) !== partner || (values.to ?? home) !== home)
        return undefined;
      const number = String(values.position?.sequence ?? '').padStart(12, '0');
      return `${values.issuedAt ?? ''} ${number} ${name}`;
    },
    belongs: (name) =>
      [marker, signature, ...answerFiles(send.stages), receive.answerFile, send.file?.marker].some((each) =>
        each?.fits(name),
      ) || send.file?.names.read(name)?.from === home,
  };
}
