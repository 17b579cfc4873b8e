/** `mra partner …`: partners and their certificates, added and revoked while gateways serve. */

import { Option, type Command } from 'commander';
import { loadConfig, type PartnerConfig } from '../app/config.ts';
import { askToReload } from '../app/control.ts';
import { addPartner, registerCertificate, revoke } from '../app/partner-decisions.ts';
import { momentOf } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import { keyUses, type KeyUse } from '../model/partner-key.ts';
import { deciderHere, decidingOptions, stopperHere, stoppingOptions, type DecidingOptions } from './login.ts';
import type { Decider } from '../store/approvals.ts';
import { awaitSecond, withGateway, withReading, type CliContext } from './context.ts';
import { keyName, momentAt, readInput, wholeNumber } from './input.ts';
import { exitCodes } from './output.ts';

interface CertificateOptions extends DecidingOptions {
  readonly use: KeyUse;
  readonly from?: string;
  readonly replaces?: string;
  readonly grace: number;
  readonly name?: string;
}

export function partnerCommands(program: Command, context: CliContext): void {
  const partner = program.command('partner').description('partners and their certificates');
  partner
    .command('list')
    .description('partners, and how they are connected')
    .action(() => list(context));
  partner
    .command('reload')
    .description(
      'take partners, their certificates and our keys from the settings again; what was taken out stops at once',
    )
    .action(() => reload(context));
  decidingOptions(
    partner
      .command('add <partner> <file>')
      .description('a partner, from a file with its part of the settings; two people must decide'),
  ).action((code: string, file: string, options: DecidingOptions) => add(context, code.toUpperCase(), file, options));
  decidingOptions(
    partner
      .command('certificate <partner> <file>')
      .description('register a certificate of a partner; two people must decide')
      .addOption(new Option('--use <use>', 'what it is for').choices(keyUses).default('signing'))
      .option('--from <day>', 'the day or moment from which it counts (default: now)')
      .option('--replaces <fingerprint>', 'the certificate before, which counts for the days of --grace more')
      .option('--grace <days>', 'for how many days both count', wholeNumber('--grace', 0), 30)
      .option('--name <name>', 'by which messages call the key (kid, KeyName)', keyName),
  ).action((code: string, file: string, options: CertificateOptions) => certificate(context, code, file, options));
  stoppingOptions(
    partner
      .command('revoke <partner>')
      .description('stop all exchange with a partner at once, or under one of its certificates')
      .option('--certificate <fingerprint>', 'only this certificate'),
  ).action((code: string, options: RevokeOptions) => stop(context, code, options));
}

interface RevokeOptions {
  readonly reason: string;
  readonly certificate?: string;
  readonly as?: string;
}

async function list(context: CliContext): Promise<void> {
  const { out } = context;
  await withReading(context, ({ partners, config, stopped }) => {
    const rows = [...partners.values()].map(({ code, adapter }) => {
      const { transport = adapter.transport, url, revoked, certificates } = config.partners[code] ?? {};
      const reason = revoked ?? stopped.get(code);
      const state = revoked !== undefined ? 'revoked' : reason !== undefined ? 'stopped' : 'active';
      const signing = certificates?.signing.length ?? 0;
      const kind = adapter.memorandum === undefined ? 'administration' : 'agency';
      return {
        partner: code,
        kind,
        adapter: adapter.cc,
        state,
        transport,
        url: url ?? '',
        signing,
        reason: reason ?? '',
      };
    });
    out.result(rows, rows);
    return Promise.resolve();
  });
  out.next('mra key calendar');
}

async function reload({ out, config, exit }: CliContext): Promise<void> {
  const results = await askToReload(config().data);
  out.result(
    results,
    results.map(({ partner, loaded, detail = '' }) => ({ partner, loaded: loaded ? 'yes' : 'no', detail })),
  );
  if (results.length === 0) out.note('Nothing changed.');
  if (results.some(({ loaded }) => !loaded)) exit(exitCodes.configuration);
  out.next('mra doctor');
}

async function add(context: CliContext, code: string, file: string, options: DecidingOptions): Promise<void> {
  const settings = partIn(file, code);
  const decided = await withGateway(context, async (gateway) => {
    const decider = await deciderHere(gateway, context.out, 'partners.decide', options);
    const done = await addPartner(gateway, context.tools, { code, settings, ...decider });
    return { decider, done };
  });
  report(context, { partner: code, ...decided }, `mra partner add ${code} ${file}`);
}

/** Throws E_CONFIG_INVALID for a file without this partner. */
function partIn(file: string, code: string): PartnerConfig {
  const settings = loadConfig({ config: file }, {}).partners[code];
  if (settings !== undefined) return settings;
  throw new GatewayError('E_CONFIG_INVALID', 'the file does not have this partner', {
    at: file,
    fix: `Write its part of the settings: partners: { ${code}: { adapter: …, url: …, certificates: … } }.`,
  });
}

async function certificate(
  context: CliContext,
  code: string,
  file: string,
  { use, from, replaces, grace: graceDays, name, ...options }: CertificateOptions,
): Promise<void> {
  const pem = readInput(file).toString();
  const decided = await withGateway(context, async (gateway) => {
    const begins = momentAt(from, gateway.home.timeZone);
    const decider = await deciderHere(gateway, context.out, 'partners.decide', options);
    const decision = { use, certificate: pem, from: begins, replaces, graceDays, name, ...decider };
    const done = await registerCertificate(gateway, code, decision);
    return { decider, done };
  });
  const partner = code.toUpperCase();
  report(context, { partner, ...decided }, `mra partner certificate ${partner} ${file}`);
}

interface Decided {
  readonly partner: string;
  readonly decider: Decider;
  readonly done: boolean;
}

function report({ out, exit }: CliContext, { partner, decider, done }: Decided, command: string): void {
  if (out.format === 'json') out.json({ partner, person: decider.person, done });
  if (!done) return awaitSecond({ out, exit }, command, decider);
  if (out.format !== 'json') out.print(`${partner}: stored; gateways that serve take it within seconds`);
  out.next('mra key calendar');
}

async function stop(
  context: CliContext,
  code: string,
  { reason, certificate: print, as }: RevokeOptions,
): Promise<void> {
  const { out } = context;
  const at = await withGateway(context, async (gateway) => {
    const person = await stopperHere(gateway, 'partners.decide', as);
    await revoke(gateway, code, { reason, person, certificate: print });
    return momentOf(gateway.now());
  });
  const result = { partner: code.toUpperCase(), certificate: print ?? null, revoked: at };
  if (out.format === 'json') out.json(result);
  else out.print(`${result.partner}: revoked; gateways that serve end its connections within seconds`);
  out.next(print === undefined ? 'mra partner list' : 'mra key calendar');
}
