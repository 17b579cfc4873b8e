/** The reply of a partner that gave no sample of one: plain, in the style of its list. */

import { partFor } from './draft-additions.ts';
import { addTable, type Vocabulary } from './draft-holes.ts';
import { nameStyle, type DraftPart } from './draft-parts.ts';
import type { Sample } from './draft-sample.ts';
import { anyText, needed, signedId } from './needed-values.ts';

/** The message as parts, ready to be written like a list. */
export function plainReply(sample: Sample, words: Vocabulary): DraftPart {
  addTable(words, 'fault', []);
  const { root, format } = sample;
  const style = nameStyle(root);
  const plain = { namespace: root.namespace, kind: root.kind, optional: false, content: { is: 'parts' } } as const;
  // An XML signature refers to the message by the Id of its root.
  const values = format === 'xml' ? needed.reply.filter(({ path }) => path !== 'message.id') : needed.reply;
  const head = values.map((each) => partFor(each, sample, root, style(each.words)));
  const results: DraftPart = {
    ...plain,
    name: style(format === 'xml' ? 'result' : 'results'),
    each: 'results',
    parts: needed.results
      // A malformed number is quoted as it came.
      .map((each) => (each.path === 'identifier' ? { ...each, type: anyText } : each))
      .map((each) => partFor(each, sample, root, style(each.words))),
  };
  // Lines have no root: the header is a line of its own.
  const line = { ...plain, name: style('reply'), parts: head };
  const parts = format === 'csv' ? [line, results] : [...head, results];
  return { ...plain, name: style('list reply'), parts: format === 'xml' ? [signedId, ...parts] : parts };
}
