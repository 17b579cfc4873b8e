/** Connects partners as configured: loads the adapter, and sets up our signing key, the partner's certificates and the transport. */

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Adapter } from '../adapter/adapter.ts';
import { requireCertified } from '../adapter/certificate.ts';
import { lintAdapter } from '../adapter/check/lint.ts';
import { loadAdapter, loadHome } from '../adapter/load.ts';
import { swapSides } from '../adapter/swap-sides.ts';
import type { AdapterTools } from '../adapter/tools.ts';
import { brokerTransport, requireBroker, type Brokers } from './brokers.ts';
import { certificatesIn, readPem } from './certificate-files.ts';
import type { Config, PartnerConfig } from './config.ts';
import { noCertificates } from './partner-config.ts';
import { authorizationOf } from './credentials.ts';
import { fileTransport } from './file-partners.ts';
import { revocationTerms } from './revocation.ts';
import type { Partner } from '../gateway.ts';
import { GatewayError } from '../model/errors.ts';
import type { HomeProfile } from '../model/home.ts';
import { isUnsigned } from '../model/message.ts';
import { present } from '../model/present.ts';
import { makeFolder } from '../wire/files/folders.ts';
import type { Signer } from '../wire/signature/profile.ts';
import { detacher, joinedWhereSigned, signatureHeaderOf } from '../wire/signature/detached.ts';
import { httpsTransport } from '../wire/transport/https.ts';
import { addKeys, openKeyring, readKeyring, type Keyring } from '../wire/signature/keys.ts';
import type { PartnerTrust } from '../wire/signature/trust.ts';
import { loadSchema } from '../wire/xsd/schema.ts';
import type { Transport } from '../wire/transport/transport.ts';

/** Home profile and keys; the keys are generated on first use. Needs nothing of a partner, so that certificates can be exchanged first. */
export async function openKeys(config: Config, tools: AdapterTools): Promise<{ home: HomeProfile; keyring: Keyring }> {
  makeFolder(config.data, 0o700);
  const home = await ourHome(config, tools);
  const { country, name } = home;
  return { home, keyring: await openKeyring(config.keys, { country, name, now: new Date() }) };
}

/** As openKeys, and adds the keys that an older keyring lacks. */
export async function newKeys(config: Config, tools: AdapterTools): Promise<{ home: HomeProfile; keyring: Keyring }> {
  const { country, name } = (await openKeys(config, tools)).home;
  await addKeys(config.keys, { country, name, now: new Date() });
  return await openKeys(config, tools);
}

/** As openKeys, and makes nothing: where there are no keys, asking for one throws E_KEY_MISSING. */
export async function readKeys(config: Config, tools: AdapterTools): Promise<{ home: HomeProfile; keyring: Keyring }> {
  return { home: await ourHome(config, tools), keyring: await readKeyring(config.keys, new Date()) };
}

async function ourHome({ adapters, home }: Config, tools: AdapterTools): Promise<HomeProfile> {
  return await loadHome(join(adapters, home.toLowerCase()), tools);
}

export interface ConnectOptions {
  readonly code: string;
  readonly settings: PartnerConfig;
  readonly config: Config;
  readonly home: HomeProfile;
  readonly keyring: Keyring;
  readonly brokers: Brokers;
  readonly tools: AdapterTools;
  /** What it was connected with, to find out whether that changed. */
  readonly state?: string;
  /** Nothing is opened. */
  readonly reading?: boolean;
  /** The open transport of a partner whose adapter is reloaded. */
  readonly transport?: Transport;
}

/** What became of a partner whose adapter or settings changed. */
export interface Reloaded {
  readonly partner: string;
  readonly loaded: boolean;
  readonly detail?: string;
}

