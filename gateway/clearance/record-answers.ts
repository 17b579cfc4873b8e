/** Answers are recorded with a number, a digest and their place in the log before they are given. */

import { createHash } from 'node:crypto';
import type { Clearance } from './status-query.ts';
import { canonicalJson } from '../model/canonical-json.ts';
import type { Answer, CheckRequest, ProvenAnswer } from '../model/clearance/answer.ts';
import { makeConsultationNumber } from '../model/clearance/consultation-number.ts';
import { recordConsultations } from '../store/consultations.ts';
import type { Tx } from '../store/database.ts';
import { appendEvents } from '../store/events.ts';

export interface AnsweredQuery {
  readonly request: CheckRequest;
  readonly answer: Answer;
}

/** In the order of the answers. */
export async function recordAnswers(
  tx: Tx,
  clearance: Clearance,
  answered: readonly AnsweredQuery[],
  requester: string,
): Promise<readonly ProvenAnswer[]> {
  if (answered.length === 0) return [];
  const drafts = answered.map(({ request, answer }) => {
    const number = makeConsultationNumber(clearance.home.country, (bytes) => clearance.random(bytes));
    return { request, answer, number, digest: answerDigest(answer) };
  });
  const last = await appendEvents(
    tx,
    drafts.map(({ number, digest, answer: { subject, outcome, answered_at: at } }) => {
      return {
        kind: 'consultation',
        ref: number,
        detail: { partner: subject.partner, outcome, answer_digest: digest },
        at,
      };
    }),
  );
  const proven = drafts.map(({ request, answer, number, digest }, i) => {
    const { answered_at: at } = answer;
    const log_index = last - (drafts.length - 1 - i);
    const proof = { consultation_number: number, issued_at: at, requester, answer_digest: digest, log_index };
    return { number, askedAt: at, requester, partner: answer.subject.partner, request, answer: { ...answer, proof } };
  });
  await recordConsultations(tx, proven);
  return proven.map(({ answer }) => answer);
}

/** `sha-256:` and base64url of SHA-256 over the canonical JSON of an answer without its proof, or of an assessment. */
export function answerDigest(answer: object): string {
  return `sha-256:${createHash('sha256').update(canonicalJson(answer)).digest('base64url')}`;
}
