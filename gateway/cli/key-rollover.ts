/** `mra key rotate|confirm|cancel|csr|import|pkcs12|calendar`: keys of ours that replace the present ones, for one partner each. */

import type { Command } from 'commander';
import { confirmTogether, rotateTogether } from '../app/key-decisions.ts';
import { cancelKey } from '../app/key-rollover.ts';
import { calendarFile, keyCalendar, monthsLater } from '../app/key-calendar.ts';
import { getPartner } from '../gateway.ts';
import { momentOf } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import { readCertificates } from '../wire/signature/certificates.ts';
import { publicJwk } from '../wire/signature/jws.ts';
import { generateFor, keepNextKey } from '../wire/signature/next-keys.ts';
import {
  certificateRequest,
  readPkcs12,
  writePkcs12,
  type KeyWithCertificate,
} from '../wire/signature/openssl-keys.ts';
import { signerAt, signerOf } from '../wire/signature/profile.ts';
import { isUnsigned } from '../model/message.ts';
import { awaitSecond, withGateway, withReading, type CliContext, type OpenGateway } from './context.ts';
import { tlsCommand } from './key-tls.ts';
import { deciderHere, decidingOptions, stopperHere, stoppingOptions, type DecidingOptions } from './login.ts';
import { keyName, momentAt, readInput, wholeNumber, writeOutput } from './input.ts';

interface RotateOptions extends DecidingOptions {
  readonly from?: string;
  readonly grace?: number;
  readonly name?: string;
  readonly out?: string;
}

interface ImportOptions extends RotateOptions {
  readonly passwordFile?: string;
}

export function rolloverCommands(key: Command, context: CliContext): void {
  rolloverOptions(
    key
      .command('rotate <partner>')
      .description('make a new signing key for a partner, and announce it; two people must decide'),
  ).action((partner: string, options: RotateOptions) =>
    withGateway(context, (gateway) => rotate(context, gateway, partner, options, `mra key rotate ${partner}`)),
  );
  rolloverOptions(
    key
      .command('import <partner> <file>')
      .description(
        'announce a certificate by another authority (PEM, for mra key csr), or a key with its certificate (PKCS#12); two people must decide',
      ),
  )
    .option('--password-file <file>', 'the file with the password of a PKCS#12 file')
    .action((partner: string, file: string, options: ImportOptions) =>
      withGateway(context, async (gateway) =>
        rotate(
          context,
          gateway,
          partner,
          options,
          `mra key import ${partner} ${file}`,
          await given(gateway, file, options),
        ),
      ),
    );
  tlsCommand(key, context);
  stateCommands(key, context);
  fileCommands(key, context);
  key
    .command('calendar')
    .description('when keys and certificates of both sides end or change')
    .option('--months <n>', 'how far ahead', wholeNumber('--months'), 18)
    .option('--ical <file>', 'also as a calendar file (iCalendar)')
    .action((options: { months: number; ical?: string }) => calendar(context, options));
}

function stateCommands(key: Command, context: CliContext): void {
  decidingOptions(
    key
      .command('confirm <partner>')
      .description(
        'a partner that reads no announcements says that it has registered our new key; two people must decide',
      ),
  ).action((partner: string, options: DecidingOptions) =>
    withGateway(context, (gateway) => confirm(context, gateway, partner, options)),
  );
  stoppingOptions(
    key.command('cancel <partner>').description('give up a new key: the present one goes on signing'),
  ).action((partner: string, options: { reason: string; as?: string }) =>
    withGateway(context, (gateway) => cancel(context, gateway, partner, options)),
  );
}

function rolloverOptions(command: Command): Command {
  const described = command
    .option(
      '--from <day>',
      'the day or moment from which the new key signs (default: after the notice agreed with the partner)',
    )
    .option(
      '--grace <days>',
      'for how many days more the partner accepts the key before (default: as agreed)',
      wholeNumber('--grace', 0),
    )
    .option('--name <name>', 'by which messages call the new key (kid, KeyName)', keyName)
    .option('--out <file>', 'write the new certificate to this file, for a person to send');
  return decidingOptions(described);
}

function fileCommands(key: Command, context: CliContext): void {
  key
    .command('csr <partner>')
    .description('make a signing key for a partner, and a request for its certificate (PKCS#10)')
    .option('--out <file>', 'write the request to this file instead of standard output')
    .action((partner: string, { out }: { out?: string }) =>
      withGateway(context, (gateway) => request(context, gateway, partner, out)),
    );
  key
    .command('pkcs12 <partner> <file>')
    .description('our signing key for a partner with its certificate, as a PKCS#12 file')
    .requiredOption('--password-file <file>', 'the file with the password that encrypts it')
    .action((partner: string, file: string, { passwordFile }: { passwordFile: string }) =>
      withReading(context, (gateway) => exportKey(context, gateway, partner, { file, passwordFile })),
    );
}

async function rotate(
  { out, exit }: CliContext,
  gateway: OpenGateway,
  code: string,
  { from, grace: graceDays, name, out: file, ...options }: RotateOptions,
  command: string,
  key?: KeyWithCertificate,
): Promise<void> {
  const begins = momentAt(from, gateway.home.timeZone);
  const partner = getPartner(gateway, code);
  const decider = await deciderHere(gateway, out, 'keys.decide', options);
  const rollover = { from: begins, graceDays, name, given: key };
  const done = await rotateTogether(gateway, partner.code, rollover, decider);
  if (done === undefined) {
    if (out.format === 'json') out.json({ partner: partner.code, person: decider.person, done: false });
    return awaitSecond({ out, exit }, command, decider);
  }
  const { certificate, message, ...begun } = done;
  if (file !== undefined)
    writeOutput(file, textOf(gateway, partner.code, certificate.toString(), name), 'the key is stored');
  const row = { partner: partner.code, fingerprint: begun.fingerprint, from: begun.from, old_until: begun.oldUntil };
  out.result({ ...row, message: message ?? null, file: file ?? null }, [row]);
  if (message === undefined) {
    out.note('This partner reads no announcements: send it the certificate, and confirm when it has registered it.');
    return out.next(`mra key confirm ${partner.code}`);
  }
  out.note('A gateway that serves announces and proves the key, and changes to it on its day.');
  out.next('mra key calendar');
}

