/** `mra operator` on a store of its own, with one partner, for tests. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { operatorCommands, type OperatorContext } from '../../gateway/cli/operator.ts';
import { makeOutput, type Format } from '../../gateway/cli/output.ts';
import { asGatewayError } from '../../gateway/model/errors.ts';
import type { RecordColumn } from '../../gateway/model/record/record-text.ts';
import { openDatabase, type Database } from '../../gateway/store/database.ts';
import { sampleHome } from '../model/sample-home.ts';
import { sampleFields } from '../model/sample-records.ts';
import { memoryStream } from './memory.ts';

export interface Ran {
  readonly exit: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** What `import` prints as JSON. */
export interface Imported {
  readonly counts: Readonly<Record<string, number>>;
  readonly state: string;
  readonly as_of: { readonly moment: string; readonly from: string };
  readonly lifts: Readonly<Record<string, number>>;
  readonly problems: readonly {
    group: string;
    rows: number;
    examples: readonly { row: number; column: string; found: string }[];
  }[];
}

export const imported = ({ stdout }: Ran): Imported => JSON.parse(stdout) as Imported;

export const titles = Object.values(sampleHome.columns);

export type Row = Partial<Record<RecordColumn, string>>;

/** Rows of the sample record with changes, as CSV. */
export const csvOf = (...rows: readonly Row[]): string => {
  const cells = rows.map((row) => titles.map((title) => sampleFields(row)[title] ?? ''));
  return [titles, ...cells].map((row) => row.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',')).join('\r\n');
};

export interface OperatorCommand {
  readonly folder: string;
  readonly db: Database;
  /** Writes a file into the folder, and returns its path. */
  file(name: string, content: string | Uint8Array): string;
  run(words: readonly string[], format?: Format): Promise<Ran>;
  close(): Promise<void>;
}

/** It is 2018-03-01, 08:00 at home. */
export async function openOperatorCommand(): Promise<OperatorCommand> {
  const folder = mkdtempSync(join(tmpdir(), 'operator-'));
  const db = await openDatabase(`sqlite:${join(folder, 'store.db')}`);
  return {
    folder,
    db,
    file(name, content) {
      const path = join(folder, name);
      writeFileSync(path, content);
      return path;
    },
    run: (words, format = 'json') => runCommand(db, words, format),
    async close() {
      await db.close();
      rmSync(folder, { recursive: true });
    },
  };
}

async function runCommand(db: Database, words: readonly string[], format: Format): Promise<Ran> {
  const stdout = memoryStream();
  const stderr = memoryStream();
  const out = makeOutput({ stdout, stderr, format });
  let exit: number | undefined;
  const context: OperatorContext = {
    out,
    exit: (code) => (exit = code),
    open: () =>
      Promise.resolve({
        home: sampleHome,
        db,
        partners: new Map([['XA', viewer()]]),
        now: () => new Date('2018-03-01T00:00:00Z'),
        close: () => Promise.resolve(),
      }),
  };
  const program = new Command().exitOverride();
  operatorCommands(program, context);
  try {
    await program.parseAsync(['operator', ...words], { from: 'user' });
  } catch (error) {
    exit = makeOutput({ stdout: stderr, stderr }).fail(asGatewayError(error));
  }
  return { exit, stdout: stdout.text(), stderr: stderr.text() };
}

function viewer() {
  const form = {
    form: 'AEOCN{code}',
    grammar: /^AEOCN\d{10}$/u,
    words: 'AEOCN and ten digits',
    example: 'AEOCN4403131697',
  };
  const ours = { ...form, toIdentifier: (code: string) => `AEOCN${code}`, toCode: () => undefined };
  const arrangement = {
    title: 'Sample arrangement',
    programme: 'AEO',
    inForce: { from: '2014-04-01' },
    directions: ['import' as const],
    entryRoles: ['consignor' as const],
    grades: ['general'],
    benefits: {},
    maxAgeSeconds: 1,
    bands: { between: [0, 1] as const, shrink: { percent: 1, records: 1 }, grow: { percent: 1, records: 1 } },
  };
  return {
    code: 'XA',
    adapter: { arrangement, identifiers: { ours, theirs: ours }, list: { requiredPaths: [] } },
  };
}
