/** `mra message …`: lists messages, shows the stages of one, and verifies a file; message-resend.ts sends again, message-dead.ts has what a broker laid aside. */

import type { Command } from 'commander';
import { getPartner } from '../gateway.ts';
import { momentOf } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import { present } from '../model/present.ts';
import { getBytes } from '../store/bodies.ts';
import { decisionsAbout } from '../store/approvals.ts';
import { findReceived, type InboxMessage } from '../store/inbox.ts';
import { attemptsOf, findMessage, listMessages, resultsOf, type MessageRow } from '../store/outbox.ts';
import { signerTrust } from '../wire/signature/trust.ts';
import { verify } from '../wire/signature/verify.ts';
import { withReading, type CliContext, type OpenGateway } from './context.ts';
import { readInput, wholeNumber, writeOutput } from './input.ts';
import { deadLetterCommands } from './message-dead.ts';
import { resendCommand } from './message-resend.ts';

export function messageCommands(program: Command, context: CliContext): void {
  const message = program.command('message').description('messages sent and received');
  message
    .command('list')
    .description('the newest messages in both directions')
    .option('--partner <code>')
    .option('--limit <n>', 'how many', wholeNumber('--limit'), 20)
    .action((options: ListOptions) => withReading(context, (gateway) => list(context, gateway, options)));
  message
    .command('show <id>')
    .description('a message we sent or received, by its id or digest: state, attempts or deliveries, verdict')
    .option('--bytes <file>', 'write the bytes of the message to this file')
    .option('--receipt <file>', 'write the bytes of the receipt over it to this file')
    .action((id: string, files: ExportOptions) => withReading(context, (gateway) => show(context, gateway, id, files)));
  message
    .command('verify <partner> <file>')
    .description('check whether a file is signed by the partner, without processing it')
    .action((partner: string, file: string) =>
      withReading(context, (gateway) => verifyFile(context, gateway, partner, file)),
    );
  resendCommand(message, context);
  deadLetterCommands(message, context);
}

interface ListOptions {
  readonly partner?: string;
  readonly limit: number;
}

async function list({ out }: CliContext, gateway: OpenGateway, { limit, partner }: ListOptions): Promise<void> {
  const code = partner === undefined ? undefined : getPartner(gateway, partner).code;
  const rows = await listMessages(gateway.db.sql, present({ limit, partner: code }));
  if (rows.length === 0) out.note('No message was sent or received yet.');
  out.result(
    rows,
    rows.map(({ at, direction, partner, kind, state, evidence, digest, id = digest }) => {
      return { at, direction, partner, kind, state, evidence, id };
    }),
  );
  out.next('mra message show ID');
}

interface ExportOptions {
  readonly bytes?: string;
  readonly receipt?: string;
}

async function show(context: CliContext, gateway: OpenGateway, id: string, files: ExportOptions): Promise<void> {
  const { sql } = gateway.db;
  const sent = await findMessage(sql, id);
  if (sent !== undefined) return await showSent(context, gateway, sent, files);
  const [received, ...others] = await findReceived(sql, id);
  if (received === undefined)
    throw new GatewayError('E_MESSAGE_UNKNOWN', 'no message with this id or digest was sent or received', {
      fix: 'mra message list shows the newest.',
    });
  if (others.length > 0)
    throw new GatewayError('E_REQUEST_INVALID', 'several received messages state this id', {
      fix: `Name one by its digest: ${[received, ...others].map(({ digest }) => digest).join(', ')}.`,
    });
  await showReceived(context, gateway, received, files);
}

async function exportBytes(
  { db }: OpenGateway,
  { digest, receiptDigest }: Pick<MessageRow, 'digest' | 'receiptDigest'>,
  { bytes, receipt }: ExportOptions,
): Promise<void> {
  if (bytes !== undefined) writeOutput(bytes, await getBytes(db.sql, digest));
  if (receipt === undefined) return;
  if (receiptDigest !== undefined) return writeOutput(receipt, await getBytes(db.sql, receiptDigest));
  const fix = 'Leave --receipt out; mra message show tells when there is one.';
  throw new GatewayError('E_REQUEST_INVALID', 'there is no receipt over this message yet', { at: '--receipt', fix });
}

async function showReceived(
  { out }: CliContext,
  gateway: OpenGateway,
  message: InboxMessage,
  files: ExportOptions,
): Promise<void> {
  const {
    messageId: id,
    partner,
    kind,
    state,
    evidence,
    reason,
    via,
    receivedAt,
    deliveries,
    digest: sha256,
  } = message;
  await exportBytes(gateway, message, files);
  const decisions = await decisionsAbout(gateway.db.sql, message);
  out.result(
    { direction: 'in', ...message, decisions },
    [{ id, partner, kind, state, evidence, reason, sha256 }],
    [{ via, received: receivedAt, deliveries, settled: message.settledAt }],
    decisions,
  );
  out.next(state === 'HELD' ? `mra list show ${partner}` : 'mra message list');
}

async function showSent(
  { out }: CliContext,
  gateway: OpenGateway,
  message: MessageRow,
  files: ExportOptions,
): Promise<void> {
  const { id, partner, kind, state, progress, evidence, verdictDetail: verdict, digest: sha256 } = message;
  await exportBytes(gateway, message, files);
  const attempts = await attemptsOf(gateway.db.sql, id);
  const results = await resultsOf(gateway.db.sql, partner, id);
  out.result(
    { direction: 'out', ...message, attempts, results },
    [{ id, partner, kind, state, ...present({ progress }), evidence, verdict, sha256 }],
    attempts.map(({ no, at, outcome = 'in progress', evidence }) => ({ attempt: no, at, outcome, evidence })),
    results.map(({ identifier, code, detail }) => ({ refused: identifier, code, detail })),
  );
  out.next(state === 'SEALED' || state === 'HANDED_OVER' ? `mra message resend ${id}` : 'mra message list');
}

async function verifyFile({ out, exit }: CliContext, gateway: OpenGateway, code: string, file: string): Promise<void> {
  const { trust, code: partner } = getPartner(gateway, code);
  const raw = { partner, via: 'file', bytes: readInput(file), receivedAt: momentOf(gateway.now()) } as const;
  try {
    using verified = await verify(raw, signerTrust(trust), gateway.now());
    const { type, signer } = verified;
    out.result({ signed: true, type, signer }, [{ signed: 'yes', type, signer }]);
  } catch (error) {
    if (!(error instanceof GatewayError) || error.kind.category === 'internal') throw error;
    exit(out.fail(error));
  }
}
