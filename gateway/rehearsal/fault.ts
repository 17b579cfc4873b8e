/** Faults that can be injected into a simulated partner, and how messages with them should end at a sound gateway. */

import table from '../../schemas/conformance-scenarios.json' with { type: 'json' };
import { GatewayError, type ErrorCode } from '../model/errors.ts';
import type { HoldReason, Verdict } from '../model/message.ts';
import type { ChannelDelivery } from './channel.ts';
import type { FaultBehaviour, Simulator } from './simulator.ts';

/** What a receipt says of a message: applied, or the code of the reason; of an answer that states no code, the verdict. */
export type MessageResult = Verdict | ErrorCode | HoldReason;

/** A message that was sent with a fault, and what is expected of it. */
export interface SentMessage extends ChannelDelivery {
  /** Results expected of this message, where they differ from those of the fault. */
  readonly expected?: readonly string[];
  /** How many operators must be refused at least if the list is applied. */
  readonly refusedRecords?: number;
  readonly sameReceipt?: string;
}

export interface SendingFault {
  readonly acts: 'sends';
  readonly name: string;
  readonly description: string;
  /** Results a sound gateway may choose from. */
  readonly expected: readonly string[];
  /**
   * Seals and sends messages with the fault. The simulator's last list must have been applied. `withinMs`: how long to wait for
   * receipts. Throws E_VALUE_INVALID and the like where the partner's layout cannot express the fault.
   */
  send(simulator: Simulator, withinMs: number): Promise<readonly SentMessage[]>;
}

/**
 * `door`: a connection that waits for a response, which there is none with a broker; `receipts`: signed ones; `answers`: whatever their form;
 * `later answers`: those that are messages of their own.
 */
export type AnswerNeed = 'door' | 'receipts' | 'answers' | 'later answers';

export interface AnswerFault {
  readonly acts: 'answers';
  readonly name: string;
  readonly description: string;
  readonly needs: AnswerNeed;
  /** The receipt comes although the list is not sent again. */
  readonly receiptFollows?: true;
  /** `maxMs`: the longest that a connection is kept open. */
  behaviour(simulator: Simulator, maxMs: number): FaultBehaviour;
}

export type Fault = SendingFault | AnswerFault;

/** What schemas/conformance-scenarios.json says of a fault. */
export function faultTexts(name: string): Pick<SendingFault, 'name' | 'description' | 'expected'> {
  const { fault: description, expected = [] } = table.find(({ run }) => run === name) ?? {};
  if (description === undefined) throw new GatewayError('E_INTERNAL', `no scenario injects ${name}`);
  return { name, description, expected };
}

export function sendingFault(name: string, send: SendingFault['send']): SendingFault {
  return { acts: 'sends', ...faultTexts(name), send };
}

export function resultOf({ receipt }: ChannelDelivery): MessageResult | undefined {
  return receipt?.verdict === 'applied' ? 'applied' : (receipt?.reason?.code ?? receipt?.verdict);
}

/** Whether a result is one of these; a verdict without a code is as good as any code. */
export function isExpected(result: string, expected: readonly string[]): boolean {
  if (expected.includes(result)) return true;
  return (result === 'rejected' || result === 'held') && expected.some((each) => each !== 'applied');
}

/** What is wrong with the result of a message; undefined if it is as expected. */
export function complaintAbout(fault: SendingFault, sent: SentMessage): string | undefined {
  const { evidence, receipt, receiptDigest, expected = fault.expected, sameReceipt, refusedRecords = 0 } = sent;
  const result = resultOf(sent);
  if (result === undefined) return `no receipt came (${evidence})`;
  if (!isExpected(result, expected)) return `ended as ${result} and not as ${expected.join(' or ')}`;
  if (sameReceipt !== undefined && receiptDigest !== sameReceipt) return 'another receipt than the first came back';
  if (result === 'applied' && (receipt?.records?.refused ?? 0) < refusedRecords)
    return 'operators were accepted that should have been refused';
  return undefined;
}
