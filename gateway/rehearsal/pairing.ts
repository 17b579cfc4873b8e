/**
 * A simulated side and the side it is tested with, in one folder: settings, keys and certificates. Either can be started alone.
 * A partner without a home profile gets one derived from its adapter.
 */

import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import names from '../../schemas/rehearsal-names.json' with { type: 'json' };
import type { Adapter } from '../adapter/adapter.ts';
import { loadAdapter, loadHome } from '../adapter/load.ts';
import type { AdapterTools } from '../adapter/tools.ts';
import { loadConfig, type Config, type PartnerConfig } from '../app/config.ts';
import { GatewayError } from '../model/errors.ts';
import type { HomeProfile } from '../model/home.ts';
import { isUnsigned } from '../model/message.ts';
import { present } from '../model/present.ts';
import { recordColumns } from '../model/record/record-text.ts';
import { makeFolder } from '../wire/files/folders.ts';
import { writeYaml } from '../wire/files/yaml.ts';
import { settingsOf, withConnections, type Addresses } from './administrations.ts';
import {
  freePorts,
  makeIdentity,
  openSimulatorKeys,
  registeredFiles,
  registeredIdentity,
  type Identity,
  type SimulatorKeys,
} from './identities.ts';

export interface Pair {
  readonly simulated: Config;
  readonly tested: Config;
  readonly files: PairFiles;
  /** Absent where messages are not signed. */
  readonly keys?: SimulatorKeys;
}

type PairFiles = Readonly<Record<'simulated' | 'tested', string>>;

export interface PairOptions {
  readonly base: Config;
  /** The partner, by its folder under adapters/. */
  readonly partner: string;
  /** Which side is simulated: `home` where the partner's own gateway is tested. */
  readonly plays: 'partner' | 'home';
  readonly folder: string;
  readonly tools: AdapterTools;
  readonly now: Date;
  /** Where the simulated side listens; a free port of this machine if absent. */
  readonly listen?: Addresses['exchange'] | undefined;
  /** The exchange door of the tested side; a free port of this machine if absent. */
  readonly testedUrl?: string | undefined;
  /** A broker that both sides reach; without one, AMQP partners use HTTPS. */
  readonly broker?: Config['broker'];
}

/** Prepares both sides. Keys in the folder are kept, and settings too unless `listen` names another address. */
export async function makePair(options: PairOptions): Promise<Pair> {
  const { base, partner, plays, folder, tools, now, broker, listen, testedUrl } = options;
  makeFolder(folder);
  const [cc, homeCc] = [partner.toLowerCase(), base.home.toLowerCase()];
  const adapter = await loadAdapter(join(base.adapters, cc), tools);
  const { seal } = adapter;
  requireBroker(adapter, broker);
  const adapters = folderWithHome(adapter, options);
  const [simulatedCc, testedCc] = plays === 'partner' ? [cc, homeCc] : [homeCc, cc];
  const own = await makeIdentity(await loadHome(join(adapters, simulatedCc), tools), join(folder, simulatedCc), now);
  const keys = isUnsigned(seal) ? undefined : await openSimulatorKeys(own, seal, now);
  const signing = [...own.certificates.signing, ...(keys === undefined ? [] : registeredFiles(own.folder, keys))];
  const simulated = { ...own, certificates: { ...own.certificates, signing } };
  const tested = await registeredIdentity(await loadHome(join(adapters, testedCc), tools), join(folder, testedCc), now);
  const files = { simulated: join(folder, `${simulatedCc}.yaml`), tested: join(folder, `${testedCc}.yaml`) };
  if (listen !== undefined || !existsSync(files.simulated) || !existsSync(files.tested))
    await writeBoth(options, adapter, { simulated, tested }, files);
  const read = (file: string): Config => ({
    // The environment is not read: it is that of another gateway. What a file cannot say is as at home.
    ...loadConfig({ config: file }, {}),
    adapters,
    ...(broker && { broker: ownNames(adapter) ? withAccount(broker) : broker }),
  });
  // The tested side may have moved since the file was written.
  const moved = present({ url: testedUrl });
  const sides = { simulated: withConnections(read(files.simulated), moved), tested: read(files.tested) };
  return { ...sides, files, ...present({ keys }) };
}

