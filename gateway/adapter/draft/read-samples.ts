/** Reads all samples of a message into one tree. */

import { isGatewayError } from '../../model/errors.ts';
import type { TextEncoding } from '../../model/text-encoding.ts';
import type { AdapterTools } from '../tools.ts';
import { readLines, separatorOf, type ColumnAnswers } from './read-lines.ts';
import { sampleFault, textOf, type SampleFile, type SampleText } from './sample-text.ts';
import { mergedTree, type Item, type SampleNode } from './tree.ts';

/** How a message is written. */
export interface Layout {
  readonly format: 'xml' | 'json' | 'csv' | 'xlsx.csv' | 'fixed';
  /** Of lines; absent: UTF-8. */
  readonly encoding?: TextEncoding | undefined;
  /** Prefixes of namespaces as the sample writes them. */
  readonly prefixes: ReadonlyMap<string, string>;
  /** Between the cells of a line. */
  readonly separator: string;
  /** Of a workbook. */
  readonly sheet?: string | undefined;
  /** Lines that do not begin with their kind: rows under their titles. */
  readonly plain?: boolean;
  /** Some lines of the samples are blank. */
  readonly hasBlanks?: boolean;
}

export interface Sample extends Layout {
  readonly root: SampleNode;
  readonly files: readonly (SampleText & { readonly root: Item })[];
  /** Files of another message: one template cannot show both. */
  readonly others: readonly string[];
}

type Readers = Pick<AdapterTools, 'readXml' | 'readJson'>;

/** What is answered of the samples, and whose they are. */
export interface Given {
  readonly columns: ColumnAnswers;
  readonly encoding: unknown;
  readonly partner: string;
}

/** Throws E_SAMPLE_UNREADABLE naming the file, and the place in it where that is known. */
export function readSamples(samples: readonly SampleFile[], given: Given, tools: Readers): Sample {
  const texts = samples.map((sample) => textOf(sample, given.encoding));
  const layout = layoutOf(texts[0]);
  const prefixes = new Map<string, string>();
  const read = texts.map((sample) => {
    const { file, text } = sample;
    if (layoutOf(sample, layout).format !== layout.format)
      throw sampleFault(file, 'the samples have different formats');
    try {
      if (layout.format === 'xml') return { ...sample, root: readXmlSample(text, file, prefixes, tools) };
      if (layout.format === 'json') return { ...sample, root: readJsonSample(tools.readJson(text)) };
      return { ...sample, root: readLines(text, layout, given.columns, given.partner) };
    } catch (error) {
      if (!isGatewayError(error)) throw error;
      const { detail, at = '' } = error;
      throw sampleFault(at.includes(file) ? at : [file, at].filter((part) => part !== '').join(':'), detail);
    }
  });
  const [first] = read;
  const isAlike = ({ root }: { root: Item }): boolean =>
    root.name === first?.root.name &&
    root.space === first.root.space &&
    root.children.some(({ name }) => first.root.children.some((each) => each.name === name));
  const files = read.filter(isAlike);
  const others = read.filter((each) => !isAlike(each)).map(({ file }) => file);
  const hasBlanks = files.some(({ text }) => /\S\s*?\n[ \t]*\r?\n\s*\S/u.test(text));
  return { ...layout, hasBlanks, prefixes, files, others, root: mergedTree(files.map(({ root }) => root)) };
}

type Form = Pick<Layout, 'format' | 'separator' | 'sheet' | 'encoding'>;

/** The first character says the format; lines are of what their separator says, and short ones of what those before them are. */
function layoutOf(sample?: SampleText, before?: Form): Form {
  const { text = '', file = '', workbook, encoding } = sample ?? {};
  if (workbook !== undefined) return { format: 'xlsx.csv', separator: ',', sheet: workbook.sheet };
  const [begin = ''] = /\S/u.exec(text) ?? [];
  if (begin === '<') return { format: 'xml', separator: '' };
  if (begin === '{' || begin === '[') return { format: 'json', separator: '' };
  const separator = separatorOf(text);
  if (separator !== undefined) return { format: separator === '' ? 'fixed' : 'csv', separator, encoding };
  if (before?.format === 'fixed') return before;
  const fix = 'Give XML, JSON, CSV, tab separated or fixed-width lines. Write other layouts by hand: docs/adapters.md.';
  throw sampleFault(file, 'the lines have neither separators nor columns', fix);
}

/** Namespaces whose elements and attributes say nothing about operators. */
const ignoredSpaces = new Set(['http://www.w3.org/2000/09/xmldsig#', 'http://www.w3.org/2001/XMLSchema-instance']);

function readXmlSample(source: string, file: string, prefixes: Map<string, string>, { readXml }: Readers): Item {
  const outer: Item = { kind: 'element', name: '', children: [] };
  const open = [outer];
  const events: Parameters<Readers['readXml']>[1] = {
    open(space, name, attributes) {
      const element: Item = { kind: 'element', name, space, children: [], text: '' };
      for (const { namespace, name: own, value } of attributes) {
        if (namespace === 'http://www.w3.org/2000/xmlns/') prefixes.set(value, own === 'xmlns' ? '' : own);
        else if (!ignoredSpaces.has(namespace))
          element.children.push({ kind: 'attribute', name: own, space: namespace, children: [], text: value });
      }
      if (!ignoredSpaces.has(space)) open.at(-1)?.children.push(element);
      open.push(element);
    },
    text: (more) => open.slice(-1).forEach((element) => (element.text = (element.text ?? '') + more)),
    close: () => open.splice(-1).forEach((element) => (element.text = element.text?.trim() ?? '')),
  };
  readXml(source, events, file);
  return outer.children[0] ?? outer;
}

/** A list at the top becomes the member `operators` of an object. */
function readJsonSample(value: unknown): Item {
  const members = Array.isArray(value) && value.length > 0 && value.every(isObject) ? { operators: value } : value;
  if (!isObject(members)) throw sampleFault('', 'a message is a JSON object or a list of them; this is another value');
  return { kind: 'member', name: '', children: membersOf(members) };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function membersOf(object: Readonly<Record<string, unknown>>): Item[] {
  return Object.entries(object).flatMap(([name, value]) => {
    if (!Array.isArray(value)) return [member(name, value)];
    if (value.some(Array.isArray)) throw sampleFault('', `${name} is a list of lists, which no template carries`);
    const list = value.map((each: unknown): Item => ({ ...member(name, each), listed: 'item' }));
    return list.length > 0 ? list : [{ kind: 'member' as const, name, listed: 'empty' as const, children: [] }];
  });
}

function member(name: string, value: unknown): Item {
  if (isObject(value)) return { kind: 'member', name, children: membersOf(value) };
  const text = typeof value === 'string' ? value : value === null ? '' : JSON.stringify(value);
  const json = typeof value === 'number' ? 'number' : typeof value === 'boolean' ? 'other' : undefined;
  return { kind: 'member', name, text, ...(json && { json }), children: [] };
}
