/** What one template, or one repeated part of it, carries: its holes, lists and counts. */

import type { Hole } from './hole-chain.ts';
import type { Field, ItemFields, ListOfItems } from './message-fields.ts';
import type { TransformContext } from './transforms.ts';

/** A value in two holes, joined after both were read. */
interface Join {
  readonly field: Field;
  readonly slot: number;
  readonly first: number;
  readonly rest: number;
}

/** The two holes of a split value, and the length of the first part. */
export interface SplitHoles {
  readonly length: string;
  first?: Hole;
  rest?: Hole;
}

/** A list that is counted, or those of its items that have this value. */
export interface CountedList {
  readonly list: ListOfItems;
  readonly only?: { readonly field: Field; readonly value: string };
}

/** A count of the message, compared when all of it was read. Its slot holds the count, and the next one the place. */
interface CountHole {
  readonly slot: number;
  readonly at: string;
  /** Of items with a value that the template does not carry unchanged, a count could not be compared. */
  readonly counted: readonly CountedList[];
  countIn(message: unknown): number;
}

/** All holes and lists of one template, or of one repeated part of it. */
export interface TemplateScope {
  readonly item: ItemFields<unknown>;
  readonly context: TransformContext;
  readonly holes: Map<string, Hole>;
  readonly parts: Map<string, SplitHoles>;
  readonly lists: Map<string, TemplateScope>;
  readonly joins: Join[];
  readonly lossy: Set<string>;
  /** Values that are written and not read. */
  readonly unread: Hole[];
  readonly counts: CountHole[];
  /** The list whose items the scope describes. */
  readonly list: string | undefined;
  /** Values that no hole carries. */
  readonly fills: readonly SlotFill[];
  slots: number;
  /** The index of the item that is being written or read. */
  row: number;
  /** In lines: how many stand once. */
  fixedLines?: number;
}

/** A value that is the same in every item, or that of another slot. */
export interface SlotFill {
  readonly path: string;
  readonly slot: number;
  readonly fill: { readonly is: string } | { readonly fromPath: string; readonly fromSlot: number };
}

/** `list`: the list whose items the scope describes; without it, the message. */
export function openTemplateScope(item: ItemFields<unknown>, context: TransformContext, list?: string): TemplateScope {
  const slots = item.fields.length + item.lists.length;
  const fills = list === 'records' ? slotFills(item, context) : [];
  return {
    item,
    context,
    slots,
    fills,
    holes: new Map(),
    parts: new Map(),
    lists: new Map(),
    joins: [],
    lossy: new Set(),
    unread: [],
    counts: [],
    list,
    row: 0,
  };
}

function slotFills({ fields }: ItemFields<unknown>, { conversation }: TransformContext): SlotFill[] {
  const slotOf = (path: string): number => fields.findIndex((field) => field.path === path);
  return [...(conversation?.record ?? [])].map(([path, fill]) => {
    const slot = slotOf(path);
    return 'is' in fill
      ? { path, slot, fill }
      : { path, slot, fill: { fromPath: fill.from, fromSlot: slotOf(fill.from) } };
  });
}
