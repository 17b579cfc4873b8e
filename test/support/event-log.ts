/** Reads the event log of a store. */

import type { ProvenAnswer } from '../../gateway/model/clearance/answer.ts';
import type { Reader } from '../../gateway/store/database.ts';

export interface LoggedEvent {
  readonly n: number;
  readonly leafHash: string;
  readonly kind: string;
  readonly ref: string;
  readonly detail?: unknown;
  readonly at: string;
}

/** Entries of the log after number `n`, oldest first: events, and answers to status queries. */
export async function eventsSince(reader: Reader, n: number, limit: number): Promise<LoggedEvent[]> {
  const events = await reader.selectFrom('event').selectAll().where('n', '>', n).orderBy('n').limit(limit).execute();
  const answers = await reader.selectFrom('border_answer').selectAll().where('n', '>', n).limit(limit).execute();
  const consulted = answers.map(({ n: place, leaf_hash, answer, asked_at: at }) => {
    const { outcome, subject, proof } = JSON.parse(answer) as ProvenAnswer;
    const detail = { partner: subject.partner, outcome, answer_digest: proof.answer_digest };
    return { n: place, leafHash: leaf_hash, kind: 'consultation', ref: proof.consultation_number, detail, at };
  });
  const others = events.map(({ leaf_hash: leafHash, detail, ...event }) => ({
    ...event,
    leafHash,
    ...(detail === null ? {} : { detail: JSON.parse(detail) as unknown }),
  }));
  return [...others, ...consulted].sort((a, b) => a.n - b.n).slice(0, limit);
}
