/**
 * Printed evidence: a page with the answer in words and a QR code that has everything verify-evidence.js needs except the partner's
 * message. The code is the text `MRA1:` and base45 (RFC 9285) of the evidence as canonical JSON, compressed with DEFLATE (RFC 1951): QR
 * codes store these characters compactly, and every scanner returns them unchanged.
 */

import { deflateRawSync } from 'node:zlib';
import encodeQR from 'qr';
import { canonicalJson } from '../model/canonical-json.ts';
import { shownConsultationNumber } from '../model/clearance/number-form.ts';
import type { Evidence } from './evidence.ts';
import { escapedMarkup } from '../model/shown-text.ts';

interface EvidenceCode {
  readonly text: string;
  /** SVG without external resources. Absent if the text is too long for a QR code. */
  readonly svg?: string;
}

/** `evidence`: the result of evidenceFor. */
export function evidenceCode(evidence: string): EvidenceCode {
  const { source: _, ...rest } = JSON.parse(evidence) as Evidence;
  const packed = deflateRawSync(canonicalJson(rest), { level: 9 });
  const text = `MRA1:${base45Of(packed)}`;
  // Capacity of version 40 at the lowest error correction level (ISO/IEC 18004); a damaged page is printed again.
  if (text.length > 4296) return { text };
  const svg = encodeQR(text, 'svg', { ecc: 'low', encoding: 'alphanumeric', border: 4 });
  return { text, svg };
}

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:';

function base45Of(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 2) {
    const [first = 0, second] = bytes.subarray(at, at + 2);
    let value = second === undefined ? first : first * 256 + second;
    for (let digit = second === undefined ? 2 : 3; digit > 0; digit -= 1) {
      text += alphabet.charAt(value % 45);
      value = Math.floor(value / 45);
    }
  }
  return text;
}

const styles = `
:root { color-scheme: light dark; font: 100%/1.5 system-ui, 'Noto Sans', 'Noto Sans CJK SC', sans-serif; }
body { max-width: 60rem; margin: 1rem auto; padding: 0 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.4rem; } .outcome { font-size: 1.6rem; font-weight: 600; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.2rem 1rem; } dt { font-weight: 600; } dd { margin: 0; }
figure { margin: 1rem 0; } svg { width: 12cm; max-width: 100%; background: #fff; }
code { font-size: 0.7rem; white-space: pre-wrap; }
@page { size: A4; margin: 14mm; }`;

/** A complete document without external resources, for printing or filing. `evidence`: the result of evidenceFor. */
export function printedEvidence(evidence: string): string {
  const { answer, entry, checkpoint } = JSON.parse(evidence) as Evidence;
  const { text, svg } = evidenceCode(evidence);
  const [log = '', size = ''] = checkpoint.split('\n');
  const facts = factsOf(answer, [`entry ${entry.n} of the first ${size} of ${log}`]);
  const title = `Answer ${shownConsultationNumber(answer.proof.consultation_number)}`;
  const code = svg === undefined ? '<p>The evidence is longer than a QR code.</p>' : `<figure>${svg}</figure>`;
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapedMarkup(title)}</title><style>${styles}</style></head>
<body><main><h1>${escapedMarkup(title)}</h1>
<p class="outcome">${escapedMarkup(answer.outcome.replaceAll('_', ' '))}</p>
<dl>${facts.map(([name, value]) => `<dt>${escapedMarkup(name)}</dt><dd>${escapedMarkup(value)}</dd>`).join('\n')}</dl>
<h2>Steps</h2>
<ol>${answer.explanation.map((step) => `<li>${escapedMarkup(`${step.code}: ${step.text}`)}</li>`).join('\n')}</ol>
<h2>Proof</h2>
${code}
<p>The code proves this answer to everybody who has the public key of the log, without a network. Scan it into a file and
write: node verify-evidence.js FILE KEY. Compare what it prints with this page: only the code is signed.</p>
<p><code>${escapedMarkup(text)}</code></p>
</main></body></html>
`;
}

type Fact = readonly [name: string, value: string];

function factsOf(
  { subject, advice, at, known_at, answered_at, freshness, proof }: Evidence['answer'],
  [place]: readonly [string],
): readonly Fact[] {
  const { partner, identifier, name, status } = subject;
  const facts: readonly (readonly [string, string | null | undefined])[] = [
    ['Partner', partner],
    ['Identifier', identifier ?? subject.identifier_as_sent],
    ['Name', name],
    ['Status', status],
    ['Advice', [advice.action.replaceAll('_', ' '), ...advice.benefits].join(' ')],
    ['At', at],
    ['Known at', known_at],
    ['Answered at', answered_at],
    ['List', freshness.list],
    ['Asked by', proof.requester],
    ['Digest', proof.answer_digest],
    ['In the log', place],
  ];
  return facts.flatMap(([term, value]) => (value === undefined || value === null ? [] : [[term, value] as const]));
}
