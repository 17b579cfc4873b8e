/** CSV samples as a tree of line kinds and columns, and the template and schema of a drafted message of lines. */

import { splitCsv } from '../lines/rows.ts';
import type { DraftPart, ValueType } from './draft-parts.ts';
import { newNode, type Sample, type SampleNode, type SampleText } from './draft-sample.ts';
import { sampleFault } from './sample-fault.ts';

const separators = [';', ',', '|'] as const;

/** Lines under a row of titles, or lines that each begin with their kind. Throws E_SAMPLE_UNREADABLE. */
export function readCsvSamples(samples: readonly SampleText[]): Sample {
  const [first] = samples;
  if (first === undefined) throw new RangeError('there is no sample');
  const separator = separatorOf(first);
  const tables = samples.map((sample) => ({ file: sample.file, rows: rowsOf(sample, separator) }));
  const titles = titlesOf(tables[0]?.rows ?? []);
  const root: SampleNode = { ...node('', undefined), seen: samples.length };
  for (const { file, rows } of tables) {
    const lines = titles === undefined ? rows : rows.slice(1);
    const counts = new Map<SampleNode, number>();
    for (const [i, cells] of lines.entries()) {
      const line = lineNode(root, titles === undefined ? (cells[0] ?? '') : 'line', counts);
      const names = titles ?? cells.map((_, column) => String(column + 1));
      if (
        cells.length !== names.length ||
        (line.children.length > 0 && titles === undefined && line.children.length !== cells.length - 1)
      )
        throw sampleFault(
          new Error(
            `line ${i + (titles === undefined ? 1 : 2)} has ${cells.length} cells, and others have more or fewer`,
          ),
          file,
        );
      for (const [column, cell] of cells.entries())
        if (titles !== undefined || column > 0) addCell(line, names[column] ?? '', cell);
    }
  }
  return { format: 'csv', root, prefixes: new Map(), separator, ...(titles === undefined ? {} : { titles }) };
}

function separatorOf({ text, file }: SampleText): string {
  const [line = ''] = text.split(/\r?\n/u);
  const counted = separators.map((separator) => ({ separator, cells: splitCsv(line, separator).length }));
  const best = counted.reduce((most, each) => (each.cells > most.cells ? each : most));
  if (best.cells > 1) return best.separator;
  throw sampleFault(
    new Error('the first line has no ; , or | between cells'),
    file,
    'Give XML, JSON, or CSV with one of these between the cells; other layouts are written by hand (docs/adapters.md).',
  );
}

function rowsOf({ text, file }: SampleText, separator: string): string[][] {
  const lines = text.split(/\r?\n/u).filter((line) => line !== '');
  return lines.map((line, i) => {
    try {
      return splitCsv(line, separator).map((cell) => cell.trim());
    } catch (error) {
      throw sampleFault(error, `${file}:${i + 1}`);
    }
  });
}

/** A first row whose cells are words, all different, above rows of as many cells. */
function titlesOf([first = [], second]: readonly (readonly string[])[]): readonly string[] | undefined {
  const words = first.every((cell) => /\p{L}/u.test(cell) && !/^\d/u.test(cell) && !/\d{3}/u.test(cell));
  return words && new Set(first).size === first.length && second?.length === first.length ? first : undefined;
}

function node(name: string, parent: SampleNode | undefined): SampleNode {
  return newNode({ name, namespace: '', kind: 'member', parent });
}

function lineNode(root: SampleNode, name: string, counts: Map<SampleNode, number>): SampleNode {
  let found = root.children.find((child) => child.name === name);
  if (found === undefined) {
    found = node(name, root);
    root.children.push(found);
  }
  const count = (counts.get(found) ?? 0) + 1;
  counts.set(found, count);
  found.seen += 1;
  if (count === 1) found.seenIn += 1;
  else found.repeated = true;
  return found;
}

