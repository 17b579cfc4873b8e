/** Reads a JSON template into a plan of members, holes and lists, which encoder and decoder follow. */

import { invalid } from '../faults.ts';
import { requireOtherCodes } from '../template/hole-chain.ts';
import {
  parseHole,
  parseRepeatedPart,
  requireCompleteScope,
  hasHole,
  type RepeatedPart,
  type Hole,
  type TemplateScope,
} from '../template/holes.ts';

export type JsonPlan =
  | { readonly is: 'object'; readonly members: readonly MemberPlan[]; readonly ignored: readonly string[] }
  | (RepeatedPart & { readonly is: 'each'; readonly item: JsonPlan; readonly gone?: GonePlan })
  /** `pointer`: its place, where it stands outside of lists. */
  | { readonly is: 'hole'; readonly hole: Hole; readonly pointer: string }
  | { readonly is: 'fixed'; readonly value: string | number | boolean };

/** Operators that left, among the others: a member with a code of its own tells them apart. */
export interface GonePlan extends RepeatedPart {
  readonly item: JsonPlan;
  readonly member: string;
  readonly reason: Hole;
}

export interface MemberPlan {
  readonly name: string;
  readonly plan: JsonPlan;
  /** Contains only optional holes, and is left out when all of them are absent. */
  readonly optional: boolean;
}

/** The plan of a parsed template. `file`: its name in errors. Throws E_ADAPTER_INVALID with a JSON Pointer. */
export function planJson(template: unknown, file: string, scope: TemplateScope): JsonPlan {
  const plan = planValue(template, scope, `${file}#`);
  if (plan.is !== 'object') throw invalid('a message is a JSON object', file);
  requireCompleteScope(scope, file);
  return plan;
}

function planValue(value: unknown, scope: TemplateScope, at: string): JsonPlan {
  if (typeof value === 'string' && hasHole(value))
    return { is: 'hole', hole: parseHole(scope, value, at), pointer: at.slice(at.indexOf('#') + 1) };
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return { is: 'fixed', value };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid('neither text, number, object nor list', at, 'Write a list as {"$each": "records", "$item": {…}}.');
  }
  const members = Object.entries(value);
  if (Object.hasOwn(value, '$each')) return planEach(Object.fromEntries(members), scope, at);
  return {
    is: 'object',
    ignored: ignoredIn(members, at),
    members: members.filter(([name]) => name !== '$ignore').map(([name, inner]) => planMember(name, inner, scope, at)),
  };
}

function planMember(name: string, value: unknown, scope: TemplateScope, at: string): MemberPlan {
  if (name.startsWith('$')) throw invalid(`there is no ${name}`, at, 'Use $each with $item, or $ignore.');
  const plan = planValue(value, scope, `${at}/${name}`);
  return { name, plan, optional: isOptional(plan) };
}

function planEach(value: Readonly<Record<string, unknown>>, scope: TemplateScope, at: string): JsonPlan {
  const { $each: path, $item: item, $gone: gone, ...rest } = value;
  if (typeof path !== 'string' || item === undefined || Object.keys(rest).length > 0) {
    throw invalid('a list has $each, $item and of records $gone, nothing else', at);
  }
  const list = parseRepeatedPart(scope, path, at);
  const plan = planValue(item, list.scope, `${at}/$item`);
  requireCompleteScope(list.scope, at);
  if (gone === undefined) return { is: 'each', ...list, item: plan };
  return { is: 'each', ...list, item: plan, gone: planGone(gone, plan, scope, `${at}/$gone`) };
}

function planGone(value: unknown, record: JsonPlan, scope: TemplateScope, at: string): GonePlan {
  const list = parseRepeatedPart(scope, 'departures', at);
  const item = planValue(value, list.scope, at);
  requireCompleteScope(list.scope, at);
  const [shown, status] = [memberOf(item, 'reason'), memberOf(record, 'status')];
  if (shown === undefined || status?.name !== shown.name)
    throw invalid(
      'nothing tells an operator that left from the others',
      at,
      'Show {reason} where $item shows {status}.',
    );
  requireOtherCodes(status.hole, shown.hole, at);
  return { ...list, item, member: shown.name, reason: shown.hole };
}

/** The member of an object that is this value. */
function memberOf(plan: JsonPlan, path: string): { readonly name: string; readonly hole: Hole } | undefined {
  if (plan.is !== 'object') return undefined;
  return plan.members
    .flatMap(({ name, plan: { is, ...inner } }) =>
      is === 'hole' && 'hole' in inner ? [{ name, hole: inner.hole }] : [],
    )
    .find(({ hole }) => hole.path === path);
}

function ignoredIn(members: readonly (readonly [string, unknown])[], at: string): string[] {
  const names: unknown = members.find(([name]) => name === '$ignore')?.[1] ?? [];
  if (!Array.isArray(names)) throw invalid('$ignore is a list of names', at);
  return names.map(String);
}

function isOptional(plan: JsonPlan): boolean {
  switch (plan.is) {
    case 'hole':
      return plan.hole.optional;
    case 'object':
      return plan.members.length > 0 && plan.members.every(({ optional }) => optional);
    case 'each':
      return plan.optional;
    case 'fixed':
      return false;
  }
}
