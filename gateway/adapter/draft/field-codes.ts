/** What the codes of a sample may mean, and codes for the words it does not show. */

import { departureReasons } from '../../model/list/list.ts';
import { recordFaults } from '../../model/message.ts';
import { roles } from '../../model/record/domestic-record.ts';

/** Words the code tables of an adapter speak, and codes partners are known to write for them. */
const meanings: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  status: {
    active:
      'a act active actif activo aktiv vigente vigent valid valide valido v ok 1 01 001 g granted y yes true in_force authorised authorized 有效 有効 유효 正常 действует',
    suspended:
      's sus susp suspended suspendu suspendido ausgesetzt sospeso 2 02 002 h n no false on_hold hold 暂停 中止 停止 정지 приостановлен',
  },
  kind: {
    full: 'f full complete all total initial i snapshot whole 1 01 a 全量 全件 전체',
    delta: 'd delta changes change update u partial incremental c diff 2 02 增量 差分 변경',
  },
  role: {
    exporter: 'ex exp exporter export e exportateur exportador exportateur ausfuhrer ez 出口',
    importer: 'im imp importer import i importateur importador einfuhrer 进口',
    manufacturer: 'mf man manufacturer m mfr producer prod hersteller fabricante fabricant 生产',
    warehouse: 'wh war warehouse w wk warehousekeeper lager deposito entrepot 仓储',
    forwarder: 'fw fwd forwarder f ff freight_forwarder spediteur transitaire 货代',
    broker: 'cb br broker b customs_broker agent ag declarant zollagent agente 报关',
    carrier: 'ca car carrier c transporter tr tra haulier beforderer transporteur transportista 运输',
    terminal: 'to te terminal t terminal_operator port_operator po 码头',
  },
  reason: {
    revoked: 'r rev revoked revocation 11 annulled widerrufen',
    withdrawn: 'w wdr withdrawn withdrawal 12 renounced',
    consent_withdrawn: 'c cw consent consent_withdrawn 13',
    grade_lost: 'g gl grade_lost downgraded 14',
    left: 'l left gone removed deleted expired ended 19 x',
  },
  fault: { identifier_malformed: 'e01', dates_contradict: 'e02', text_forbidden: 'e03' },
};

const wordsOfTable: Readonly<Record<string, readonly string[]>> = {
  status: ['active', 'suspended'],
  kind: ['full', 'delta'],
  role: roles,
  reason: departureReasons,
  fault: recordFaults,
};

export interface CodeGuess {
  /** Our word to the partner's code, every word of the table. */
  readonly rows: Readonly<Record<string, string>>;
  /** Codes of the sample whose meaning was guessed from what such codes usually mean. */
  readonly guessed: readonly string[];
  /** Codes of the sample that fit none of our words. */
  readonly strange: readonly string[];
  /** Words for which a code was made up. */
  readonly made: readonly string[];
}

function slug(code: string): string {
  return code
    .normalize('NFD')
    .replaceAll(/[\u0300-\u036f]/gu, '')
    .normalize('NFC')
    .trim()
    .toLowerCase()
    .replaceAll(/[\s-]+/gu, '_');
}

/** How many of the codes usually mean something in this table, 0 to 1: what tells a status from a role. */
export function knownShare(table: string, codes: readonly string[]): number {
  const known = new Set(Object.values(meanings[table] ?? {}).flatMap((line) => line.split(' ')));
  const different = new Set(codes.map(slug));
  return different.size === 0 ? 0 : [...different].filter((code) => known.has(code)).length / different.size;
}

/** A table for the codes of a sample. `codes` may be empty: then all codes are made up, in capitals. */
export function guessCodes(table: string, codes: readonly string[]): CodeGuess {
  return guess(wordsOfTable[table] ?? [], meanings[table] ?? {}, codes);
}

/** The table of grades: `ours` are the words of the home programme; theirs are made from the codes of the sample. */
export function gradeCodes(
  ours: readonly string[],
  codes: readonly string[],
): CodeGuess & { theirs: readonly string[] } {
  const different = [...new Set(codes)].sort();
  const theirs = different.map((code) => {
    const word = slug(code).replaceAll(/[^a-z0-9_]/gu, '');
    return /^[a-z]/u.test(word) ? word : `grade_${word === '' ? different.indexOf(code) + 1 : word}`;
  });
  const rows: Record<string, string> = {};
  for (const [i, code] of different.entries()) rows[theirs[i] ?? code] = code;
  const made: string[] = [];
  for (const word of ours.filter((each) => rows[each] === undefined)) {
    rows[word] = freeCode(word, Object.values(rows), codes.length === 0 ? ['AAAA'] : codes);
    made.push(word);
  }
  return { rows, guessed: [], strange: [], made, theirs };
}

function guess(words: readonly string[], known: Readonly<Record<string, string>>, codes: readonly string[]): CodeGuess {
  const different = [...new Set(codes)].sort();
  const rows: Record<string, string> = {};
  const guessed: string[] = [];
  for (const code of different) {
    const said = slug(code);
    const word = words.find((each) => (known[each] ?? '').split(' ').includes(said) && rows[each] === undefined);
    if (word === undefined) continue;
    rows[word] = code;
    // A code that spells the word out is no guess.
    if (said !== word) guessed.push(code);
  }
  const strange = different.filter((code) => !Object.values(rows).includes(code));
  const made: string[] = [];
  for (const word of words.filter((each) => rows[each] === undefined)) {
    rows[word] = freeCode(word, [...Object.values(rows), ...strange], different);
    made.push(word);
  }
  return { rows: Object.fromEntries(words.map((word) => [word, rows[word] ?? word])), guessed, strange, made };
}

/** A code in the style of those of the sample, and none of `taken`. */
function freeCode(word: string, taken: readonly string[], like: readonly string[]): string {
  const length = Math.max(1, ...like.map((code) => code.length));
  if (like.length > 0 && like.every((code) => /^\d+$/u.test(code))) {
    for (let number = 1; ; number += 1) {
      const code = String(number).padStart(length, '0');
      if (!taken.includes(code)) return code;
    }
  }
  const lower = like.length > 0 && like.every((code) => code === code.toLowerCase());
  const styled = lower ? word : word.toUpperCase();
  const candidates = like.length > 0 && length <= 3 ? shortForms(styled, length) : [styled];
  const found = [...candidates, styled].find((code) => !taken.includes(code));
  if (found !== undefined) return found;
  for (let number = 2; ; number += 1) if (!taken.includes(`${styled}_${number}`)) return `${styled}_${number}`;
}

/** First letter and another of the word, until as long as the codes of the sample. */
function shortForms(word: string, length: number): readonly string[] {
  const letters = word.replaceAll('_', '');
  if (length === 1) return letters.split('');
  return letters
    .slice(length - 1)
    .split('')
    .map((last) => letters.slice(0, length - 1) + last);
}
