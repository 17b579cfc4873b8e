/** What our model needs of a partner's messages, with a name and a form for a partner that carries nothing like it. */

import type { DraftPart, ValueType } from './draft-parts.ts';

export interface Needed {
  readonly path: string;
  readonly words: string;
  readonly hole: string;
  readonly type: ValueType;
  /** Of JSON: a number. */
  readonly number?: true;
}

export const plainDay: ValueType = { is: 'pattern', pattern: '[0-9]{4}-[0-9]{2}-[0-9]{2}' };
const moment: ValueType = {
  is: 'pattern',
  pattern: '[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z',
};
const hash: ValueType = { is: 'pattern', pattern: '[0-9a-f]{64}' };
const code: ValueType = { is: 'text', max: 40 };
const country: ValueType = { is: 'pattern', pattern: '[A-Z]{2}' };
const messageId: ValueType = { is: 'pattern', pattern: '[0-9A-Za-z._/-]{1,64}' };
const identifier: ValueType = { is: 'pattern', pattern: '[0-9A-Za-z./-]{1,35}' };
export const anyText: ValueType = { is: 'text', max: 512 };
const number: ValueType = { is: 'pattern', pattern: '0|[1-9][0-9]{0,14}' };

function need(path: string, words: string, type: ValueType, transforms = ''): Needed {
  return { path, words, type, hole: `{${path}${transforms}}`, ...(type === number ? { number: true as const } : {}) };
}

/** By the part of a message, in the order in which additions stand. */
export const needed: Readonly<Record<'list' | 'reply' | 'records' | 'departures' | 'results', readonly Needed[]>> = {
  list: [
    need('message.id', 'message id', messageId),
    need('message.kind', 'list type', code, '|code:kind'),
    need('message.from', 'sender', country),
    need('message.to', 'receiver', country),
    need('message.issuedAt', 'sent at', moment),
    need('message.nextBy', 'next by', moment),
    need('message.position.epoch.no', 'epoch', number),
    need('message.position.epoch.id', 'epoch id', { is: 'pattern', pattern: '[0-9A-Za-z-]{1,64}' }),
    need('message.position.sequence', 'sequence', number),
    need('message.previousChain', 'previous chain', hash),
    need('message.position.chain', 'chain', hash),
    need('message.position.root', 'root', hash),
    need('message.position.count', 'count', number),
  ],
  reply: [
    need('message.id', 'message id', messageId),
    need('message.from', 'sender', country),
    need('message.to', 'receiver', country),
    need('message.issuedAt', 'sent at', moment),
    need('message.subject', 'list id', messageId),
    need('message.taken', 'taken', number),
    need('message.refused', 'refused', number),
  ],
  records: [
    need('grade', 'grade', code, '|code:grade'),
    need('status', 'status', code, '|code:status'),
    need('statusSince', 'status since', plainDay),
    need('validFrom', 'valid from', plainDay),
  ],
  departures: [
    need('identifier', 'id', identifier),
    need('reason', 'reason', code, '|code:reason'),
    need('since', 'since', plainDay),
  ],
  results: [
    need('identifier', 'id', identifier),
    need('code', 'fault', code, '|code:fault'),
    need('detail', 'detail', anyText),
  ],
};

/** The message id as the `Id` of an XML root. */
export const signedId: DraftPart = {
  ...{ name: 'Id', namespace: '', kind: 'attribute', optional: false, parts: [] },
  content: { is: 'hole', hole: '{message.id}', type: { is: 'id' } },
};
