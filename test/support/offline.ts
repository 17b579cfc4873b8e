/** Answers made offline, as the border page keeps them. */

import { answerDigest } from '../../gateway/model/clearance/answer-digest.ts';
import type { CheckRequest } from '../../gateway/model/clearance/answer.ts';
import { randomNumber } from '../../gateway/model/clearance/number-form.ts';
import { answerOffline, openSnapshot, type OpenSnapshot } from '../../gateway/offline/answer-offline.ts';
import { readSnapshot } from '../../gateway/offline/read-snapshot.ts';
import type { OfflineConsultation } from '../../gateway/offline/reconcile.ts';
import type { TestClearance } from './clearance-fixture.ts';

export function opened(bytes: Uint8Array, key: string): OpenSnapshot {
  const { head, lines } = readSnapshot(bytes, key);
  return openSnapshot(head, lines);
}

export async function askOffline(
  snapshot: OpenSnapshot,
  { now, random }: Pick<TestClearance, 'now' | 'random'>,
  request: CheckRequest,
  requester = 'port-7',
): Promise<OfflineConsultation> {
  const given = await answerOffline(snapshot, request, now());
  const number = randomNumber('CN', random);
  const { answered_at: at } = given;
  const proof = { answer_digest: answerDigest(given), consultation_number: number, issued_at: at, requester };
  return { request, answer: { ...given, proof } };
}
