/** Reads all samples of a partner, whatever their format, and puts those of one message together. */

import { GatewayError, isGatewayError } from '../../model/errors.ts';
import type { AdapterTools } from '../tools.ts';
import { readLinesSample, separatorOf } from './read-lines.ts';
import { leavesOf, mergedTree, type Occurrence, type SampleFormat, type SampleNode } from './sample-tree.ts';
import { matchName, type Vocabulary } from './vocabulary.ts';

export interface SampleText {
  readonly file: string;
  readonly text: string;
}

interface SampleRoot extends SampleText {
  readonly root: Occurrence;
}

/** The samples of one message. */
export interface Sample {
  readonly format: SampleFormat;
  readonly root: SampleNode;
  readonly files: readonly SampleRoot[];
  /** Files of the same kind whose root is another: no template shows both. */
  readonly others: readonly SampleRoot[];
  /** Prefixes of namespaces as the sample writes them. */
  readonly prefixes: ReadonlyMap<string, string>;
  /** Between the cells of a line. */
  readonly separator: string;
}

interface ReadRequest {
  readonly partner: string;
  readonly vocabulary: Vocabulary;
  /** Answers: the first columns of the values, by kind of line. */
  readonly columns: ReadonlyMap<string, readonly number[]>;
}

type Readers = Pick<AdapterTools, 'readXml' | 'readJson'>;

/** The list, and the reply where there is a sample of one. Throws E_SAMPLE_UNREADABLE naming the file. */
export function readSamples(
  samples: readonly SampleText[],
  replies: readonly SampleText[],
  request: ReadRequest,
  tools: Readers,
): { list: Sample; reply: Sample | undefined } {
  const [first] = samples;
  if (first === undefined) throw new RangeError('there is no sample');
  const format = formatOf(first);
  const separator = separatorOf(first.text) ?? '';
  const prefixes = new Map<string, string>();
  const readOne = ({ file, text }: SampleText): SampleRoot => {
    if (formatOf({ file, text }) !== format) throw sampleFault(new Error('the samples have different formats'), file);
    const clean = text.replace(/^\ufeff/u, '');
    try {
      if (format === 'xml') return { file, text, root: readXmlSample(clean, file, prefixes, tools) };
      if (format === 'json') return { file, text, root: readJsonSample(clean, tools) };
      return { file, text, root: readLinesSample(clean, separator, request) };
    } catch (error) {
      throw sampleFault(error, file);
    }
  };
  const read = samples.map(readOne);
  const isReply = ({ root }: SampleRoot): boolean => looksLikeReply(mergedTree([root]), request.vocabulary);
  const lists = read.every(isReply) ? read : read.filter((each) => !isReply(each));
  const answers = [...read.filter((each) => !lists.includes(each)), ...replies.map(readOne)];
  const together = (roots: readonly SampleRoot[]): Sample => {
    const top = roots[0]?.root;
    const files = roots.filter(({ root }) => root.name === top?.name && root.namespace === top.namespace);
    const others = roots.filter((each) => !files.includes(each));
    return { format, separator, prefixes, files, others, root: mergedTree(files.map(({ root }) => root)) };
  };
  return { list: together(lists), reply: answers.length === 0 ? undefined : together(answers) };
}

/** The first character says the format; lines are of what their separator says. */
function formatOf({ text, file }: SampleText): SampleFormat {
  const [begin = ''] = /[^\s\ufeff]/u.exec(text) ?? [];
  if (begin === '<') return 'xml';
  if (begin === '{' || begin === '[') return 'json';
  const separator = separatorOf(text);
  if (separator !== undefined) return separator === '' ? 'fixed' : 'csv';
  throw sampleFault(
    new Error('the lines have neither separators nor columns'),
    file,
    'Give XML, JSON, CSV, tab separated or fixed-width lines; other layouts are written by hand (docs/adapters.md).',
  );
}

