/** `mra operator …`: shows our own operators, what partners hold of them, and their earlier states; operator-import.ts imports them. */

import type { Command } from 'commander';
import type { Gateway } from '../gateway.ts';
import { GatewayError } from '../model/errors.ts';
import { columnValues, recordColumns } from '../model/record/record-text.ts';
import type { DomesticRecord } from '../model/record/record.ts';
import { standing, type Viewer } from '../outbound/standing.ts';
import { allOperators, countOperators, findOperator, operatorVersions } from '../store/operators.ts';
import { withReading, type CommandContext } from './context.ts';
import { wholeNumber } from './input.ts';
import { decisionCommands } from './operator-decisions.ts';
import { importCommand } from './operator-import.ts';
import { amount } from './output.ts';

interface OperatorGateway extends Pick<Gateway, 'home' | 'db' | 'now'> {
  readonly partners: ReadonlyMap<string, Viewer>;
}

export type OperatorContext = CommandContext<OperatorGateway>;

export function operatorCommands(program: Command, context: OperatorContext): void {
  const operator = program.command('operator').description('our own operators');
  importCommand(operator, context);
  decisionCommands(operator, context);
  operator
    .command('show <code>')
    .description('one operator by its registration code, which partners may see it, and what they hold of it')
    .option('--history', 'all its states: since when, from which import, by whom')
    .action((code: string, { history }: { history?: boolean }) =>
      withReading(context, (gateway) => (history === true ? showHistory : show)(context, gateway, code)),
    );
  operator
    .command('list')
    .description('operators in order of their codes')
    .option('--limit <n>', 'how many at most', wholeNumber('--limit'), 20)
    .action(({ limit }: { limit: number }) => withReading(context, (gateway) => list(context, gateway, limit)));
}

/** Each state with what differs from the one before it. */
async function showHistory({ out }: OperatorContext, gateway: OperatorGateway, code: string): Promise<void> {
  const versions = await operatorVersions(gateway.db.sql, code);
  if (versions.length === 0) throw unknownOperator(gateway);
  const states = versions.map((version, i) => {
    const { record, since, asOf, source } = version;
    const [now, before] = [columnValues(record), columnValues(versions[i + 1]?.record ?? record)];
    const changed = recordColumns.filter((field) => now[field] !== before[field]);
    return { since, as_of: asOf, import: source, changed, record };
  });
  out.result(
    { code, states },
    states.map(({ since, as_of, import: source, changed, record }) => ({
      since,
      'as of': as_of,
      file: source?.file,
      by: source?.person,
      reason: source?.reason,
      changed: changed.map((field) => `${field}: ${columnValues(record)[field] ?? ''}`).join('; '),
    })),
  );
}

function unknownOperator({ home }: OperatorGateway): GatewayError {
  return new GatewayError('E_OPERATOR_UNKNOWN', 'no operator has this registration code', {
    fix: `A code is ${home.code.words}.`,
  });
}

async function show({ out }: OperatorContext, gateway: OperatorGateway, code: string): Promise<void> {
  const record = await findOperator(gateway.db.sql, code);
  if (record === undefined) throw unknownOperator(gateway);
  const versions = await operatorVersions(gateway.db.sql, code);
  const partners = await Promise.all(
    gateway.partners.values().map((partner) => standing(gateway, partner, record, versions)),
  );
  const columns = columnValues(record);
  out.result(
    { record, partners },
    recordColumns.filter((field) => columns[field] !== undefined).map((field) => ({ field, value: columns[field] })),
    partners.map(({ reasons, holds = '', since = '', last, ...rest }) => ({
      ...rest,
      reasons: reasons.join(', '),
      holds,
      since,
      'last list': last?.message ?? '',
      state: last?.state ?? '',
      refused: last?.refused === undefined ? '' : `${last.refused.code}: ${last.refused.detail}`,
    })),
  );
}

async function list({ out }: OperatorContext, { db }: OperatorGateway, limit: number): Promise<void> {
  const operators = await firstOperators(db, limit);
  const count = await countOperators(db.sql);
  out.result(
    { count, operators },
    operators.map(({ code, name, grade, status, consent }) => ({
      code,
      name: name.latin ?? name.local,
      grade,
      status,
      consent: consent ? 'yes' : 'no',
    })),
  );
  out.note(`${amount(operators.length)} of ${amount(count)} operators`);
  if (count === 0) out.next('mra operator import FILE');
}

async function firstOperators(db: Gateway['db'], most: number): Promise<readonly DomesticRecord[]> {
  const records: DomesticRecord[] = [];
  for await (const batch of allOperators(db.sql)) {
    records.push(...batch.slice(0, most - records.length));
    if (records.length >= most) break;
  }
  return records;
}