const ownNames = ({ exchange: { send, receive } }: Adapter): boolean =>
  (send?.publish ?? receive?.consume) !== undefined;

/** Names at a broker need one. */
function requireBroker(adapter: Adapter, broker: Config['broker']): void {
  if (!ownNames(adapter) || broker !== undefined) return;
  const fix =
    'Start one on this machine, or name one in MRA_BROKER: the exchanges and queues of the partner are made there.';
  throw new GatewayError('E_REQUEST_INVALID', 'this partner has names of its own at a broker, and no broker answered', {
    fix,
  });
}

/** Without an account in the address nobody would know who wrote a queue: then it is that of a new broker. */
function withAccount(broker: NonNullable<Config['broker']>): NonNullable<Config['broker']> {
  return { ...broker, url: broker.url.replace(/^(amqps?:\/\/)(?=[^@/]+(?:\/|$))/u, '$1guest:guest@') };
}

/** Writes the settings of each side, which name the address and the certificates of the other. */
async function writeBoth(
  { base, plays, listen, testedUrl, broker, folder }: PairOptions,
  adapter: Adapter,
  { simulated, tested }: Readonly<Record<keyof PairFiles, Identity>>,
  files: PairFiles,
): Promise<void> {
  const [port = 0, testedPort = 0, borderPort = 0, testedBorderPort = 0] = await freePorts(4);
  const exchange = listen ?? { host: '127.0.0.1', port };
  const testedExchange = { host: '127.0.0.1', port: testedPort };
  const connect = ({ home, certificates }: Identity, mirrored: boolean, url: string): Config['partners'] => ({
    [home.country]: {
      ...{ adapter: adapter.cc, mirrored, url, certificates },
      ...transportOf(adapter, { broker, folders: foldersOf(folder, mirrored) }),
    },
  });
  const { broker: _, ...rest } = base;
  const common: Config = broker === undefined ? rest : { ...rest, broker };
  const toTested = connect(tested, plays === 'partner', testedUrl ?? urlOf(testedExchange));
  const toSimulated = connect(simulated, plays === 'home', urlOf(exchange));
  const addresses = { exchange, borderPort };
  const testedAddresses = { exchange: testedExchange, borderPort: testedBorderPort };
  writeSettings(files.simulated, simulated.home.name, settingsOf(common, simulated, addresses, toTested));
  writeSettings(files.tested, tested.home.name, settingsOf(common, tested, testedAddresses, toSimulated));
}

/** Files are exchanged in folders of this machine, and lists over HTTPS where no broker answered. */
function transportOf(
  { transport }: Adapter,
  { broker, folders }: { readonly broker: Config['broker']; readonly folders: NonNullable<PartnerConfig['folders']> },
): Pick<PartnerConfig, 'transport' | 'pollSeconds' | 'folders'> {
  switch (transport) {
    case 'sftp':
    case 'folder':
      for (const path of [folders.in, folders.out, folders.archive]) if (path !== undefined) makeFolder(path);
      return { transport: 'folder', folders, pollSeconds: 1 };
    case 'amqp':
      return broker === undefined ? { transport: 'https' } : {};
    case 'https-pull':
      return { pollSeconds: 1 };
    case 'https':
      return { pollSeconds: 1 };
  }
}

/** What one side puts the other side takes; the account stands for the one that alone may write there. */
function foldersOf(folder: string, mirrored: boolean): NonNullable<PartnerConfig['folders']> {
  const at = (name: string): string => join(folder, 'files', name);
  const [inside, out] = mirrored ? ['to-partner', 'from-partner'] : ['from-partner', 'to-partner'];
  return { in: at(inside), out: at(out), archive: at(`${inside}-taken`), account: 'rehearsal' };
}

const urlOf = ({ host, port }: Addresses['exchange']): string => `https://${host}:${port}`;

