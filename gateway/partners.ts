/** Joins partners as the settings say: the adapter's words, our key, their keys, the way there. */

import type { X509Certificate } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mirrored, type Adapter } from './adapter/adapter.ts';
import { loadAdapter, loadHome } from './adapter/load.ts';
import type { AdapterTools } from './adapter/tools.ts';
import type { Config, PartnerConfig } from './config.ts';
import type { Partner } from './gateway.ts';
import { GatewayError } from './model/errors.ts';
import type { HomeProfile } from './model/home.ts';
import type { AmqpLink } from './wire/amqp.ts';
import { readCertificates } from './wire/certificates.ts';
import { httpsTransport } from './wire/https.ts';
import type { Keyring } from './wire/keys.ts';
import { loadSchema } from './wire/schema.ts';
import type { Transport } from './wire/transport.ts';

export interface Joining {
  readonly code: string;
  readonly settings: PartnerConfig;
  readonly config: Config;
  readonly home: HomeProfile;
  readonly keyring: Keyring;
  readonly amqp: AmqpLink | undefined;
  readonly tools: AdapterTools;
}

/** Without partners in the settings, every adapter there is, by files only: enough to build lists and to look around. */
export function partnerConfigs(config: Config): Readonly<Record<string, PartnerConfig>> {
  if (Object.keys(config.partners).length > 0) return config.partners;
  const folders = readdirSync(config.adapters).filter((cc) => existsSync(join(config.adapters, cc, 'adapter.yaml')));
  const others = folders.filter((cc) => cc !== config.home.toLowerCase());
  const certificates = { signing: [], tls: [], anchors: [], checkPath: false };
  return Object.fromEntries(
    others.map((cc) => [cc.toUpperCase(), { adapter: cc, mirrored: false, transport: 'file' as const, certificates }]),
  );
}

export async function joinPartner(joining: Joining): Promise<Partner> {
  const { code, settings, config, keyring, tools } = joining;
  const own = await loadAdapter(join(config.adapters, settings.adapter), tools);
  const adapter = settings.mirrored
    ? mirrored(own, await loadHome(join(config.adapters, code.toLowerCase()), tools))
    : own;
  if (adapter.partner !== code) {
    throw new GatewayError('E_CONFIG_INVALID', `the adapter ${settings.adapter} is not of this partner`, {
      at: `partners.${code}`,
      fix: 'Name another adapter, or set mirrored.',
    });
  }
  const { seal, list, reply } = adapter;
  const transport = transportOf(joining, adapter);
  return {
    code,
    adapter,
    schemas: { list: loadSchema(list.schema), reply: loadSchema(reply.schema) },
    signer: keyring.signer(seal.algorithm),
    trust: {
      seals: [seal.kind],
      algorithm: seal.algorithm,
      certificates: certificatesIn(settings.certificates.signing),
      ...(settings.certificates.checkPath ? { anchors: settings.certificates.anchors } : {}),
    },
    ...(transport === undefined ? {} : { transport }),
  };
}

/** The way to a partner: as its adapter says unless the settings say otherwise; none where nothing is set up. */
function transportOf({ code, settings, home, keyring, amqp }: Joining, adapter: Adapter): Transport | undefined {
  switch (settings.transport ?? adapter.transport) {
    case 'file':
      return undefined;
    case 'amqp':
      return amqp?.transport({ from: home.country, to: code });
    case 'https': {
      if (settings.url === undefined) return undefined;
      const { cert, key } = keyring.tls;
      const ca = settings.certificates.anchors.map((file) => readFileSync(file, 'utf8'));
      return httpsTransport({ url: settings.url, from: home.country, tls: { cert, key, ca } });
    }
  }
}

export function certificatesIn(files: readonly string[]): readonly X509Certificate[] {
  return files.flatMap((file) => {
    if (!existsSync(file)) throw new GatewayError('E_KEY_MISSING', 'there is no such certificate file', { at: file });
    return readCertificates(readFileSync(file, 'utf8'), file);
  });
}
