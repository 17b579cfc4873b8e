/** The drafted templates compiled in memory, and each sample of the partner kept with what they read it as. */

import type { Reply } from '../../model/message.ts';
import type { ListFormat, MessageFormat } from '../adapter.ts';
import type { TextReaders } from '../check/message-text.ts';
import { listFormat, messageFormat, type TemplateSource } from '../format.ts';
import type { Manifest, MessageData } from '../manifest.ts';
import type { AdapterTools } from '../tools.ts';
import { codeTables } from '../template/code-tables.ts';
import { replyFields } from '../template/message-fields.ts';
import { freeCode } from './codes.ts';
import { jsonOf } from './conversations.ts';
import { messageText, type DraftedMessage, type Kind } from './draft-message.ts';
import { ask, type Drafting } from './holes.ts';
import { filledPart } from './parts.ts';
import type { Placed } from './placement.ts';
import { differences, readBack, unreadable } from './read-back.ts';
import { pathOf, topOf, type SampleNode } from './sample-tree.ts';

/** Where a JSON Pointer of the manifest stands. */
export const placeOf = (pointer: string): string => `adapter.yaml#${pointer}`;

/** What drafting reads samples and templates with. */
export type DraftTools = TextReaders & Pick<AdapterTools, 'readXml' | 'validateManifest'>;

export interface Formats {
  readonly list: ListFormat;
  readonly reply: MessageFormat<Reply>;
}

/** The drafted templates compiled in memory. Throws E_ADAPTER_INVALID. */
export function formatsOf(
  files: ReadonlyMap<string, string>,
  { codes, timeZone, arrangement: { grades }, messages }: Manifest,
  tools: DraftTools,
): Formats {
  const context = {
    tables: codeTables(codes, placeOf).tablesOn('9999-12-31'),
    timeZone,
    grades: [...grades.ours, ...grades.theirs],
  };
  const source = (kind: Kind): TemplateSource => {
    // A draft has one layout of each kind.
    const { template, type } = messages[kind] as MessageData;
    return { file: template, text: files.get(template) ?? '', schema: '', ...(type === undefined ? {} : { type }) };
  };
  return {
    list: listFormat(source('list'), context, tools),
    reply: messageFormat(source('reply'), replyFields, context, tools),
  };
}

/** A table of states in which the first has a code that the sample does not know. */
export function oddStatus({ codes }: Manifest, { placements }: Placed): Record<string, string> {
  const known = Object.entries(codes['status'] ?? {}).map(
    ([word, code]) => [word, typeof code === 'string' ? code : (code[0]?.code ?? '')] as const,
  );
  const used = [
    ...known.map(([, code]) => code),
    ...(placements.find(({ path }) => path === 'status')?.node.values ?? []),
  ];
  const width = Math.max(...used.map(({ length }) => length));
  return { ...Object.fromEntries(known), active: freeCode('unknown', used, { like: used, width }) };
}

interface Keeping {
  readonly drafting: Drafting;
  readonly files: Map<string, string>;
  readonly tools: TextReaders;
  /** Called for a value that is read otherwise, or, without a node, for a sample that is not read at all. */
  readonly doubt: (detail: string, node?: SampleNode) => void;
}

/** Keeps each sample: the original, the text as the template needs it, and what that is read as. */
export function keepSamples(
  { kind, file, sample, placed, root }: DraftedMessage,
  format: MessageFormat<unknown>,
  codes: Manifest['codes'],
  { drafting, files, tools, doubt }: Keeping,
): void {
  if (placed === undefined) return;
  const known = (table: string): readonly unknown[] => Object.values(codes[table] ?? {});
  const dropped = unreadable(placed, (table) =>
    (drafting.strange[table] ?? []).filter((code) => !known(table).includes(code)),
  );
  for (const [i, { file: name, text, root: occurrence }] of sample.files.entries()) {
    const folder = `samples/partner-${kind}-${i + 1}`;
    files.set(`${folder}/0-original.${sample.format}`, text);
    const kept = messageText(filledPart(root, occurrence, dropped), sample);
    const { message, failure } = readBack(format, kept, tools);
    if (failure !== undefined) {
      const detail = `${name} is not read: ${failure.code}, ${failure.detail}${failure.at === undefined ? '' : ` at ${failure.at}`}`;
      ask(drafting, `${file}#${topOf(sample.root)}`, `What is wrong here? By this draft ${detail}.`);
      doubt(detail);
      continue;
    }
    files.set(`${folder}/1-${kind}.${sample.format}`, kept);
    files.set(`${folder}/2-read.json`, jsonOf(message));
    for (const [node, difference] of differences(placed, occurrence, message, {
      drafting: { ...drafting, codes: codes as Drafting['codes'] },
      dropped,
    })) {
      ask(drafting, `${file}#${pathOf(node)}`, `Is this right? ${difference}.`);
      doubt(difference, node);
    }
  }
}
