/** What is measured on: two administrations with keys of their own, a store with invented operators, and fresh copies of it. */

import { copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { adapterTools } from '../../gateway/app/adapter-tools.ts';
import { openGateway } from '../../gateway/app/composition.ts';
import { prepareAdministrations } from '../../gateway/rehearsal/administrations.ts';
import { inventOperators } from '../../gateway/rehearsal/invented-operators.ts';
import { loadConfig, type Config } from '../../gateway/app/config.ts';
import { getPartner, type Gateway } from '../../gateway/gateway.ts';
import { dayAt, momentOf } from '../../gateway/model/day.ts';
import { eligibility } from '../../gateway/model/record/partner-view.ts';
import type { DomesticRecord } from '../../gateway/model/record/record.ts';
import { openDatabase, type Database } from '../../gateway/store/database.ts';
import { saveOperators } from '../../gateway/store/operators.ts';
import { signerOf } from '../../gateway/wire/signature/profile.ts';
import { realNames } from './names.ts';

/** The partner whose lists are measured: XML, an XSD, an RSA-2048 signature. */
export const partnerCode = 'KR';

export interface Stage {
  readonly folder: string;
  readonly sender: Config;
  readonly receiver: Config;
  /** Files for the peers: our certificate and key (PEM), the partner's schema, and `{namespace}root` of its list. */
  readonly certificate: string;
  readonly key: string;
  readonly schema: string;
  readonly listType: string;
}

/** Makes keys for both and introduces them. Everything lies in the folder, the key for the peers too: remove it afterwards. */
export async function makeStage(folder: string): Promise<Stage> {
  const tools = adapterTools();
  const base = loadConfig({ data: folder }, { MRA_BROKER: 'amqp://127.0.0.1:1' });
  const { home, partners } = await prepareAdministrations(tools, { base, folder, partners: [partnerCode] });
  const other = partners.find(({ profile }) => profile.country === partnerCode);
  if (other === undefined) throw new Error(`there is no home profile of ${partnerCode}`);
  const [sender, receiver] = [silent(home.config), silent(other.config)];
  const gateway = await openGateway(sender, tools);
  try {
    const { adapter, ...partner } = getPartner(gateway, partnerCode);
    const signer = signerOf(partner.signer);
    const layout = adapter.formatsOn(dayAt(gateway.now(), adapter.timeZone)).list;
    const write = (name: string, pem: string): string => {
      const path = join(folder, name);
      writeFileSync(path, pem, { mode: 0o600 });
      return path;
    };
    return {
      folder,
      sender,
      receiver,
      certificate: write('certificate.pem', signer.certificate.toString()),
      key: write('key.pem', signer.key.export({ type: 'pkcs8', format: 'pem' }).toString()),
      schema: layout.schema,
      listType: layout.type,
    };
  } finally {
    await gateway.close();
  }
}

function silent(config: Config): Config {
  return { ...config, logLevel: 'silent' };
}

export interface Prepared {
  readonly store: string;
  /** Domestic records in the store; `size` of them may be seen by the partner. */
  readonly domestic: number;
  readonly eligible: readonly DomesticRecord[];
}

/** Imports invented operators, as many as it takes for `size` of them to be on the partner's list. */
export async function prepareStore(stage: Stage, size: number, names: 'real' | 'plain' = 'real'): Promise<Prepared> {
  const gateway = await openGateway(stage.sender, adapterTools());
  const store = join(stage.folder, `operators-${names}-${size}.db`);
  const db = await openDatabase(`sqlite:${store}`);
  try {
    const { records, eligible } = enough(gateway, size, names);
    await db.transaction((tx) => saveOperators(tx, records, momentOf(gateway.now())));
    return { store, domestic: records.length, eligible };
  } finally {
    await db.close();
    await gateway.close();
  }
}

function enough(
  gateway: Gateway,
  size: number,
  names: 'real' | 'plain',
): { records: DomesticRecord[]; eligible: DomesticRecord[] } {
  const { arrangement, identifiers, timeZone, formatsOn } = getPartner(gateway, partnerCode).adapter;
  const { list } = formatsOn(dayAt(gateway.now(), timeZone));
  const terms = { arrangement, requiredPaths: list.requiredPaths, form: identifiers.ours };
  // About 8 % are not eligible; a tenth and some more are always enough, and the surplus is cut off.
  const count = Math.ceil(size * 1.12) + 100;
  const today = dayAt(gateway.now(), gateway.home.timeZone);
  const invented = inventOperators(gateway.home, { count, advanced: count, seed: 7741, today });
  const records = names === 'real' ? realNames(invented) : invented;
  const eligible: DomesticRecord[] = [];
  for (const [i, record] of records.entries()) {
    if (!eligibility(record, terms).eligible) continue;
    eligible.push(record);
    if (eligible.length === size) return { records: records.slice(0, i + 1), eligible };
  }
  throw new Error(`only ${eligible.length} of ${count} invented operators are eligible`);
}

let freshStores = 0;

/** Runs the work on a store that nobody has worked on: a copy of the one named, or an empty one. */
export async function onFreshStore<T>(
  folder: string,
  original: string | undefined,
  work: (db: Database, url: string) => Promise<T>,
): Promise<T> {
  freshStores += 1;
  const path = join(folder, `run-${process.pid}-${freshStores}.db`);
  if (original !== undefined) copyFileSync(original, path);
  const url = `sqlite:${path}`;
  const db = await openDatabase(url);
  try {
    return await work(db, url);
  } finally {
    await db.close();
    for (const ending of ['', '-wal', '-shm']) rmSync(path + ending, { force: true });
  }
}

/** The gateway as it is, but for the size a list may have: lists larger than the agreed band would be held for two people. */
export function withoutSizeBand<G extends Gateway>(gateway: G): G {
  const partners = [...gateway.partners].map(([code, partner]) => {
    const { adapter } = partner;
    const bands = { ...adapter.arrangement.bands, between: [0, Number.MAX_SAFE_INTEGER] as const };
    return [code, { ...partner, adapter: { ...adapter, arrangement: { ...adapter.arrangement, bands } } }] as const;
  });
  return { ...gateway, partners: new Map(partners) };
}
