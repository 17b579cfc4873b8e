/** Receipts as XML (schemas/receipt.xsd), the same for all partners: written, and read from verified content. */

import { XMLParser } from 'fast-xml-parser';
import { GatewayError, errorTable, type ErrorCode } from '../../model/errors.ts';
import { holdReasons, type HoldReason, type Receipt, type ValidMessage, type Verdict } from '../../model/message.ts';
import { shown } from '../../model/shown-text.ts';
import { receiptContentType, receiptNamespace as namespace } from '../transport/transport.ts';
import { present } from '../../model/present.ts';

export const receiptType = `{${namespace}}Receipt`;

export const receiptFormat = { format: 'xml', type: receiptType, contentType: receiptContentType } as const;

/**
 * The unsigned receipt. Texts that come from the partner's message are escaped and cut to the lengths of the schema, so that
 * every message can be acknowledged. The XML is canonical (sorted attributes, no empty-element tags) and thus digested as
 * written, because each inbound message costs a receipt.
 */
export function writeReceipt({ subject, reason, position, records, checkpoint, ...receipt }: Receipt): string {
  const { code: Code, at: At, detail = '' } = reason ?? {};
  const { chain: Chain, epoch, root: Root } = position ?? {};
  const content = [
    element('From', {}, receipt.from),
    element('To', {}, receipt.to),
    element('IssuedAt', {}, receipt.issuedAt),
    element('Subject', { Digest: subject.digest, Message: printable(subject.id, 256) }),
    element('Verdict', {}, receipt.verdict),
    reason && element('Reason', { At: printable(At, 2000), Code }, printable(detail, 2000)),
    position &&
      element('Position', {
        ...{ Chain, Count: String(position.count), Epoch: String(epoch?.no), EpochId: printable(epoch?.id, 256) },
        ...{ Root, Sequence: String(position.sequence) },
      }),
    records && element('Records', { Refused: String(records.refused), Taken: String(records.taken) }),
    checkpoint && element('Checkpoint', { Key: checkpoint.key }, checkpoint.note),
  ];
  return `<?xml version="1.0" encoding="UTF-8"?><Receipt xmlns="${namespace}" Id="${receipt.id}">${content.join('')}</Receipt>`;
}

/** `attributes`: in the order of their names; undefined ones are left out. */
function element(name: string, attributes: Readonly<Record<string, string | undefined>>, text = ''): string {
  const stated = Object.entries(attributes).map(([key, value]) =>
    value === undefined ? '' : ` ${key}="${value.replaceAll(/[&<"\t\n\r]/gu, entityOf)}"`,
  );
  return `<${name}${stated.join('')}>${text.replaceAll(/[&<>\r]/gu, entityOf)}</${name}>`;
}

/** Canonical XML 1.0, 2.3. */
const entities: Readonly<Record<string, string>> = {
  ...{ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\t': '&#x9;', '\n': '&#xA;', '\r': '&#xD;' },
};
const entityOf = (character: string): string => entities[character] ?? character;

function printable<T extends string | undefined>(text: T, most: number): T | string {
  // Noncharacters, which XML 1.0 cannot carry (2.2).
  return text === undefined ? text : shown(text, most).replace(/[\uFFFE\uFFFF]/gu, '\uFFFD');
}

/** Names without prefixes, all values as text: nothing becomes a number, and no blank is lost. */
const parser = new XMLParser({
  ...{ ignoreAttributes: false, attributeNamePrefix: '@', textNodeName: '#text', removeNSPrefix: true },
  ...{ parseTagValue: false, parseAttributeValue: false, trimValues: false, htmlEntities: true },
});

/** Attributes begin with @. An element with text alone is its text. */
type ReceiptElement = Readonly<Record<string, string | undefined>>;

interface ReceiptContent extends Readonly<Record<'@Id' | 'From' | 'To' | 'IssuedAt' | 'Verdict', string>> {
  readonly Subject: ReceiptElement;
  readonly Reason?: ReceiptElement;
  readonly Position?: ReceiptElement;
  readonly Records?: ReceiptElement;
  readonly Checkpoint?: ReceiptElement;
}

/** The receipt in a valid message. Throws E_MESSAGE_KIND for another message, E_CODE_UNKNOWN for a reason code that is not defined. */
export function readReceipt(message: ValidMessage): Receipt {
  if (message.type !== receiptType) throw new GatewayError('E_MESSAGE_KIND', 'the message is not a receipt');
  // The schema was checked: every required element and attribute is present.
  const { Receipt: receipt } = parser.parse(Buffer.from(message.content)) as { readonly Receipt: ReceiptContent };
  const { Subject: subject, Reason: reason, Position: position, Records: records, Checkpoint: checkpoint } = receipt;
  return {
    ...{ id: receipt['@Id'], from: receipt.From, to: receipt.To, issuedAt: receipt.IssuedAt },
    subject: present({ digest: subject['@Digest'] ?? '', id: subject['@Message'] }),
    // The schema enumerates the verdicts.
    verdict: receipt.Verdict as Verdict,
    ...(reason && { reason: readReason(reason) }),
    ...(position && { position: readPosition(position) }),
    ...(records && { records: { taken: Number(records['@Taken']), refused: Number(records['@Refused']) } }),
    ...(checkpoint && { checkpoint: { key: checkpoint['@Key'] ?? '', note: checkpoint['#text'] ?? '' } }),
  };
}

function readReason({
  '@Code': code = '',
  '@At': at,
  '#text': detail = '',
}: ReceiptElement): NonNullable<Receipt['reason']> {
  if (isReasonCode(code)) return present({ code, detail, at });
  throw new GatewayError('E_CODE_UNKNOWN', 'the reason code of a receipt is not defined', { at: 'Reason/@Code' });
}

function isReasonCode(code: string): code is ErrorCode | HoldReason {
  return Object.hasOwn(errorTable, code) || holdReasons.some((reason) => reason === code);
}

function readPosition(position: ReceiptElement): NonNullable<Receipt['position']> {
  return {
    epoch: { no: Number(position['@Epoch']), id: position['@EpochId'] ?? '' },
    sequence: Number(position['@Sequence']),
    chain: position['@Chain'] ?? '',
    root: position['@Root'] ?? '',
    count: Number(position['@Count']),
  };
}
