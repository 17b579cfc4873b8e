/**
 * The border in one file: an HTML page with a snapshot and the modules by which the border door decides. It needs no network. Its last line
 * is a comment with a note, signed with the key of the log, over all bytes before it.
 */

import { existsSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { fileURLToPath } from 'node:url';
import { hash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import type { LogSealer } from '../audit/seal-log.ts';
import { GatewayError } from '../model/errors.ts';
import { keyOfVerifier, openNote } from '../model/log/checkpoint.ts';
import { validatorsFile } from '../model/record/check-digits.ts';
import { cutSnapshot, type CutOrder, type CutSnapshot, type Cutting } from './cut-snapshot.ts';
import { readSnapshot } from './read-snapshot.ts';
import { parseSnapshot, type SnapshotHead } from './snapshot.ts';

const program = new URL('../', import.meta.url);
const packages = new URL('../../node_modules/', import.meta.url);
const styles = readFileSync(new URL('../console/office.css', import.meta.url), 'utf8');
/** The console texts that the page shows, by language. */
const groups =
  /^(?:advice|check|direction|entry_role|form|freshness|head|mode|offline|outcome|register|status|step|step_result)\./u;
const texts = JSON.stringify(Object.fromEntries(['en', 'zh-CN'].map((language) => [language, textsOf(language)])));
const skeleton = readFileSync(new URL('page.html', import.meta.url), 'utf8');

function textsOf(language: string): Readonly<Record<string, string>> {
  const file = new URL(`../console/texts/${language}.json`, import.meta.url);
  const all = JSON.parse(readFileSync(file, 'utf8')) as Readonly<Record<string, string>>;
  return Object.fromEntries(Object.entries(all).filter(([key]) => groups.test(key)));
}

export interface FileOrder extends CutOrder {
  /** The client in whose name a page answers, for a page with a whole snapshot. Absent: the snapshot itself. */
  readonly pageOf?: string | undefined;
}

/** A snapshot, a delta, or the page. Throws the same errors as cutSnapshot. */
export async function snapshotFile(cutting: Cutting, { pageOf: client, ...order }: FileOrder): Promise<CutSnapshot> {
  const cut = await cutSnapshot(cutting, client === undefined ? order : { days: order.days });
  return client === undefined ? cut : { id: cut.id, bytes: Buffer.from(await borderPage(cut, cutting.sealer, client)) };
}

/** The page with this whole snapshot. Throws the same errors as LogSealer.signNote. */
async function borderPage({ bytes }: CutSnapshot, sealer: LogSealer, client: string): Promise<string> {
  const { head } = parseSnapshot(gunzipSync(bytes).toString());
  const about = { client, key: await sealer.verifierKey() };
  const { imports, entry } = modulesFor(head);
  const scripts = [['importmap', JSON.stringify({ imports })] as const, ['module', `import '${entry}';`] as const];
  const hashes = scripts.map(([, text]) => `'sha256-${hash('sha256', text, 'base64')}'`).join(' ');
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src ${hashes} data:`;
  const modules = scripts.map(([type, text]) => `<script type="${type}">${text}</script>`).join('\n');
  const data = [
    `<script type="application/json" id="about">${JSON.stringify(about).replaceAll('<', '\\u003c')}</script>`,
    `<script type="application/json" id="texts">${texts.replaceAll('<', '\\u003c')}</script>`,
    `<script type="text/plain" id="snapshot">${Buffer.from(bytes).toString('base64')}</script>`,
  ].join('\n');
  const page = skeleton
    .replace('<!--policy-->', () => `<meta http-equiv="Content-Security-Policy" content="${policy}" />`)
    .replace('/*styles*/', () => styles)
    .replace('<!--modules-->', () => modules)
    .replace('<!--data-->', () => data);
  return `${page}${signatureLine(await sealer.signNote(pageNote(head.id, page)))}`;
}

const pageNote = (id: string, page: string): string => `mra-border-page/1\n${id}\n${hash('sha256', page, 'base64')}\n`;
const signatureLine = (note: string): string => `<!--${JSON.stringify({ note })}-->\n`;

/** The snapshot in a page whose every byte was signed with this key. Throws E_SNAPSHOT_INVALID. */
export function verifyPage(text: string, key: string): SnapshotHead {
  const at = text.lastIndexOf('<!--{"note":');
  const [, json = '{}'] = /^<!--(\{.*\})-->\n$/u.exec(text.slice(at)) ?? [];
  const [, data = ''] = /<script type="text\/plain" id="snapshot">([^<]*)</u.exec(text) ?? [];
  const { head } = readSnapshot(Buffer.from(data, 'base64'), key);
  if (at >= 0 && openNote(noteOf(json), keyOfVerifier(key))?.text === pageNote(head.id, text.slice(0, at))) return head;
  throw new GatewayError('E_SNAPSHOT_INVALID', 'the page is not the one that was signed with this key');
}

/** Empty if there is none. */
function noteOf(json: string): string {
  try {
    const { note } = JSON.parse(json) as { readonly note?: unknown };
    return typeof note === 'string' ? note : '';
  } catch {
    return ''; // not a signed snapshot
  }
}

interface Modules {
  /** Module sources as data URLs, by the names under which modules import each other. */
  readonly imports: Readonly<Record<string, string>>;
  readonly entry: string;
}

/** The page's script and everything it imports, including the check digit validators that the partners of this snapshot need. */
function modulesFor({ partners }: SnapshotHead): Modules {
  const kinds = new Set(partners.flatMap(({ terms }) => terms.form.check?.kind ?? []));
  const files = kinds.values().flatMap((kind) => {
    const [country = '', name = ''] = kind.split('.');
    return hasFile(new URL(checkFile(country, name), packages)) ? [[country, name] as const] : [];
  });
  const inPlaceOf: Readonly<Record<string, string>> = {
    'node:timers/promises': 'export const setImmediate = () => Promise.resolve();',
    'node:module': checkDigits([...files]),
  };
  const imports = new Map<string, string>();
  const add = (name: string): void => {
    if (imports.has(name)) return;
    imports.set(name, '');
    const { text, names } = linked(name, inPlaceOf[name] ?? sourceOf(name));
    imports.set(name, `data:text/javascript;base64,${Buffer.from(text).toString('base64')}`);
    for (const each of names) add(each);
  };
  const entry = 'gateway/offline/page.js';
  add(entry);
  return { imports: Object.fromEntries(imports), entry };
}

const checkFile = (country: string, name: string): string => `stdnum/lib/esm/${country}/${name}.js`;

/** The validators that model/record/check-digits.ts loads with `createRequire`. */
function checkDigits(kinds: readonly (readonly [country: string, name: string])[]): string {
  const lines = kinds.map(([country, name], i) => `import * as kind${i} from '${checkFile(country, name)}';`);
  const added = kinds.map(([country, name], i) => `(files['${validatorsFile(country)}'] ??= {}).${name} = kind${i};`);
  return [...lines, 'const files = {};', ...added, 'export const createRequire = () => (file) => files[file];'].join(
    '\n',
  );
}

/** `gateway/model/day.ts` is a file of this program; other names are files of a package. */
function sourceOf(name: string): string {
  if (!name.startsWith('gateway/')) return readFileSync(new URL(name, packages), 'utf8');
  const text = readFileSync(new URL(name.slice('gateway/'.length), program), 'utf8');
  return name.endsWith('.ts') ? withoutTypes(text) : text;
}

/** Node warns once that this function is experimental; tests show that the page works. */
function withoutTypes(text: string): string {
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    return stripTypeScriptTypes(text);
  } finally {
    process.emitWarning = emitWarning;
  }
}

/** Replaces the paths of imports by names, because a data URL has no folder. */
function linked(from: string, source: string): { readonly text: string; readonly names: readonly string[] } {
  const names: string[] = [];
  const text = source.replaceAll(
    /^((?:import|export)\b(?:[^;'"]*\sfrom)?\s)'([^']+)';/gmu,
    (_, before: string, specifier: string) => {
      const name = resolved(from, specifier);
      names.push(name);
      return `${before}'${name}';`;
    },
  );
  return { text, names };
}

function resolved(from: string, specifier: string): string {
  if (specifier === 'fastest-levenshtein') return 'fastest-levenshtein/esm/mod.js';
  if (!specifier.startsWith('.')) return specifier;
  const name = new URL(specifier, `file:///${from}`).pathname.slice(1);
  if (name.startsWith('gateway/')) return name;
  return hasFile(new URL(`${name}.js`, packages)) ? `${name}.js` : `${name}/index.js`;
}

function hasFile(file: URL): boolean {
  return existsSync(fileURLToPath(file));
}
