/** `mra check IDENTIFIER`: one status question from the command line, recorded like any other. */

import { Option, type Command } from 'commander';
import { check, type Clearance } from '../clearance/requests.ts';
import type { CheckRequest, ProvenAnswer } from '../model/clearance/answer.ts';
import { entryRoles, type Direction, type EntryRole, type TransportMode } from '../model/arrangement.ts';
import { choosePartner } from '../model/clearance/assessment.ts';
import { shownConsultationNumber } from '../model/clearance/consultation-number.ts';
import { GatewayError } from '../model/errors.ts';
import { exitCodes, type ExitCode, type Output } from './output.ts';

/** What questions at the command line need of their surroundings. A CliContext is one of these. */
export interface ClearanceContext {
  readonly out: Output;
  open(): Promise<Clearance & { close(): Promise<void> }>;
  exit(code: ExitCode): void;
}

interface CheckOptions {
  readonly partner?: string;
  readonly at?: string;
  readonly knownAt?: string;
  readonly role?: EntryRole;
  readonly direction?: Direction;
  readonly mode?: TransportMode;
  readonly port?: string;
  readonly portOfDeparture?: string;
  readonly name?: string;
  readonly address?: string;
  readonly exitCode?: boolean;
}

export function checkCommand(program: Command, context: ClearanceContext): void {
  program
    .command('check [identifier]')
    .description('ask about one operator of a partner')
    .option('--partner <code>', 'whose operator; found from the identifier where that is clear')
    .option('--at <time>', 'the legal moment, with Z or an offset; now if absent', momentOption)
    .option('--known-at <time>', 'only what had reached us by then counts', momentOption)
    .addOption(new Option('--role <role>', 'role on the declaration').choices(entryRoles))
    .addOption(new Option('--direction <direction>', 'seen from home').choices(['import', 'export']))
    .addOption(new Option('--mode <mode>', 'mode of transport').choices(['sea', 'air', 'road', 'rail', 'post']))
    .option('--port <code>', 'where the goods enter or leave here, as the declaration writes it')
    .option('--port-of-departure <code>', 'where they are loaded or unloaded there')
    .option('--name <name>', 'name on the declaration, compared with the list; never grants')
    .option(
      '--address <address>',
      'without an identifier, where the arrangement has operators found by name and address',
    )
    .option('--exit-code', 'exit 1 unless the operator is recognised')
    .action((identifier: string | undefined, options: CheckOptions) =>
      withClearance(context, (clearance) => run(context, clearance, identifier, options)),
    );
}

/** Opens the clearance side for one command and closes it whatever happens. */
export async function withClearance(
  context: ClearanceContext,
  work: (clearance: Clearance) => Promise<void>,
): Promise<void> {
  const clearance = await context.open();
  try {
    await work(clearance);
  } finally {
    await clearance.close();
  }
}

async function run(
  context: ClearanceContext,
  clearance: Clearance,
  identifier: string | undefined,
  options: CheckOptions,
): Promise<void> {
  const { out } = context;
  const request = requestOf(clearance, identifier, options);
  const answer = await check(clearance, request, 'command-line');
  if (out.format === 'json') out.json(answer);
  else for (const line of linesOf(answer)) out.print(line);
  out.next(nextStep(answer, request));
  if (options.exitCode === true && answer.outcome !== 'recognised') context.exit(exitCodes.findings);
}

function requestOf(clearance: Clearance, identifier: string | undefined, options: CheckOptions): CheckRequest {
  const { partner, at, knownAt, role, direction, mode, port, portOfDeparture: departure, name, address } = options;
  return {
    partner: partner ?? partnerOf(clearance, identifier),
    ...(identifier === undefined ? {} : { identifier }),
    ...(at === undefined ? {} : { at }),
    ...(knownAt === undefined ? {} : { known_at: knownAt }),
    ...(role === undefined ? {} : { role }),
    ...(direction === undefined ? {} : { direction }),
    ...(mode === undefined ? {} : { mode }),
    ...(port === undefined ? {} : { port }),
    ...(departure === undefined ? {} : { port_of_departure: departure }),
    ...(name === undefined ? {} : { name }),
    ...(address === undefined ? {} : { address }),
  };
}

