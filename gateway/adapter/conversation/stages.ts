/** The answers to a message in stages: adapter.yaml, conversation/send/answers. */

import type { MessageData } from '../message-data.ts';
import type { Acknowledgement, Verdict } from '../../model/message.ts';
import type { Beside, LogAnswerData, ReadLog } from './files.ts';

/**
 * `receipt`: a signed one of this program. `document`: an acknowledgement by a template. `status`: the status of a response, or a header. `silence`: only
 * refusals come, if any. `none`: nothing ever comes. `log`: a line in a file. `file`: where messages are files, the one with the answer.
 */
export type AnswerData = StageData &
  (
    | { readonly kind: 'receipt' | 'none' }
    | StatusAnswerData
    | ({ readonly kind: 'silence'; readonly file?: string } & Partial<MessageData>)
    | ({ readonly kind: 'document'; readonly file?: string } & MessageData)
    | LogAnswerData
  );

/** What happens when no answer came in time. `settle`: nothing more is expected, and the message counts as delivered, as `assumed`. */
type LateAction = 'resend' | 'hold' | 'alarm' | 'settle';

/** What names the message that an answer is about. Without it: its id or number, or the connection it came by. */
type Correlation = 'subject' | 'number' | 'correlationId' | { readonly header: string };

export interface StatusAnswerData {
  readonly kind: 'status';
  /** The status of each verdict. Without it and without `header` a 2xx says that the message was applied. */
  readonly statuses?: Readonly<Partial<Record<'applied' | 'held' | 'rejected' | 'duplicate' | 'received', number>>>;
  /** The header in which a code of the table `verdict` stands. */
  readonly header?: string;
}

/** What of a response stands before its body; names of headers in lower case. */
export interface ResponseHead {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
}

/** How the partner's own side writes an answer without a template. */
export interface WrittenAnswer {
  readonly line?: (ack: Acknowledgement) => string | undefined;
  /** In which the line stands. */
  readonly file?: Beside;
  readonly statuses?: StatusAnswerData['statuses'];
  /** Throws E_ADAPTER_INVALID for a verdict without a code. */
  readonly head?: (verdict: Verdict) => readonly [name: string, value: string];
}

/** The verdict of a response; undefined where it says none. */
export type ReadHead = (head: ResponseHead) => Acknowledgement['verdict'] | undefined;

interface StageData {
  /** `sync`: in the response. `async`: a message of its own. Over a broker all are. */
  readonly mode?: 'sync' | 'async';
  /** `technical`: the message arrived and can be read. `business`: what became of it. */
  readonly says?: 'technical' | 'business';
  /** `record`: its template lists results of records. */
  readonly per?: 'message' | 'record';
  readonly correlate?: Correlation;
  /** `90s`, `15m`, `24h`, `7d`. */
  readonly within?: string;
  readonly then?: LateAction;
}

/** One answer that is expected, with all defaults. `Format`: its compiled template. */
export interface Stage<Format = unknown> extends Required<Omit<StageData, 'within' | 'correlate'>> {
  readonly kind: AnswerData['kind'];
  readonly correlate?: Correlation;
  readonly withinSeconds: number;
  /** Of a document, and of silence where refusals come. */
  readonly format?: Format;
  /** The file in which it stands, by the name of ours. */
  readonly answerFile?: Beside;
  readonly readLog?: ReadLog;
  /** Of a status, and the header that says the verdict in words of the partner. */
  readonly readHead?: ReadHead;
  readonly header?: string;
  /** The other half of `readLog`, `readHead` and `header`: what the partner itself writes. */
  readonly written?: WrittenAnswer;
}

const defaultSeconds = 900;
/** Who reads files seldom does so at once. */
const defaultFileSeconds = 86_400;
const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Seconds of `15m`; schemas/adapter.schema.json has the pattern. */
export function secondsOf(duration: string): number {
  return Number(duration.slice(0, -1)) * (unitSeconds[duration.slice(-1)] ?? 1);
}

/** `answersAtOnce`: the transport has responses. `resend`: of the partner's `send`. */
export function stageOf<Format>(
  data: AnswerData,
  format: Format | undefined,
  { answersAtOnce, resend }: { readonly answersAtOnce: boolean; readonly resend?: 'unsafe' | undefined },
): Stage<Format> {
  const { kind, correlate, within } = data;
  const late = kind === 'silence' ? 'settle' : resend === 'unsafe' ? 'hold' : 'resend';
  return {
    kind,
    mode: data.mode ?? (answersAtOnce && kind !== 'silence' ? 'sync' : 'async'),
    says: data.says ?? 'business',
    per: data.per ?? 'message',
    withinSeconds: within === undefined ? ('file' in data ? defaultFileSeconds : defaultSeconds) : secondsOf(within),
    then: data.then ?? late,
    ...(correlate && { correlate }),
    ...(format && { format }),
  };
}

/** The answer that settles a message; undefined where only its arrival is confirmed. */
export function businessStage<S extends Stage>(stages: readonly S[]): S | undefined {
  return stages.find(({ says }) => says === 'business');
}
