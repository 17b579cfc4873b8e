/** The settings of a gateway: a YAML file that follows schemas/config.schema.json, environment variables (read only here), and defaults. */

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defaultDifferingNames, type DifferingNames } from '../model/clearance/query.ts';
import { GatewayError } from '../model/errors.ts';
import { logLevels, type LogLevel } from '../wire/log.ts';
import { jsonValidator } from '../wire/xsd/schema.ts';
import type { FileFolders } from '../wire/transport/files.ts';
import { readYaml } from '../wire/files/yaml.ts';
import { borderSettings, type BorderConfig, type BorderFile } from './border-settings.ts';
import { alarmSettings, type AlarmSettings } from './alarm-settings.ts';
import { credentialsOf, secretOf, type Secret } from './credentials.ts';
import { defaultOutcomeRules, type OutcomeRules } from '../model/outcomes/arrangement-outcome.ts';
import { officeSettings, type OfficeFile, type OfficeSettings } from './office-settings.ts';
import type { PartnerConfig } from './partner-config.ts';
import { retentionDays, type RetentionDays, type RetentionFile } from './retention-settings.ts';
import { present } from '../model/present.ts';

/** The folder of the program, with adapters/ and schemas/ beside gateway/. */
export const programFolder = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

export type { OwnKey, PartnerConfig, RevocationConfig } from './partner-config.ts';

export interface BrokerConfig {
  readonly url: string;
  /** PEM texts. */
  readonly tls?: { readonly ca?: readonly string[]; readonly cert?: string; readonly key?: string };
  /** Names of this program's exchanges and queues begin with it. */
  readonly realm: string;
  /** Exchanges and queues expire when unused. */
  readonly temporary: boolean;
  readonly ownExchanges?: boolean;
}

/** As the file has it: `tls` names files. */
type BrokerFile = Pick<BrokerConfig, 'url' | 'tls'> & Partial<BrokerConfig>;

/** Where a proxy that ends TLS reaches the exchange door: a Unix socket, or a port of the loopback interface with a secret. */
type ProxyConfig = { readonly socket: string } | { readonly port: number; readonly secret: Secret };

interface Address {
  readonly host: string;
  readonly port: number;
  /** Names under which callers reach the door; absent: any. */
  readonly hosts?: readonly string[];
}

export interface Config {
  readonly home: string;
  readonly data: string;
  /** Folder of our keys; gateways on one store share it. */
  readonly keys: string;
  /** Signing keys that end within so many days are replaced by `mra serve`; 0: never. */
  readonly renewKeysDays: number;
  /** `sqlite:/path` or `postgres://…`. */
  readonly store: string;
  readonly policy: string;
  readonly differingNames: DifferingNames;
  /** Absent: `info` for mra serve, `error` for other commands. */
  readonly logLevel?: LogLevel;
  /** Lines of one event, code, and partner or caller; the others of a minute are counted in one line. */
  readonly logLinesPerMinute: number;
  /** `production` takes certified adapters only. */
  readonly environment: 'test' | 'production';
  readonly adapters: string;
  readonly exchange: Address & {
    readonly maxBytes: number;
    readonly refusedBytes: number;
    readonly proxy?: ProxyConfig;
  };
  readonly border: Address & BorderConfig;
  /** Of metrics and readiness; absent: the border door answers for it. */
  readonly monitoring?: Address;
  /** How long things stay, in days; what is absent stays for ever. */
  readonly retention: RetentionDays;
  /** How people learn of alarms, beside the log. */
  readonly alarms?: AlarmSettings;
  /** Who is signed in at the command line: the token of MRA_TOKEN, else that of the file, in which `mra login` keeps it. */
  readonly login: { readonly token?: string; readonly file?: string };
  /** When outcomes are compared, and which counts leave. */
  readonly outcomes: OutcomeRules;
  /** Where staff work in a browser; absent: nowhere. */
  readonly office?: OfficeSettings;
  /** The default broker, and those that partners name. */
  readonly broker?: BrokerConfig;
  readonly brokers?: Readonly<Record<string, BrokerConfig>>;
  readonly partners: Readonly<Record<string, PartnerConfig>>;
  /** The broker the demo tries; without an answer it uses HTTPS. */
  readonly brokerForDemo: string;
}

/** The configuration file: every member is optional. */
interface ConfigFile extends Partial<
  Pick<Config, 'home' | 'data' | 'keys' | 'renewKeysDays' | 'store' | 'policy' | 'environment' | 'logLinesPerMinute'>
