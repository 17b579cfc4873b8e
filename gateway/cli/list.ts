/** `mra list …`: builds, sends and receives lists, shows the streams, and decides on held lists. */

import { basename, join, parse, resolve } from 'node:path';
import type { Command } from 'commander';
import { deliverAll } from '../outbound/delivery.ts';
import { deliverToFiles } from '../outbound/deliver-files.ts';
import { getPartner } from '../gateway.ts';
import { decideHeld, receiveMessage } from '../inbound/receive-message.ts';
import { resetStream } from '../inbound/reset-stream.ts';
import { momentOf } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import type { SealedMessage } from '../model/message.ts';
import { buildList, sendList, type BuiltList } from '../outbound/send-list.ts';
import type { ListOptions } from '../model/list/queued-list.ts';
import { findHeld } from '../store/held-messages.ts';
import { findMessage, listMessages } from '../store/outbox.ts';
import { deciderHere, decidingOptions, type DecidingOptions } from './login.ts';
import { awaitSecond, withGateway, type CliContext, type OpenGateway } from './context.ts';
import { deliveryExit } from './delivery-exit.ts';
import { readInput, writeOutput } from './input.ts';
import { sendToAll } from './list-send-all.ts';
import { resumeCommand } from './list-resume.ts';
import { showCommand } from './list-show.ts';
import { exitCodes, type Output } from './output.ts';

interface BuildOptions {
  readonly full?: boolean;
  readonly delta?: boolean;
  readonly renew?: boolean;
  readonly each?: boolean;
}

interface SendOptions extends BuildOptions {
  readonly all?: boolean;
  readonly out?: string;
}

type Decision = 'release' | 'refuse';

/** Unencodable operators that a table shows; -o json has all. */
const shownUnencodable = 20;

export function listCommands(program: Command, context: CliContext): void {
  const list = program.command('list').description('lists to and from partners');
  buildOptions(
    list.command('build <partner>').description('a list as a file; where lists travel as files, that sends it'),
  )
    .requiredOption('--out <file>', 'file for the sealed message')
    .action((partner: string, options: BuildOptions & { out: string }) =>
      withGateway(context, (gateway) => build(context, gateway, partner, options)),
    );
  buildOptions(list.command('send [partner]').description('build a list, queue it and try to deliver it'))
    .option('--all', 'to every partner')
    .option('--out <file>', 'deliver by file: write what waits for the partner there')
    .action((partner: string | undefined, options: SendOptions) => {
      const to = recipient(partner, options);
      return withGateway(context, (gateway) =>
        to === 'all' ? sendToAll(context, gateway, listOptions(options)) : send(context, gateway, to.partner, options),
      );
    });
  list
    .command('receive <partner> <file>')
    .description('process a message of a partner from a file')
    .option('--receipt <file>', 'file for our signed receipt; a reply to the list is written beside it')
    .action((partner: string, file: string, options: { receipt?: string }) =>
      withGateway(context, (gateway) => receive(context, gateway, { partner, file, ...options })),
    );
  showCommand(list, context);
  decisionCommands(list, context);
  resumeCommand(list, context);
}

/** What two people decide. */
function decisionCommands(list: Command, context: CliContext): void {
  for (const decision of ['release', 'refuse'] as const)
    decidingOptions(
      list.command(`${decision} <message>`).description(`${decision} a held list; two people must decide`),
    ).action((message: string, options: DecidingOptions) =>
      withGateway(context, (gateway) => decide(context, gateway, message, { decision, ...options })),
    );
  decidingOptions(
    list
      .command('reset <partner>')
      .description('let the partner begin its stream anew, at any epoch; two people must decide'),
  ).action((partner: string, options: DecidingOptions) =>
    withGateway(context, (gateway) => resetIn(context, gateway, partner, options)),
  );
}

function buildOptions(command: Command): Command {
  return command
    .option('--full', 'all operators the partner may see')
    .option('--delta', 'only changes since the last list')
    .option('--renew', 'even without changes, so that the list does not become stale')
    .option('--each', 'a separate message for each operator that changed');
}

function recipient(
  partner: string | undefined,
  { all = false, out }: SendOptions,
): 'all' | { readonly partner: string } {
  if (partner !== undefined && !all) return { partner };
  if (all && partner === undefined && out === undefined) return 'all';
  const detail = all ? '--all excludes a partner and --out' : 'no partner is named';
  throw new GatewayError('E_REQUEST_INVALID', detail, { fix: 'Name one partner, or give --all.' });
}

