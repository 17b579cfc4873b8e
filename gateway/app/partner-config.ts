/** What the settings say of one partner, with what the store adds to it. */

import type { TransportKind } from '../adapter/adapter.ts';
import type { Digest } from '../model/message.ts';
import type { AcceptancePeriod } from '../model/partner-key.ts';
import type { Moment } from '../model/record/record.ts';
import type { FileFolders } from '../wire/transport/files.ts';
import type { AccessSecret, Credentials } from './credentials.ts';

export interface PartnerConfig {
  /** Folder under adapters/. */
  readonly adapter: string;
  /** The adapter describes this gateway as the partner: the other side wrote it. */
  readonly mirrored: boolean;
  readonly transport?: TransportKind | 'file';
  /** Address of the partner's exchange door, `https://host:port`. */
  readonly url?: string;
  /** How it is known at our door where it can have no client certificate: several while a secret is being replaced. */
  readonly access?: readonly AccessSecret[];
  /** How its server knows us beside our client certificate. */
  readonly credentials?: Credentials;
  /** The name of a broker under `brokers`; absent: the default one. */
  readonly broker?: string;
  /** Seconds between two polls that return nothing. */
  readonly pollSeconds?: number;
  /** By which the partner calls our signing key, where messages name keys; absent: the thumbprint of our certificate. */
  readonly keyName?: string;
  /** Its program takes a checkpoint of our log in our receipts. */
  readonly checkpoints?: boolean;
  /** Where files are exchanged. `account`: the one that alone may write into `in`. */
  readonly folders?: FileFolders & { readonly account?: string };
  /** Without it the folders are on this machine. `key`: the file of the private key. */
  readonly sftp?: SftpConfig;
  /** PEM files. `signing`: certificates for its messages. `tls`: for its connections. `anchors`: their certificate authorities. */
  readonly certificates: {
    readonly signing: readonly string[];
    /** The files of `signing` by the names that its messages give its keys (`kid`, KeyName). */
    readonly names?: Readonly<Record<string, string>>;
    readonly tls: readonly string[];
    readonly anchors: readonly string[];
    /** Signing certificates must also chain to an anchor (`openssl verify`). */
    readonly checkPath: boolean;
    /** What becomes of a new key that the partner announces under its present one; absent: it counts. */
    readonly announced?: 'accept' | 'hold';
    /** Lists of revoked certificates, and what holds where they cannot tell. */
    readonly revocation?: RevocationConfig;
    /** When certificates count, by fingerprint; not in the file, but from the store. */
    readonly periods?: Readonly<Record<Digest, AcceptancePeriod>>;
  };
  /** New keys of ours for this partner, from the store. */
  readonly ownKeys?: readonly OwnKey[];
  /** Why a person revoked the partner, from the store: nothing is received from it or sent to it. */
  readonly revoked?: string;
}

export const noCertificates: PartnerConfig['certificates'] = { signing: [], tls: [], anchors: [], checkPath: false };

/** Of a partner that is stopped: nothing is received from it or sent to it. Its adapter stays, so that the border is answered from the lists held. */
export function withoutTrust({ adapter, mirrored }: PartnerConfig): PartnerConfig {
  return { adapter, mirrored, transport: 'file', certificates: noCertificates };
}

/** A key of ours that signs messages to a partner from a moment on. */
export interface OwnKey {
  /** PEM. */
  readonly certificate: string;
  readonly name?: string | undefined;
  readonly from: Moment;
}

export interface RevocationConfig {
  /** PEM or DER. */
  readonly files?: readonly string[];
  /** Where a gateway that serves fetches lists. */
  readonly urls?: readonly string[];
  readonly unknown: 'refuse' | 'accept';
  readonly graceHours: number;
  /** What was fetched, from the store: DER in base64. */
  readonly fetched?: readonly string[];
}

interface SftpConfig {
  readonly host: string;
  readonly port?: number;
  readonly user: string;
  readonly hostKey: string | readonly string[];
  readonly key: string;
}