/** The partners of the settings; without any, every adapter there is, with files as transport: enough to build lists and to try commands. */
export function partnerConfigs(config: Config): Readonly<Record<string, PartnerConfig>> {
  if (Object.keys(config.partners).length > 0) return config.partners;
  const folders = readdirSync(config.adapters).filter((cc) => existsSync(join(config.adapters, cc, 'adapter.yaml')));
  const others = folders.filter((cc) => cc !== config.home.toLowerCase());
  return Object.fromEntries(
    others.map((cc) => [
      cc.toUpperCase(),
      { adapter: cc, mirrored: false, transport: 'file' as const, certificates: noCertificates },
    ]),
  );
}

/** Throws E_ADAPTER_INVALID, E_KEY_MISSING, E_CONFIG_INVALID; in production E_ADAPTER_UNCERTIFIED. */
export async function connectPartner(options: ConnectOptions): Promise<Partner> {
  const { code, settings, config, keyring, tools } = options;
  const folder = join(config.adapters, settings.adapter);
  if (config.environment === 'production') await requireCertified(folder);
  const own = await loadAdapter(folder, tools);
  const adapter = settings.mirrored
    ? swapSides(own, await loadHome(join(config.adapters, code.toLowerCase()), tools))
    : own;
  if (adapter.partner !== code) {
    throw new GatewayError('E_CONFIG_INVALID', `the adapter ${settings.adapter} belongs to another partner`, {
      at: `partners.${code}`,
      fix: 'Name another adapter, or set mirrored.',
    });
  }
  const open = wayTo(options, adapter);
  const transport = options.transport ?? (options.reading === true ? undefined : open?.());
  return {
    code,
    adapter,
    schemaOf: schemasOf(adapter),
    get signer() {
      const { seal } = adapter;
      if (isUnsigned(seal)) return seal;
      const signer = { ...keyring.signer(seal.algorithm), form: seal, name: settings.keyName };
      return { ...signer, successors: successorsOf(keyring, settings) };
    },
    trust: trustOf(adapter, settings),
    holdsKeys: settings.certificates.announced === 'hold',
    takesCheckpoints: settings.checkpoints === true,
    byFile: open === undefined,
    ...(transport === undefined ? {} : { transport }),
  };
}

/** Without those whose private key is not on this machine: then the key before goes on signing, and mra doctor says so. */
function successorsOf(keyring: Keyring, { ownKeys = [] }: PartnerConfig): NonNullable<Signer['successors']> {
  return ownKeys.flatMap(({ certificate: pem, name, from }) =>
    certificatesIn([pem]).flatMap((certificate) => {
      const key = keyring.keyOf(certificate);
      return key === undefined ? [] : [{ key, certificate, name, from }];
    }),
  );
}

function trustOf({ seal, list, reply }: Adapter, { certificates }: PartnerConfig): PartnerTrust {
  if (isUnsigned(seal))
    return { ...seal, formats: [list, ...(reply === undefined ? [] : [reply])].map(({ format }) => format) };
  const { kind, ...terms } = seal;
  const { signing, names = {}, anchors, checkPath, periods } = certificates;
  const named = Object.entries(names).flatMap(([name, file]) =>
    certificatesIn([file]).map((each) => [name, each] as const),
  );
  return {
    ...{ ...terms, seals: [kind], certificates: certificatesIn(signing), names: Object.fromEntries(named) },
    ...(checkPath ? { anchors } : {}),
    ...present({ periods, revocation: revocationTerms(certificates) }),
  };
}

/**
 * Loads a changed adapter and keeps the open transport. Throws E_ADAPTER_INVALID with file, line and column of the first lint error,
 * E_CONFIG_INVALID where the change needs a restart, and as connectPartner.
 */
export async function reloadPartner(options: ConnectOptions, current: Partner): Promise<Partner> {
  const { config, settings, tools } = options;
  const folder = join(config.adapters, settings.adapter);
  const fault = (await lintAdapter(folder, tools)).find(({ severity }) => severity === 'error');
  if (fault !== undefined) {
    const { file, line = 1, column = 1, detail, fix } = fault;
    const at = `${file}:${line}:${column}`;
    throw new GatewayError('E_ADAPTER_INVALID', detail, fix === undefined ? { at } : { at, fix });
  }
  const { transport } = current;
  const partner = await connectPartner(transport === undefined ? options : { ...options, transport });
  if (settings.transport === undefined && partner.adapter.transport !== current.adapter.transport) {
    const fix = 'Restart the gateway: a reload does not change connections.';
    throw new GatewayError('E_CONFIG_INVALID', 'the adapter requires another transport', { at: folder, fix });
  }
  return partner;
}

