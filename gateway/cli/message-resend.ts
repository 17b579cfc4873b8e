/** `mra message resend`: the same bytes again now, of one message or of all that are open, once a person has seen which. */

import { Option, type Command } from 'commander';
import { getPartner } from '../gateway.ts';
import { momentOf } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import { present } from '../model/present.ts';
import type { Moment } from '../model/record/record.ts';
import { deliverAll } from '../outbound/delivery.ts';
import { resendMessage } from '../outbound/resend.ts';
import { openMessages, type OpenMessage } from '../store/message-list.ts';
import { findMessage, resendNow } from '../store/outbox.ts';
import { withGateway, withReading, type CliContext, type OpenGateway } from './context.ts';
import { deliveryExit } from './delivery-exit.ts';
import { account, existingDay } from './input.ts';
import { amount, exitCodes } from './output.ts';

interface ResendOptions {
  readonly partner?: string;
  readonly state?: OpenMessage['state'];
  readonly since?: string;
  readonly yes?: boolean;
}

export function resendCommand(message: Command, context: CliContext): void {
  message
    .command('resend [id]')
    .description('send the same bytes again now: of one message, or of all open ones that the options choose')
    .option('--partner <code>', 'messages to this partner')
    .addOption(new Option('--state <state>', 'messages in this state').choices(['SEALED', 'HANDED_OVER', 'held']))
    .option('--since <day>', 'messages sealed from this day on (UTC)', existingDay('--since'))
    .option('--yes', 'send them; without it they are shown')
    .action((id: string | undefined, options: ResendOptions) => {
      if (id !== undefined) {
        requireNoChoice(options);
        return withGateway(context, (gateway) => resendOne(context, gateway, id));
      }
      const open = options.yes === true ? withGateway : withReading;
      return open(context, (gateway) => resendMany(context, gateway, options));
    });
}

function requireNoChoice({ partner, state, since }: ResendOptions): void {
  if (partner === undefined && state === undefined && since === undefined) return;
  const fix = 'Name one message, or choose several by --partner, --state and --since.';
  throw new GatewayError('E_REQUEST_INVALID', 'an id and a choice of messages exclude each other', { fix });
}

async function resendOne({ out, exit }: CliContext, gateway: OpenGateway, id: string): Promise<void> {
  const message = await resendMessage(gateway, id, account());
  const { partner, state } = message;
  out.result({ message: id, partner, state }, [{ message: id, partner, state }]);
  exit(await deliveryExit(gateway, message));
}

/** Without --yes it shows what would be sent. Messages go in their order; one that fails leaves those behind it waiting. */
async function resendMany({ out, exit }: CliContext, gateway: OpenGateway, options: ResendOptions): Promise<void> {
  const { state, since, yes = false } = options;
  const partner = options.partner === undefined ? undefined : getPartner(gateway, options.partner).code;
  const chosen = await openMessages(gateway.db.sql, present({ partner, state, since }));
  if (yes) {
    const at = momentOf(gateway.now());
    await gateway.db.transaction(async (tx) => {
      for (const { id } of chosen) await resendNow(tx, id, at);
    });
    for (const code of new Set(chosen.map((each) => each.partner))) await deliverAll(gateway, code);
  }
  const rows = await Promise.all(chosen.map((each) => afterwards(gateway, each, yes)));
  out.result({ sent: yes, messages: rows }, rows);
  if (chosen.length === 0) return out.note('No open message is chosen: nothing to send.');
  if (!yes) {
    out.note(`${amount(chosen.length)} messages would be sent again, with the same bytes and ids.`);
    return out.next('the same command with --yes');
  }
  if (rows.some((row) => row.state === 'SEALED')) exit(exitCodes.partly);
  out.next('mra message list');
}

async function afterwards(
  { db }: OpenGateway,
  { id, partner, kind, state, since, hold }: OpenMessage,
  sent: boolean,
): Promise<{ message: string; partner: string; kind: string; state: string; since: Moment; hold: string }> {
  const now = sent ? await findMessage(db.sql, id) : undefined;
  return { message: id, partner, kind, state: now?.state ?? state, since, hold: (now ? now.holdReason : hold) ?? '' };
}