function addCell(line: SampleNode, name: string, value: string): void {
  let cell = line.children.find((child) => child.name === name);
  if (cell === undefined) {
    cell = node(name, line);
    line.children.push(cell);
  }
  if (value === '') return;
  cell.seen += 1;
  cell.seenIn += 1;
  cell.values.push(value);
}

/** The template of lines. Lines without a list stand first where the sample had nothing but operators. */
export function linesTemplate(root: DraftPart, sample: Sample, comment: string): string {
  const { separator = ',', titles } = sample;
  const text = (cells: readonly string[]): string => cells.map((cell) => quoted(cell, separator)).join(separator);
  const lines = linesIn(root, titles !== undefined).flatMap((line) => [
    ...(line.content.is === 'ignored' ? ['#ignore'] : []),
    ...(titles !== undefined && line.each === 'records' ? [text(['Line', ...titles])] : []),
    ...(line.each === undefined ? [] : [`#each ${line.each}`]),
    text([tagOf(line), ...cellsOf(line).map(cellText)]),
  ]);
  return [`# ${comment}`, ...(separator === ',' ? [] : [`#separator ${separator}`]), ...lines, ''].join('\n');
}

function linesIn({ parts }: DraftPart, titled: boolean): readonly DraftPart[] {
  if (!titled) return parts;
  return [...parts.filter(({ each }) => each === undefined), ...parts.filter(({ each }) => each !== undefined)];
}

/** Rows under titles have no kind of their own; where other lines stand beside them they need one. */
function tagOf({ name }: DraftPart): string {
  return name === 'line' ? 'Operator' : name;
}

function cellsOf({ parts }: DraftPart): readonly DraftPart[] {
  return parts.flatMap((part) => (part.content.is === 'parts' ? cellsOf(part) : [part]));
}

function cellText({ content }: DraftPart): string {
  switch (content.is) {
    case 'hole':
      return content.hole;
    case 'fixed':
      return content.text;
    case 'parts':
    case 'ignored':
      return '{ignored}';
  }
}

function quoted(cell: string, separator: string): string {
  return cell.includes(separator) || cell.includes('"') ? `"${cell.replaceAll('"', '""')}"` : cell;
}

/** The schema of the lines: each follows one of the kinds. */
export function linesSchema(root: DraftPart, sample: Sample, id: string): string {
  const { separator = ',', titles } = sample;
  const kinds = root.parts.map((line) =>
    line.content.is === 'ignored'
      ? `${plainRegex(tagOf(line))}.*`
      : [plainRegex(quoted(tagOf(line), separator)), ...cellsOf(line).map((cell) => cellRegex(cell, separator))].join(
          plainRegex(separator),
        ),
  );
  const titleLine =
    titles === undefined
      ? []
      : [['Line', ...titles].map((cell) => plainRegex(quoted(cell, separator))).join(plainRegex(separator))];
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: id,
    type: 'array',
    minItems: 1,
    items: { type: 'string', pattern: `^(?:${[...titleLine, ...kinds].join('|')})$` },
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

/** A text as a pattern that every dialect reads alike. */
function plainRegex(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/gu, '\\$&');
}

function cellRegex({ content, optional }: DraftPart, separator: string): string {
  const text = (most: number): string => `(?:[^"${plainRegex(separator)}]{1,${most}}|"(?:[^"]|""){1,${most * 2}}")`;
  if (content.is === 'fixed') return plainRegex(quoted(content.text, separator));
  if (content.is !== 'hole') return `(?:${text(512)})?`;
  const whole = typeRegex(content.type, text);
  return optional ? `(?:${whole})?` : whole;
}

function typeRegex(type: ValueType, text: (most: number) => string): string {
  switch (type.is) {
    case 'text':
      return text(type.max);
    case 'pattern':
      return `(?:${type.pattern})`;
    case 'id':
      return '[A-Za-z][A-Za-z0-9-]{3,63}';
    case 'number':
      return '(?:0|[1-9][0-9]{0,14})';
  }
}
