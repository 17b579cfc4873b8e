/** Writes the template of a message, and each sample as the template needs it: with an example of what our model needs besides. */

import { jsonText } from '../check/message-text.ts';
import { escapeAttribute } from '../xml/escaping.ts';
import type { Layout } from './read-samples.ts';
import { jsonKindOf, named, sizeOf, type Item, type SampleNode } from './tree.ts';

/** Accepted when read and never written: nothing in it has a use. A line that stands once keeps its dropped cells. */
function isDropped({ use, each, parent, kind, children, repeated }: SampleNode): boolean {
  if (use !== undefined || each !== undefined || parent === undefined || (kind === 'line' && !repeated)) return false;
  return children.every((child) => child.label === true || isDropped(child));
}

export function templateOf(node: SampleNode): Item {
  const { use, each, columns, before = '', label } = node;
  const about = { ...named(node), columns: undefined, before: undefined };
  const children = node.children.map(templateOf);
  const size = columns === undefined ? '' : `:${columns.fill}${columns.width}${columns.bytes ? 'b' : ''}`;
  if (isDropped(node)) {
    const tag = children.filter((child) => child.label === true);
    const around = columns === undefined ? '' : before;
    return { ...about, text: `${around}{ignored${size}}`, dropped: true, children: tag };
  }
  const shown = use?.fixed === true ? padded(use.text, columns) : use?.text.replace(/(?=[|}])/u, size);
  const json = use?.fixed === true && label === undefined ? jsonKindOf(node) : undefined;
  return { ...about, text: shown === undefined ? undefined : before + shown, each, json, children };
}

/** One sample as it is kept. `refused`: items that no hole reads. */
export function completed(node: SampleNode, item: Item | undefined, refused: ReadonlySet<Item>, row = 0): Item {
  const { use } = node;
  const found = item?.text === undefined || item.text === '' ? use?.example : item.text;
  const shown = use?.text.startsWith('{#') === true ? String(row + 1).padStart(found?.length ?? 0, '0') : found;
  const [, typed] = /\|(number|date:excel)\}$/u.exec(use?.text ?? '') ?? [];
  const written =
    use?.fixed === true ? jsonKindOf(node) : typed === undefined ? undefined : typed === 'number' ? typed : 'other';
  // A value of another kind than the template has is kept as it is: that nothing reads it must be known before the partner sends it.
  const json = use?.fixed === true || !item?.text ? written : item.json;
  const children = node.children.flatMap((child) => completedChildren(child, item, refused, row));
  return {
    ...named(node),
    text: use?.fixed === true ? use.text : use && (shown ?? ''),
    json,
    listed: item?.listed,
    children,
  };
}

function completedChildren(node: SampleNode, above: Item | undefined, refused: ReadonlySet<Item>, row: number): Item[] {
  const { kind, use, each } = node;
  const found = (above?.children ?? []).filter((child) => child.node === node && !refused.has(child));
  const cell: Item[] = kind === 'cell' ? [{ ...named(node), text: '', children: [] }] : [];
  if (isDropped(node)) return found.length === 0 ? cell : found;
  // An empty text is an absent value; a cell of a line stands there all the same.
  const isPresent = ({ text, children }: Item): boolean =>
    use === undefined || use.fixed === true || text !== '' || children.length > 0;
  const present = found.filter(isPresent);
  if (present.length > 0) return present.map((item, i) => completed(node, item, refused, each === undefined ? row : i));
  if (each === undefined && isNeeded(node)) return [completed(node, undefined, refused, row)];
  return kind === 'member' && isNeeded(node) ? [{ ...named(node), listed: 'empty', children: [] }] : cell;
}

/** A message cannot do without it. */
function isNeeded({ use, each, children }: SampleNode): boolean {
  if (each !== undefined) return !each.endsWith('?');
  return use === undefined ? children.some(isNeeded) : use.optional !== true;
}

/** The text of a template, which has a comment, or of a message. */
export function writtenText(root: Item, layout: Layout, comment?: string): string {
  const { format, prefixes, separator, sheet, plain, hasBlanks } = layout;
  if (format === 'xml') return xmlText(root, prefixes, comment);
  if (format === 'json') return jsonText(jsonObject(root.children));
  if (comment === undefined) {
    const write = (line: Item): string => (sheet === undefined ? lineText(line, separator) : sheetRow(line));
    return root.children.map((line) => `${write(line)}\r\n`).join('');
  }
  const settings = [
    ...(sheet === undefined ? [] : [`#sheet ${sheet}`]),
    ...(format === 'csv' ? [`#separator ${separator === '\t' ? '\\t' : separator}`] : []),
    ...(plain === true && hasBlanks === true ? ['#blank'] : []),
  ];
  const lines = root.children.flatMap((line) => [...directivesOf(line, layout), lineText(line, separator)]);
  return [`# ${comment}`, ...settings, ...lines, ''].join('\n');
}

