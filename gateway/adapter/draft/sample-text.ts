/** The text of a sample, in the encoding that its bytes state, or that is guessed and asked about. What no layout can be written in is refused. */

import { damagedLine, guessEncodings } from '../../model/encoding-guess.ts';
import { GatewayError } from '../../model/errors.ts';
import { decodeText, noCharacter, textEncodings, type TextEncoding } from '../../model/text-encoding.ts';

export interface SampleFile {
  readonly file: string;
  /** As they came. */
  readonly bytes: Uint8Array;
  /** Of a workbook: the name of its sheet, and its rows as lines. */
  readonly workbook?: { readonly sheet: string; readonly text: string };
}

export interface SampleText extends SampleFile {
  readonly text: string;
  /** Of lines; absent: UTF-8. */
  readonly encoding?: TextEncoding;
  /** Of XML that is not UTF-8, as it is stated. */
  readonly stated?: string;
  /** What lines are in other encodings, where it was guessed: each with a word. */
  readonly guesses?: readonly string[];
}

export function sampleFault(at: string, detail: string, fix?: string): GatewayError {
  const usual =
    'Give a message as the partner sends it: XML without document type and CDATA, JSON, CSV or fixed lines, or a workbook.';
  return new GatewayError('E_SAMPLE_UNREADABLE', detail, { at, fix: fix ?? usual });
}

const toAgree = 'Agree UTF-8 with the partner, and save the sample so to draft the rest.';

/**
 * `answered`: the encoding of lines that a person named. Throws E_SAMPLE_UNREADABLE with what to do, and E_REQUEST_INVALID for an answer
 * that the bytes contradict.
 */
export function textOf(sample: SampleFile, answered: unknown): SampleText {
  const { file, bytes, workbook } = sample;
  if (workbook !== undefined) return { ...sample, text: workbook.text };
  const start = Buffer.from(bytes.subarray(0, 1024)).toString('latin1');
  const utf16 = /^(?:\u00ff\u00fe|[^\0]\0[^\0]\0)/u.test(start)
    ? 'utf-16le'
    : /^(?:\u00fe\u00ff|\0[^\0]\0[^\0])/u.test(start)
      ? 'utf-16be'
      : undefined;
  const letters = start.replaceAll(/\0|^(?:\u00ff\u00fe|\u00fe\u00ff|\u00ef\u00bb\u00bf)/gu, '').trimStart();
  if (letters.startsWith('<'))
    return xmlText(sample, utf16 ?? /^<\?xml[^>]*\sencoding\s*=\s*["']([^"']+)/u.exec(letters)?.[1]);
  if (utf16 !== undefined) throw sampleFault(file, `the sample is ${utf16}, which only XML may be`, toAgree);
  const text = decoded(bytes, 'utf-8');
  if (/^[{[]/u.test(letters)) {
    if (text !== undefined) return { ...sample, text };
    throw sampleFault(file, 'the sample is JSON and not UTF-8, which JSON must be (RFC 8259, 8.1)', toAgree);
  }
  const found = linesText(sample, text, answered);
  if (!/(?![\t\n\r])\p{Cc}/u.test(found.text)) return found;
  throw sampleFault(file, 'the sample has control characters, which no line has', toAgree);
}

/** Undefined for bytes that are not of the encoding, and for an encoding that nobody knows. */
function decoded(bytes: Uint8Array, label: string): string | undefined {
  try {
    return new TextDecoder(label, { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) return undefined;
    throw error;
  }
}

/** XML states its encoding; what is read then is UTF-8. */
function xmlText(sample: SampleFile, stated = 'utf-8'): SampleText {
  const text = decoded(sample.bytes, stated);
  const fix = 'State the encoding of its bytes in its first line: <?xml version="1.0" encoding="…"?>.';
  if (text === undefined) throw sampleFault(sample.file, `the bytes of the sample are not ${stated}`, fix);
  if (/^utf-?8$/iu.test(stated)) return { ...sample, text };
  return { ...sample, stated, text: text.replace(/^(<\?xml[^>]*?)\sencoding\s*=\s*(?:"[^"]*"|'[^']*')/u, '$1') };
}

function linesText(sample: SampleFile, utf8: string | undefined, answered: unknown): SampleText {
  const { file, bytes } = sample;
  if (typeof answered === 'string' && answered !== 'yes') {
    const encoding = textEncodings.find((each) => each === answered);
    const text = encoding === undefined ? noCharacter : encoding === 'utf-8' ? utf8 : decodeText(bytes, encoding);
    if (encoding !== undefined && text?.includes(noCharacter) === false)
      return { ...sample, text, ...(encoding !== 'utf-8' && { encoding }) };
    const detail = encoding === undefined ? 'there is no such encoding' : `the bytes of the sample are not ${encoding}`;
    throw new GatewayError('E_REQUEST_INVALID', detail, {
      at: file,
      fix: `Answer one of: ${textEncodings.join(', ')}.`,
    });
  }
  if (utf8 !== undefined) return { ...sample, text: utf8 };
  const all = guessEncodings(bytes);
  const damaged = damagedLine(bytes, all);
  if (damaged !== undefined) {
    const { encoding, line } = damaged;
    const fix = `Ask the partner for the file as its system wrote it, or leave this line out. If it is whole, name the encoding of the lines: --answer "/messages/list/encoding=NAME" (/conversation/send/answer/encoding of answers).`;
    throw sampleFault(
      `${file}:${line}`,
      `the lines are ${encoding}, but for line ${line}, which lost or gained a byte`,
      fix,
    );
  }
  const [first] = all;
  if (first === undefined) throw sampleFault(file, 'its bytes are of no encoding that lines may have', toAgree);
  const guesses = all.map(({ encoding, text }) => `${encoding} (${/[^\0-\x7f][^\s,;|]{0,9}/u.exec(text)?.[0] ?? ''})`);
  return { ...sample, ...first, guesses };
}