function listOptions({ full = false, delta = false, renew, each }: BuildOptions): ListOptions {
  if (full && (delta || each === true))
    throw new GatewayError('E_REQUEST_INVALID', `--full and ${delta ? '--delta' : '--each'} exclude each other`, {
      fix: 'Give one of them.',
    });
  return { kind: full ? 'full' : delta ? 'delta' : undefined, renew, each };
}

async function build(
  context: CliContext,
  gateway: OpenGateway,
  partner: string,
  options: BuildOptions & { out: string },
): Promise<void> {
  // Without another way the file is the delivery: the list takes its number, so that the next one continues it.
  if (getPartner(gateway, partner).transport === undefined) return await send(context, gateway, partner, options);
  const { out } = context;
  const built = await buildList(gateway, partner, listOptions(options));
  if (built === undefined) out.note('Nothing changed since the last list. No file was written.');
  const { messages = [] } = built ?? {};
  for (const [i, { sealed }] of messages.entries())
    writeOutput(fileOf(options.out, i + 1, messages.length), sealed.bytes);
  report(out, built, {});
  out.next(`mra list send ${partner}`);
}

async function send(
  { out, exit }: CliContext,
  gateway: OpenGateway,
  code: string,
  options: SendOptions,
): Promise<void> {
  const built = await sendList(gateway, code, listOptions(options));
  if (built === undefined) out.note('Nothing changed since the last list. No list was sent.');
  const { code: partner, transport } = getPartner(gateway, code);
  const files = options.out === undefined ? [] : await writeFiles(gateway, partner, options.out, { built });
  if (options.out === undefined) await deliverAll(gateway, partner);
  const { sql } = gateway.db;
  // Without a new list, an earlier message may still wait.
  const [waiting] = await listMessages(sql, { partner, direction: 'out', state: 'SEALED', limit: 1 });
  const id = built?.list.id ?? waiting?.id;
  const message = id === undefined ? undefined : await findMessage(sql, id);
  report(out, built, { partner, state: message?.state ?? null, files });
  if (message === undefined) return out.next(`mra list show ${partner}`);
  out.note(`State of ${message.id}: ${message.state}.`);
  for (const file of files) out.note(`Written: ${file}.`);
  if (message.state === 'SEALED' && transport === undefined)
    out.note('This partner takes files, and the message waits: mra list send PARTNER --out FILE writes it.');
  if (transport?.waits === true)
    out.note('The message waits at our exchange door (mra serve) until the partner fetches it.');
  exit(await deliveryExit(gateway, message));
  out.next(options.out === undefined ? `mra message show ${message.id}` : `mra list receive ${partner} RECEIPT`);
}

/** Writes what waits for the partner: the messages of the list under the name given, others with their id in it. */
async function writeFiles(
  gateway: OpenGateway,
  code: string,
  path: string,
  { built, kinds }: { readonly built?: BuiltList | undefined; readonly kinds?: readonly SealedMessage['kind'][] },
): Promise<readonly string[]> {
  const ids = built?.messages.map(({ list }) => list.id) ?? [];
  const { dir, name, ext } = parse(path);
  const write = ({ id, bytes }: SealedMessage): string => {
    const no = ids.indexOf(id) + 1;
    const file = no > 0 ? fileOf(path, no, ids.length) : join(dir, `${name}.${id}${ext}`);
    writeOutput(file, bytes);
    return file;
  };
  return await deliverToFiles(gateway, code, write, kinds);
}

/** `list.xml`; of several messages `list.2-of-7.xml`. */
function fileOf(path: string, no: number, of: number): string {
  if (of === 1) return path;
  const { dir, name, ext } = parse(path);
  return join(dir, `${name}.${no}-of-${of}${ext}`);
}

/** `delivery`: what a list that was sent adds for programs. */
function report(out: Output, list: BuiltList | undefined, delivery: Readonly<Record<string, unknown>>): void {
  if (list === undefined) out.result({ message: null, reason: 'nothing_changed', ...delivery });
  else reportBuilt(out, list, delivery);
}

