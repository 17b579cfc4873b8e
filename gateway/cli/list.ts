/** `mra list …`: build, send and receive lists, see what is held, and decide about it. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join, parse } from 'node:path';
import type { Command } from 'commander';
import { deliverDue } from '../outbound/delivery.ts';
import { getPartner } from '../gateway.ts';
import { decideHeld, receiveMessage } from '../inbound/receive-message.ts';
import { momentOf } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import { buildList, sendList, type BuiltList, type ListOptions } from '../outbound/send-list.ts';
import { findInbox, heldMessages } from '../store/inbox.ts';
import { findMessage } from '../store/outbox.ts';
import { findStream, listInForce } from '../store/streams.ts';
import type { CliContext, OpenGateway } from './context.ts';
import { exitCodes } from './output.ts';

interface WishOptions {
  readonly full?: boolean;
  readonly delta?: boolean;
  readonly renew?: boolean;
  readonly each?: boolean;
}

export function listCommands(program: Command, context: CliContext): void {
  const list = program.command('list').description('lists to and from partners');
  const kinds = (command: Command): Command =>
    command
      .option('--full', 'everything the partner may see')
      .option('--delta', 'only what changed since the last list')
      .option('--renew', 'even if nothing changed, so that the list stays fresh')
      .option('--each', 'a message of its own for each operator that changed');

  kinds(list.command('build <partner>').description('build and seal a list without sending it'))
    .requiredOption('--out <file>', 'where the sealed message goes')
    .action(
      withGateway(context, (gateway, partner: string, options: WishOptions & { out: string }) =>
        build(context, gateway, partner, options),
      ),
    );
  kinds(list.command('send <partner>').description('build a list, queue it and try to deliver it')).action(
    withGateway(context, (gateway, partner: string, options: WishOptions) => send(context, gateway, partner, options)),
  );
  list
    .command('receive <partner> <file>')
    .description('take a message of a partner from a file')
    .option('--receipt <file>', 'where our signed receipt goes')
    .action(
      withGateway(context, (gateway, partner: string, file: string, options: { receipt?: string }) =>
        receive(context, gateway, { partner, file, ...options }),
      ),
    );
  list
    .command('show <partner>')
    .description('where both streams stand, and what is held')
    .action(withGateway(context, (gateway, partner: string) => show(context, gateway, partner)));
  for (const decision of ['release', 'refuse'] as const) {
    list
      .command(`${decision} <message>`)
      .description(`${decision} a held list; two people`)
      .requiredOption('--as <person>', 'who decides')
      .action(
        withGateway(context, (gateway, message: string, options: { as: string }) =>
          decide(context, gateway, message, { decision, person: options.as }),
        ),
      );
  }
}

/** Opens the gateway for one command and closes it whatever happens. */
export function withGateway<A extends unknown[]>(
  context: CliContext,
  work: (gateway: OpenGateway, ...args: A) => Promise<void>,
): (...args: A) => Promise<void> {
  return async (...args) => {
    const gateway = await context.open();
    try {
      await work(gateway, ...args);
    } finally {
      await gateway.close();
    }
  };
}

function wishOf({ full = false, delta = false, renew, each }: WishOptions): ListOptions {
  if (full && (delta || each === true))
    throw new GatewayError('E_REQUEST_INVALID', `--full and ${delta ? '--delta' : '--each'} exclude each other`);
  return { kind: full ? 'full' : delta ? 'delta' : undefined, renew, each };
}

async function build(
  { out }: CliContext,
  gateway: OpenGateway,
  partner: string,
  options: WishOptions & { out: string },
): Promise<void> {
  const built = await buildList(gateway, partner, wishOf(options));
  if (built === undefined) {
    out.note('Nothing changed since the last list; nothing was written.');
    return;
  }
  const { messages } = built;
  for (const [i, { sealed }] of messages.entries())
    writeFileSync(messageName(options.out, i + 1, messages.length), sealed.bytes);
  report(out, built);
  out.next(`mra list send ${partner}`);
}

async function send(
  { out, exit }: CliContext,
  gateway: OpenGateway,
  code: string,
  options: WishOptions,
): Promise<void> {
  const built = await sendList(gateway, code, wishOf(options));
  if (built === undefined) out.note('Nothing changed since the last list; nothing is sent.');
  else report(out, built);
  const partner = getPartner(gateway, code);
  if (partner.transport === undefined) {
    out.note('No way to this partner is set up: the message waits in the outbox.');
    return;
  }
  while ((await deliverDue(gateway, partner.code)) > 0); // several messages may be due
  if (built === undefined) return;
  const message = await findMessage(gateway.db.sql, built.list.id);
  out.note(`State of ${built.list.id}: ${message?.state ?? 'unknown'}.`);
  if (partner.transport.pull !== undefined) out.note('It waits at our door (mra serve) until the partner fetches it.');
  if (message?.state === 'REJECTED') exit(exitCodes.findings);
  out.next(`mra message show ${built.list.id}`);
}

