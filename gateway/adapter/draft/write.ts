/** Writes a drafted message in its format: the template, and each sample as it is kept, filled in where our model needs more. */

import { escapeAttribute as escaped } from '../xml/escaping.ts';
import { isDropped, isOptional, type Occurrence, type SampleNode } from './sample-tree.ts';

/** A template or message as it is written. */
interface DraftPiece {
  readonly about: Pick<SampleNode, 'name' | 'namespace' | 'kind' | 'tag' | 'columns'>;
  /** Undefined for a group. */
  readonly text?: string | undefined;
  readonly hole?: boolean;
  /** Of JSON: the text of a number, true or false. */
  readonly literal?: boolean;
  readonly each?: string | undefined;
  readonly listed?: Occurrence['listed'];
  /** In a template: accepted and never written. */
  readonly dropped?: true;
  readonly parts: readonly DraftPiece[];
}

interface WritingLayout {
  readonly format: 'xml' | 'json' | 'csv' | 'fixed';
  readonly prefixes: ReadonlyMap<string, string>;
  readonly separator: string;
}

/** The template of a message. */
export function templatePiece(node: SampleNode): DraftPiece {
  const { use, each, before = '' } = node;
  if (isDropped(node)) return { about: node, dropped: true, parts: [] };
  const text = use && before + use.text;
  const fixed = use?.is === 'fixed';
  const parts = node.children.map(templatePiece);
  return {
    about: node,
    text,
    hole: use !== undefined && !fixed,
    literal: fixed && node.scalar !== 'text',
    each,
    parts,
  };
}

/** The message of one sample: its texts in place of holes, an example where it lacks what our model needs, without what is refused. */
export function filledPiece(
  node: SampleNode,
  occurrence: Occurrence | undefined,
  refused: ReadonlySet<Occurrence>,
): DraftPiece {
  const { use, before = '' } = node;
  const text = use?.is === 'hole' ? (occurrence?.text ?? '') || use.type.example : use?.text;
  const literal = use?.is === 'hole' ? use.type.number === true : node.scalar !== 'text';
  const parts = node.children.flatMap((child) => filledPieces(child, occurrence, refused));
  return { about: node, text: text === undefined ? text : before + text, literal, listed: occurrence?.listed, parts };
}

function filledPieces(node: SampleNode, above: Occurrence | undefined, refused: ReadonlySet<Occurrence>): DraftPiece[] {
  const found = (above?.children ?? []).filter((child) => child.node === node && !refused.has(child));
  const emptyCell: DraftPiece[] = node.kind === 'column' ? [{ about: node, text: '', parts: [] }] : [];
  if (isDropped(node)) return found.length === 0 ? emptyCell : found.map(rawPiece);
  // An empty text is an absent value; a cell of a line stands there all the same.
  const present = found.filter((each) => node.use?.is !== 'hole' || each.text !== '' || each.children.length > 0);
  if (present.length > 0) return present.map((each) => filledPiece(node, each, refused));
  if (node.each === undefined && !isOptional(node)) return [filledPiece(node, undefined, refused)];
  const list = node.kind === 'member' && node.each?.endsWith('?') === false;
  return list ? [{ about: node, listed: 'empty', parts: [] }] : emptyCell;
}

/** What the template drops, as it stands in the sample. */
function rawPiece(occurrence: Occurrence): DraftPiece {
  const { text, before = '', scalar, listed, children } = occurrence;
  const parts = children.map(rawPiece);
  return {
    about: occurrence,
    text: text === undefined ? text : before + text,
    literal: scalar !== undefined,
    listed,
    parts,
  };
}

/** The text of a template, which has a comment, or of a message. */
export function writtenText(
  piece: DraftPiece,
  { format, prefixes, separator }: WritingLayout,
  comment?: string,
): string {
  if (format === 'xml') return xmlText(piece, prefixes, comment);
  if (format === 'json') return jsonText(jsonObject(piece));
  const cells = cellWriter(separator);
  if (comment === undefined) return piece.parts.map((line) => `${lineText(line, cells, separator)}\r\n`).join('');
  const sign = separator === '\t' ? '\\t' : separator;
  const directive = format === 'csv' && separator !== ',' ? [`#separator ${sign}`] : [];
  const lines = piece.parts.flatMap((line) => [
    ...(line.dropped === true ? ['#ignore'] : []),
    ...(line.each === undefined ? [] : [`#each ${line.each}`]),
    unlikeComment(lineText(line, cells, separator), separator),
  ]);
  return [`# ${comment}`, ...directive, ...lines, ''].join('\n');
}

/** A line of a template that begins with the sign of a comment is quoted. */
function unlikeComment(line: string, separator: string): string {
  const [first = '', ...others] = separator === '' ? [line] : line.split(separator);
  return separator !== '' && first.startsWith('#') ? [`"${first}"`, ...others].join(separator) : line;
}

