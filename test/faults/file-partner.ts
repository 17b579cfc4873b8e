/**
 * A partner with files for experiments: it takes and answers the lists in its folders, puts its own, and notes what reached it twice, in other
 * bytes, or out of order. Its adapter is that of test/peers/files, with numbers in place of days.
 */

import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const partnerCode = 'XD';
const numbered = '{message.from}_AEO_{message.position.sequence|pad:6}.txt';

export function writeNumberedAdapter(to: string): void {
  cpSync(join(import.meta.dirname, '../peers/files/xd'), to, { recursive: true });
  const manifest = join(to, 'adapter.yaml');
  const text = readFileSync(manifest, 'utf8')
    .replace('discipline: dated, revision: replace', 'discipline: numbered, restart: never, gap: resync')
    .replace(
      /\{ id: file, .*\}$/mu,
      '{ id: [from, to, number], from: channel, to: channel, kind: { is: full }, nextBy: { from: issuedAt, add: maxAge } }',
    )
    .replaceAll(/\{message.from\}_AEO_[^']*\.txt/gu, numbered);
  writeFileSync(manifest, text);
  const list = join(to, 'list.csv');
  writeFileSync(
    list,
    readFileSync(list, 'utf8').replace('H;HAEDONG', 'H;{message.position.sequence|pad:6};{message.issuedAt}'),
  );
}

export interface FilePartner {
  /** What our gateway puts, what it takes, and where that goes. */
  readonly folders: { readonly out: string; readonly in: string; readonly archive: string };
  /** Our operators that are suspended on the newest list it has taken. */
  suspended(): readonly string[];
  /** The verdict on each of its lists, by number. */
  readonly verdicts: ReadonlyMap<number, string>;
  /** What must never happen. */
  readonly faults: readonly string[];
  /** One run of its job. */
  work(): void;
  /** Puts its next list, the marker last. */
  put(suspended: readonly number[]): number;
}

const fileOf = (from: string, number: number): string => `${from}_AEO_${String(number).padStart(6, '0')}.txt`;
const numberOf = (file: string): number => Number(/_(\d{6})\.txt/u.exec(file)?.[1]);

export function openFilePartner(folder: string): FilePartner {
  const at = (name: string): string => join(folder, name);
  const folders = { out: at('from-us'), in: at('to-us'), archive: at('archive') };
  for (const each of Object.values(folders)) mkdirSync(each, { recursive: true });
  const taken = new Map<number, string>();
  const verdicts = new Map<number, string>();
  const faults: string[] = [];
  let [last, given] = [0, 0];
  const put = (name: string, text: string): void => {
    writeFileSync(join(folders.in, `.${name}`), text, 'latin1');
    renameSync(join(folders.in, `.${name}`), join(folders.in, name));
  };
  /** The same bytes again are answered again, and nothing else. */
  const take = (file: string): void => {
    const [number, text] = [numberOf(file), readFileSync(join(folders.out, file), 'latin1')];
    const known = taken.get(number);
    if (known !== undefined && known !== text) faults.push(`list ${String(number)} came in other bytes`);
    if (known === undefined && number !== last + 1) faults.push(`list ${String(number)} came after ${String(last)}`);
    if (!/\r\nT;\d{6}\r\n$/u.test(text)) faults.push(`list ${String(number)} was not whole`);
    taken.set(number, text);
    last = Math.max(last, number);
    for (const ending of ['.ok', '']) rmSync(join(folders.out, file + ending));
    put(`${file}.ack`, `A;${known === undefined ? 'OK' : 'DUP'};${file};\r\n`);
  };
  return {
    ...{ folders, verdicts, faults },
    suspended: () =>
      [...(taken.get(last) ?? '').matchAll(/^R;([^;]*);[^;]*;[^;]*;9;/gmu)].map(([, identifier = '']) => identifier),
    work() {
      for (const name of readdirSync(folders.out).toSorted()) {
        if (name.endsWith('.txt.ok') && existsSync(join(folders.out, name.slice(0, -3)))) take(name.slice(0, -3));
        if (!name.endsWith('.ack')) continue;
        verdicts.set(numberOf(name), readFileSync(join(folders.out, name), 'latin1').split(';')[1] ?? '');
        rmSync(join(folders.out, name));
      }
    },
    put(suspended) {
      given += 1;
      const rows = Array.from({ length: 30 }, (_, i) => {
        const status = suspended.includes(i) ? '9;20260602' : '1;20240520';
        return `R;HD00${String(1000 + i)};Example ${String(i)};Busan;${status}\r\n`;
      });
      const head = `H;${String(given).padStart(6, '0')};${new Date().toISOString()}`;
      put(fileOf(partnerCode, given), `${head}\r\n${rows.join('')}T;000030\r\n`);
      writeFileSync(join(folders.in, `${fileOf(partnerCode, given)}.ok`), '');
      return given;
    },
  };
}