/** Rows without a kind of their own stand between titles and a last line. */
function directivesOf({ name, each, dropped }: Item, { format, plain }: Layout): string[] {
  if (plain === true && name.startsWith('heading')) return [format === 'fixed' ? '#header' : '#header any'];
  if (plain === true && name.startsWith('trailer')) return ['#last'];
  if (each !== undefined) return [`#each ${each}${plain === true ? ' plain' : ''}`];
  return dropped === true ? ['#ignore'] : [];
}

/** Cells are quoted that hold the separator or a quote, and a first one that begins like a comment of a template. */
function lineText({ children }: Item, separator: string): string {
  const cells = children.map(({ before = '', text = '', columns }) => before + padded(text, columns));
  const isSpecial = (cell: string, i: number): boolean =>
    cell.includes(separator) || cell.includes('"') || (i === 0 && cell.startsWith('#'));
  if (separator === '') return cells.join('');
  return cells.map((cell, i) => (isSpecial(cell, i) ? quoted(cell) : cell)).join(separator);
}

/** A row of a workbook: texts are quoted, numbers and days are not. */
function sheetRow({ children }: Item): string {
  const cells = children.map(({ before = '', text = '', json }) => ({ json, text: before + text }));
  const shown = cells.map(({ json, text }) => (text === '' || json !== undefined ? text : quoted(text)));
  return shown.join(',').replace(/,+$/u, '');
}

function quoted(cell: string): string {
  return `"${cell.replaceAll('"', '""')}"`;
}

function padded(text: string, columns?: Item['columns']): string {
  if (columns === undefined) return text;
  const { width, fill, bytes } = columns;
  const more = (fill === '0>' ? '0' : ' ').repeat(Math.max(0, width - sizeOf(text, bytes)));
  return fill === '' ? text + more : more + text;
}

/** The members of a message or its template. Parts of one name are the items of a list. */
function jsonObject(parts: readonly Item[]): Readonly<Record<string, unknown>> {
  const ignored = parts.filter(({ dropped }) => dropped === true).map(({ name }) => name);
  const members = Map.groupBy(
    parts.filter(({ dropped }) => dropped !== true),
    ({ name }) => name,
  );
  const written = [...members].map(([name, all]): [string, unknown] => {
    const values = all.map(({ text, json, children }): unknown =>
      text === undefined ? jsonObject(children) : json === undefined ? text : JSON.parse(text),
    );
    if (all[0]?.listed !== undefined) return [name, all[0].listed === 'empty' ? [] : values];
    if (all[0]?.each === undefined) return [name, values[0]];
    return [name, { $each: all[0].each, $item: values[0], ...(all.length > 1 && { $gone: values[1] }) }];
  });
  return { ...Object.fromEntries(written), ...(ignored.length > 0 && { $ignore: ignored }) };
}

/** The namespaces of a message; that of the root first. */
export function spacesIn({ space = '', children }: Item): string[] {
  return [...new Set([space, ...children.flatMap(spacesIn)])].filter((each, i) => each !== '' || i === 0);
}

function xmlText(root: Item, known: Layout['prefixes'], comment?: string): string {
  const prefixes = new Map<string, string>();
  for (const [i, space] of spacesIn(root).entries()) {
    const wanted = known.get(space) ?? (i === 0 ? '' : 't');
    const taken = wanted === 't' || [...prefixes.values()].includes(wanted);
    if (space !== '') prefixes.set(space, taken ? `p${i}` : wanted);
  }
  const declared = [...prefixes].map(
    ([space, prefix]) => ` xmlns${prefix && `:${prefix}`}="${escapeAttribute(space)}"`,
  );
  const [head, more] = comment === undefined ? [[], ''] : [[`<!-- ${comment} -->`], ' xmlns:t="urn:mra:template"'];
  const lines = xmlLines(root, prefixes, declared.join('') + more, '');
  return ['<?xml version="1.0" encoding="UTF-8"?>', ...head, ...lines, ''].join('\n');
}

function xmlLines(item: Item, prefixes: ReadonlyMap<string, string>, more: string, indent: string): string[] {
  const tagOf = ({ space = '', name }: Item): string => [prefixes.get(space), name].filter(Boolean).join(':');
  const tag = tagOf(item);
  if (item.dropped === true) return [`${indent}<${tag} t:ignore="true"/>`];
  const { true: attributes = [], false: children = [] } = Object.groupBy(item.children, ({ kind }) =>
    String(kind === 'attribute'),
  );
  const each = item.each === undefined ? '' : ` t:each="${item.each}"`;
  const written = attributes.map((one) => ` ${tagOf(one)}="${escapeAttribute(one.text ?? '')}"`).join('');
  const [start, text] = [`${indent}<${tag}${more}${each}${written}`, escapeAttribute(item.text ?? '')];
  if (children.length === 0) return [text === '' ? `${start}/>` : `${start}>${text}</${tag}>`];
  return [
    `${start}>`,
    ...children.flatMap((child) => xmlLines(child, prefixes, '', `${indent}  `)),
    `${indent}</${tag}>`,
  ];
}
