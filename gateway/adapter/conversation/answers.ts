/** How messages and their answers travel where the partner does not run this program: adapter.yaml, conversation/send and /receive. */

import type { MessageData } from '../message-data.ts';
import type { ConsumeForm, PublishForm } from './broker.ts';
import type { ReceiveFileData, SendFileData } from './files.ts';
import type { MailboxForm, RequestForm } from './requests.ts';
import type { RetryData } from './retry.ts';
import type { AnswerData } from './stages.ts';

export interface SendData {
  readonly request?: RequestForm;
  readonly statuses?: StatusForm;
  /** Over a broker. */
  readonly publish?: PublishForm;
  readonly file?: SendFileData;
  /** Either: one answer, or several. */
  readonly answer?: AnswerData;
  readonly answers?: readonly AnswerData[];
  /** `unsafe`: the partner may take a message twice, so that after an unknown outcome staff must act. */
  readonly resend?: 'unsafe';
  /** How often the same bytes are sent; the rest is then absent where the partner runs this program. */
  readonly retry?: RetryData;
}

/** The answers in the order in which they are expected. */
export function answersOf({ answer, answers = [] }: Pick<SendData, 'answer' | 'answers'>): readonly AnswerData[] {
  return answer === undefined ? answers : [answer, ...answers];
}

/** HTTP statuses: whose body is the answer, after which the message is sent again, and after which staff must act. */
interface StatusForm {
  readonly read?: readonly number[];
  readonly later?: readonly number[];
  readonly hold?: readonly number[];
}

/** Where the partner's messages come from, and later acknowledgements of ours: paths of our exchange door, a queue, its mailboxes, or files. */
export interface ReceiveData {
  /** Of requests to `path`; POST where absent. */
  readonly method?: RequestForm['method'];
  /** Holes, as in a request, stand for whatever a segment has there. */
  readonly path?: string;
  readonly acknowledgements?: string | MailboxForm;
  readonly consume?: ConsumeForm;
  /** We poll for them. */
  readonly request?: MailboxForm;
  readonly file?: ReceiveFileData;
  /** `none`: where messages are files, and where none come. `status`: only of requests to `path`, whose response has no body. */
  readonly answer: { readonly kind: 'none' } | StatusAnswer | WrittenAnswer;
}

interface StatusAnswer {
  readonly kind: 'status';
  /** The header of the response that says the verdict, by the table `verdict`. */
  readonly header?: string;
  readonly statuses?: VerdictStatuses;
}

type VerdictStatuses = Readonly<Partial<Record<'applied' | 'held' | 'rejected', number>>>;

interface WrittenAnswer extends MessageData {
  /** `sync`, as without it: the response. `async`: always a message of its own, and a response has no body. */
  readonly mode?: 'sync' | 'async';
  /** Where an answer over HTTPS goes that is no response: of a mailbox each, otherwise the one after two people decided. */
  readonly request?: RequestForm;
  readonly statuses?: VerdictStatuses;
  /** ISO 639-1, of the texts for people. Default: en. */
  readonly language?: string;
  /** Over a broker: the answer is a message of its own. */
  readonly publish?: PublishForm;
  /** Where messages are files: the one with the answer. */
  readonly file?: string;
}
