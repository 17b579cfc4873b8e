/** The settings of one side of a rehearsal as a file, and the lines that tell an existing gateway of the other side. */

import { readFileSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { Adapter } from '../adapter/adapter.ts';
import type { Identity } from './identities.ts';
import type { PairBroker } from './pairing.ts';

export interface PairSettings {
  /** Paths in the file are relative to it. */
  readonly folder: string;
  readonly adapter: Adapter;
  readonly broker?: PairBroker | undefined;
  readonly side: {
    readonly identity: Identity;
    readonly door: { readonly host: string; readonly port: number };
    readonly borderPort: number;
  };
  readonly met: { readonly identity: Identity; readonly url: string; readonly mirrored: boolean };
}

export function writeSettings(file: string, settings: PairSettings): void {
  const { folder, broker, side } = settings;
  const { home, folder: own } = side.identity;
  const lines = [
    `# ${home.name} in a rehearsal. Written by mra; the keys are made up for it.`,
    `home: ${home.country}`,
    `data: ${quoted(relative(folder, own))}`,
    'log: error',
    'exchange:',
    `  host: ${quoted(side.door.host)}`,
    `  port: ${side.door.port}`,
    'border:',
    '  host: 127.0.0.1',
    `  port: ${side.borderPort}`,
    ...(broker === undefined ? [] : ['broker:', `  url: ${quoted(broker.url)}`, `  realm: ${broker.realm}`]),
    ...partnerLines(settings),
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
}

/** The part of a written file that names the other side: what goes into the settings of a gateway that exists already. */
export function partnerPart(file: string): string {
  const text = readFileSync(file, 'utf8');
  return text.slice(text.indexOf('partners:')).trimEnd();
}

function partnerLines({ folder, adapter, broker, met }: PairSettings): readonly string[] {
  const { home, certificates } = met.identity;
  const list = (paths: readonly string[]): string =>
    `[${paths.map((path) => quoted(relative(folder, path))).join(', ')}]`;
  return [
    'partners:',
    `  ${home.country}:`,
    `    adapter: ${adapter.cc}`,
    ...(met.mirrored ? ['    mirrored: true'] : []),
    ...(adapter.transport === 'amqp' && broker === undefined ? ['    transport: https'] : []),
    ...(adapter.transport === 'https-pull' ? ['    pollSeconds: 1'] : []),
    `    url: ${quoted(met.url)}`,
    '    certificates:',
    `      signing: ${list(certificates.signing)}`,
    `      tls: ${list(certificates.tls)}`,
    `      anchors: ${list(certificates.anchors)}`,
  ];
}

/** Text in double quotes means the same to YAML as to JSON. */
function quoted(text: string): string {
  return JSON.stringify(text);
}
