/** Two invented partners and a register with one operator in each state, for tests of the answers at the border. */

import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLogSealer, type LogSealer } from '../../gateway/audit/seal-log.ts';
import { openAnswerLog } from '../../gateway/clearance/answer-log.ts';
import type { Clearance, ClearanceTerms } from '../../gateway/clearance/requests.ts';
import type { Arrangement } from '../../gateway/model/arrangement.ts';
import type { Departure } from '../../gateway/model/list/list.ts';
import { packRecords } from '../../gateway/model/record/packed-records.ts';
import type { Moment, ListRecord } from '../../gateway/model/record/record.ts';
import { openDatabase, type Database } from '../../gateway/store/database.ts';
import { applyToRegister } from '../../gateway/store/register-writing.ts';
import { recordLists } from '../../gateway/store/streams.ts';
import { sampleHome } from '../model/sample-home.ts';
import { freshUrl } from '../store/engines.ts';

export const northArrangement: Arrangement = {
  title: 'Arrangement between Sample Customs and Northland Customs',
  programme: 'Trusted Northland Trader',
  inForce: { from: '2014-04-01', modes: { road: '2016-01-01' } },
  directions: ['import'],
  entryRoles: ['consignor', 'exporter', 'MF'],
  grades: ['advanced'],
  benefits: { E: 'lower examination rate', P: 'priority examination' },
  maxAgeSeconds: 172_800,
  bands: { between: [0, 1000], shrink: { percent: 10, records: 5 }, grow: { percent: 10, records: 5 } },
};

const noForm = { toIdentifier: (code: string) => code, toCode: () => undefined };
const ours = { ...noForm, form: '{code}', grammar: /^\d{10}$/u, words: 'ten digits', example: '4403131697' };

/** Northland (NN) lies at UTC+9; its codes are NN and seven characters. */
export const northland: ClearanceTerms = {
  partner: 'NN',
  name: 'Northland Customs',
  timeZone: 'Asia/Seoul',
  arrangement: northArrangement,
  identifiers: {
    ours,
    theirs: {
      ...noForm,
      form: 'NN{code}',
      grammar: /^NN[0-9A-Z]{7}$/u,
      words: 'NN and 7 letters or digits',
      example: 'NN1234567',
    },
  },
};

/** The Union (UU) covers both directions and accepts nearly every code, Northland's among them. */
export const union: ClearanceTerms = {
  partner: 'UU',
  name: 'Customs of the Union',
  timeZone: 'UTC',
  arrangement: {
    ...northArrangement,
    programme: 'Union Operator',
    directions: ['import', 'export'],
    entryRoles: ['consignor', 'consignee'],
  },
  identifiers: {
    ours,
    theirs: {
      ...noForm,
      form: '{code}',
      grammar: /^[A-Z]{2}[A-Z0-9]{1,15}$/u,
      words: 'two letters and up to 15 characters',
      example: 'UU12',
    },
  },
};

export const noon: Moment = '2026-11-23T12:00:00.000Z';

export function operator(identifier: string, changes: Partial<ListRecord> = {}): ListRecord {
  const base = {
    name: { latin: `${identifier} TRADING CO., LTD.` },
    address: {},
    grade: 'advanced',
    status: 'active',
  } as const;
  return { ...base, identifier, statusSince: '2024-03-01', validFrom: '2024-03-01', roles: ['exporter'], ...changes };
}

const records: readonly ListRecord[] = [
  operator('NN0000001'),
  operator('NN0000002', { status: 'suspended', statusSince: '2026-11-01' }),
  operator('NN0000003', { validTo: '2026-10-31' }),
  operator('NN0000006', { validTo: '2026-11-23' }),
];
const departures: readonly Departure[] = [
  { identifier: 'NN0000004', reason: 'revoked', since: '2026-11-10' },
  { identifier: 'NN0000005', reason: 'withdrawn', since: '2026-11-12' },
];

/** Northland's list as it was issued an hour before noon; the Union has sent none. */
export async function fillRegister(
  db: Database,
  issuedAt: Moment = '2026-11-23T11:00:00.000Z',
  appliedAt: Moment = issuedAt,
): Promise<void> {
  await fillList(db, { partner: 'NN', records, departures, issuedAt, appliedAt });
}

export interface SampleList {
  readonly partner: string;
  readonly records: readonly ListRecord[];
  readonly departures?: readonly Departure[];
  /** One more than the list before it, of a second list of one partner. */
  readonly sequence?: number;
  readonly issuedAt?: Moment;
  readonly appliedAt?: Moment;
}

/** One list of a partner, issued an hour before noon if nothing else is said. */
export async function fillList(db: Database, list: SampleList): Promise<void> {
  const {
    partner,
    departures: left = [],
    sequence = 7,
    issuedAt = '2026-11-23T11:00:00.000Z',
    appliedAt = issuedAt,
  } = list;
  const puts = [...list.records.keys()];
  const messageId = `L${sequence}`;
  await db.transaction(async (tx) => {
    const position = {
      epoch: { no: 1, id: 'e1' },
      sequence,
      chain: '0'.repeat(64),
      root: '0'.repeat(64),
      count: puts.length,
    };
    const noted = { kind: 'full', issuedAt, nextBy: issuedAt, position } as const;
    await applyToRegister(tx, {
      partner,
      knownAt: appliedAt,
      today: appliedAt.slice(0, 10),
      list: await recordLists(tx, { partner, direction: 'in' }, [{ messageId, list: noted, appliedAt }]),
      sourceMessage: messageId,
      records: packRecords(list.records),
      puts,
      departures: left,
    });
  });
}

export interface TestClearance extends Clearance {
  readonly sealer: LogSealer;
  /** With the key and the checkpoints of the log. */
  readonly folder: string;
  /** Of the store. */
  readonly file: string;
  /** What the clock shows; it stands still until a test moves it. */
  clock: Moment;
  close(): Promise<void>;
}

/** The clearance side of a gateway on a store of its own, at noon. */
export async function openClearance(partners: readonly ClearanceTerms[] = [northland]): Promise<TestClearance> {
  const fresh = await freshUrl('sqlite');
  const db = await openDatabase(fresh.url);
  const folder = mkdtempSync(join(tmpdir(), 'mra-log-'));
  const clearance: TestClearance = {
    home: sampleHome,
    db,
    folder,
    file: fresh.url.slice('sqlite:'.length),
    answers: openAnswerLog(db, sampleHome),
    sealer: openLogSealer(db, folder, sampleHome.country),
    partners: new Map(partners.map((adapter) => [adapter.partner, { adapter }])),
    policy: 'sample-policy',
    clock: noon,
    now: () => new Date(clearance.clock),
    random: (bytes) => randomBytes(bytes),
    async close() {
      await db.close();
      await fresh.remove();
      rmSync(folder, { recursive: true });
    },
  };
  return clearance;
}
