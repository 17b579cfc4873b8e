/** The settings of one side of a pair as a file that `mra --config` reads, with paths relative to the file. */

import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import type { Config } from '../app/config.ts';
import { writeYaml } from '../wire/files/yaml.ts';

export function writeSettings(file: string, name: string, config: Config): void {
  const { home, data, logLevel, exchange, border, broker } = config;
  const path = (to: string): string => relative(dirname(file), to);
  const partners = Object.entries(config.partners).map(([code, { certificates, mirrored, ...connection }]) => [
    code,
    {
      ...connection,
      ...(mirrored ? { mirrored } : {}),
      certificates: {
        signing: certificates.signing.map(path),
        tls: certificates.tls.map(path),
        anchors: certificates.anchors.map(path),
      },
    },
  ]);
  const settings = {
    home,
    data: path(data),
    log: logLevel,
    exchange: { host: exchange.host, port: exchange.port },
    border,
    ...(broker === undefined ? {} : { broker: { url: broker.url, realm: broker.realm } }),
    partners: Object.fromEntries(partners) as unknown,
  };
  writeFileSync(file, `# ${name} in a rehearsal. Written by mra, with keys made for it.\n${writeYaml(settings)}`);
}

/** The part of a written file that an existing gateway takes into its settings. */
export function partnerPart(file: string): string {
  const text = readFileSync(file, 'utf8');
  return text.slice(text.indexOf('partners:')).trimEnd();
}
