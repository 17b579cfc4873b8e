/** `mra message …`: each stage of one message, its bytes, and sending it again. */

import { readFileSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { deliverDue } from '../outbound/delivery.ts';
import { getPartner } from '../gateway.ts';
import { momentOf } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import { getBytes } from '../store/bodies.ts';
import { attemptsOf, findMessage, listMessages, resendNow, resultsOf, type MessageRow } from '../store/outbox.ts';
import { verify } from '../wire/signature/verify.ts';
import type { CliContext, OpenGateway } from './context.ts';
import { withGateway } from './list.ts';
import { exitCodes } from './output.ts';

export function messageCommands(program: Command, context: CliContext): void {
  const message = program.command('message').description('messages sent and received');
  message
    .command('list')
    .description('the newest messages, both ways')
    .option('--partner <code>')
    .option('--limit <n>', 'how many', '20')
    .action(
      withGateway(context, (gateway, options: { partner?: string; limit: string }) => list(context, gateway, options)),
    );
  message
    .command('show <id>')
    .description('state, attempts, verdict')
    .option('--bytes <file>', 'write the message as it travelled')
    .action(
      withGateway(context, (gateway, id: string, options: { bytes?: string }) => show(context, gateway, id, options)),
    );
  message
    .command('verify <partner> <file>')
    .description('whether a file is signed by the partner, without taking it')
    .action(
      withGateway(context, (gateway, partner: string, file: string) => verifyFile(context, gateway, partner, file)),
    );
  message
    .command('resend <id>')
    .description('the same bytes again, now')
    .action(withGateway(context, (gateway, id: string) => resend(context, gateway, id)));
}

async function list(
  { out }: CliContext,
  gateway: OpenGateway,
  options: { partner?: string; limit: string },
): Promise<void> {
  const rows = await listMessages(gateway.db.sql, {
    limit: Number(options.limit),
    ...(options.partner === undefined ? {} : { partner: options.partner.toUpperCase() }),
  });
  if (out.format === 'json') out.json(rows);
  else if (rows.length === 0) out.note('No message was sent or received yet.');
  else
    out.table(
      rows.map(({ at, direction, partner, kind, state, id }) => ({
        at,
        direction,
        partner,
        kind: kind ?? '',
        state,
        id: id ?? '',
      })),
    );
  out.next('mra message show ID');
}

async function getMessage(gateway: OpenGateway, id: string): Promise<MessageRow> {
  const message = await findMessage(gateway.db.sql, id);
  if (message === undefined)
    throw new GatewayError('E_MESSAGE_UNKNOWN', 'no message of that id was sent', {
      fix: 'mra message list shows the newest.',
    });
  return message;
}

async function show({ out }: CliContext, gateway: OpenGateway, id: string, options: { bytes?: string }): Promise<void> {
  const message = await getMessage(gateway, id);
  if (options.bytes !== undefined) writeFileSync(options.bytes, await getBytes(gateway.db.sql, message.digest));
  const attempts = await attemptsOf(gateway.db.sql, id);
  const results = await resultsOf(gateway.db.sql, message.partner, id);
  if (out.format === 'json') return out.json({ ...message, attempts, results });
  out.table([
    {
      id,
      partner: message.partner,
      kind: message.kind,
      state: message.state,
      verdict: message.verdictDetail ?? '',
      sha256: message.digest,
    },
  ]);
  out.table(
    attempts.map(({ no, at, outcome, evidence }) => ({
      attempt: no,
      at,
      outcome: outcome ?? 'under way',
      evidence: evidence ?? '',
    })),
  );
  out.table(results.map(({ identifier, code, detail }) => ({ refused: identifier, code, detail })));
  out.next(
    message.state === 'SEALED' || message.state === 'HANDED_OVER' ? `mra message resend ${id}` : 'mra message list',
  );
}

async function verifyFile({ out, exit }: CliContext, gateway: OpenGateway, code: string, file: string): Promise<void> {
  const partner = getPartner(gateway, code);
  try {
    using verified = await verify(
      { partner: partner.code, via: 'file', bytes: readFileSync(file), receivedAt: momentOf(gateway.now()) },
      partner.trust,
      gateway.now(),
    );
    const found = { signed: true, type: verified.type, signer: verified.signer };
    if (out.format === 'json') out.json(found);
    else out.table([{ ...found, signed: 'yes' }]);
  } catch (error) {
    if (!(error instanceof GatewayError) || error.kind.category === 'internal') throw error;
    exit(out.fail(error));
  }
}

async function resend({ out, exit }: CliContext, gateway: OpenGateway, id: string): Promise<void> {
  const { partner } = await getMessage(gateway, id);
  await gateway.db.transaction((tx) => resendNow(tx, id, momentOf(gateway.now())));
  await deliverDue(gateway, partner);
  const { state } = await getMessage(gateway, id);
  out.print(`${id}: ${state}`);
  if (state === 'SEALED') exit(exitCodes.unreachable);
}
