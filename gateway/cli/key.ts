/** `mra key …`: the keys of this gateway, and the certificates that partners need. Works before any partner is configured. */

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Option, type Command } from 'commander';
import { loadAdapter } from '../adapter/load.ts';
import { newKeys, readKeys } from '../app/partners.ts';
import { sha256 } from '../model/canonical-json.ts';
import { GatewayError } from '../model/errors.ts';
import { isUnsigned } from '../model/message.ts';
import { present } from '../model/present.ts';
import { thumbprint } from '../wire/signature/certificates.ts';
import { publicJwk } from '../wire/signature/jws.ts';
import type { Signer } from '../wire/signature/profile.ts';
import { ownKeyAt } from '../app/stored-partners.ts';
import type { CliContext } from './context.ts';
import { writeOutput } from './input.ts';
import { rolloverCommands } from './key-rollover.ts';

const purposes = ['signing', 'tls', 'tls-next', 'ca'] as const;

interface ExportOptions {
  readonly purpose: (typeof purposes)[number];
  readonly format: 'pem' | 'jwk';
  readonly out?: string;
}

export function keyCommands(program: Command, context: CliContext): void {
  const key = program.command('key').description('keys and certificates');
  key
    .command('list')
    .description('our keys, with purpose and expiry')
    .action(() => list(context, readKeys));
  key
    .command('new')
    .description('create those of our keys that do not exist')
    .action(() => list(context, newKeys));
  key
    .command('export <partner>')
    .description('our public certificate, for the partner to register')
    .addOption(new Option('--purpose <purpose>', 'which key').choices(purposes).default('signing'))
    .addOption(
      new Option('--format <format>', 'jwk for partners that verify JWS').choices(['pem', 'jwk']).default('pem'),
    )
    .option('--out <file>', 'write to this file instead of standard output')
    .action((partner: string, options: ExportOptions) => exportCertificate(context, partner, options));
  key
    .command('secret <partner>')
    .description('a new token for our exchange door, for a partner that can have no client certificate')
    .option('--user <name>', 'a password for this user instead')
    .action((partner: string, options: SecretOptions) => makeSecret(context, partner.toUpperCase(), options));
  rolloverCommands(key, context);
}

interface SecretOptions {
  readonly user?: string;
}

/** Nothing is kept of the secret but what the settings get: its digest. */
function makeSecret({ out }: CliContext, partner: string, { user }: SecretOptions): void {
  if (user !== undefined && !/^[^:\p{Cc}]{1,200}$/u.test(user))
    throw new GatewayError('E_REQUEST_INVALID', 'a user has no colon and no control characters (RFC 7617)', {
      at: '--user',
      fix: 'Choose another name.',
    });
  const secret = randomBytes(32).toString('base64url');
  const access = present({ user, sha256: sha256(Buffer.from(secret)) });
  if (out.format === 'json') out.json({ secret, access });
  else out.print(secret);
  out.note(`Settings, at partners.${partner}: access: [${JSON.stringify(access)}]`);
  out.note('Give the secret to the partner over a way that only it can read. It is not shown again.');
  out.next('mra partner reload');
}

async function list({ out, tools, config }: CliContext, open: typeof newKeys): Promise<void> {
  const { keyring } = await open(config(), tools);
  const keys = keyring.list();
  out.result(
    keys,
    keys.map(({ name, algorithm, subject, notAfter: until, fingerprint }) => {
      return { name, algorithm, subject, until, fingerprint };
    }),
  );
  if (keys.length === 0) out.note('There are no keys yet.');
  out.next(keys.length === 0 ? 'mra key new' : 'mra key export PARTNER');
}

async function exportCertificate(context: CliContext, code: string, options: ExportOptions): Promise<void> {
  const { out } = context;
  const { purpose, format, out: file } = options;
  const { pem: text, ...signer } = await certificateFor(context, code.toUpperCase(), purpose);
  const pem = text.trimEnd();
  const key = format === 'pem' ? pem : publicJwk(pem, signer);
  const written = typeof key === 'string' ? key : JSON.stringify(key);
  if (file !== undefined) writeOutput(file, `${written}\n`);
  if (out.format === 'json') out.json(file === undefined ? { purpose, format, key } : { purpose, format, file });
  else if (file === undefined) out.print(written);
}

async function certificateFor(
  { tools, config }: CliContext,
  code: string,
  purpose: ExportOptions['purpose'],
): Promise<{ readonly pem: string } & Pick<Partial<Signer>, 'algorithm' | 'name'>> {
  const settings = config();
  const { keyring } = await readKeys(settings, tools);
  switch (purpose) {
    case 'signing': {
      const folder = settings.partners[code]?.adapter ?? code.toLowerCase();
      const { seal } = await loadAdapter(join(settings.adapters, folder), tools);
      if (isUnsigned(seal))
        throw new GatewayError('E_REQUEST_INVALID', 'messages to this partner are not signed', {
          fix: 'It needs our TLS certificate: --purpose tls.',
        });
      const { algorithm, headers } = seal;
      const own = await ownKeyAt(settings, code, new Date());
      const { certificate } = own ?? keyring.signer(algorithm);
      const kid = (own === undefined ? settings.partners[code]?.keyName : own.name) ?? thumbprint(certificate);
      const named = headers?.includes('kid') === true ? { name: kid } : {};
      return { pem: certificate.toString(), algorithm, ...named };
    }
    case 'tls':
      return { pem: keyring.tls.cert };
    case 'tls-next':
      if (keyring.nextTls !== undefined) return { pem: keyring.nextTls.cert };
      throw new GatewayError('E_KEY_MISSING', 'there is no next TLS key', { fix: 'mra key rotate-tls makes it.' });
    case 'ca':
      return { pem: keyring.tls.ca };
  }
}
