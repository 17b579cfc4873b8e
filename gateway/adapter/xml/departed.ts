/** Operators that left, among the others in elements of the same name: a code where the others have their state tells them apart. */

import { isGatewayError } from '../../model/errors.ts';
import {
  attributeToken,
  kindMask,
  startTag,
  textToken,
  valueText,
  type XmlName,
} from '../../model/canonical-tokens.ts';
import { requireOtherCodes } from '../template/hole-chain.ts';
import { registerName, type NameTable } from './name-table.ts';
import { withoutFlags, type HasLeft, type ReadState } from './reading.ts';
import type { ElementPlan, ValuePlace } from './plan.ts';

function placeOf({ attributes, content }: ElementPlan, path: string): ValuePlace | undefined {
  const attribute = attributes.find(({ value }) => typeof value !== 'string' && value.path === path);
  if (attribute !== undefined && typeof attribute.value !== 'string')
    return { elements: [], attribute: nameOf(attribute), hole: attribute.value };
  if (content.is === 'text') {
    const { value } = content;
    return typeof value !== 'string' && value.path === path
      ? { elements: [], attribute: undefined, hole: value }
      : undefined;
  }
  for (const child of content.children) {
    const found = child.each === undefined ? placeOf(child, path) : undefined;
    if (found !== undefined) return { ...found, elements: [nameOf(child), ...found.elements] };
  }
  return undefined;
}

function nameOf({ namespace, name }: XmlName): XmlName {
  return { namespace, name };
}

/** The reason of the second where the first has its state; undefined unless it stands there. Throws E_ADAPTER_INVALID for a code of both. */
export function reasonAtStatus(records: ElementPlan, departures: ElementPlan, at: string): ValuePlace | undefined {
  const [status, reason] = [placeOf(records, 'status'), placeOf(departures, 'reason')];
  const standsAt = (place: ValuePlace | undefined): string => JSON.stringify([place?.elements, place?.attribute]);
  if (status === undefined || reason?.hole.parts !== undefined || standsAt(status) !== standsAt(reason))
    return undefined;
  if (reason !== undefined) requireOtherCodes(status.hole, reason.hole, at);
  return reason;
}

/** Tells an operator that left by its code: one that is no reason is read as a state. */
export function leftTest({ elements, attribute, hole }: ValuePlace, names: NameTable): HasLeft {
  const inside = elements.map((name) => registerName(names, startTag, name));
  const wanted = attribute && registerName(names, attributeToken, attribute);
  return (reading) => {
    const at = findValue(reading, inside, wanted);
    if (at === undefined) return false;
    try {
      hole.read(valueText(reading.document, at));
      return true;
    } catch (error) {
      if (isGatewayError(error)) return false;
      throw error;
    }
  };
}

/** The token of the value; undefined where there is none. */
function findValue(
  { numbers, tokens, at: from }: ReadState,
  inside: readonly number[],
  attribute: number | undefined,
): number | undefined {
  // How many elements are open, and how many of them, from the first, are on the way to the value.
  let [depth, onWay] = [0, 0];
  for (let at = from; depth >= 0;) {
    const token = numbers[at] ?? 0;
    const kind = token & kindMask;
    if (kind === attributeToken || kind === textToken) {
      const isNamed = attribute === undefined ? kind === textToken : withoutFlags(token) === tokens[attribute];
      if (isNamed && depth === inside.length && onWay === depth) return at;
      at += 3;
      continue;
    }
    if (kind === startTag) {
      if (onWay === depth && token === tokens[inside[depth] ?? -1]) onWay += 1;
      depth += 1;
    } else {
      depth -= 1;
      onWay = Math.min(onWay, depth);
    }
    at += 1;
  }
  return undefined;
}
