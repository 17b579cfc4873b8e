/** One administration of an experiment: its operators, what is decided about them, and the gateways that serve it. */

import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { columnValues } from '../../gateway/model/record/record-text.ts';
import type { HomeProfile } from '../../gateway/model/home.ts';
import type { DomesticRecord } from '../../gateway/model/record/record.ts';
import { inventOperators } from '../../gateway/rehearsal/invented-operators.ts';
import { writeCsv } from '../../gateway/wire/files/csv.ts';
import type { Line } from '../support/line.ts';
import { onServer } from '../support/postgres.ts';
import type { PostgresServer } from '../support/postgres-server.ts';
import { freePort } from '../support/services.ts';
import { waiting, type Expected } from './model.ts';
import { until, writeSettings, type Process, type Side } from './side.ts';

/** One administration of an experiment. */
export interface Administration extends Side {
  readonly home: HomeProfile;
  /** What the partner must know of its operators. */
  readonly expected: Expected;
  /** Serving now: the newest last. */
  readonly processes: Process[];
  /** The line on which the partner reaches its door, and its own line to the broker. */
  readonly door: Line;
  readonly broker?: Line;
  readonly data: string;
  /** Suspends an operator, ends the consent of another, and imports a new one. */
  decide(): Promise<void>;
  /** The last decisions once more: those of a restored store are gone. */
  decideAgain(): Promise<void>;
  /** Brings the store back to what it was before the experiment. No gateway may use it. */
  restore(): Promise<void>;
  /** The settings of one more gateway on the same store, with a data folder and doors of its own; the partner reaches it from now on. */
  second(): Promise<string>;
  /** Once nothing of ours waits for an answer. */
  acknowledged(): Promise<void>;
  /** Starts to serve; resolves once the doors are open. */
  serve(how?: Parameters<Side['start']>[0]): Promise<Process>;
}

/** Operators on the first list. */
const listed = 30;

/** Operators that the partner may know: some for the first list, the others for later. */
function inventListed(home: HomeProfile): DomesticRecord[] {
  const today = new Date().toISOString().slice(0, 10);
  const invented = inventOperators(home, { count: 3 * listed, advanced: 3 * listed, seed: 11, today });
  return invented.map(({ statusSince: _, consentSince: __, ...record }) => ({
    ...record,
    ...{ status: 'active' as const, statusSince: record.gradeSince },
    ...{ consent: true, consentSince: record.gradeSince },
  }));
}

/** The settings of a gateway. */
export interface Written {
  readonly data: string;
  readonly exchange: object;
  readonly border: object;
}

export interface Equipment extends Pick<Administration, 'home' | 'door' | 'broker'> {
  readonly written: Written;
  readonly postgres: Pick<PostgresServer, 'url'> | undefined;
  model(): Expected;
}

export function administrationOf(
  side: Side,
  { home, door, broker, written, postgres, model }: Equipment,
): Administration & { importFirst(): Promise<void> } {
  const operators = inventListed(home);
  const processes: Process[] = [];
  let next = 0;
  const decide = async (): Promise<void> => {
    const [suspended, left, fresh] = [operators[next], operators[next + 1], operators[listed + next / 2]];
    if (suspended === undefined || left === undefined || fresh === undefined) throw new Error('no operators left');
    await done(side, 'operator', 'suspend', suspended.code, '--reason', 'inspection');
    await done(side, 'operator', 'consent', left.code, 'ended', '--reason', 'letter');
    await importRecords(side, home, [fresh], `${side.settings}-${String(next)}.csv`);
    for (const [{ code }, status] of [
      [suspended, 'suspended'] as const,
      [left, 'gone'] as const,
      [fresh, 'active'] as const,
    ])
      model().decided(code, status);
    next += 2;
  };
  return {
    ...side,
    ...{ home, door, processes, decide, data: written.data, ...(broker && { broker }) },
    get expected() {
      return model();
    },
    async serve(how) {
      const process = side.start(how);
      processes.push(process);
      await process.open;
      return process;
    },
    async importFirst() {
      const records = operators.slice(0, listed);
      await importRecords(side, home, records, `${side.settings}-first.csv`);
      for (const { code } of records) model().decided(code, 'active');
    },
    async decideAgain() {
      const kept = model().copy();
      next -= 2;
      await decide();
      model().take(kept);
    },
    async restore() {
      const { store } = side;
      if (postgres === undefined) return copyStore(store.replace(/\d+\.db$/u, '1.db').slice(7), store.slice(7));
      const name = store.slice(store.lastIndexOf('/') + 1);
      const first = name.replace(/\d+$/u, '1');
      await onServer([`drop database ${name} with (force)`, `create database ${name} template ${first}`], postgres.url);
    },
    async second() {
      const [exchange, border] = [await freePort(), await freePort()];
      const data = mkdtempSync(join(written.data, 'second-'));
      cpSync(join(written.data, 'keys'), join(data, 'keys'), { recursive: true });
      const doors = { exchange: { ...written.exchange, port: exchange }, border: { ...written.border, port: border } };
      writeSettings(join(data, 'settings.json'), { ...written, data, ...doors });
      door.leadTo(`https://127.0.0.1:${String(exchange)}`);
      return join(data, 'settings.json');
    },
    async acknowledged() {
      await until('everything is acknowledged', async () => (await waiting(side)).length === 0);
    },
  };
}

/** Copies an embedded store, in place of what is there. */
export function copyStore(from: string, to: string): void {
  for (const ending of ['', '-wal', '-shm']) rmSync(to + ending, { force: true });
  const database = new DatabaseSync(from);
  database.exec(`vacuum into '${to}'`);
  database.close();
}

/** As a person who repeats a command until the store takes it. */
export async function done(side: Side, ...words: readonly string[]): Promise<unknown> {
  return await until(words.join(' '), async () => {
    const { exit, result } = await side.mra(...words);
    return exit === 0 ? { result } : undefined;
  });
}

async function importRecords(
  side: Side,
  home: HomeProfile,
  records: readonly DomesticRecord[],
  file: string,
): Promise<void> {
  const titles = Object.entries(home.columns);
  const rows = records.map((record) => {
    const cells: Partial<Record<string, string>> = columnValues(record);
    return titles.map(([path]) => cells[path] ?? '');
  });
  writeFileSync(file, writeCsv([titles.map(([, title]) => title), ...rows]));
  await done(side, 'operator', 'import', file);
}
