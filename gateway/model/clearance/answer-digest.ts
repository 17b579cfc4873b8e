/** The digest by which an answer at the border is proven. */

import { hash } from 'node:crypto';
import { canonicalJson } from '../canonical-json.ts';

/** `sha-256:` and base64url of SHA-256 over the canonical JSON of an answer without its proof, or of an assessment. */
export function answerDigest(answer: object): string {
  return digestOfAnswer(canonicalJson(answer));
}

/** The same of an answer that is canonical JSON already. */
export function digestOfAnswer(text: string): string {
  return `sha-256:${hash('sha256', text, 'base64url')}`;
}
