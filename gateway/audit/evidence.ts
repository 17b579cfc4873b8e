/**
 * Evidence for one answer: a file that proves, to anyone with the public key of the log and without a network, that this answer was given
 * and which partner message it is based on. audit/verify-evidence.js verifies it.
 */

import { answerAt } from '../store/consultations.ts';
import { canonicalJson } from '../model/canonical-json.ts';
import type { ProvenAnswer } from '../model/clearance/answer.ts';
import { GatewayError } from '../model/errors.ts';
import { inclusionProof } from '../model/log/merkle.ts';
import { present } from '../model/present.ts';
import { intactBytes } from '../store/bodies.ts';
import type { Reader } from '../store/database.ts';
import type { NewEvent } from '../store/events.ts';
import { consultationEvent, eventNumber, entriesOf, storedSubtrees } from '../store/log.ts';
import { sourceMessage } from '../store/register.ts';
import type { LogSealer } from './seal-log.ts';
import { evidenceText, verifyEvidence } from './verify-evidence.js';

/** Only the digest of a larger message is included; `mra message show` returns the message. */
const largestSource = 1024 * 1024;

interface Proven {
  readonly entry: NewEvent & { readonly n: number };
  /** Base64, the lowest level first. */
  readonly inclusion: readonly string[];
}

export interface Evidence extends Proven {
  readonly format: 'mra-evidence/1';
  readonly answer: ProvenAnswer;
  /** A signed note (C2SP). */
  readonly checkpoint: string;
  /** The message that stated the fact: the log entry of its application, and its bytes in base64. */
  readonly source?: Proven & { readonly bytes?: string };
}

/** What a file proves to those who trust the key, and the file itself. */
export interface ProvenFile {
  readonly proven: ReturnType<typeof verifyEvidence>;
  readonly evidence: Evidence;
}

/** Verifies an evidence file with the public key of a log. Throws E_EVIDENCE_INVALID, naming what does not match. */
export function readEvidence(text: string, key: string, at?: string): ProvenFile {
  try {
    const proven = verifyEvidence(text, key.trim());
    return { proven, evidence: JSON.parse(evidenceText(text)) as Evidence };
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new GatewayError('E_EVIDENCE_INVALID', detail, { at, cause });
  }
}

/**
 * Returns canonical JSON. `place`: the position of the answer in the log; undefined if it has none. Throws E_CONSULTATION_UNKNOWN,
 * E_LOG_ALTERED (nothing is signed then).
 */
export async function evidenceFor(reader: Reader, sealer: LogSealer, place: number | undefined): Promise<string> {
  const answer = place === undefined ? undefined : await answerAt(reader, place);
  if (place === undefined || answer === undefined)
    throw new GatewayError('E_CONSULTATION_UNKNOWN', 'no answer was given under this number');
  const { note, size } = await sealer.seal();
  const evidence: Evidence = {
    answer,
    checkpoint: note,
    format: 'mra-evidence/1',
    ...(await provenEntry(reader, place, size, { n: place, ...consultationEvent(answer) })),
    ...present({ source: await sourceOf(reader, answer, size) }),
  };
  return `${canonicalJson(evidence)}\n`;
}

async function provenEntry(reader: Reader, n: number, size: number, entry: Proven['entry']): Promise<Proven> {
  const hashes = await inclusionProof(storedSubtrees(reader), n - 1, size);
  return { entry, inclusion: hashes.map((each) => each.toString('base64')) };
}

/** The message whose record the answer shows, or the list in which the operator is missing. */
async function sourceOf(reader: Reader, answer: ProvenAnswer, size: number): Promise<Evidence['source']> {
  const { subject, freshness } = answer;
  if (freshness.list === undefined) return undefined;
  const message = await sourceMessage(reader, subject.partner, freshness.list, subject.identifier ?? '');
  const n = message === undefined ? undefined : await eventNumber(reader, message, '_applied', subject.partner);
  const [entry] = n === undefined ? [] : await entriesOf(reader, n, n);
  if (n === undefined || entry === undefined) return undefined;
  const { leafHash: _, answer: __, ...event } = entry;
  const { digest } = event.detail as { readonly digest: string };
  const bytes = await intactBytes(reader, digest);
  const proven = await provenEntry(reader, n, size, event);
  return bytes === undefined || bytes.length > largestSource
    ? proven
    : { ...proven, bytes: Buffer.from(bytes).toString('base64') };
}
