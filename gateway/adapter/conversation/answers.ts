/** How messages and their answers travel where the partner does not run this program: adapter.yaml, conversation/send and /receive. */

import type { MessageData } from '../message-data.ts';
import type { ConsumeForm, PublishForm } from './broker.ts';
import type { RequestForm } from './requests.ts';
import type { AnswerData } from './stages.ts';

export interface SendData {
  readonly request?: RequestForm;
  readonly statuses?: StatusForm;
  /** Over a broker. */
  readonly publish?: PublishForm;
  /** Either: one answer, or several. */
  readonly answer?: AnswerData;
  readonly answers?: readonly AnswerData[];
  /** `unsafe`: the partner may take a message twice, so that after an unknown outcome staff must act. */
  readonly resend?: 'unsafe';
}

/** The answers in the order in which they are expected. */
export function answersOf({ answer, answers = [] }: Pick<SendData, 'answer' | 'answers'>): readonly AnswerData[] {
  return answer === undefined ? answers : [answer, ...answers];
}

/** HTTP statuses: whose body is the answer, after which the message is sent again, and after which staff must act. */
export interface StatusForm {
  readonly read?: readonly number[];
  readonly later?: readonly number[];
  readonly hold?: readonly number[];
}

/** Where the partner sends its messages, and later acknowledgements of ours: paths of our exchange door, or a queue. */
export interface ReceiveData {
  readonly path?: string;
  readonly acknowledgements?: string;
  readonly consume?: ConsumeForm;
  readonly answer: MessageData & {
    readonly statuses?: Readonly<Partial<Record<'applied' | 'held' | 'rejected', number>>>;
    /** ISO 639-1, of the texts for people. Default: en. */
    readonly language?: string;
    /** Over a broker: the answer is a message of its own. */
    readonly publish?: PublishForm;
  };
}