/** Compiles all schemas now, so that a faulty one stops the start and not the first message. */
function schemasOf(adapter: Adapter): Partner['schemaOf'] {
  const layouts = adapter.periods.flatMap((day) => adapter.formatsOn(day).accepted.map(({ format }) => format.schema));
  const compiled = new Map([...new Set(layouts)].map((path) => [path, loadSchema(path)]));
  return ({ schema }) => compiled.get(schema) ?? loadSchema(schema);
}

/**
 * Opens the transport to the partner; the settings take precedence over the adapter. Undefined for files, and where no URL or broker is
 * configured.
 */
function wayTo(options: ConnectOptions, adapter: Adapter): (() => Transport | undefined) | undefined {
  const { code, settings, home, brokers } = options;
  const { url, broker: name } = settings;
  const kind = settings.transport ?? adapter.transport;
  switch (kind) {
    case 'file':
      return undefined;
    case 'amqp':
      if (name === undefined && !brokers.has('')) return undefined;
      return () => {
        const broker = requireBroker(brokers, name, `partners.${code}.broker`);
        return brokerTransport(broker, { home: home.country, code, adapter });
      };
    case 'sftp':
    case 'folder':
      return () => fileTransport(options, adapter, kind);
    case 'https':
    case 'https-pull':
      if (url === undefined) return kind === 'https-pull' && isKnownAtDoor(settings) ? () => waiting : undefined;
      return () => httpsPartner({ ...options, url, pulls: kind === 'https-pull' }, adapter);
  }
}

/** Whether our exchange door lets the partner in. */
function isKnownAtDoor({ certificates, access = [] }: PartnerConfig): boolean {
  return certificates.tls.length > 0 || access.length > 0;
}

/** Of a partner without a server: it asks for our messages, and sends its own. */
const waiting: Transport = {
  waits: true,
  send: () => Promise.resolve({ kind: 'refused', evidence: 'the partner has no address' }),
  close: () => Promise.resolve(),
};

/** `pulls`: messages wait until the other side polls for them, but for ours where a path is agreed to which they are posted. */
function httpsPartner(
  {
    code,
    settings,
    config,
    home,
    keyring,
    url,
    pulls,
  }: ConnectOptions & { readonly url: string; readonly pulls: boolean },
  { exchange: { send, receive }, seal, list }: Adapter,
): Transport {
  const tls = { ...keyring.tls, ca: settings.certificates.anchors.map(readPem) };
  const { credentials, pollSeconds: seconds = 60 } = settings;
  const at = `partners.${code}.credentials`;
  const { request, acknowledgements } = receive ?? {};
  const mailboxes = [
    ...(request === undefined ? [] : [{ ...request, takes: 'message' as const }]),
    ...(typeof acknowledgements === 'object' ? [{ ...acknowledgements, takes: 'acknowledgement' as const }] : []),
  ];
  const waits = pulls && send?.request === undefined;
  const exchange = { to: code, request: send?.request, answer: receive?.answerRequest, ...send?.statuses };
  return httpsTransport({
    ...{ url, tls, from: home.country },
    ...(credentials && { authorization: authorizationOf(credentials, { at, tls, readPem }) }),
    ...present({ detach: detacher(seal, list.format === 'json' ? 'application/json' : list.type) }),
    join: (body, headers) => joinedWhereSigned(seal, body, headers[signatureHeaderOf(seal) ?? '']),
    ...((pulls || mailboxes.length > 0) && { pull: { seconds, maxBytes: config.exchange.maxBytes, waits, mailboxes } }),
    ...((send ?? receive) !== undefined && { exchange }),
  });
}