> {
  readonly log?: string;
  readonly differingNames?: Partial<DifferingNames>;
  readonly exchange?: Partial<Config['exchange']>;
  readonly border?: Partial<Address> & BorderFile;
  readonly monitoring?: Partial<Address>;
  readonly retention?: RetentionFile;
  readonly alarms?: AlarmSettings;
  readonly office?: OfficeFile;
  readonly outcomes?: Partial<OutcomeRules>;
  readonly broker?: BrokerFile;
  readonly brokers?: Readonly<Record<string, BrokerFile>>;
  readonly partners?: Record<
    string,
    Partial<Omit<PartnerConfig, 'certificates'>> & { certificates?: Partial<PartnerConfig['certificates']> }
  >;
}

export interface ConfigOptions {
  readonly config?: string;
  readonly data?: string;
  readonly home?: string;
}

/** About 150,000 records. */
const defaultMaxBytes = 64 * 1024 * 1024;

const schemaFile = join(programFolder, 'schemas', 'config.schema.json');

/** Options take precedence over the environment, then the file, then defaults. Throws E_CONFIG_INVALID with all faults of the file. */
export function loadConfig(options: ConfigOptions = {}, environment: NodeJS.ProcessEnv = process.env): Config {
  const path = options.config ?? environment['MRA_CONFIG'];
  const file = path === undefined ? {} : readConfigFile(path);
  const base = path === undefined ? process.cwd() : dirname(resolve(path));
  const text = (file: string): string => readText(file, 'the file');
  const chosenData = options.data ?? environment['MRA_DATA'];
  const data = chosenData === undefined ? resolve(base, file.data ?? 'data') : resolve(chosenData);
  return {
    home: options.home ?? environment['MRA_HOME'] ?? file.home ?? defaultHome(),
    data,
    renewKeysDays: file.renewKeysDays ?? 45,
    keys: file.keys === undefined ? join(data, 'keys') : resolve(base, file.keys),
    store: storeUrl(environment['MRA_STORE'] ?? file.store, base, data),
    policy: file.policy ?? 'default',
    differingNames: { ...defaultDifferingNames, ...file.differingNames },
    ...logLevel(environment['MRA_LOG'] ?? file.log),
    logLinesPerMinute: file.logLinesPerMinute ?? 100,
    environment: file.environment ?? 'test',
    adapters: join(programFolder, 'adapters'),
    exchange: {
      ...{ host: '127.0.0.1', port: 8443, maxBytes: defaultMaxBytes, refusedBytes: defaultMaxBytes },
      ...file.exchange,
      ...proxyOf(file.exchange?.proxy, base, environment),
    },
    border: borderSettings({ host: '127.0.0.1', port: 8080, ...file.border }, base, text, environment),
    ...(file.alarms && { alarms: alarmSettings(file.alarms, base, environment) }),
    login: loginOf(environment),
    ...(file.office && { office: officeSettings(file.office, base, environment) }),
    ...(file.monitoring && { monitoring: { host: '127.0.0.1', port: 9464, ...file.monitoring } }),
    retention: retentionDays(file.retention),
    outcomes: { ...defaultOutcomeRules, ...file.outcomes },
    ...brokersOf(file, base, environment),
    partners: partnersOf(file, base, environment),
    brokerForDemo: environment['MRA_BROKER'] ?? 'amqp://127.0.0.1:5672',
  };
}

function loginOf({ MRA_TOKEN, XDG_CONFIG_HOME, HOME }: NodeJS.ProcessEnv): Config['login'] {
  const folder = XDG_CONFIG_HOME ?? (HOME === undefined ? undefined : join(HOME, '.config'));
  const file = folder === undefined ? undefined : join(folder, 'mra', 'token');
  const kept = file !== undefined && existsSync(file) ? readText(file, 'the file').trim() : undefined;
  return present({ token: MRA_TOKEN ?? kept, file });
}

function proxyOf(
  proxy: ProxyConfig | undefined,
  base: string,
  environment: NodeJS.ProcessEnv,
): Pick<Config['exchange'], 'proxy'> {
  if (proxy === undefined) return {};
  if ('socket' in proxy) return { proxy: { socket: resolve(base, proxy.socket) } };
  return { proxy: { ...proxy, secret: secretOf(proxy.secret, base, environment) } };
}