function reportBuilt(
  out: Output,
  { list, sealed, messages, leftOut, unencodable, timings, ...built }: BuiltList,
  delivery: Readonly<Record<string, unknown>>,
): void {
  const { epoch, sequence, count } = list.position;
  const counts = { message: list.id, kind: list.kind, records: built.records, departures: built.departures };
  const bytes = messages.reduce((sum, message) => sum + message.sealed.bytes.byteLength, 0);
  const steps = Object.fromEntries(Object.entries(timings).map(([step, ms]) => [`${step}_ms`, Math.round(ms)]));
  out.result(
    {
      ...counts,
      messages: messages.length,
      stands_at: count,
      epoch: epoch.no,
      sequence,
      bytes,
      sha256: sealed.digest,
      left_out: Object.fromEntries(leftOut),
      unwritable: unencodable,
      ...steps,
      ...delivery,
    },
    [{ ...counts, number: `${epoch.no}/${sequence}`, bytes }],
    [steps],
    [...leftOut].map(([reason, operators]) => ({ 'left out because': reason, operators })),
    unencodable
      .slice(0, shownUnencodable)
      .map(({ identifier, code, detail, at = '' }) => ({ identifier, code, at, detail })),
  );
}

async function receive(
  { out, exit }: CliContext,
  gateway: OpenGateway,
  options: { partner: string; file: string; receipt?: string },
): Promise<void> {
  const started = performance.now();
  if (options.receipt !== undefined && resolve(options.receipt) === resolve(options.file)) {
    const fix = 'Name another file for the receipt.';
    throw new GatewayError('E_REQUEST_INVALID', 'the receipt would overwrite the message', { at: '--receipt', fix });
  }
  const bytes = readInput(options.file);
  const { code, transport } = getPartner(gateway, options.partner);
  const raw = {
    ...({ partner: code, via: 'file', bytes, receivedAt: momentOf(gateway.now()) } as const),
    file: basename(options.file),
  };
  const { verdict, duplicate, reason, receipt } = await receiveMessage(gateway, raw);
  if (options.receipt !== undefined && receipt !== undefined) {
    const done = 'the message is processed, and the same command gives the same receipt';
    writeOutput(options.receipt, receipt.bytes, done);
    const kinds = ['reply', 'receipt'] as const;
    const files = transport === undefined ? await writeFiles(gateway, code, options.receipt, { kinds }) : [];
    for (const file of files) out.note(`Written: ${file}.`);
  }
  const milliseconds = Math.round(performance.now() - started);
  out.result({ verdict, duplicate, code: reason ?? null, milliseconds }, [
    { verdict, duplicate: String(duplicate), code: reason, milliseconds },
  ]);
  if (verdict === 'rejected') exit(exitCodes.findings);
  if (verdict === 'held') exit(exitCodes.stopped);
  out.next(`mra list show ${code}`);
}

async function decide(
  { out, exit }: CliContext,
  gateway: OpenGateway,
  message: string,
  { decision, ...options }: DecidingOptions & { decision: Decision },
): Promise<void> {
  const held = await findHeld(gateway.db.sql, message);
  const decider = await deciderHere(gateway, out, 'lists.decide', options);
  const by = { decision, person: decider.person };
  const decided = await decideHeld(gateway, message, { decision, ...decider });
  if (decided === undefined) {
    out.result({ message, ...by, verdict: null });
    return awaitSecond({ out, exit }, `mra list ${decision} ${message}`, decider);
  }
  if (out.format === 'json') out.json({ message, ...by, verdict: decided.verdict });
  else out.print(`${message}: ${decided.verdict}`);
  if (by.decision === 'release' && decided.verdict !== 'applied') exit(exitCodes.findings);
  await deliverAll(gateway, held.partner);
}

async function resetIn(
  { out, exit }: CliContext,
  gateway: OpenGateway,
  code: string,
  options: DecidingOptions,
): Promise<void> {
  const { code: partner } = getPartner(gateway, code);
  const decider = await deciderHere(gateway, out, 'lists.decide', options);
  const reset = await resetStream(gateway, partner, decider);
  if (out.format === 'json') out.json({ partner, person: decider.person, reset });
  if (!reset) return awaitSecond({ out, exit }, `mra list reset ${partner}`, decider);
  if (out.format !== 'json') out.print(`${partner}: the next full list begins the stream anew`);
  out.next(`mra list show ${partner}`);
}
