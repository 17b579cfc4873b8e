/** Reads all samples of a partner, whatever their format, and puts those of one message together. */

import type { AdapterTools } from '../tools.ts';
import { readLinesSample, layoutOf, type LinesLayout } from './read-lines.ts';
import { readJsonSample, readXmlSample } from './read-marked-up.ts';
import type { SampleFormat } from './holes.ts';
import { sampleFault } from './sample-fault.ts';
import { leavesOf, mergedTree, type Occurrence, type SampleNode } from './sample-tree.ts';
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
  readonly layout: LinesLayout;
}

interface ReadRequest {
  readonly partner: string;
  readonly vocabulary: Vocabulary;
  /** Answers: the first columns of the values, by kind of line. */
  readonly columns: ReadonlyMap<string, readonly number[]>;
}

/** The list, and the reply where there is a sample of one. Throws E_SAMPLE_UNREADABLE naming the file. */
export function readSamples(
  samples: readonly SampleText[],
  replies: readonly SampleText[],
  request: ReadRequest,
  tools: Pick<AdapterTools, 'readXml' | 'readJson'>,
): { list: Sample; reply: Sample | undefined } {
  const [first] = samples;
  if (first === undefined) throw new RangeError('there is no sample');
  const format = formatOf(first);
  const layout = lineLayout(first, format);
  const prefixes = new Map<string, string>();
  const readOne = ({ file, text }: SampleText): SampleRoot => {
    try {
      const clean = text.replace(/^\ufeff/u, '');
      if (formatOf({ file, text }) !== format) throw new Error('the samples have different formats');
      if (format === 'xml') return { file, text, root: readXmlSample(clean, file, prefixes, tools) };
      return {
        file,
        text,
        root: format === 'json' ? readJsonSample(clean, tools) : readLinesSample(clean, layout, request),
      };
    } catch (error) {
      throw sampleFault(error, file);
    }
  };
  const read = samples.map(readOne);
  const isReply = ({ root }: SampleRoot): boolean => looksLikeReply(mergedTree([root]), request.vocabulary);
  const lists = read.filter((each) => !isReply(each));
  const together = (roots: readonly SampleRoot[]): Sample => {
    const [{ root } = { root: undefined }] = roots;
    const same = roots.filter((each) => each.root.name === root?.name && each.root.namespace === root.namespace);
    return {
      format,
      layout,
      prefixes,
      files: same,
      others: roots.filter((each) => !same.includes(each)),
      root: mergedTree(same.map((each) => each.root)),
    };
  };
  const answers = [...(lists.length === 0 ? [] : read.filter(isReply)), ...replies.map(readOne)];
  return {
    list: together(lists.length === 0 ? read : lists),
    reply: answers.length === 0 ? undefined : together(answers),
  };
}

/** The first character says the format; lines are of what their separator says. */
function formatOf({ text, file }: SampleText): SampleFormat {
  const [begin = ''] = /\S/u.exec(text.replace(/^\ufeff/u, '')) ?? [];
  if (begin === '<') return 'xml';
  return begin === '{' || begin === '[' ? 'json' : lineLayout({ text, file }, undefined).format;
}

function lineLayout(sample: SampleText, format: SampleFormat | undefined): LinesLayout {
  if (format === 'xml' || format === 'json') return { format: 'csv', separator: ',' };
  const found = layoutOf(sample.text.replace(/^\ufeff/u, ''));
  if (found !== undefined) return found;
  throw sampleFault(
    new Error('the lines have neither separators nor columns'),
    sample.file,
    'Give XML, JSON, CSV, tab separated or fixed-width lines; other layouts are written by hand (docs/adapters.md).',
  );
}

/** More of its elements are named like the values of a reply than like those of an operator. */
function looksLikeReply(root: SampleNode, vocabulary: Vocabulary): boolean {
  const leaves = leavesOf(root);
  const named = (paths: readonly string[]): number =>
    paths.filter((path) => leaves.some(({ name }) => matchName(vocabulary, path, name).strong)).length;
  const reply = named(['message.subject', 'message.taken', 'message.refused', 'code']);
  return (
    reply >= 2 && reply > named(['status', 'grade', 'validFrom', 'validTo', 'roles', 'address.latin', 'address.city'])
  );
}
