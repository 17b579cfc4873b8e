/** The state of reading a document, the nodes of the plan that is read by, and errors with their paths. */

import { kindMask, nameShift, valueText, type CanonicalXml } from '../../model/canonical-tokens.ts';
import { GatewayError, type ErrorCode } from '../../model/errors.ts';
import type { RecordPacker } from '../../model/record/packed-records.ts';
import { withPlace } from '../faults.ts';
import type { TemplateScope } from '../template/holes.ts';
import type { Slot } from '../template/message-fields.ts';
import type { RecordReader, RecordValues } from './record-values.ts';
import type { AttributePlan, ElementPlan } from './plan.ts';

export interface ReadState {
  readonly document: CanonicalXml;
  readonly numbers: Int32Array;
  /** The document's tokens of the names in the plan. */
  readonly tokens: Int32Array;
  /** Index of the next token. */
  at: number;
  /** The open elements from the root, and the number of each in its list. */
  readonly open: ElementNode[];
  readonly repetition: number[];
  readonly packer: RecordPacker;
  readonly record: RecordValues;
}

/** Reads one value; `at`: its token, or -1 for an empty value, which has no token. */
export type ReadValue = (reading: ReadState, slots: Slot[], at: number) => void;

/** Whether the element whose start tag was read last is an operator that left. */
export type HasLeft = (reading: ReadState) => boolean;

export interface AttributeNode {
  readonly plan: AttributePlan;
  readonly name: number;
  readonly readValue: ReadValue;
}

/** An item of a list: a record, which is packed while it is read, or an object. */
export interface ListItem {
  readonly scope: TemplateScope;
  readonly slot: number;
  readonly record: RecordReader | undefined;
}

/** An element of the plan with the tokens of its names and the readers of its values. */
export interface ElementNode {
  readonly plan: ElementPlan;
  readonly name: number;
  readonly discriminator: { readonly name: number; readonly value: string | undefined } | undefined;
  /** Sorted as in canonical XML. */
  readonly attributes: readonly AttributeNode[];
  /** Undefined for an element that holds elements. */
  readonly readText: ReadValue | undefined;
  readonly children: readonly ElementNode[];
  /** Of records: how an operator that left stands among them. */
  readonly gone?: { readonly node: ElementNode; readonly hasLeft: HasLeft } | undefined;
  /** Of an element that is one item of a list. */
  readonly item: ListItem | undefined;
}

/** A token without the flags of its value. */
export function withoutFlags(token: number): number {
  return ((token >>> nameShift) << nameShift) | (token & kindMask);
}

export function isBlank(text: string): boolean {
  return /^[ \t\r\n]*$/u.test(text);
}

export function isBlankToken({ document, numbers, at }: ReadState): boolean {
  const { bytes } = document;
  for (let i = numbers[at + 1] ?? 0, end = numbers[at + 2] ?? 0; i < end; i += 1) {
    const byte = bytes[i];
    if (byte !== 32 && byte !== 10 && byte !== 9 && byte !== 13) return isBlank(valueText(document, at));
  }
  return true;
}

export function errorAt(reading: ReadState, code: ErrorCode, detail: string, more: string): unknown {
  return withPlace(new GatewayError(code, detail), currentPath(reading) + more);
}

/** `/AEOList/AEO[17]/Status`: items of a list are counted from 1. */
export function currentPath({ open, repetition }: ReadState): string {
  return open.map(({ plan }, i) => `/${plan.name}${plan.each === undefined ? '' : `[${repetition[i] ?? 0}]`}`).join('');
}

// Names come from the sender, so their length in errors is limited.
export function shorten(name: string): string {
  return name.length > 60 ? `${name.slice(0, 60)}…` : name;
}
