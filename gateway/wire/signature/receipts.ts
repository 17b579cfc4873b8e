/** Receipts as XML: written for the partner, and read back from verified content. One shape for all partners. */

import { create } from 'xmlbuilder2';
import { GatewayError, errorTable, type ErrorCode } from '../../model/errors.ts';
import { holdReasons, type HoldReason, type Receipt, type ValidMessage, type Verdict } from '../../model/message.ts';
import { shown } from '../../model/shown-text.ts';
import { attributesOf, onlyElements, onlyText, type XmlElement } from '../xml/libxml.ts';
import { treeOf } from '../xml/parsed-body.ts';

const namespace = 'urn:mra:receipt:1';
export const receiptType = `{${namespace}}Receipt`;

/** For checkDraft: what a receipt is. */
export const receiptFormat = {
  format: 'xml',
  type: receiptType,
  contentType: 'application/vnd.mra.receipt+xml',
} as const;

/**
 * The receipt as text, unsigned. Texts that come from the message it answers are made presentable and cut to what the schema
 * takes: whatever a partner sends, a receipt of it can be made. In canonical form already (attributes by their names, no
 * empty-element tags), so that it is checked and digested as it stands: one is made for every message that comes.
 */
export function writeReceipt(receipt: Receipt): string {
  const { subject, reason, position, records } = receipt;
  const root = create({ encoding: 'UTF-8' }).ele(namespace, 'Receipt', { Id: receipt.id });
  const text = (name: string, value: string | number): unknown => root.ele(namespace, name).txt(String(value));
  text('From', receipt.from);
  text('To', receipt.to);
  text('IssuedAt', receipt.issuedAt);
  root.ele(namespace, 'Subject', {
    Digest: subject.digest,
    ...(subject.id === undefined ? {} : { Message: presentable(subject.id, 256) }),
  });
  text('Verdict', receipt.verdict);
  if (reason !== undefined) {
    const at = reason.at === undefined ? {} : { At: presentable(reason.at, 2000) };
    root.ele(namespace, 'Reason', { ...at, Code: reason.code }).txt(presentable(reason.detail, 2000));
  }
  if (position !== undefined) {
    root.ele(namespace, 'Position', {
      Chain: position.chain,
      Count: String(position.count),
      Epoch: String(position.epoch.no),
      EpochId: presentable(position.epoch.id, 256),
      Root: position.root,
      Sequence: String(position.sequence),
    });
  }
  if (records !== undefined) {
    root.ele(namespace, 'Records', { Refused: String(records.refused), Taken: String(records.taken) });
  }
  return root.end({ wellFormed: true, allowEmptyTags: true });
}

function presentable(text: string, most: number): string {
  // U+FFFE and U+FFFF are no characters, and XML has no way to write them.
  return shown(text, most).replace(/[\uFFFE\uFFFF]/gu, '\uFFFD');
}

/** The receipt of a message that follows schemas/receipt.xsd. E_CODE_UNKNOWN for a reason that is not in our tables. */
export function readReceipt(message: ValidMessage): Receipt {
  const tree = treeOf(message);
  if (tree.format !== 'xml' || message.type !== receiptType) {
    throw new GatewayError('E_MESSAGE_KIND', 'the message is not a receipt');
  }
  const root = tree.document().root;
  const parts = new Map((onlyElements(root) ?? []).map((element) => [element.name, element] as const));
  const reason = optional(parts.get('Reason'), readReason);
  const position = optional(parts.get('Position'), readPosition);
  const records = optional(parts.get('Records'), (e) => ({
    taken: integer(e, 'Taken'),
    refused: integer(e, 'Refused'),
  }));
  return {
    id: attribute(root, 'Id'),
    from: textOf(parts, 'From'),
    to: textOf(parts, 'To'),
    issuedAt: textOf(parts, 'IssuedAt'),
    subject: readSubject(part(parts, 'Subject')),
    // The schema closes the list.
    verdict: textOf(parts, 'Verdict') as Verdict,
    ...(reason === undefined ? {} : { reason }),
    ...(position === undefined ? {} : { position }),
    ...(records === undefined ? {} : { records }),
  };
}

type Reason = NonNullable<Receipt['reason']>;

function readSubject(element: XmlElement): Receipt['subject'] {
  const id = attributesOf(element).get('Message');
  return { digest: attribute(element, 'Digest'), ...(id === undefined ? {} : { id }) };
}

function readReason(element: XmlElement): Reason {
  const at = attributesOf(element).get('At');
  const code = attribute(element, 'Code');
  if (!isReasonCode(code)) {
    throw new GatewayError('E_CODE_UNKNOWN', 'the reason of a receipt is not a known code', { at: 'Reason/@Code' });
  }
  return { code, detail: onlyText(element) ?? '', ...(at === undefined ? {} : { at }) };
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

function optional<T>(element: XmlElement | undefined, read: (element: XmlElement) => T): T | undefined {
  return element === undefined ? undefined : read(element);
}

function part(parts: ReadonlyMap<string, XmlElement>, name: string): XmlElement {
  const element = parts.get(name);
  if (element === undefined) throw new GatewayError('E_ELEMENT_MISSING', 'the receipt lacks an element', { at: name });
  return element;
}

function textOf(parts: ReadonlyMap<string, XmlElement>, name: string): string {
  return onlyText(part(parts, name)) ?? '';
}

function attribute(element: XmlElement, name: string): string {
  const value = attributesOf(element).get(name);
  if (value === undefined) throw new GatewayError('E_ELEMENT_MISSING', 'the receipt lacks an attribute', { at: name });
  return value;
}

function integer(element: XmlElement, name: string): number {
  return Number(attribute(element, name));
}
