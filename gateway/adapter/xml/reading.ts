/** The state of reading one document, the elements it is read by, and how a refusal names its place. */

import type { CanonicalXml } from '../../model/canonical-tokens.ts';
import { GatewayError, type ErrorCode } from '../../model/errors.ts';
import type { RecordPacker } from '../../model/record/packed-records.ts';
import { withPlace } from '../faults.ts';
import type { TemplateScope } from '../template/holes.ts';
import type { Slot } from '../template/message-fields.ts';
import type { RecordReader, RecordValues } from './record-values.ts';
import type { AttributePlan, ElementPlan } from './template.ts';

/** How far the reading of one document has come. */
export interface ReadState {
  readonly document: CanonicalXml;
  readonly numbers: Int32Array;
  /** The document's tokens of the names in the plan. */
  readonly tokens: Int32Array;
  /** The token that comes next. */
  at: number;
  /** The open elements from the root, and which repetition each is. */
  readonly open: ElementNode[];
  readonly repetition: number[];
  readonly packer: RecordPacker;
  readonly record: RecordValues;
}

/** Takes one value; `at`: its token, or -1 for an empty one, which has none. */
export type ReadValue = (reading: ReadState, slots: Slot[], at: number) => void;

export interface AttributeNode {
  readonly plan: AttributePlan;
  readonly name: number;
  readonly readValue: ReadValue;
}

/** An item of a list: a record, packed as it is read, or an object. */
export interface ListItem {
  readonly scope: TemplateScope;
  readonly slot: number;
  readonly record: RecordReader | undefined;
}

/** An element of the plan with its names bound and its values prepared. */
export interface ElementNode {
  readonly plan: ElementPlan;
  readonly name: number;
  readonly discriminator: AttributeNode | undefined;
  /** Sorted as in canonical XML. */
  readonly attributes: readonly AttributeNode[];
  /** Undefined for an element that holds elements. */
  readonly readText: ReadValue | undefined;
  readonly children: readonly ElementNode[];
  /** Of an element that is one item of a list. */
  readonly item: ListItem | undefined;
}

export function isBlank(text: string): boolean {
  return /^[ \t\r\n]*$/u.test(text);
}

export function errorAt(reading: ReadState, code: ErrorCode, detail: string, more: string): unknown {
  return withPlace(new GatewayError(code, detail), currentPath(reading) + more);
}

/** `/AEOList/AEO[17]/Status`: items of a list are counted from 1. */
export function currentPath({ open, repetition }: ReadState): string {
  return open.map(({ plan }, i) => `/${plan.name}${plan.each === undefined ? '' : `[${repetition[i] ?? 0}]`}`).join('');
}

// A name comes from the sender; it is shown so that the sender finds it, but never at any length.
export function shorten(name: string): string {
  return name.length > 60 ? `${name.slice(0, 60)}…` : name;
}