/** Addresses hold passwords: MRA_BROKER, and MRA_BROKER_NAME for a broker by its name, take precedence over the file. */
function brokersOf(
  { broker, brokers = {} }: ConfigFile,
  base: string,
  environment: NodeJS.ProcessEnv,
): Pick<Config, 'broker' | 'brokers'> {
  const text = (path: string): string => readText(resolve(base, path), 'the file');
  const connected = (file: BrokerFile, url = file.url): BrokerConfig => {
    const { ca, cert, key } = file.tls ?? {};
    const tls = present({ ca: ca?.map(text), cert: cert && text(cert), key: key && text(key) });
    return { realm: 'mra', temporary: false, ...file, url, ...(file.tls && { tls }) };
  };
  const url = environment['MRA_BROKER'] ?? broker?.url;
  const named = Object.entries(brokers).map(([name, file]): [string, BrokerConfig] => {
    return [name, connected(file, environment[`MRA_BROKER_${name.toUpperCase().replaceAll('-', '_')}`])];
  });
  return {
    ...(url === undefined ? {} : { broker: connected(broker ?? { url }, url) }),
    ...(named.length === 0 ? {} : { brokers: Object.fromEntries(named) }),
  };
}

function logLevel(written: string | undefined): Pick<Config, 'logLevel'> {
  if (written === undefined) return {};
  const level = logLevels.find((name) => name === written);
  if (level === undefined)
    throw new GatewayError('E_CONFIG_INVALID', 'no such log level', { fix: `Use one of: ${logLevels.join(', ')}.` });
  return { logLevel: level };
}

function storeUrl(written: string | undefined, base: string, data: string): string {
  if (written === undefined) return `sqlite:${join(data, 'mra.db')}`;
  return written.startsWith('sqlite:') ? `sqlite:${resolve(base, written.slice('sqlite:'.length))}` : written;
}

function readConfigFile(path: string): ConfigFile {
  const document = readYaml(readText(path), path);
  const checked = jsonValidator<ConfigFile>(schemaFile, 'once')(document ?? {});
  if (checked.ok) return checked.value;
  const faults = checked.errors.map(({ pointer, detail }) => `${pointer === '' ? '/' : pointer} ${detail}`).join('; ');
  const shows = 'docs/gateway.example.yaml shows every setting.';
  const empty = Object.entries(document ?? {}).flatMap(([name, value]) => (value === null ? [name] : []));
  const fix = empty.length === 0 ? shows : `Remove ${empty.join(', ')}, below which nothing stands. ${shows}`;
  throw new GatewayError('E_CONFIG_INVALID', faults, { at: path, fix });
}

function readText(path: string, what = 'the configuration file'): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const detail = existsSync(path) ? `${what} cannot be read` : `${what} does not exist`;
    const fix = 'Name a file that the account of the gateway may read; docs/gateway.example.yaml is one to begin with.';
    throw new GatewayError('E_CONFIG_INVALID', detail, { at: path, fix, cause });
  }
}

/** The default home administration is data of the schema. */
function defaultHome(): string {
  const schema = JSON.parse(readFileSync(schemaFile, 'utf8')) as { properties: { home: { default: string } } };
  return schema.properties.home.default;
}

function partnersOf(file: ConfigFile, base: string, environment: NodeJS.ProcessEnv): Config['partners'] {
  const files = (paths: readonly string[] = []): string[] => paths.map((path) => resolve(base, path));
  const partners = Object.entries(file.partners ?? {}).map(([code, written]): [string, PartnerConfig] => {
    const { signing = [], names: named = {}, tls, anchors, checkPath = false, announced } = written.certificates ?? {};
    const asked = written.certificates?.revocation;
    const revocation = asked && {
      ...{ unknown: 'refuse' as const, graceHours: 24 },
      ...asked,
      files: files(asked.files),
    };
    const names = Object.fromEntries(Object.entries(named).map(([name, file]) => [name, resolve(base, file)]));
    const pinned = [...new Set([...files(signing), ...Object.values(names)])];
    const listed = { signing: pinned, names, tls: files(tls), anchors: files(anchors), checkPath };
    const certificates = { ...listed, ...present({ announced, revocation }) };
    const credentials = written.credentials && credentialsOf(written.credentials, base, environment);
    const folders = written.folders && (written.sftp ? written.folders : resolveFolders(written.folders, base));
    const sftp = written.sftp && { ...written.sftp, key: resolve(base, written.sftp.key) };
    const settings = { adapter: code.toLowerCase(), mirrored: false, ...written, certificates };
    return [code, { ...settings, ...present({ credentials, folders, sftp }) }];
  });
  return Object.fromEntries(partners);
}

type Folders = NonNullable<PartnerConfig['folders']>;

function resolveFolders({ account, ...folders }: Folders, base: string): Folders {
  const resolved = Object.entries(folders).map(([name, path]) => [name, resolve(base, path)]);
  return { ...(Object.fromEntries(resolved) as FileFolders), ...present({ account }) };
}