function partnerOf(clearance: Clearance, identifier = ''): string {
  const terms = [...clearance.partners.values()].map(({ adapter }) => adapter);
  const party = { pointer: '', role: 'consignor', identifier } as const;
  const choice = choosePartner(party, { direction: 'import', parties: [party] }, terms);
  if ('partner' in choice) return choice.partner;
  const known = [...clearance.partners.keys()].join(', ');
  throw new GatewayError('E_PARTNER_UNKNOWN', 'nothing tells whose operator it is', {
    fix: `Say --partner with one of: ${known}.`,
  });
}

/** A time without a zone would be read in the zone of this machine, which nobody meant. */
function momentOption(text: string): string {
  if (/(?:Z|[+-]\d\d:\d\d)$/u.test(text) && !Number.isNaN(Date.parse(text))) return text;
  throw new GatewayError('E_REQUEST_INVALID', 'a time needs a zone', {
    fix: 'Write it as 2026-11-23T14:05:11+08:00 or with Z.',
  });
}

/** The outcome first, then how it was reached, how fresh it is, and its number. */
export function linesOf(answer: ProvenAnswer): readonly string[] {
  const { outcome, subject, advice, freshness, explanation, proof, name_match: name } = answer;
  const { would_change_answer: change } = answer;
  const partner = subject.issuer === undefined ? subject.partner : `${subject.partner} (${subject.issuer})`;
  const who = [partner, subject.identifier ?? subject.identifier_as_sent, subject.name]
    .filter((part) => part !== undefined)
    .join(' ');
  const benefits = advice.benefits.length === 0 ? '' : ` ${advice.benefits.join(' ')}`;
  return [
    `${outcome.replaceAll('_', ' ').toUpperCase()}  ${who}`,
    `advice     ${advice.action.replaceAll('_', ' ')}${benefits} (policy ${advice.policy})`,
    ...explanation.map(({ step, result, text }) => `${step.padEnd(10)} ${result.padEnd(4)} ${text}`),
    ...(name === undefined ? [] : [`held name  ${name.compared.held}`]),
    ...(change === undefined ? [] : [`near miss  ${change.because}`]),
    `as of      ${answer.at}, as known at ${answer.known_at}`,
    `freshness  ${freshness.state}${freshness.list === undefined ? '' : `, list ${freshness.list} of ${freshness.list_as_of ?? ''}`}`,
    `number     ${shownConsultationNumber(proof.consultation_number)}`,
  ];
}

function nextStep(
  { outcome, explanation, subject, would_change_answer: change }: ProvenAnswer,
  asked: CheckRequest,
): string {
  if (change !== undefined && change.edit !== 'ambiguous')
    return `compare with the declaration; if it agrees: mra check ${change.identifier} --partner ${change.partner}`;
  switch (outcome) {
    case 'recognised':
      return explanation.some(({ code }) => code === 'SCOPE_NOT_STATED')
        ? `mra check ${subject.identifier ?? ''} ${scopeOptions(asked)}`
        : 'keep the number with the entry';
    case 'undetermined':
      return `mra list show ${subject.partner}`;
    case 'identifier_malformed':
      return 'compare the identifier with the declaration, and ask again';
    case 'recognised_with_limits':
    case 'not_on_list':
    case 'suspended':
    case 'revoked':
    case 'expired':
    case 'agreement_not_in_force':
      return 'clear the entry without benefits, and keep the number';
  }
}

/** What decides about benefits and was not stated; ports matter in a pilot only. */
function scopeOptions({ direction, role }: CheckRequest): string {
  return direction === undefined || role === undefined
    ? '--direction import --role consignor'
    : `--direction ${direction} --role ${role} --mode sea --port CODE --port-of-departure CODE`;
}
