/** Reads snapshot files: nothing in them is used before the signature and every digest were verified. */

import { gunzipSync, gzipSync } from 'node:zlib';
import { sha256 } from '../model/canonical-json.ts';
import { GatewayError } from '../model/errors.ts';
import { keyOfVerifier, openNote } from '../model/log/checkpoint.ts';
import { applyDelta, digestedLines, noteText, parseSnapshot, snapshotFormat, wholeLines } from './snapshot.ts';
import type { SnapshotHead, SnapshotLines, SnapshotText } from './snapshot.ts';

/** A snapshot whose signature and digests were verified. */
interface VerifiedSnapshot {
  readonly head: SnapshotHead;
  readonly lines: SnapshotLines;
  /** The file of the whole snapshot. */
  readonly bytes: Uint8Array;
}

const invalid = (detail: string, cause?: unknown): GatewayError =>
  new GatewayError('E_SNAPSHOT_INVALID', detail, { cause });

/** `key`: the key of the log, as `mra audit key` prints it. Throws E_SNAPSHOT_INVALID, and E_REQUEST_INVALID for an invalid key. */
export function readSnapshot(bytes: Uint8Array, key: string): VerifiedSnapshot {
  const text = parseSnapshot(unpacked(bytes));
  if (text.from !== undefined) throw invalid(`it is a delta: it needs the snapshot ${text.from}`);
  return verified(text, wholeLines(text), key);
}

/** Applies a delta to a snapshot; the result is not older than the snapshot. Throws the same errors. */
export function readDelta(before: VerifiedSnapshot, bytes: Uint8Array, key: string): VerifiedSnapshot {
  const text = parseSnapshot(unpacked(bytes));
  if (text.from !== before.head.id) throw invalid(`it is no delta against ${before.head.id}`);
  const after = verified(text, applyDelta(before.lines, text), key);
  if (after.head.created_at < before.head.created_at) throw invalid('it leads back to an older snapshot');
  return after;
}

function unpacked(bytes: Uint8Array): string {
  try {
    return gunzipSync(bytes).toString();
  } catch (cause) {
    throw invalid('it is no file of gzip, or it was cut', cause);
  }
}

function verified({ head, headLine, note }: SnapshotText, stated: SnapshotLines, key: string): VerifiedSnapshot {
  const digest = Buffer.from(sha256(headLine), 'hex').toString('base64');
  const opened = openNote(note, keyOfVerifier(key));
  if (opened?.text !== noteText(head.id, digest)) throw invalid('it is not signed with this key');
  const lines = new Map(head.partners.map(({ terms: { partner } }) => [partner, stated.get(partner) ?? []]));
  for (const { terms, digest: signed } of head.partners)
    if (sha256(digestedLines(lines.get(terms.partner) ?? [])) !== signed)
      throw invalid(`operators of ${terms.partner} are missing, or others than were signed`);
  const parts = head.partners.map(({ terms: { partner } }) => {
    return `${JSON.stringify({ partner })}\n${digestedLines(lines.get(partner) ?? [])}`;
  });
  const text = `${JSON.stringify({ format: snapshotFormat })}\n${parts.join('')}${headLine}\n${JSON.stringify({ note })}\n`;
  return { head, lines, bytes: gzipSync(text, { level: 9 }) };
}