/** As the partner registers it: a JWK where messages are JWS, otherwise PEM. */
function textOf({ partners }: OpenGateway, code: string, pem: string, name: string | undefined): string {
  const { seal } = getPartner({ partners }, code).adapter;
  if (isUnsigned(seal) || seal.kind !== 'jws') return pem;
  const { algorithm } = seal;
  return `${JSON.stringify(publicJwk(pem.trimEnd(), { algorithm, ...(name !== undefined && { name }) }))}\n`;
}

/** The certificate of a key that `mra key csr` made, or a PKCS#12 file. Throws E_KEY_MISSING, E_REQUEST_INVALID. */
async function given(gateway: OpenGateway, file: string, { passwordFile }: ImportOptions): Promise<KeyWithCertificate> {
  const bytes = readInput(file);
  if (!bytes.includes('-----BEGIN CERTIFICATE-----')) {
    if (passwordFile === undefined)
      throw new GatewayError('E_REQUEST_INVALID', 'a PKCS#12 file has a password', {
        at: '--password-file',
        fix: 'Name the file with the password.',
      });
    passwordIn(passwordFile);
    return await readPkcs12(bytes, passwordFile);
  }
  const [certificate] = readCertificates(bytes.toString(), file);
  const key = certificate && gateway.keyring.keyOf(certificate);
  if (certificate === undefined || key === undefined)
    throw new GatewayError('E_KEY_MISSING', 'no key of this certificate is in the folder of keys', {
      at: file,
      fix: 'mra key csr PARTNER makes a key and the request for its certificate.',
    });
  return { key, certificate };
}

function passwordIn(file: string): string {
  return readInput(file)
    .toString()
    .replace(/[\r\n]+$/u, '');
}

async function confirm(
  { out, exit }: CliContext,
  gateway: OpenGateway,
  code: string,
  options: DecidingOptions,
): Promise<void> {
  const partner = code.toUpperCase();
  const decider = await deciderHere(gateway, out, 'keys.decide', options);
  const { person } = decider;
  const from = await confirmTogether(gateway, code, decider);
  if (from === undefined) {
    if (out.format === 'json') out.json({ partner, person, done: false });
    return awaitSecond({ out, exit }, `mra key confirm ${partner}`, decider);
  }
  out.result({ partner, person, from }, [{ partner, person, from }]);
  out.next('mra key calendar');
}

async function cancel(
  { out }: CliContext,
  gateway: OpenGateway,
  code: string,
  { reason, as }: { readonly reason: string; readonly as?: string },
): Promise<void> {
  const by = { reason, person: await stopperHere(gateway, 'keys.decide', as) };
  await cancelKey(gateway, code, by);
  const partner = code.toUpperCase();
  out.result({ partner, ...by }, [{ partner, ...by }]);
  out.next(`mra key rotate ${partner}`);
}

async function request(
  { out }: CliContext,
  gateway: OpenGateway,
  code: string,
  file: string | undefined,
): Promise<void> {
  const { code: partner, signer } = getPartner(gateway, code);
  const { algorithm } = signerOf(signer);
  const pair = await generateFor(algorithm);
  const keyFile = await keepNextKey(gateway.config.keys, pair.privateKey);
  const { country, name: organization } = gateway.home;
  const pem = await certificateRequest(keyFile, { country, organization, commonName: `${country} gateway ${partner}` });
  if (file !== undefined) writeOutput(file, pem, 'the key is stored');
  if (out.format === 'json') out.json(file === undefined ? { partner, request: pem } : { partner, file });
  else if (file === undefined) out.print(pem.trimEnd());
  out.next(`mra key import ${partner} CERTIFICATE`);
}

async function exportKey(
  { out }: CliContext,
  gateway: OpenGateway,
  code: string,
  { file, passwordFile }: { readonly file: string; readonly passwordFile: string },
): Promise<void> {
  const { code: partner, signer } = getPartner(gateway, code);
  const { key, certificate } = signerAt(signerOf(signer), momentOf(gateway.now()));
  if (passwordIn(passwordFile).length < 8)
    throw new GatewayError('E_REQUEST_INVALID', 'the password has fewer than 8 characters', {
      at: '--password-file',
      fix: 'Choose a longer one.',
    });
  writeOutput(file, await writePkcs12({ key, certificate }, passwordFile), undefined, 0o600);
  out.result({ partner, file }, [{ partner, file }]);
  out.next('keep file and password apart');
}

async function calendar(
  context: CliContext,
  { months, ical }: { readonly months: number; readonly ical?: string },
): Promise<void> {
  const { out } = context;
  const { dates, now } = await withReading(context, async (gateway) => {
    const at = momentOf(gateway.now());
    return { dates: await keyCalendar(gateway, monthsLater(at, months)), now: at };
  });
  if (ical !== undefined) writeOutput(ical, calendarFile(dates, now));
  out.result(
    dates,
    dates.map(({ at, side, partner = 'all', use, change, key, state = '', fingerprint = '' }) => {
      return { at: at.slice(0, 16), side, partner, use, change, key, state, fingerprint: fingerprint.slice(0, 16) };
    }),
  );
  out.next('mra key rotate PARTNER');
}
