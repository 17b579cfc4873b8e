/** The settings of a gateway: a YAML file checked against schemas/config.schema.json, a few environment variables, and safe defaults. The only reader of the environment. */

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GatewayError } from '../model/errors.ts';
import { logLevels, type LogLevel } from '../wire/log.ts';
import { jsonValidator } from '../wire/xsd/schema.ts';
import { readYaml } from '../wire/files/yaml.ts';

/** The folder the program stands in, with adapters/ and schemas/ beside gateway/. */
export const programFolder = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

export interface PartnerConfig {
  /** Folder under adapters/. */
  readonly adapter: string;
  /** The folder was written by the other side: this gateway is the partner it describes. */
  readonly mirrored: boolean;
  readonly transport?: 'https' | 'amqp' | 'https-pull' | 'file';
  /** Address of the partner's exchange door, `https://host:port`. */
  readonly url?: string;
  /** Where messages are fetched: seconds between two questions while nothing comes. */
  readonly pollSeconds?: number;
  /** PEM files. `signing`: the keys its messages count under. `tls`: what it connects with. `anchors`: the authorities above. */
  readonly certificates: {
    readonly signing: readonly string[];
    readonly tls: readonly string[];
    readonly anchors: readonly string[];
    /** A signing certificate must also lead to an anchor (`openssl verify`). */
    readonly checkPath: boolean;
  };
}

export interface Config {
  readonly home: string;
  readonly data: string;
  /** `sqlite:/path` or `postgres://…`. */
  readonly store: string;
  readonly policy: string;
  /** Absent: what the command thinks fit; the serving gateway says more than a command at a terminal. */
  readonly logLevel?: LogLevel;
  /** `production` takes certified adapters only. */
  readonly environment: 'test' | 'production';
  readonly adapters: string;
  readonly exchange: { readonly host: string; readonly port: number; readonly maxBytes: number };
  readonly border: { readonly host: string; readonly port: number };
  /** `realm`: names of the exchange and queues begin with it. `temporary`: they expire when unused. */
  readonly broker?: { readonly url: string; readonly realm: string; readonly temporary: boolean };
  readonly partners: Readonly<Record<string, PartnerConfig>>;
  /** Where the demo looks for a broker; it does without when none answers. */
  readonly brokerForDemo: string;
}

/** The file as written: everything optional. */
interface ConfigFile {
  home?: string;
  data?: string;
  store?: string;
  policy?: string;
  log?: string;
  environment?: 'test' | 'production';
  exchange?: { host?: string; port?: number; maxBytes?: number };
  border?: { host?: string; port?: number };
  broker?: { url: string; realm?: string };
  partners?: Record<
    string,
    Partial<Omit<PartnerConfig, 'certificates'>> & { certificates?: Partial<PartnerConfig['certificates']> }
  >;
}

export interface ConfigOptions {
  readonly config?: string;
  readonly data?: string;
  readonly home?: string;
}

/** About 150,000 records; larger lists are not exchanged in one message. */
const defaultMaxBytes = 64 * 1024 * 1024;

const schemaFile = join(programFolder, 'schemas', 'config.schema.json');

/** Reads the settings: options before environment before file before defaults. E_CONFIG_INVALID names every fault with its line. */
export function loadConfig(options: ConfigOptions = {}, environment: NodeJS.ProcessEnv = process.env): Config {
  const path = options.config ?? environment['MRA_CONFIG'];
  const file = path === undefined ? {} : readConfigFile(path);
  const base = path === undefined ? process.cwd() : dirname(resolve(path));
  const chosenData = options.data ?? environment['MRA_DATA'];
  const data = chosenData === undefined ? resolve(base, file.data ?? 'data') : resolve(chosenData);
  return {
    home: options.home ?? environment['MRA_HOME'] ?? file.home ?? defaultHome(),
    data,
    store: storeUrl(environment['MRA_STORE'] ?? file.store, base, data),
    policy: file.policy ?? 'default',
    ...logLevel(environment['MRA_LOG'] ?? file.log),
    environment: file.environment ?? 'test',
    adapters: join(programFolder, 'adapters'),
    exchange: {
      host: file.exchange?.host ?? '127.0.0.1',
      port: file.exchange?.port ?? 8443,
      maxBytes: file.exchange?.maxBytes ?? defaultMaxBytes,
    },
    border: { host: file.border?.host ?? '127.0.0.1', port: file.border?.port ?? 8080 },
    ...brokerOf(environment['MRA_BROKER'] ?? file.broker?.url, file.broker?.realm),
    partners: partnersOf(file, base),
    brokerForDemo: environment['MRA_BROKER'] ?? 'amqp://127.0.0.1:5672',
  };
}

function brokerOf(url: string | undefined, realm = 'mra'): Pick<Config, 'broker'> {
  return url === undefined ? {} : { broker: { url, realm, temporary: false } };
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
  if (!existsSync(path))
    throw new GatewayError('E_CONFIG_INVALID', 'there is no such configuration file', { at: path });
  const document = readYaml(readFileSync(path, 'utf8'), path);
  const checked = jsonValidator<ConfigFile>(schemaFile)(document ?? {});
  if (checked.ok) return checked.value;
  const faults = checked.errors.map(({ pointer, detail }) => `${pointer === '' ? '/' : pointer} ${detail}`).join('; ');
  throw new GatewayError('E_CONFIG_INVALID', faults, {
    at: path,
    fix: 'docs/gateway.example.yaml shows every setting.',
  });
}

/** Which administration this is when nobody says: a default of the schema, not of the program. */
function defaultHome(): string {
  const schema = JSON.parse(readFileSync(schemaFile, 'utf8')) as { properties: { home: { default: string } } };
  return schema.properties.home.default;
}

function partnersOf(file: ConfigFile, base: string): Config['partners'] {
  const partners = Object.entries(file.partners ?? {}).map(([code, written]): [string, PartnerConfig] => {
    const { adapter = code.toLowerCase(), mirrored = false, transport, url, pollSeconds, certificates = {} } = written;
    const files = (paths: readonly string[] = []): string[] => paths.map((path) => resolve(base, path));
    return [
      code,
      {
        adapter,
        mirrored,
        ...(transport === undefined ? {} : { transport }),
        ...(url === undefined ? {} : { url }),
        ...(pollSeconds === undefined ? {} : { pollSeconds }),
        certificates: {
          signing: files(certificates.signing),
          tls: files(certificates.tls),
          anchors: files(certificates.anchors),
          checkPath: certificates.checkPath ?? false,
        },
      },
    ];
  });
  return Object.fromEntries(partners);
}