/** Cells between separators, or filled to their columns where there is none. */
export function cellWriter(separator: string): (cell: DraftPiece) => string {
  return ({ about: { columns = { width: 0, fill: '' } }, text = '', hole, dropped }) => {
    const { width, fill } = columns;
    if (separator !== '') return quoted(dropped === true ? '{ignored}' : text, separator);
    if (dropped === true) return `{ignored:${width}}`;
    if (hole === true) return text.replace(/(?=[|}])/u, `:${fill}${width}`);
    return fill === '' ? text.padEnd(width) : text.padStart(width, fill === '>' ? ' ' : '0');
  };
}

export function quoted(cell: string, separator: string): string {
  const special = separator !== '' && (cell.includes(separator) || cell.includes('"'));
  return special ? `"${cell.replaceAll('"', '""')}"` : cell;
}

function lineText(
  { about: { tag }, parts, dropped }: DraftPiece,
  write: (cell: DraftPiece) => string,
  separator: string,
): string {
  const first = tag === undefined ? [] : [quoted(tag.text, separator)];
  return [...first, ...(dropped === true ? [] : parts.map(write))].join(separator);
}

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** The members of a message or its template. Parts of one name are the items of a list. */
function jsonObject({ parts }: DraftPiece): Json {
  const kept = parts.filter(({ dropped }) => dropped !== true);
  const ignored = parts.filter(({ dropped }) => dropped === true).map(({ about }) => about.name);
  const members = [...Map.groupBy(kept, ({ about }) => about.name)].map(([name, all]): [string, Json] => {
    const [{ each, listed } = { listed: 'empty' as const }] = all;
    const values = all.map(jsonValue);
    if (listed !== undefined) return [name, listed === 'empty' ? [] : values];
    const [value = null] = values;
    return [name, each === undefined ? value : { $each: each, $item: value }];
  });
  return { ...Object.fromEntries(members), ...(ignored.length === 0 ? {} : { $ignore: ignored }) };
}

function jsonValue(piece: DraftPiece): Json {
  const { text, literal } = piece;
  if (text === undefined) return jsonObject(piece);
  return literal === true ? (JSON.parse(text) as Json) : text;
}

export function namespacesOf({ namespace, children }: SampleNode): readonly string[] {
  return [...new Set([namespace, ...children.flatMap(namespacesOf)])].filter((space, i) => space !== '' || i === 0);
}

function xmlText(root: DraftPiece, prefixes: ReadonlyMap<string, string>, comment?: string): string {
  const names = new Map<string, string>([['', '']]);
  const all = (piece: DraftPiece): DraftPiece[] => [piece, ...piece.parts.flatMap(all)];
  const spaces = [...new Set(all(root).map(({ about }) => about.namespace))].filter((space) => space !== '');
  for (const [i, space] of spaces.entries()) {
    const wanted = prefixes.get(space) ?? (i === 0 && root.about.namespace === space ? '' : `p${i}`);
    const free = wanted !== 't' && !spaces.some((other) => names.get(other) === wanted);
    names.set(space, free ? wanted : `p${i}`);
  }
  const declared = spaces.map((space) => ` xmlns${prefixed(':', names.get(space))}="${escaped(space)}"`).join('');
  const lines = xmlLines(root, names, declared + (comment === undefined ? '' : ' xmlns:t="urn:mra:template"'), '');
  const head = comment === undefined ? [] : [`<!-- ${comment} -->`];
  return ['<?xml version="1.0" encoding="UTF-8"?>', ...head, ...lines, ''].join('\n');
}

const prefixed = (sign: string, prefix = ''): string => (prefix === '' ? '' : sign + prefix);

function xmlLines(piece: DraftPiece, names: ReadonlyMap<string, string>, more: string, indent: string): string[] {
  const tagOf = ({ name, namespace }: DraftPiece['about']): string => {
    const prefix = names.get(namespace) ?? '';
    return prefix === '' ? name : `${prefix}:${name}`;
  };
  const [tag, each] = [tagOf(piece.about), piece.each === undefined ? '' : ` t:each="${piece.each}"`];
  if (piece.dropped === true) return [`${indent}<${tag} t:ignore="true"/>`];
  const [attributes, children] = [true, false].map((wanted) =>
    piece.parts.filter(({ about }) => (about.kind === 'attribute') === wanted),
  ) as [DraftPiece[], DraftPiece[]];
  const written = attributes.map(
    ({ about, text = '', dropped }) => ` ${tagOf(about)}="${dropped === true ? '{ignored}' : escaped(text)}"`,
  );
  const start = `${indent}<${tag}${more}${each}${written.join('')}`;
  const text = escaped(piece.text ?? '');
  if (children.length === 0) return [text === '' ? `${start}/>` : `${start}>${text}</${tag}>`];
  return [`${start}>`, ...children.flatMap((child) => xmlLines(child, names, '', `${indent}  `)), `${indent}</${tag}>`];
}
