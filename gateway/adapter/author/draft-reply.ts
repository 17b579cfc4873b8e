/** The reply of a partner that gave no sample of one: plain, in the style of its list. */

import { addTable, type Vocabulary } from './draft-holes.ts';
import { nameStyle, type DraftPart, type ValueType } from './draft-parts.ts';
import type { Sample } from './draft-sample.ts';

const id: ValueType = { is: 'pattern', pattern: '[0-9A-Za-z._/-]{1,64}' };
const country: ValueType = { is: 'pattern', pattern: '[A-Z]{2}' };
const moment: ValueType = {
  is: 'pattern',
  pattern: '[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z',
};
const count: ValueType = { is: 'pattern', pattern: '0|[1-9][0-9]{0,14}' };
const text: ValueType = { is: 'text', max: 512 };

/** Name, hole and form of each value, in order. */
const header = [
  ['sender', 'message.from', country],
  ['receiver', 'message.to', country],
  ['sent at', 'message.issuedAt', moment],
  ['list id', 'message.subject', id],
  ['taken', 'message.taken', count],
  ['refused', 'message.refused', count],
] as const;

/** The message as parts, ready to be written like a list. */
export function plainReply(sample: Sample, words: Vocabulary): DraftPart {
  addTable(words, 'fault', []);
  const style = nameStyle(sample.root);
  const json = sample.format !== 'xml';
  const { namespace } = sample.root;
  const kind = json ? 'member' : 'element';
  const leaf = (name: string, path: string, type: ValueType): DraftPart => {
    const numeric = sample.format === 'json' && type === count;
    return {
      name: style(name),
      namespace,
      kind,
      optional: false,
      content: { is: 'hole', hole: `{${path}${numeric ? '|number' : ''}}`, type: numeric ? { is: 'number' } : type },
      parts: [],
    };
  };
  const own: DraftPart = json
    ? leaf('message id', 'message.id', id)
    : {
        ...{ name: 'Id', namespace: '', kind: 'attribute', optional: false, parts: [] },
        content: { is: 'hole', hole: '{message.id}', type: { is: 'id' } },
      };
  const results: DraftPart = {
    name: style(json ? 'results' : 'result'),
    namespace,
    kind,
    each: 'results',
    optional: false,
    content: { is: 'parts' },
    // A malformed number is quoted as it came.
    parts: [
      leaf('id', 'identifier', text),
      leaf('fault', 'code|code:fault', { is: 'text', max: 40 }),
      leaf('detail', 'detail', text),
    ],
  };
  const head = [own, ...header.map(([name, path, type]) => leaf(name, path, type))];
  const about = { namespace, kind, optional: false, content: { is: 'parts' } } as const;
  // Lines have no root: the header is a line of its own.
  const parts =
    sample.format === 'csv' ? [{ ...about, name: style('reply'), parts: head }, results] : [...head, results];
  return { name: style('list reply'), namespace, kind, optional: false, content: { is: 'parts' }, parts };
}
