/** The conversation with a partner as adapter.yaml states it: how its lists state their order, and what they do not carry. */

import { present } from '../../model/present.ts';
import type { StreamRules } from '../../model/list/stream-rules.ts';
import type { ReceiveData, SendData } from './answers.ts';
import type { Conversation, Fills } from './fills.ts';

/** `conversation` of adapter.yaml. Without it the partner runs this program, or states everything that it does. */
export interface ConversationData {
  readonly stream?: StreamData;
  readonly fills?: Fills;
  readonly send?: SendData;
  readonly receive?: ReceiveData;
}

interface Semantics {
  /**
   * `replace`: a list is all that is held afterwards; `changes`: full lists and deltas; `upsert`: what is on a list is held so
   * afterwards, and a list does not say whether it is a full one. Default: as `lists.kinds` says.
   */
  readonly semantics?: 'replace' | 'changes' | 'upsert';
  /** How operators that left are shown. `byStatus`: among the others, with a code of their own. */
  readonly departures?: 'listed' | 'byAbsence' | 'byStatus';
  /** How often a full list is sent, in which what was lost is set right: `7d`. */
  readonly reconcile?: string;
}

/** Members without a value have the defaults of `streamRules`. */
type StreamData = { readonly discipline: StreamRules['discipline'] } & Semantics &
  Partial<Omit<StreamRules & { readonly discipline: 'numbered' }, 'discipline'>> &
  Partial<Pick<StreamRules & { readonly discipline: 'dated' }, 'revision'>>;

const defaultMax = 999_999_999;

/** Throws nothing: schemas/adapter.schema.json says which members belong to a discipline. */
export function streamRules({ stream }: ConversationData = {}): StreamRules {
  const discipline = stream?.discipline ?? 'chained';
  const upsert = stream?.semantics === 'upsert' && { upsert: true as const };
  switch (discipline) {
    case 'numbered': {
      const { restart = 'never', first = 1, max = defaultMax, gap = 'resync', yearBegins, yearNamed } = stream ?? {};
      return { discipline, restart, first, max, gap, ...present({ yearBegins, yearNamed }), ...upsert };
    }
    case 'dated':
      return { discipline, revision: stream?.revision ?? 'replace', ...upsert };
    case 'chained':
    case 'identified':
    case 'none':
      return { discipline, ...upsert };
  }
}

const position = ['epoch.no', 'epoch.id', 'sequence', 'chain', 'root', 'count'].map(
  (each) => `message.position.${each}`,
);

/** The path in holes of a value under conversation/fills/message. */
export function filledPath(path: string): string {
  return path === 'number' ? 'message.position.sequence' : `message.${path}`;
}

/** `deltas`: lists of changes are sent too, so that a template must carry departures. */
export function conversationOf(data: ConversationData = {}, deltas: boolean): Conversation {
  const { discipline } = streamRules(data);
  const paths = Object.keys(data.fills?.message ?? {});
  const filled = new Set(paths.map(filledPath));
  const own = discipline === 'chained' ? [] : [...position, 'message.previousChain'];
  const required = discipline === 'numbered' ? ['message.position.sequence'] : [];
  return {
    unstated: new Set([
      ...filled,
      ...own.filter((path) => !required.includes(path)),
      ...(deltas && data.stream?.departures !== 'byAbsence' ? [] : ['departures']),
    ]),
    filled,
    record: new Map(Object.entries(data.fills?.record ?? {})),
  };
}
