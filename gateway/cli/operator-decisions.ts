/** `mra operator suspend|reinstate|revoke|withdraw|consent`: what a person decides about one of our operators. */

import { Argument, type Command } from 'commander';
import {
  decideOperator,
  statusDecisions,
  type OperatorDecision,
  type StatusDecision,
} from '../domestic/change-operator.ts';
import type { Gateway } from '../gateway.ts';
import { withGateway, type CommandContext } from './context.ts';
import { account, existingDay } from './input.ts';

type DecisionContext = CommandContext<Pick<Gateway, 'home' | 'db' | 'now'>>;

interface DecisionOptions {
  readonly reason: string;
  readonly from?: string;
  readonly as?: string;
}

const descriptions: Readonly<Record<StatusDecision, string>> = {
  suspend: 'suspend an operator: it stays on the lists of partners, as suspended',
  reinstate: 'end the suspension, revocation or withdrawal of an operator',
  revoke: 'revoke the status of an operator: it leaves the lists of partners',
  withdraw: 'an operator has asked to leave the programme: it leaves the lists of partners',
};

export function decisionCommands(operator: Command, context: DecisionContext): void {
  for (const decision of Object.keys(statusDecisions) as StatusDecision[])
    withOptions(operator.command(`${decision} <code>`).description(descriptions[decision])).action(
      (code: string, options: DecisionOptions) => decide(context, code, decision, options),
    );
  withOptions(
    operator
      .command('consent <code>')
      .description('record that an operator gives its consent that partners learn of it, or ends it')
      .addArgument(new Argument('<consent>', 'what it states').choices(['given', 'ended'])),
  ).action((code: string, consent: 'given' | 'ended', options: DecisionOptions) =>
    decide(context, code, consent === 'given' ? 'give_consent' : 'end_consent', options),
  );
}

function withOptions(command: Command): Command {
  return command
    .requiredOption('--reason <text>', 'why, for the history of the operator')
    .option('--from <day>', 'the day at home from which it holds (default: today)', existingDay('--from'))
    .option('--as <person>', 'who decides (default: the account)');
}

async function decide(
  context: DecisionContext,
  code: string,
  decision: OperatorDecision,
  { reason, from, as: person = account() }: DecisionOptions,
): Promise<void> {
  const { out } = context;
  const { record, changed } = await withGateway(context, (gateway) =>
    decideOperator(gateway, code, { decision, from, reason, person }),
  );
  const { status, statusSince, consent, consentSince } = record;
  const state = {
    code,
    status,
    since: statusSince,
    consent: consent ? 'yes' : 'no',
    consent_since: consentSince ?? null,
  };
  out.result({ ...state, changed }, [{ ...state, consent_since: consentSince ?? '', changed: changed ? 'yes' : 'no' }]);
  out.note(
    changed
      ? 'A gateway that serves sends the change to every partner that holds the operator.'
      : 'It was so before. Nothing changed.',
  );
  out.next(changed ? `mra operator show ${code}   (what each partner holds)` : `mra operator show ${code} --history`);
}
