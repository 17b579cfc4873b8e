/** `mra list show`: the position of both streams, and for each held list why, what it would change, and who decided so far. */

import type { Command } from 'commander';
import { getPartner } from '../gateway.ts';
import { reviewHeld, type HeldReview } from '../inbound/held-list.ts';
import { heldMessages } from '../store/held-messages.ts';
import { type InboxMessage } from '../store/inbox.ts';
import { findStream, listInForce } from '../store/streams.ts';
import { withReading, type CliContext, type OpenGateway } from './context.ts';
import { amount, type Output } from './output.ts';

const examplesShown = 10;

export function showCommand(list: Command, context: CliContext): void {
  list
    .command('show <partner>')
    .description('the position of both streams, and what the held lists would change')
    .action((partner: string) => withReading(context, (gateway) => show(context, gateway, partner)));
}

async function show({ out }: CliContext, gateway: OpenGateway, code: string): Promise<void> {
  const partner = getPartner(gateway, code).code;
  const { sql } = gateway.db;
  const streams = await Promise.all((['out', 'in'] as const).map((direction) => findStream(sql, partner, direction)));
  const inForce = await listInForce(sql, partner);
  const held: (InboxMessage & HeldReview)[] = [];
  for (const message of await heldMessages(sql, partner))
    held.push({ ...message, ...(await reviewHeld(gateway, message, examplesShown)) });
  const rows = streams
    .filter((stream) => stream !== undefined)
    .map(({ direction, position: { count, epoch, sequence, root }, resyncWanted }) => ({
      direction,
      operators: count,
      number: `${epoch.no}/${sequence}`,
      root,
      note: resyncWanted ? 'the next list must be a full one' : '',
    }));
  if (rows.length === 0) out.note(`No list was exchanged with ${partner} yet.`);
  out.result({ partner, streams: rows, in_force: inForce ?? null, held }, rows);
  if (out.format === 'table') for (const each of held) showHeld(out, each);
  if (inForce !== undefined)
    out.note(`In force: ${inForce.number}, issued ${inForce.issuedAt}, received ${inForce.receivedAt}.`);
  const id = held[0]?.messageId;
  const decisions = `mra login NAME; then mra list release ${id ?? ''} or mra list refuse ${id ?? ''}`;
  out.next(id === undefined ? `mra list send ${partner}` : decisions);
}

function showHeld(out: Output, held: InboxMessage & HeldReview): void {
  const { messageId = held.digest, receivedAt, reason = 'held', difference, key, fault, decisions } = held;
  out.print(`\nHeld: ${messageId}, received ${receivedAt}, because of ${reason} (mra explain ${reason})`);
  if (fault !== undefined) out.print(`  It would be rejected if it were released: ${fault.code}: ${fault.detail}`);
  if (key !== undefined) out.print(`  A new key from ${key.from} on, with the certificate ${key.fingerprint}`);
  if (difference !== undefined) {
    const { before, after, leaving, changed, suspended, reinstated, refused, examples } = difference;
    out.print(`  The list in force has ${amount(before)} operators; with this one it would have ${amount(after)}.`);
    out.print(
      `  ${amount(leaving)} would leave, ${amount(difference.new)} would be new, ${amount(changed)} would change.`,
    );
    if (suspended + reinstated > 0)
      out.print(`  Of those, ${amount(suspended)} would be suspended, and ${amount(reinstated)} active again.`);
    if (refused > 0) out.print(`  ${amount(refused)} of its records would be refused.`);
    out.table(
      examples.map(({ change, status, identifier, name = '' }) => ({ change: status ?? change, identifier, name })),
    );
  }
  for (const { person, decision, at } of decisions) out.print(`  ${person} decided at ${at}: ${decision}`);
  if (decisions.length === 0) out.print('  Nobody decided yet.');
}
