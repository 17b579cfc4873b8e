/** Receipts as XML (schemas/receipt.xsd), the same for all partners: written, and read from verified content. */

import { create } from 'xmlbuilder2';
import { GatewayError, errorTable, type ErrorCode } from '../../model/errors.ts';
import { holdReasons, type HoldReason, type Receipt, type ValidMessage, type Verdict } from '../../model/message.ts';
import { shown } from '../../model/shown-text.ts';
import { attributesOf, onlyElements, onlyText, type XmlElement } from '../xml/libxml.ts';
import { receiptContentType, receiptNamespace as namespace } from '../transport/transport.ts';
import { bodyOf } from '../xml/parsed-body.ts';
import { present } from '../../model/present.ts';

export const receiptType = `{${namespace}}Receipt`;

export const receiptFormat = { format: 'xml', type: receiptType, contentType: receiptContentType } as const;

/**
 * The unsigned receipt. Texts that come from the partner's message are escaped and cut to the lengths of the schema, so that
 * every message can be acknowledged. The XML is canonical (sorted attributes, no empty-element tags) and thus digested as
 * written, because each inbound message costs a receipt.
 */
export function writeReceipt(receipt: Receipt): string {
  const { subject, reason, position, records } = receipt;
  const root = create({ encoding: 'UTF-8' }).ele(namespace, 'Receipt', { Id: receipt.id });
  const text = (name: string, value: string): unknown => root.ele(namespace, name).txt(value);
  text('From', receipt.from);
  text('To', receipt.to);
  text('IssuedAt', receipt.issuedAt);
  root.ele(namespace, 'Subject', {
    Digest: subject.digest,
    ...(subject.id === undefined ? {} : { Message: printable(subject.id, 256) }),
  });
  text('Verdict', receipt.verdict);
  if (reason !== undefined) {
    const at = reason.at === undefined ? {} : { At: printable(reason.at, 2000) };
    root.ele(namespace, 'Reason', { ...at, Code: reason.code }).txt(printable(reason.detail, 2000));
  }
  if (position !== undefined) {
    root.ele(namespace, 'Position', {
      Chain: position.chain,
      Count: String(position.count),
      Epoch: String(position.epoch.no),
      EpochId: printable(position.epoch.id, 256),
      Root: position.root,
      Sequence: String(position.sequence),
    });
  }
  if (records !== undefined) {
    root.ele(namespace, 'Records', { Refused: String(records.refused), Taken: String(records.taken) });
  }
  return root.end({ wellFormed: true, allowEmptyTags: true });
}

function printable(text: string, most: number): string {
  // Noncharacters, which XML 1.0 cannot carry (2.2).
  return shown(text, most).replace(/[\uFFFE\uFFFF]/gu, '\uFFFD');
}

/** The receipt in a valid message. Throws E_MESSAGE_KIND for another message, E_CODE_UNKNOWN for a reason code that is not defined. */
export function readReceipt(message: ValidMessage): Receipt {
  const tree = bodyOf(message);
  if (tree.format !== 'xml' || message.type !== receiptType) {
    throw new GatewayError('E_MESSAGE_KIND', 'the message is not a receipt');
  }
  const root = tree.document().root;
  const parts = new Map((onlyElements(root) ?? []).map((element) => [element.name, element] as const));
  const [reasonPart, position, records] = [parts.get('Reason'), parts.get('Position'), parts.get('Records')];
  const reason = reasonPart && readReason(reasonPart);
  const text = (name: string): string => onlyText(required(parts.get(name), name)) ?? '';
  const subject = required(parts.get('Subject'), 'Subject');
  const subjectId = attributesOf(subject).get('Message');
  return {
    id: attribute(root, 'Id'),
    from: text('From'),
    to: text('To'),
    issuedAt: text('IssuedAt'),
    subject: present({ digest: attribute(subject, 'Digest'), id: subjectId }),
    // The schema enumerates the verdicts.
    verdict: text('Verdict') as Verdict,
    ...(reason && { reason }),
    ...(position && { position: readPosition(position) }),
    ...(records && { records: { taken: integer(records, 'Taken'), refused: integer(records, 'Refused') } }),
  };
}

function readReason(element: XmlElement): NonNullable<Receipt['reason']> {
  const at = attributesOf(element).get('At');
  const code = attribute(element, 'Code');
  if (!isReasonCode(code)) {
    throw new GatewayError('E_CODE_UNKNOWN', 'the reason code of a receipt is not defined', { at: 'Reason/@Code' });
  }
  return present({ code, detail: onlyText(element) ?? '', at });
}

function isReasonCode(code: string): code is ErrorCode | HoldReason {
  return Object.hasOwn(errorTable, code) || holdReasons.some((reason) => reason === code);
}

function readPosition(element: XmlElement): NonNullable<Receipt['position']> {
  return {
    epoch: { no: integer(element, 'Epoch'), id: attribute(element, 'EpochId') },
    sequence: integer(element, 'Sequence'),
    chain: attribute(element, 'Chain'),
    root: attribute(element, 'Root'),
    count: integer(element, 'Count'),
  };
}

function attribute(element: XmlElement, name: string): string {
  return required(attributesOf(element).get(name), `${element.name}/@${name}`);
}

function integer(element: XmlElement, name: string): number {
  return Number(attribute(element, name));
}

/** The schema requires these parts too; a receipt without one of them is refused here as well. */
function required<T>(found: T | undefined, name: string): T {
  if (found !== undefined) return found;
  throw new GatewayError('E_ELEMENT_MISSING', 'the receipt lacks an element or attribute', { at: name });
}
