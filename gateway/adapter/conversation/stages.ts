/** The answers to a message in stages: adapter.yaml, conversation/send/answers. */

import type { MessageData } from '../message-data.ts';
import type { Beside, LogAnswerData, ReadLog } from './files.ts';

/**
 * `receipt`: a signed one of this program. `document`: an acknowledgement by a template. `status`: a 2xx is all there is. `silence`: only
 * refusals come, if any. `none`: nothing ever comes. `log`: a line in a file. `file`: where messages are files, the one with the answer.
 */
export type AnswerData = StageData &
  (
    | { readonly kind: 'receipt' | 'status' | 'none' }
    | ({ readonly kind: 'silence'; readonly file?: string } & Partial<MessageData>)
    | ({ readonly kind: 'document'; readonly file?: string } & MessageData)
    | LogAnswerData
  );

/** What happens when no answer came in time. `settle`: nothing more is expected, and the message counts as delivered, as `assumed`. */
export const lateActions = ['resend', 'hold', 'alarm', 'settle'] as const;
export type LateAction = (typeof lateActions)[number];

/** What names the message that an answer is about. Without it: its id or number, or the connection it came by. */
type Correlation = 'subject' | 'number' | 'correlationId' | { readonly header: string };

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
