/** What a vice is: a fault a simulated partner can be told to have, and how a sound gateway ends it. */

import type { ErrorCode } from '../model/errors.ts';
import type { HoldReason, SealedMessage } from '../model/message.ts';
import type { Manner, Simulator } from './simulator.ts';
import type { Answer } from './way-out.ts';

/** How a receipt over a message ends: applied, or the code of why not. */
export type Ending = 'applied' | ErrorCode | HoldReason;

/** One message of a vice, and what the other side made of it. */
export interface Sent {
  readonly id: string;
  readonly digest: string;
  readonly answer: Answer;
  /** How this one may end, where it differs from the rest. */
  readonly endings?: readonly Ending[];
  /** Operators of it that must not be taken where the list is applied. */
  readonly refusedRecords?: number;
  /** The very receipt that must come back, by its digest. */
  readonly sameReceipt?: string;
}

/** A fault in what is sent. */
export interface SendVice {
  readonly acts: 'sends';
  readonly name: string;
  readonly words: string;
  /** Those a sound receiver may choose from. */
  readonly endings: readonly Ending[];
  /**
   * Really seals and sends what is wrong, from a simulator whose last list was applied. `withinMs`: how long to wait for a
   * receipt. Throws E_VALUE_INVALID and its like where the layout cannot even say it.
   */
  perform(simulator: Simulator, withinMs: number): Promise<readonly Sent[]>;
}

/** A vice of one message, made from the next list. */
export function oneMessage(
  name: string,
  words: string,
  endings: readonly Ending[],
  make: (simulator: Simulator) => Promise<SealedMessage>,
): SendVice {
  return {
    acts: 'sends',
    name,
    words,
    endings,
    async perform(simulator) {
      const sealed = await make(simulator);
      return [{ id: sealed.id, digest: sealed.digest, answer: await simulator.hand(sealed) }];
    },
  };
}

/** A fault in how lists of the other side are answered. */
export interface AnswerVice {
  readonly acts: 'answers';
  readonly name: string;
  readonly words: string;
  /** Only a door has it; over a broker nobody waits for an answer. */
  readonly needsDoor: boolean;
  /** The receipt comes without the list being sent again. */
  readonly mendsItself?: true;
  /** `boundMs`: the longest that anything is kept waiting. */
  manner(simulator: Simulator, boundMs: number): Manner;
}

export type Vice = SendVice | AnswerVice;

/** How a message ended, by its receipt; undefined without one. */
export function endingOf({ receipt }: Answer): Ending | undefined {
  if (receipt === undefined) return undefined;
  return receipt.verdict === 'applied' ? 'applied' : receipt.reason?.code;
}

/** What is not as it should be with one message of a vice; undefined when all is well. */
export function complaint(vice: SendVice, sent: Sent): string | undefined {
  const { answer, endings = vice.endings, sameReceipt, refusedRecords = 0 } = sent;
  const ending = endingOf(answer);
  if (ending === undefined) return `no receipt came (${answer.evidence})`;
  if (!endings.includes(ending)) return `ended as ${ending} and not as ${endings.join(' or ')}`;
  if (sameReceipt !== undefined && answer.receiptDigest !== sameReceipt)
    return 'another receipt than the first came back';
  if (ending === 'applied' && (answer.receipt?.records?.refused ?? 0) < refusedRecords)
    return 'operators were taken that should have been refused';
  return undefined;
}
