/** `mra check IDENTIFIER`: one status query from the command line, recorded like any other. */

import { Option, type Command } from 'commander';
import { isDay } from '../adapter/template/dates.ts';
import { check, termsOf, type Clearance } from '../clearance/requests.ts';
import type { CheckRequest, ProvenAnswer } from '../model/clearance/answer.ts';
import { entryRoles, type Direction, type EntryRole, type TransportMode } from '../model/arrangement.ts';
import { choosePartner } from '../model/clearance/assessment.ts';
import { shownConsultationNumber } from '../model/clearance/number-form.ts';
import { GatewayError } from '../model/errors.ts';
import { present } from '../model/present.ts';
import { withGateway, type CommandContext } from './context.ts';
import { exitCodes } from './output.ts';

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

export function checkCommand(program: Command, context: CommandContext<Clearance>): void {
  program
    .command('check [identifier]')
    .description('query the status of one operator of a partner')
    .option('--partner <code>', 'whose operator it is; by default found from the identifier')
    .option('--at <time>', 'the effective moment, with Z or an offset; by default now', momentOption)
    .option('--known-at <time>', 'answer from what we had received by then; by default now', momentOption)
    .addOption(new Option('--role <role>', 'role of the party on the declaration').choices(entryRoles))
    .addOption(
      new Option('--direction <direction>', 'direction of the goods, seen from home').choices(['import', 'export']),
    )
    .addOption(new Option('--mode <mode>', 'mode of transport').choices(['sea', 'air', 'road', 'rail', 'post']))
    .option('--port <code>', 'port of entry or exit at home, as the declaration writes it')
    .option('--port-of-departure <code>', 'port of loading or unloading at the partner')
    .option('--name <name>', 'name on the declaration; compared with the list, never grants anything')
    .option('--address <address>', 'used with --name instead of an identifier, if the arrangement allows it')
    .option('--exit-code', 'exit 1 unless the operator is recognised')
    .action((identifier: string | undefined, options: CheckOptions) =>
      withGateway(context, (clearance) => run(context, clearance, identifier, options)),
    );
}

async function run(
  context: CommandContext<Clearance>,
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
  const { partner = partnerOf(clearance, identifier), knownAt, portOfDeparture, exitCode, ...rest } = options;
  return present({ partner, identifier, ...rest, known_at: knownAt, port_of_departure: portOfDeparture });
}

function partnerOf(clearance: Clearance, identifier = ''): string {
  const terms = termsOf(clearance);
  const party = { pointer: '', role: 'consignor', identifier } as const;
  const choice = choosePartner(party, { direction: 'import', parties: [party] }, terms);
  if ('partner' in choice) return choice.partner;
  const known = terms.map((each) => each.partner).join(', ');
  throw new GatewayError('E_PARTNER_UNKNOWN', 'the identifier does not show whose operator it is', {
    fix: `Add --partner with one of: ${known}.`,
  });
}

/** Without a zone the time would depend on the time zone of this machine. */
function momentOption(text: string): string {
  const [, day = ''] = /^(.{10})T[\d:.]+(?:Z|[+-]\d\d:\d\d)$/u.exec(text) ?? [];
  if (isDay(day) && !Number.isNaN(Date.parse(text))) return text;
  throw new GatewayError('E_REQUEST_INVALID', 'the time is no existing moment with its time zone', {
    fix: 'Write it as 2026-11-23T14:05:11+08:00 or with Z.',
  });
}

/** The outcome first, then the steps that led to it, its freshness and its number. */
function linesOf(answer: ProvenAnswer): readonly string[] {
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
    ...(name === undefined ? [] : [`listed as  ${name.compared.held}`]),
    ...(change === undefined ? [] : [`suggestion ${change.because}`]),
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
    return `compare it with the declaration; if it is the same: mra check ${change.identifier} --partner ${change.partner}`;
  switch (outcome) {
    case 'recognised':
      return explanation.some(({ code }) => code === 'SCOPE_NOT_STATED')
        ? `mra check ${subject.identifier ?? ''} ${scopeOptions(asked)}`
        : 'keep the number with the entry';
    case 'undetermined':
      return `mra list show ${subject.partner}`;
    case 'identifier_malformed':
      return 'compare the identifier with the declaration, and query again';
    case 'recognised_with_limits':
    case 'not_on_list':
    case 'suspended':
    case 'revoked':
    case 'expired':
    case 'agreement_not_in_force':
      return 'clear the entry without benefits, and keep the number';
  }
}

/** The options that decide on benefits and were not given; ports matter in a pilot only. */
function scopeOptions({ direction, role }: CheckRequest): string {
  return direction === undefined || role === undefined
    ? '--direction import --role consignor'
    : `--direction ${direction} --role ${role} --mode sea --port CODE --port-of-departure CODE`;
}
