/** Makes docs/adapters/<cc>.md from the folder of each adapter; run by itself it writes the pages. */

import { existsSync, readdirSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Adapter } from '../../gateway/adapter/adapter.ts';
import { loadAdapter, loadManifest } from '../../gateway/adapter/load.ts';
import type { DatedCode, Manifest } from '../../gateway/adapter/manifest.ts';
import type { CardLine } from '../../gateway/model/corridor-card.ts';
import type { MessageVersion } from '../../gateway/adapter/message-data.ts';
import type { MemorandumData } from '../../gateway/model/memorandum.ts';
import type { Sourced } from '../../gateway/model/arrangement.ts';
import type { ListMessage } from '../../gateway/model/list/list.ts';
import { isUnsigned, type SealKind } from '../../gateway/model/message.ts';
import { adaptersFolder, adapterTools } from './adapter-tools.ts';

export const pagesFolder = path.join(adaptersFolder, '..', 'docs', 'adapters');

/** Folders of adapters, in order. */
export const adapterFolders: readonly string[] = readdirSync(adaptersFolder)
  .filter((cc) => existsSync(path.join(adaptersFolder, cc, 'adapter.yaml')))
  .sort();

/** The page as it should stand. */
export async function adapterPage(cc: string): Promise<string> {
  const folder = path.join(adaptersFolder, cc);
  const adapter = await loadAdapter(folder, adapterTools);
  const { manifest } = await loadManifest(folder, adapterTools);
  return [
    ...opening(cc, manifest),
    ...card(manifest),
    ...(manifest.memorandum === undefined ? arrangement(manifest) : memorandum(manifest.memorandum)),
    ...identifiers(manifest),
    ...travel(manifest),
    ...layouts(manifest),
    ...codes(manifest),
    ...(await record(adapter)),
  ].join('\n');
}

type Cell = string | undefined;

function table(heads: readonly string[], rows: readonly (readonly Cell[])[]): string[] {
  const line = (cells: readonly Cell[]): string => `| ${cells.map(escaped).join(' | ')} |`;
  return [line(heads), `|${'---|'.repeat(heads.length)}`, ...rows.map(line), ''];
}

