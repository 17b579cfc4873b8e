/** Repairs comments that XML does not allow; they occur in samples that administrations publish. */

import { GatewayError } from '../../model/errors.ts';
import type { XmlRepair } from './xml-bytes.ts';
import { placeAt } from './xml-events.ts';

/** What may hold `<!--` or `--` as text, and comments. */
const opening = /<!--|<!\[CDATA\[|<\?/gu;

/** A document with more is not read: each repair looks through the rest of the text. */
const maxRepairs = 20;

/**
 * Removes each comment that contains `--`, which XML 1.0 (2.5) forbids. One in which another comment begins was never closed, and would
 * hide all elements up to the end of the next: it ends at its first `>`, or where the next begins. Throws E_XML_MALFORMED.
 */
export function repairComments(text: string): { readonly text: string; readonly repairs: readonly XmlRepair[] } {
  const repairs: XmlRepair[] = [];
  let kept = '';
  let at = 0;
  for (;;) {
    opening.lastIndex = at;
    const begin = opening.exec(text)?.index ?? -1;
    const end = begin === -1 ? -1 : markupEnd(text, begin);
    if (end === -1) return { text: kept + text.slice(at), repairs };
    const fault = text.startsWith('<!--', begin) ? commentFault(text, begin, end) : undefined;
    kept += text.slice(at, fault === undefined ? end : begin);
    if (fault !== undefined) repairs.push({ at: placeAt(text, begin), detail: fault.detail });
    if (repairs.length > maxRepairs)
      throw new GatewayError('E_XML_MALFORMED', `more than ${maxRepairs} comments are broken`, { at: repairs[0]?.at });
    at = fault?.end ?? end;
  }
}

/** Where the comment, section or instruction that begins here is over by XML's own rule; -1 if it never is. */
function markupEnd(text: string, begin: number): number {
  const isComment = text.startsWith('<!--', begin);
  const close = isComment ? '-->' : text.startsWith('<?', begin) ? '?>' : ']]>';
  const end = text.indexOf(close, begin + (isComment ? 4 : 2));
  return end === -1 ? -1 : end + close.length;
}

function commentFault(
  text: string,
  begin: number,
  end: number,
): { readonly end: number; readonly detail: string } | undefined {
  const content = begin + 4;
  if (text.indexOf('--', content) === end - 3) return undefined;
  const next = text.indexOf('<!--', content);
  if (next === -1 || next >= end) return { end, detail: 'a comment that contains two hyphens was left out' };
  const close = text.indexOf('>', content);
  const detail = 'a comment was not closed; what follows it was read all the same';
  return { end: close < next ? close + 1 : next, detail };
}
