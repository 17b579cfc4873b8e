/** The lines of a text message, read strictly. */

import { isUtf8 } from 'node:buffer';
import { written, writerOf, type ByteWriter } from '../../model/byte-writer.ts';
import { GatewayError } from '../../model/errors.ts';
import type { LineRules } from '../../model/message-body.ts';
import { decodeText, encodeText } from '../../model/text-encoding.ts';
import { readWorkbookLines, writeWorkbookLines } from './workbook-lines.ts';

/**
 * The lines of text in the agreed encoding without a byte order mark, in which every line ends as agreed and no other control character occurs
 * but tabs, which separate values; or of a workbook. Bytes that are no character of another encoding than UTF-8 become `noCharacter`, which
 * the reader of lines refuses with the record. Throws E_BYTES_INVALID, E_TEXT_MALFORMED with `line:column`, E_WORKBOOK_REFUSED.
 */
export function readLines(bytes: Uint8Array, { ends, sheet, encoding = 'utf-8' }: LineRules): readonly string[] {
  if (sheet !== undefined) return readWorkbookLines(bytes, sheet);
  const text = encoding === 'utf-8' ? utf8(bytes) : decodeText(bytes, encoding);
  const name = ends === '\n' ? 'LF' : 'CR LF';
  if (text.startsWith('\uFEFF')) throw malformed('it begins with a byte order mark', name, 0, 0);
  const lines = text.split(ends);
  const rest = lines.pop();
  const faulty = lines.findIndex((line) => control.test(line));
  if (faulty >= 0) {
    const column = lines[faulty]?.search(control) ?? 0;
    throw malformed(`a control character, or a line that does not end with ${name}`, name, faulty, column);
  }
  if (lines.length === 0 || rest !== '')
    throw malformed(`the last line does not end with ${name}`, name, lines.length, rest?.length ?? 0);
  return lines;
}

function utf8(bytes: Uint8Array): string {
  if (!isUtf8(bytes)) throw new GatewayError('E_BYTES_INVALID', 'the bytes are not UTF-8');
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

/** Lines that were written as UTF-8, as they travel. */
export function sentLines(text: ByteWriter, { sheet, encoding = 'utf-8' }: LineRules): ByteWriter {
  if (sheet === undefined && encoding === 'utf-8') return text;
  const lines = Buffer.from(written(text)).toString();
  return writerOf(sheet === undefined ? encodeText(lines, encoding) : writeWorkbookLines(lines, sheet));
}

/** C0 without the tab, DEL and C1. */
const control = /(?!\t)\p{Cc}/u;

function malformed(what: string, ends: string, line: number, column: number): GatewayError {
  return new GatewayError('E_TEXT_MALFORMED', what, {
    at: `${line + 1}:${column + 1}`,
    fix: `Write UTF-8 lines, each ended by ${ends}, without control characters other than tabs.`,
  });
}