/** `list.xml`; of several messages `list.2-of-7.xml`. */
function messageName(path: string, no: number, of: number): string {
  if (of === 1) return path;
  const { dir, name, ext } = parse(path);
  return join(dir, `${name}.${no}-of-${of}${ext}`);
}

function report(out: CliContext['out'], built: BuiltList): void {
  const { list, sealed, messages, leftOut, unwritable, timings } = built;
  const rounded = Object.fromEntries(Object.entries(timings).map(([step, ms]) => [`${step}_ms`, Math.round(ms)]));
  const counts = {
    message: list.id,
    kind: list.kind,
    records: built.records,
    departures: built.departures,
    messages: messages.length,
    stands_at: list.position.count,
    epoch: list.position.epoch.no,
    sequence: list.position.sequence,
    bytes: messages.reduce((sum, { sealed }) => sum + sealed.bytes.byteLength, 0),
    sha256: sealed.digest,
  };
  if (out.format === 'json')
    return out.json({ ...counts, left_out: Object.fromEntries(leftOut), unwritable, ...rounded });
  out.table([
    {
      message: list.id,
      kind: list.kind,
      records: counts.records,
      departures: counts.departures,
      number: `${counts.epoch}/${counts.sequence}`,
      bytes: counts.bytes,
    },
  ]);
  out.table([rounded]);
  if (leftOut.size > 0)
    out.table([...leftOut].map(([reason, operators]) => ({ 'left out because': reason, operators })));
  if (unwritable.length > 0)
    out.table(
      unwritable.slice(0, 20).map(({ identifier, code, detail, at = '' }) => ({ identifier, code, at, detail })),
    );
}

async function receive(
  { out, exit }: CliContext,
  gateway: OpenGateway,
  options: { partner: string; file: string; receipt?: string },
): Promise<void> {
  const started = performance.now();
  const bytes = readFileSync(options.file);
  const { code } = getPartner(gateway, options.partner);
  const received = await receiveMessage(gateway, {
    partner: code,
    via: 'file',
    bytes,
    receivedAt: momentOf(gateway.now()),
  });
  if (options.receipt !== undefined && received.receipt !== undefined)
    writeFileSync(options.receipt, received.receipt.bytes);
  const summary = {
    verdict: received.verdict,
    duplicate: received.duplicate,
    code: received.reason ?? null,
    milliseconds: Math.round(performance.now() - started),
  };
  if (out.format === 'json') out.json(summary);
  else out.table([{ ...summary, duplicate: String(summary.duplicate), code: summary.code ?? '' }]);
  if (received.verdict === 'rejected') exit(exitCodes.findings);
  if (received.verdict === 'held') exit(exitCodes.stopped);
  out.next(`mra list show ${code}`);
}

async function show({ out }: CliContext, gateway: OpenGateway, code: string): Promise<void> {
  const partner = getPartner(gateway, code).code;
  const streams = await Promise.all(
    (['out', 'in'] as const).map((direction) => findStream(gateway.db.sql, partner, direction)),
  );
  const inForce = await listInForce(gateway.db.sql, partner, momentOf(gateway.now()));
  const held = await heldMessages(gateway.db.sql, partner);
  const rows = streams.flatMap((stream) =>
    stream === undefined
      ? []
      : [
          {
            direction: stream.direction,
            operators: stream.position.count,
            number: `${stream.position.epoch.no}/${stream.position.sequence}`,
            root: stream.position.root,
            note: stream.resyncWanted ? 'refused by the partner: a full list is next' : '',
          },
        ],
  );
  if (out.format === 'json') return out.json({ partner, streams: rows, in_force: inForce ?? null, held });
  if (rows.length === 0) out.note(`No list was exchanged with ${partner} yet.`);
  out.table(rows);
  if (inForce !== undefined)
    out.note(`In force: ${inForce.number}, issued ${inForce.issuedAt}, received ${inForce.receivedAt}.`);
  out.table(
    held.map(({ messageId, receivedAt, reason }) => ({
      held: messageId ?? '',
      received: receivedAt,
      because: reason ?? '',
    })),
  );
  const [first] = held;
  out.next(
    first?.messageId === undefined
      ? `mra list send ${partner}`
      : `mra list release ${first.messageId} --as NAME   or   mra list refuse ${first.messageId} --as NAME`,
  );
}

async function decide(
  { out, exit }: CliContext,
  gateway: OpenGateway,
  message: string,
  by: { decision: 'release' | 'refuse'; person: string },
): Promise<void> {
  const decided = await decideHeld(gateway, message, by);
  if (decided === undefined) {
    out.note('Noted. A second person decides the same, then it happens.');
    exit(exitCodes.not_allowed);
    out.next(`mra list ${by.decision} ${message} --as ANOTHER`);
    return;
  }
  if (out.format === 'json') out.json({ message, verdict: decided.verdict });
  else out.print(`${message}: ${decided.verdict}`);
  const held = await findInbox(gateway.db.sql, { messageId: message });
  if (held !== undefined) await deliverDue(gateway, held.partner);
}