/** E_SAMPLE_UNREADABLE with the file, and the place inside it where that is known. */
export function sampleFault(error: unknown, file: string, fix?: string): GatewayError {
  const known = isGatewayError(error) ? error : undefined;
  const detail = known?.detail ?? (error instanceof Error ? error.message : 'it cannot be read');
  return new GatewayError('E_SAMPLE_UNREADABLE', detail, {
    at: known?.at === undefined ? file : known.at.includes(file) ? known.at : `${file}:${known.at}`,
    fix:
      fix ?? 'Give a message as the partner sends it: XML without document type, JSON, CSV or fixed lines, in UTF-8.',
    cause: error,
  });
}

/** More of its elements are named like the values of a reply than like those of an operator. */
function looksLikeReply(root: SampleNode, vocabulary: Vocabulary): boolean {
  const leaves = leavesOf(root);
  const named = (paths: readonly string[]): number =>
    paths.filter((path) => leaves.some(({ name }) => matchName(vocabulary, path, name).strong)).length;
  const { reply, list } = vocabulary.telling;
  return named(reply) >= 2 && named(reply) > named(list);
}

/** Namespaces whose elements and attributes say nothing about operators. */
const passedOver = new Set(['http://www.w3.org/2000/09/xmldsig#', 'http://www.w3.org/2001/XMLSchema-instance']);
const xmlnsNamespace = 'http://www.w3.org/2000/xmlns/';

function readXmlSample(text: string, file: string, prefixes: Map<string, string>, { readXml }: Readers): Occurrence {
  const outer: Occurrence = { name: '', namespace: '', kind: 'element', children: [] };
  const open = [outer];
  const events: Parameters<Readers['readXml']>[1] = {
    open(namespace, name, attributes) {
      const element: Occurrence = { name, namespace, kind: 'element', children: [], text: '' };
      for (const { namespace: of, name: attribute, value } of attributes) {
        if (of === xmlnsNamespace) prefixes.set(value, attribute === 'xmlns' ? '' : attribute);
        else if (!passedOver.has(of))
          element.children.push({ name: attribute, namespace: of, kind: 'attribute', children: [], text: value });
      }
      if (!passedOver.has(namespace)) open.at(-1)?.children.push(element);
      open.push(element);
    },
    text(more) {
      const element = open.at(-1);
      if (element !== undefined) element.text = (element.text ?? '') + more;
    },
    close() {
      const element = open.pop();
      if (element !== undefined) element.text = element.text?.trim() ?? '';
    },
  };
  readXml(text, events, file);
  const [root] = outer.children;
  if (root === undefined) throw new Error('there is no element in it');
  return root;
}

/** The object of a JSON document; a list at its top becomes the member `operators` of an object. */
function readJsonSample(text: string, { readJson }: Readers): Occurrence {
  const value = readJson(text);
  const root: Occurrence = { name: '', namespace: '', kind: 'member', children: [] };
  const members = Array.isArray(value) && value.length > 0 && value.every(isObject) ? { operators: value } : value;
  if (!isObject(members)) throw new TypeError('a message is a JSON object or a list of them; this is another value');
  for (const [name, inner] of Object.entries(members)) addMember(root, name, inner);
  return root;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function addMember(parent: Occurrence, name: string, value: unknown, listed?: Occurrence['listed']): void {
  if (Array.isArray(value) && listed === 'item') throw new TypeError(`${name} is a list of lists`);
  if (Array.isArray(value) && value.length > 0) {
    for (const item of value as readonly unknown[]) addMember(parent, name, item, 'item');
    return;
  }
  const list = Array.isArray(value) ? 'empty' : listed;
  const member: Occurrence = { name, namespace: '', kind: 'member', children: [], ...(list && { listed: list }) };
  if (isObject(value)) for (const [inner, each] of Object.entries(value)) addMember(member, inner, each);
  else if (list !== 'empty')
    member.text = typeof value === 'string' ? value : value === null ? '' : JSON.stringify(value);
  const scalar = typeof value === 'number' ? 'number' : typeof value === 'boolean' ? 'other' : undefined;
  parent.children.push(scalar === undefined ? member : { ...member, scalar });
}