/** The settings of one side as a file that `mra --config` reads, with paths relative to the file. */
function writeSettings(file: string, name: string, config: Config): void {
  const { home, data, logLevel, exchange, border, broker } = config;
  const path = (to: string): string => relative(dirname(file), to);
  const partners = Object.entries(config.partners).map(([code, { certificates, mirrored, folders, ...connection }]) => [
    code,
    {
      ...connection,
      ...(folders && { folders: relativeFolders(folders, path) }),
      ...(mirrored ? { mirrored } : {}),
      certificates: {
        signing: certificates.signing.map(path),
        tls: certificates.tls.map(path),
        anchors: certificates.anchors.map(path),
      },
    },
  ]);
  const settings = {
    ...{ home, data: path(data), log: logLevel, exchange: { host: exchange.host, port: exchange.port }, border },
    ...(broker && { broker: { url: broker.url, realm: broker.realm } }),
    partners: Object.fromEntries(partners) as unknown,
  };
  writeFileSync(file, `# ${name} in a rehearsal. Written by mra, with keys made for it.\n${writeYaml(settings)}`);
}

function relativeFolders(
  { account, ...folders }: NonNullable<PartnerConfig['folders']>,
  path: (to: string) => string,
): Readonly<Record<string, string>> {
  const paths = Object.entries(folders).map(([name, to]) => [name, path(to)]);
  return { ...(Object.fromEntries(paths) as Readonly<Record<string, string>>), ...present({ account }) };
}

/** The part of a written file that an existing gateway takes into its settings. */
export function partnerPart(file: string): string {
  const text = readFileSync(file, 'utf8');
  return text.slice(text.indexOf('partners:')).trimEnd();
}

/** The folder of adapters in which the partner has a home.yaml: the usual one, or a copy of two adapters with a derived profile. */
function folderWithHome(
  adapter: Adapter,
  { base, folder, tools }: { readonly base: Config; readonly folder: string; readonly tools: AdapterTools },
): string {
  const { adapters, home } = base;
  if (existsSync(join(adapters, adapter.cc, 'home.yaml'))) return adapters;
  const copy = join(folder, 'adapters');
  makeFolder(copy);
  for (const cc of [adapter.cc, home.toLowerCase()]) cpSync(join(adapters, cc), join(copy, cc), { recursive: true });
  const profile = derivedProfile(adapter);
  if (!tools.validateHome(profile).ok) {
    throw new GatewayError('E_ADAPTER_INVALID', 'no home profile can be derived from this adapter', {
      at: join(adapters, adapter.cc),
      fix: 'Write a home.yaml as other folders have it.',
    });
  }
  // YAML reads JSON.
  writeFileSync(join(copy, adapter.cc, 'home.yaml'), JSON.stringify(profile, null, 2));
  return copy;
}

/** A programme with the grades of the arrangement, and operators with made-up names in Latin letters. */
function derivedProfile({ partner, name, timeZone, identifiers, otherSide, arrangement }: Adapter): HomeProfile {
  const { theirs } = identifiers;
  const code = theirs.toCode(theirs.example) ?? '';
  return {
    country: partner,
    name,
    timeZone,
    code: { pattern: codePattern(theirs.grammar.source, theirs.form), words: theirs.words },
    grades: otherSide.grades,
    decrees: [{ id: arrangement.programme, from: '2000-01-01', grades: otherSide.grades }],
    columns: Object.fromEntries(recordColumns.filter((path) => path !== 'businessNumber').map((path) => [path, path])),
    // The example shows which characters are letters and which are digits.
    invented: { ...names, code: `{place}${code.replaceAll(/\d/gu, '#').replaceAll(/[A-Z]/gu, '@')}` },
  };
}

/** The pattern of the code alone: the grammar without its anchors and the fixed text around it. */
function codePattern(source: string, form: string): string {
  const [before = '', after = ''] = form.split('{code}').map((text) => RegExp.escape(text));
  return source.slice(1 + before.length, source.length - 1 - after.length);
}
