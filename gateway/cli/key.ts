/** `mra key …`: the keys of this gateway and the certificates partners need. */

import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { getPartner } from '../gateway.ts';
import { GatewayError } from '../model/errors.ts';
import type { CliContext, OpenGateway } from './context.ts';
import { withGateway } from './list.ts';

const purposes = ['signing', 'tls', 'ca'] as const;
type Purpose = (typeof purposes)[number];

export function keyCommands(program: Command, context: CliContext): void {
  const key = program.command('key').description('keys and certificates');
  key
    .command('list')
    .description('our keys, what they are for and until when')
    .action(withGateway(context, (gateway) => list(context, gateway)));
  key
    .command('new')
    .description('make the keys that are missing')
    .action(withGateway(context, (gateway) => list(context, gateway)));
  key
    .command('export <partner>')
    .description('the public certificate a partner must register for us')
    .option('--purpose <purpose>', purposes.join(', '), 'signing')
    .option('--out <file>', 'instead of standard output')
    .action(
      withGateway(context, (gateway, partner: string, options: { purpose: string; out?: string }) =>
        exportCertificate(context, gateway, partner, options),
      ),
    );
}

async function list({ out }: CliContext, gateway: OpenGateway): Promise<void> {
  const keys = gateway.keyring.list();
  if (out.format === 'json') out.json(keys);
  else
    out.table(
      keys.map(({ name, algorithm, subject, notAfter, fingerprint }) => ({
        name,
        algorithm,
        subject,
        until: notAfter,
        fingerprint,
      })),
    );
  out.next('mra key export PARTNER');
  await Promise.resolve();
}

async function exportCertificate(
  { out }: CliContext,
  gateway: OpenGateway,
  code: string,
  options: { purpose: string; out?: string },
): Promise<void> {
  const purpose = purposes.find((name) => name === options.purpose);
  if (purpose === undefined)
    throw new GatewayError('E_REQUEST_INVALID', 'no such purpose', { fix: `Use one of: ${purposes.join(', ')}.` });
  const pem = certificateFor(gateway, code, purpose).trimEnd();
  if (options.out === undefined) out.print(pem);
  else writeFileSync(options.out, `${pem}\n`);
  await Promise.resolve();
}

function certificateFor(gateway: OpenGateway, code: string, purpose: Purpose): string {
  switch (purpose) {
    case 'signing':
      return getPartner(gateway, code).signer.certificate.toString();
    case 'tls':
      return gateway.keyring.tls.cert;
    case 'ca':
      return gateway.keyring.tls.ca;
  }
}
