/** `mra key …`: the keys of this gateway and the certificates partners need. Works before any partner is known. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { loadAdapter } from '../adapter/load.ts';
import { GatewayError } from '../model/errors.ts';
import { openKeys } from '../app/partners.ts';
import { publicJwk } from '../wire/signature/jws.ts';
import type { CliContext } from './context.ts';

const formats = ['pem', 'jwk'] as const;
const purposes = ['signing', 'tls', 'ca'] as const;
type Purpose = (typeof purposes)[number];

interface ExportOptions {
  readonly purpose: string;
  readonly format: string;
  readonly out?: string;
}

export function keyCommands(program: Command, context: CliContext): void {
  const key = program.command('key').description('keys and certificates');
  key
    .command('list')
    .description('our keys, what they are for and until when')
    .action(() => list(context));
  key
    .command('new')
    .description('make our keys where there are none yet')
    .action(() => list(context));
  key
    .command('export <partner>')
    .description('the public certificate a partner must register for us')
    .option('--purpose <purpose>', purposes.join(', '), 'signing')
    .option('--format <format>', `${formats.join(', ')}; a JWK is for partners that verify JWS`, 'pem')
    .option('--out <file>', 'instead of standard output')
    .action((partner: string, options: ExportOptions) => exportCertificate(context, partner, options));
}

async function list({ out, tools, config }: CliContext): Promise<void> {
  const { keyring } = await openKeys(config(), tools);
  const keys = keyring.list();
  if (out.format === 'json') out.json(keys);
  else {
    out.table(
      keys.map(({ name, algorithm, subject, notAfter, fingerprint }) => ({
        name,
        algorithm,
        subject,
        until: notAfter,
        fingerprint,
      })),
    );
  }
  out.next('mra key export PARTNER');
}

async function exportCertificate(context: CliContext, code: string, options: ExportOptions): Promise<void> {
  const purpose = purposes.find((name) => name === options.purpose);
  if (purpose === undefined) {
    throw new GatewayError('E_REQUEST_INVALID', 'no such purpose', { fix: `Use one of: ${purposes.join(', ')}.` });
  }
  const format = formats.find((name) => name === options.format);
  if (format === undefined) {
    throw new GatewayError('E_REQUEST_INVALID', 'no such format', { fix: `Use one of: ${formats.join(', ')}.` });
  }
  const pem = (await certificateFor(context, code.toUpperCase(), purpose)).trimEnd();
  const text = format === 'pem' ? pem : JSON.stringify(publicJwk(pem));
  if (options.out === undefined) context.out.print(text);
  else writeFileSync(options.out, `${text}\n`);
}

async function certificateFor({ tools, config }: CliContext, code: string, purpose: Purpose): Promise<string> {
  const settings = config();
  const { keyring } = await openKeys(settings, tools);
  switch (purpose) {
    case 'signing': {
      const folder = settings.partners[code]?.adapter ?? code.toLowerCase();
      const { seal } = await loadAdapter(join(settings.adapters, folder), tools);
      return keyring.signer(seal.algorithm).certificate.toString();
    }
    case 'tls':
      return keyring.tls.cert;
    case 'ca':
      return keyring.tls.ca;
  }
}
