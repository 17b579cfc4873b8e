/** Drafts one message from its samples: where its values stand, what is added, and its template and schemas. */

import { GatewayError } from '../../model/errors.ts';
import { addedPart, additionsFor, groupOf, rootId, styled } from './additions.ts';
import { ask, holesOf, type Drafting } from './holes.ts';
import { partOf, type DraftPart } from './parts.ts';
import { fieldsOf } from './fields.ts';
import { placeSample, type Placed } from './placement.ts';
import type { LinesLayout } from './read-lines.ts';
import type { Sample } from './read-samples.ts';
import { allNodes, pathOf, topOf, type SampleNode } from './sample-tree.ts';
import { jsonObject, jsonSchema, jsonText } from './write-json.ts';
import { linesMessage, linesSchema, linesTemplate } from './write-lines.ts';
import { xmlSchemas, xmlText } from './write-xml.ts';

export type Kind = 'list' | 'reply';
type Answers = ReadonlyMap<string, unknown>;

export interface DraftedMessage {
  readonly kind: Kind;
  /** The template. */
  readonly file: string;
  readonly sample: Sample;
  readonly root: DraftPart;
  /** Absent where there is no sample of the message. */
  readonly placed?: Placed;
}

/** Answers that say where the values of a fixed-width line begin. */
export function columnsOf(answers: Answers): ReadonlyMap<string, readonly number[]> {
  const given = [...answers].flatMap(([at, value]) => {
    const [, kind] = /\.fixed#\/([^/]+)$/u.exec(at) ?? [];
    if (kind === undefined || value === 'yes') return [];
    const columns = String(value)
      .split(/[\s,]+/u)
      .map(Number);
    if (columns.every((column, i) => Number.isInteger(column) && column > (columns[i - 1] ?? 0)))
      return [[kind, columns] as const];
    throw new GatewayError('E_REQUEST_INVALID', 'not the first columns of values', {
      at,
      fix: 'Write them in order, counted from 1: 1 2 11 41.',
    });
  });
  return new Map(given);
}

export function draftMessage(
  kind: Kind,
  sample: Sample,
  { answers }: { readonly answers: Answers },
  drafting: Drafting,
): DraftedMessage {
  const { format, root } = sample;
  const { partner, vocabulary } = drafting;
  const file = `${kind}.${format}`;
  const elements = [...answers].filter(([at, value]) => at.startsWith(`${file}#`) && value !== 'yes');
  const answered = new Map(elements.map(([at, value]) => [at.slice(file.length + 1), String(value)]));
  const placed = placeSample({ kind, root, partner, home: drafting.home, vocabulary, answered });
  askAboutLayout(
    sample,
    file,
    drafting,
    new Set(placed.placements.flatMap(({ node, path }) => (path === 'ignore' ? [] : [node]))),
  );
  const holes = holesOf(placed, file, format, drafting);
  const additions = additionsFor({ kind, root, format, placed, file, drafting });
  const fixed = new Set([
    ...allNodes(root).filter(({ label }) => label === true),
    ...placed.placements.filter(({ path }) => path === 'fixed').map(({ node }) => node),
  ]);
  const part = partOf(root, { holes, fixed, ...additions });
  const id = rootId(root, format, placed);
  const parts = id === 'message' ? [signedId(drafting)] : id === 'fixed' ? [signedId(drafting, 'message')] : [];
  return { kind, file, sample, placed, root: { ...part, parts: [...parts, ...part.parts] } };
}

/** The attribute by which an XML signature refers to the root: the message id, or a fixed word. */
function signedId({ vocabulary }: Drafting, text?: string): DraftPart {
  const hole = { is: 'hole', hole: '{message.id}', type: vocabulary.type('', 'signedId'), optional: false } as const;
  const content = text === undefined ? hole : ({ is: 'fixed', text, literal: false } as const);
  return { name: 'Id', namespace: '', kind: 'attribute', optional: false, parts: [], content };
}

/** What of the layout was guessed, or cannot be carried by a template of ours. */
function askAboutLayout(
  { format, root, files, others, layout }: Sample,
  file: string,
  drafting: Drafting,
  kept: ReadonlySet<SampleNode>,
): void {
  const about = (node: SampleNode | undefined, question: string): void =>
    ask(drafting, `${file}#${node === undefined ? topOf(root) : pathOf(node)}`, question);
  for (const other of others)
    about(
      undefined,
      `How does ${other.file} belong here? It has another root than the other samples, and one template cannot show both: it is left out.`,
    );
  if (layout.separator === '\t')
    about(
      undefined,
      `May the cells be separated by ${tabless(layout).separator}? The sample has tabs, and a signed text holds no control character.`,
    );
  if (format === 'json' && files.some(({ text }) => text.trimStart().startsWith('[')))
    about(
      root.children[0],
      'May the list stand in an object? The sample is a bare list, and a message of ours is an object with members beside the list.',
    );
  for (const node of allNodes(root).filter(({ parent }) => parent !== undefined)) {
    const empty = kept.has(node) && node.kind !== 'column' && node.occurrences.length > node.values.length;
    if (empty)
      about(
        node,
        `May ${node.name} be left out where it has no value? It stands there ${format === 'json' ? 'as null' : 'empty'} in the sample, which no hole reads.`,
      );
    if (node.disordered && format === 'xml')
      about(
        node,
        `Where does ${node.name} stand? Its place among its siblings varies in the sample, and a template has one order.`,
      );
    if (node.kind === 'line' && node.name === 'line' && node.tag?.added === true)
      about(
        node,
        `May each line begin with its kind, ${node.tag.text} here? The lines of the sample do not, and operators that left need lines of their own.`,
      );
    if (node.kind === 'line' && format === 'fixed' && !/^(?:heading|title)/u.test(node.name))
      about(
        node,
        `At which columns, counted from 1, do the values of lines ${node.name} begin? Guessed: ${columnsFrom(node).join(' ')}.`,
      );
  }
}

