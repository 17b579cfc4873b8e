/** `GET /v1/consultations/{number}/evidence`: a file that proves an answer, or a page to print. */

import { evidenceFor } from '../audit/evidence.ts';
import { printedEvidence } from '../audit/printed-evidence.ts';
import type { LogSealer } from '../audit/seal-log.ts';
import { lookUpConsultation, placeOfConsultation, type Clearance } from '../clearance/requests.ts';
import type { PostedReply } from '../model/clearance/posted-request.ts';

/** `reader` may read its own answers only; absent: all. Throws the same errors as lookUpConsultation and evidenceFor. */
export async function evidenceReply(
  door: Pick<Clearance, 'db' | 'answers'> & { readonly sealer: LogSealer },
  number: string,
  { reader, accept = '' }: { readonly reader: string | undefined; readonly accept: string | undefined },
): Promise<PostedReply> {
  await lookUpConsultation(door, number, reader);
  const evidence = await evidenceFor(door.db.sql, door.sealer, await placeOfConsultation(door, number));
  const isPage = accept.includes('text/html');
  const type = isPage ? 'text/html; charset=utf-8' : 'application/json';
  const headers = { 'content-type': type, vary: 'accept' };
  return { status: 200, text: isPage ? printedEvidence(evidence) : evidence, headers, outcomes: {} };
}
