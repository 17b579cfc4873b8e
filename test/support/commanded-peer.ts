/** A partner with a system of its own, and ours beside it, connected by commands alone: neither has an adapter of the other yet. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startPeer, type PeerProgram } from './peer-program.ts';
import { openProgram, type ServedProgram } from './served-program.ts';
import { freePort } from './services.ts';
import { tlsParty } from './tls.ts';

export interface CommandedPeer {
  readonly program: ServedProgram;
  readonly partner: PeerProgram;
  stop(): void;
}

/** Starts the program `file` of the partner; our settings name the partner, its address and certificates. */
export async function openCommandedPeer(code: string, file: string): Promise<CommandedPeer> {
  const name = code.toLowerCase();
  const [port, ours, border] = [await freePort(), await freePort(), await freePort()];
  const certificates = `{ tls: [${name}-cert.pem], anchors: [${name}-ca.pem] }`;
  const program = await openProgram([
    `exchange: { host: 127.0.0.1, port: ${ours} }`,
    `border: { host: 127.0.0.1, port: ${border} }`,
    'partners:',
    `  ${code}: { adapter: ${name}, url: 'https://127.0.0.1:${port}', certificates: ${certificates} }`,
  ]);
  const { folder } = program;
  const party = await tlsParty(code);
  for (const part of ['cert', 'key', 'ca'] as const) writeFileSync(join(folder, `${name}-${part}.pem`), party[part]);
  await program.done('key', 'new');
  await program.done('key', 'export', code, '--purpose', 'ca', '--out', join(folder, 'our-ca.pem'));
  const files = [`${name}-cert.pem`, `${name}-key.pem`, 'our-ca.pem'].map((each) => join(folder, each));
  const partner = startPeer(file, [String(port), ...files, String(ours)]);
  await partner.tells({ event: 'open' });
  return {
    ...{ program, partner },
    stop() {
      partner.stop();
      program.stop();
    },
  };
}