function columnsFrom({ children, tag }: SampleNode): readonly number[] {
  let column = 1 + (tag?.added === false ? tag.text.length : 0);
  return children.map(({ columns }) => (column += columns?.width ?? 0) - (columns?.width ?? 0));
}

/** A signed text holds no tabs: another separator stands in the draft. */
function tabless(layout: LinesLayout): LinesLayout {
  return layout.separator === '\t' ? { ...layout, separator: '|' } : layout;
}

/** The reply of a partner that gave no sample of one: plain, in the style of its list. */
export function plainReply({ sample, placed }: DraftedMessage, drafting: Drafting): DraftedMessage {
  const { format, root } = sample;
  const request = {
    root: { ...root, children: [] },
    format,
    placed: placed ?? { placements: [], items: undefined, departures: undefined },
    drafting,
  };
  const style = (words: string): string => styled(sample, words);
  // An XML signature refers to the message by the Id of its root.
  const head = fieldsOf.reply
    .filter(({ path }) => format !== 'xml' || path !== 'message.id')
    .map((field) => addedPart(request, field, root, style(drafting.vocabulary.added.get(field.path) ?? '')));
  // A malformed number is quoted as it came.
  const fields = fieldsOf.results.map((field) =>
    field.path === 'identifier'
      ? addedPart(request, field, root, style('id'), drafting.vocabulary.type('', 'text'))
      : addedPart(request, field, root, style(drafting.vocabulary.added.get(field.path) ?? '')),
  );
  const results = groupOf(request, request.root, style(format === 'xml' ? 'result' : 'results'), fields, 'results');
  const lines = format === 'csv' || format === 'fixed';
  const parts = lines
    ? [groupOf(request, request.root, style('reply'), head), results]
    : [...(format === 'xml' ? [signedId(drafting)] : []), ...head, results];
  ask(
    drafting,
    '/messages/reply',
    'How does the partner reply to a list? There is no sample of it; the layout is our proposal.',
  );
  return {
    kind: 'reply',
    file: `reply.${format}`,
    sample,
    root: {
      name: style('list reply'),
      namespace: root.namespace,
      kind: root.kind,
      optional: false,
      content: { is: 'parts' },
      parts,
    },
  };
}

export function messageData(
  { kind, file, sample: { format } }: DraftedMessage,
  partner: string,
): Record<string, string> {
  const cc = partner.toLowerCase();
  const data = { template: file, schema: format === 'xml' ? `${kind}.xsd` : `${kind}.schema.json` };
  if (format === 'xml') return data;
  return {
    ...data,
    type:
      format === 'json'
        ? `vnd.mra.${cc}.${kind}+json`
        : `text/${format === 'csv' ? 'csv' : 'plain'}; charset=utf-8; layout=${cc}-aeo-${kind}-1`,
  };
}

/** Template and schemas. */
export function filesOf(
  { kind, file, sample, root }: DraftedMessage,
  partner: string,
): readonly (readonly [string, string])[] {
  const comment = 'Drafted from a sample; adapter.yaml says what is still asked.';
  const id = `urn:mra:profile:${partner.toLowerCase()}:${kind}`;
  const layout = tabless(sample.layout);
  if (sample.format === 'xml')
    return [[file, xmlText(root, sample.prefixes, comment)], ...xmlSchemas(root, `${kind}.xsd`)];
  if (sample.format === 'json')
    return [
      [file, jsonText(jsonObject(root))],
      [`${kind}.schema.json`, jsonSchema(root, id)],
    ];
  return [
    [file, linesTemplate(root, layout, comment)],
    [`${kind}.schema.json`, linesSchema(root, layout, id)],
  ];
}

/** A sample as it is kept: filled in where our model needs more. */
export function messageText(root: DraftPart, { format, prefixes, layout }: Sample): string {
  if (format === 'xml') return xmlText(root, prefixes);
  return format === 'json' ? jsonText(jsonObject(root)) : linesMessage(root, tabless(layout));
}
