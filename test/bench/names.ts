/** Names as companies have them, and what a list of such names costs beside one of plain names. */

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { DomesticRecord } from '../../gateway/model/record/record.ts';
import { startProcess } from './lists.ts';
import type { Direction, ListJob } from './list-process.ts';
import { medianRatio } from './numbers.ts';
import { prepareStore, type Stage } from './stage.ts';

/**
 * Of ten names one holds an ampersand, one a quotation mark or an apostrophe; some hold a backslash, a less-than sign or Chinese
 * beyond the basic plane. Every operator has a name in Chinese as well.
 */
export function realNames(records: readonly DomesticRecord[]): DomesticRecord[] {
  return records.map((record, i) => ({ ...record, name: realName(record.name, i) }));
}

function realName({ local = '', latin = '' }: DomesticRecord['name'], i: number): DomesticRecord['name'] {
  const rare = i % 30 === 11 ? `𠮷${local}` : local;
  switch (i % 10) {
    case 3:
      return { local: rare, latin: latin.replace(' ', ' & ') };
    case 7:
      return { local: rare, latin: i % 20 === 7 ? latin.replace(' ', ' "S" ') : latin.replace(' ', "'S ") };
    case 9:
      return { local: rare, latin: i % 50 === 9 ? `${latin} A\\B` : i % 50 === 19 ? `${latin} <HK>` : latin };
    default:
      return { local: rare, latin };
  }
}

/** How many times as long a list with real names takes as one with plain names, warm, whole. */
export interface NamesResult {
  readonly records: number;
  readonly out: number;
  readonly in: number;
}

const warmUp = 2;
const rounds = 9;

export async function benchNames(stage: Stage, records: number): Promise<NamesResult> {
  const stores = { plain: (await prepareStore(stage, records, 'plain')).store, real: '' };
  stores.real = (await prepareStore(stage, records, 'real')).store;
  const document = (names: 'plain' | 'real'): string => join(stage.folder, `names-${names}.xml`);
  const job = (direction: Direction, names: 'plain' | 'real'): ListJob => ({
    ...{ direction, folder: stage.folder, document: document(names), sender: stage.sender.home },
    ...(direction === 'out' ? { config: stage.sender, store: stores[names] } : { config: stage.receiver }),
  });
  try {
    const out = await ratioOf(job('out', 'real'), job('out', 'plain'));
    return { records, out, in: await ratioOf(job('in', 'real'), job('in', 'plain')) };
  } finally {
    for (const path of [stores.plain, stores.real, document('plain'), document('real')]) rmSync(path, { force: true });
  }
}

/** Runs that follow each other, one of each. */
async function ratioOf(real: ListJob, plain: ListJob): Promise<number> {
  const processes = [await startProcess(real), await startProcess(plain)];
  try {
    const times: number[][] = [];
    for (let round = 0; round < warmUp + rounds; round += 1) {
      const both: number[] = [];
      for (const each of processes) both.push((await each.run()).ms);
      if (round >= warmUp) times.push(both);
    }
    const [ofReal, ofPlain] = [0, 1].map((i) => times.map((both) => both[i] ?? Number.NaN));
    return medianRatio(ofReal ?? [], ofPlain ?? []);
  } finally {
    for (const each of processes) await each.close();
  }
}