/** Outside of code a `<` would begin HTML: `AEO<NZ1234>` would vanish. */
function escaped(cell: Cell = ''): string {
  const text = cell.includes('`') ? cell : cell.replaceAll('<', '\\<');
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

const code = (text: string): string => `\`${text}\``;
const list = (words: readonly string[]): string => words.join(', ');

/** Where a fact comes from and how sure it is, the last cell of every row. */
function origin({ source, confidence }: Sourced): Cell {
  return [source, confidence === undefined ? undefined : `*${confidence}*`].filter(Boolean).join('; ');
}

function opening(cc: string, { partner, name, stage, timeZone }: Manifest): string[] {
  const layouts =
    stage === 'reference'
      ? 'The layouts are **our own**, in place of an agreed specification that is not public.'
      : 'The layouts are the agreed ones.';
  return [
    `# ${partner}: ${name}`,
    '',
    `Made from [adapters/${cc}](../../adapters/${cc}) by \`npm run docs\`. ${layouts} Quirks and what is assumed: [README](../../adapters/${cc}/README.md).`,
    `Clocks of ${timeZone}. *Ours* is the administration that wrote the folder, *theirs* the partner.`,
    'How sure: *agreed* stands in the agreement, *seen* in a public source, *inferred* follows from one, *general* is general knowledge, *assumed* is to be replaced.',
    '',
  ];
}

function card({ card: lines = [] }: Manifest): string[] {
  if (lines.length === 0) return [];
  const rows = (where: CardLine['where']): Cell[][] =>
    lines
      .filter((line) => line.where === where)
      .map((line) => [
        line.system,
        line.box,
        line.note === undefined ? line.form : `${line.form}; ${line.note}`,
        /\d/u.test(line.example) ? code(line.example) : line.example,
        line.writtenBy,
        origin(line),
      ]);
  const heads = ['system', 'box', 'what is written', 'example', 'who writes it', 'source'];
  return [
    '## Field card',
    '',
    'At home, for their operators:',
    '',
    ...table(heads, rows('home')),
    'Abroad, for our operators:',
    '',
    ...table(heads, rows('abroad')),
  ];
}

function arrangement({ arrangement: terms }: Manifest): string[] {
  const { inForce, programme, grades, directions, entryRoles, benefits, maxAgeSeconds, bands, limits, matching } =
    terms;
  const until = inForce.until === undefined ? '' : ` until ${inForce.until}`;
  const modes = Object.entries(inForce.modes ?? {}).map(([mode, day]) => `, by ${mode} from ${day}`);
  const fact = (name: string, value: string, from: Sourced): Cell[] => [name, value, origin(from)];
  const rows = [
    fact('in force', `from ${inForce.from}${until}${modes.join('')}`, inForce),
    fact('their programme', programme.theirs, programme),
    fact('our programme', programme.ours, programme),
    fact('their grades that count', list(grades.theirs.map(code)), grades),
    fact('our grades that count', list(grades.ours.map(code)), grades),
    fact('directions', list(directions.value), directions),
    fact('roles on an entry', list(entryRoles.value), entryRoles),
    ...Object.entries(terms.operatorRoles ?? {}).map(([role, fitting]) =>
      fact(`operators that may stand as ${role}`, list(fitting.value), fitting),
    ),
    fact(
      'benefits',
      Object.entries(benefits.value)
        .map(([letter, words]) => `${letter} ${words}`)
        .join('; '),
      benefits,
    ),
    ...(limits === undefined ? [] : [fact('limits', limitsInWords(limits.value), limits)]),
    ...(matching === undefined
      ? []
      : [
          fact('finding their operators', matchingInWords(matching.theirs), matching),
          fact('finding our operators', matchingInWords(matching.ours), matching),
        ]),
    fact('a list is too old after', `${maxAgeSeconds.value / 3600} hours`, maxAgeSeconds),
    fact('two people decide on their list', bandsInWords(bands.theirs), bands),
    fact('two people decide on our list', bandsInWords(bands.ours), bands),
  ];
  return [`## ${terms.title}`, '', ...table(['fact', 'value', 'source'], rows)];
}

function memorandum({ title, ...terms }: MemorandumData): string[] {
  const { inForce, purpose, grades, fields, benefits, retentionDays, statusQueries, maxAgeSeconds, bands } = terms;
  const until = inForce.until === undefined ? '' : ` until ${inForce.until}`;
  const granted = Object.entries(benefits.value).map(([letter, words]) => `${letter} ${words}`);
  const rows: Cell[][] = [
    ['in force', `from ${inForce.from}${until}`, origin(inForce)],
    ['purpose', purpose.value, origin(purpose)],
    ['what leaves', list(fields.value.map(code)), origin(fields)],
    ['of operators with the grades', list(grades.value.map(code)), origin(grades)],
    ['kept there after an operator left', `${retentionDays.value} days`, origin(retentionDays)],
    ['status queries', statusQueries?.value === true ? 'yes' : 'no', origin(statusQueries ?? {})],
    ['benefits that it grants', granted.join('; '), origin(benefits)],
    ['a list is too old after', `${maxAgeSeconds.value / 3600} hours`, origin(maxAgeSeconds)],
    ['two people decide on our list', bandsInWords(bands.value), origin(bands)],
  ];
  return [`## ${title}`, '', ...table(['fact', 'value', 'source'], rows)];
}

type Terms = Manifest['arrangement'];

function limitsInWords({ modes, ports }: NonNullable<Terms['limits']>['value']): string {
  const named = (where: Readonly<Record<string, string>> = {}): string =>
    list(Object.entries(where).map(([port, name]) => `${name} (${code(port)})`));
  return [
    ...(modes === undefined ? [] : [`by ${list(modes)} only`]),
    ...(ports?.ours === undefined ? [] : [`our ports ${named(ports.ours)}`]),
    ...(ports?.theirs === undefined ? [] : [`their ports ${named(ports.theirs)}`]),
  ].join('; ');
}

function matchingInWords(rules: NonNullable<Terms['matching']>['theirs']): string {
  if (rules.length === 0) return 'by identifier';
  return rules.map(({ modes, by }) => `by ${by.replaceAll('_', ' ')} for ${list(modes)}`).join('; ');
}

function bandsInWords({ between: [least, most], shrink, grow }: Terms['bands']['theirs']): string {
  const step = ({ percent, records }: typeof shrink): string => `${percent} % or ${records}`;
  return `outside ${least} to ${most} operators, or when one message takes away more than ${step(shrink)} or adds more than ${step(grow)}`;
}

function identifiers({ identifiers: forms, memorandum: agency }: Manifest): string[] {
  const row = (whose: string, form: Manifest['identifiers']['theirs']): Cell[] => [
    whose,
    code(form.form),
    form.words,
    code(form.example),
    form.check === undefined ? 'none' : `${code(form.check.kind)}; a wrong one warns`,
    origin(form),
  ];
  const heads = ['whose', 'form', 'in words', 'example', 'check digit', 'source'];
  const { issuers } = forms.theirs;
  return [
    '## Identifiers',
    '',
    ...table(heads, [...(agency === undefined ? [row('theirs', forms.theirs)] : []), row('ours', forms.ours)]),
    ...(issuers === undefined ? [] : [`Issued by ${issuers.length} states: ${list(issuers)}.`, '']),
  ];
}

const seals: Readonly<Record<SealKind, string>> = {
  'xml-signature': 'an XML signature inside the document',
  jws: 'a compact JWS',
  'cms-detached': 'a CMS signature beside the text',
};

const transports: Readonly<Record<Manifest['transport'], string>> = {
  https: 'pushed over HTTPS',
  amqp: 'through a queue (AMQP)',
  'https-pull': 'fetched over HTTPS by whoever they are for',
  sftp: 'files on an SFTP server',
  folder: 'files in a folder that both sides reach',
};

function travel({ lists, seal, transport }: Manifest): string[] {
  const kinds = lists?.kinds ?? ['full', 'delta'];
  const which = kinds.length === 1 ? 'Full lists only' : 'Full lists, and deltas of what changed';
  const parts =
    lists?.partRecords === undefined
      ? 'each in one message'
      : `in parts of at most ${lists.partRecords} operators where there are more`;
  const sure = lists?.confidence === undefined ? '' : ` (${lists.confidence})`;
  const sealed = isUnsigned(seal) ? 'not signed' : `sealed with ${seals[seal.kind]} (${seal.algorithm})`;
  return ['## How lists travel', '', `${which}, ${parts}${sure}; ${transports[transport]}, ${sealed}.`, ''];
}

function layouts({ messages }: Manifest): string[] {
  const rows = (['list', 'reply'] as const).flatMap((kind) => {
    const versions: readonly MessageVersion[] = [messages[kind] ?? []].flat();
    return versions.map(({ template, schema, type, from, until }) => [
      kind,
      code(template),
      code(schema),
      type === undefined ? '' : code(type),
      from ?? 'always',
      until ?? 'open',
    ]);
  });
  return table(['message', 'template', 'schema', 'type', 'from', 'until'], rows);
}

function codes({ codes: tables }: Manifest): string[] {
  const rows = Object.entries(tables).map(([name, words]) => [
    name,
    list(
      Object.entries(words).map(
        ([word, theirs]) =>
          `${word} ${typeof theirs === 'string' ? code(theirs) : 'write' in theirs ? code(theirs.write) : theirs.map(datedCode).join(' and ')}`,
      ),
    ),
  ]);
  return ['## Codes', '', ...table(['table', 'our word and the code on the wire'], rows)];
}

function datedCode({ code: theirs, from, until }: DatedCode): string {
  return `${code(theirs)}${from === undefined ? '' : ` from ${from}`}${until === undefined ? '' : ` until ${until}`}`;
}

/** The first operator of the sample of a full list, as it stands in a message. */
async function record({ folder, list: format }: Adapter): Promise<string[]> {
  const file = path.join(folder, 'samples', 'list-full', '1-ours.json');
  const { records } = JSON.parse(await readFile(file, 'utf8')) as ListMessage;
  const [first] = records;
  if (first === undefined) throw new Error(`no operator in ${file}`);
  const { text } = format.preview(first);
  return [
    '## An operator on the wire',
    '',
    `\`\`\`${format.format}`,
    ...readable(text.trim(), format.format),
    '```',
    '',
  ];
}

function readable(text: string, format: 'xml' | 'json' | 'text'): string[] {
  switch (format) {
    case 'json':
      return JSON.stringify(JSON.parse(text), undefined, 2).split('\n');
    case 'text':
      return text.split('\r\n');
    case 'xml': {
      let depth = 0;
      return text
        .replaceAll('><', '>\n<')
        .split('\n')
        .map((line) => {
          if (line.startsWith('</')) depth -= 1;
          const shown = '  '.repeat(depth) + line;
          if (/^<[^/]/u.test(line) && !line.endsWith('/>') && !line.includes('</')) depth += 1;
          return shown;
        });
    }
  }
}

if (import.meta.main) {
  await mkdir(pagesFolder, { recursive: true });
  for (const cc of adapterFolders) await writeFile(path.join(pagesFolder, `${cc}.md`), await adapterPage(cc));
}
