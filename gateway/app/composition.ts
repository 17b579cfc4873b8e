/** Puts a gateway together: settings, keys, store, adapters and partners. */

import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Quality } from '../adapter/check/quality.ts';
import type { Manifest } from '../adapter/manifest.ts';
import type { AdapterTools } from '../adapter/tools.ts';
import { programFolder, type Config, type PartnerConfig } from './config.ts';
import { getPartner, type Gateway } from '../gateway.ts';
import type { HomeProfile } from '../model/home.ts';
import { makeMessageId } from '../model/message-id.ts';
import { brokerAt, joinPartner, openKeys, partnerConfigs, type Broker, type Joining } from './partners.ts';
import { joinAgain } from './reload.ts';
import { openDatabase } from '../store/database.ts';
import { parseStrictJson } from '../wire/files/json.ts';
import type { Keyring } from '../wire/signature/keys.ts';
import { makeLog } from '../wire/log.ts';
import { jsonValidator, loadSchema } from '../wire/xsd/schema.ts';
import { readLines } from '../wire/files/text-lines.ts';
import { readXml } from '../wire/xml/xml-events.ts';
import { placeInYaml, readYaml } from '../wire/files/yaml.ts';

/** A gateway with its keys, to be closed when done. */
export interface OpenGateway extends Gateway {
  readonly config: Config;
  readonly keyring: Keyring;
  /** Absent where no broker is set up. */
  readonly broker: Broker | undefined;
  /** Partners whose changed adapter was not taken, and why. */
  readonly rejectedAdapters: Map<string, string>;
  /** Takes the partner's adapter as its folder is now, see reload.ts. Throws what is wrong with it; the old one then stays. */
  rejoin(code: string): Promise<void>;
  close(): Promise<void>;
}

export const schemas = join(programFolder, 'schemas');

export function adapterTools(): AdapterTools {
  return {
    readText: (file) => readFile(file, 'utf8'),
    readXml,
    readJson: (text) => parseStrictJson(text),
    readLines,
    readYaml,
    placeInYaml,
    validateManifest: jsonValidator<Manifest>(join(schemas, 'adapter.schema.json')),
    validateHome: jsonValidator<HomeProfile>(join(schemas, 'home.schema.json')),
    validateQuality: jsonValidator<Quality>(join(schemas, 'quality.schema.json')),
  };
}

/** Opens everything a gateway stands on. Throws what is wrong with settings, keys, adapters or store. */
export async function openGateway(config: Config, tools: AdapterTools): Promise<OpenGateway> {
  const { home, keyring } = await openKeys(config, tools);
  const log = makeLog({ level: config.logLevel ?? 'error' });
  const broker = config.broker === undefined ? undefined : brokerAt(config.broker, log);
  const db = await openDatabase(config.store);
  const joining = (code: string, settings: PartnerConfig): Joining => {
    return { code, settings, config, home, keyring, broker, tools, now: new Date() };
  };
  const configs = partnerConfigs(config);
  const joined = await Promise.all(
    Object.entries(configs).map(([code, settings]) => joinPartner(joining(code, settings))),
  );
  const partners = new Map(joined.map((partner) => [partner.code, partner]));
  return {
    config,
    keyring,
    broker,
    home,
    db,
    partners,
    rejectedAdapters: new Map(),
    receiptSchema: loadSchema(join(schemas, 'receipt.xsd')),
    policy: config.policy,
    owner: randomBytes(8).toString('hex'),
    log,
    now: () => new Date(),
    newId: () => makeMessageId(new Date(), randomBytes),
    random: (bytes) => randomBytes(bytes),
    async rejoin(code) {
      const before = getPartner({ partners }, code);
      const settings = configs[before.code];
      // In one step: whoever has the old one in hand goes on with it.
      if (settings !== undefined) partners.set(before.code, await joinAgain(joining(before.code, settings), before));
    },
    async close() {
      for (const { transport } of joined) await transport?.close();
      await broker?.close();
      await db.close();
    },
  };
}
