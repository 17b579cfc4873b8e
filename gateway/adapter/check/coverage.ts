/** Coverage of an adapter by messages: which values, branches, codes and transforms they exercise, and which none does. */

import { basename, resolve } from 'node:path';
import type { CodeTables } from '../template/code-tables.ts';
import { isComputed } from '../template/computed.ts';
import {
  holesIn,
  itemsOf,
  listsOf,
  placeInTemplate,
  fieldsOfKind,
  type HoleText,
  type TemplateText,
} from './template-text.ts';

/** A message that was encoded or decoded with a template, in our words. */
export interface Exercised {
  readonly template: string;
  readonly message: unknown;
}

interface Share {
  readonly seen: number;
  readonly all: number;
}

export interface Coverage {
  readonly fields: Share;
  /** Optional values, present and absent; lists that are empty, of one item, of several. */
  readonly branches: Share;
  readonly codes: Share;
  readonly transforms: Share;
  /** What no message exercised, each with file and line. */
  readonly never: readonly string[];
}

export function sharesText({ fields, branches, codes, transforms }: Coverage): string {
  const shares = Object.entries({ fields, branches, codes, transforms });
  return shares.map(([name, { seen, all }]) => `${seen} of ${all} ${name}`).join(', ');
}

interface Point {
  readonly of: keyof Omit<Coverage, 'never'>;
  /** Points of one name count once. */
  readonly name: string;
  readonly seen: boolean;
}

export function coverageOf(
  templates: readonly TemplateText[],
  tables: CodeTables,
  exercised: readonly Exercised[],
): Coverage {
  const points = templates.flatMap((template) => {
    const through = exercised.filter((each) => resolve(each.template) === template.file);
    const messages = through.map(({ message }) => message);
    // Ignored elements and computed values carry no value of ours.
    const holes = holesIn(template).filter(({ path }) => path !== 'ignored' && !isComputed(path));
    return [...holes.flatMap((hole) => holePoints(hole, messages, tables)), ...listPoints(template, holes, messages)];
  });
  const seen = new Map<string, Point>();
  for (const point of points) if (point.seen || !seen.has(point.name)) seen.set(point.name, point);
  const unique = [...seen.values()];
  const share = (of: Point['of']): Share => {
    const all = unique.filter((point) => point.of === of);
    return { seen: all.filter((point) => point.seen).length, all: all.length };
  };
  return {
    fields: share('fields'),
    branches: share('branches'),
    codes: share('codes'),
    transforms: share('transforms'),
    never: unique.filter((point) => !point.seen).map(({ name }) => name),
  };
}

/** The values of a hole in all messages, in our words; an absent value is undefined. */
function valuesOf(hole: HoleText, messages: readonly unknown[]): readonly unknown[] {
  const {
    field,
    template: { kind },
  } = hole;
  if (field === undefined) return messages.flatMap((message) => itemsOf(kind, hole.path, message));
  return messages.flatMap((message) => itemsOf(kind, hole.scope, message).map((item) => field.get(item)));
}

function holePoints(hole: HoleText, messages: readonly unknown[], tables: CodeTables): Point[] {
  const values = valuesOf(hole, messages);
  const present = values.some((value) => value !== undefined);
  const point = (of: Point['of'], what: string, seen = present): Point => {
    return { of, name: `${nameOf(hole)} ${what}(${placeInTemplate(hole)})`, seen };
  };
  const branches = [point('branches', 'present '), point('branches', 'absent ', values.includes(undefined))];
  const steps = hole.steps.flatMap((step): Point[] => {
    const table = step.startsWith('code:') ? step.slice('code:'.length) : '';
    const { toTheirs, other } = tables.get(table) ?? {};
    const words = [...(toTheirs?.keys() ?? [])];
    const others = values.some((value) => typeof value === 'string' && !words.includes(value));
    return [
      { of: 'transforms', name: `transform ${step}`, seen: present },
      ...(other === undefined ? [] : [{ of: 'codes', name: `code ${table}/else`, seen: others } as const]),
      ...words.map((word): Point => ({ of: 'codes', name: `code ${table}/${word}`, seen: values.includes(word) })),
    ];
  });
  return [point('fields', ''), ...(hole.optional ? branches : []), ...steps];
}

/** A list can be empty, or have one item or several: each case has its own errors with separators and wrappers. */
function listPoints(template: TemplateText, holes: readonly HoleText[], messages: readonly unknown[]): Point[] {
  const repeated = new Set(holes.flatMap(({ scope, field, path }) => (field === undefined ? [path] : [scope])));
  repeated.delete('message');
  return [...repeated].flatMap((path) => {
    if (fieldsOfKind(template.kind, path) === undefined) return [];
    const lengths = messages.flatMap((message) => listsOf(template.kind, path, message)).map((items) => items.length);
    const point = (what: string, seen: boolean): Point => ({
      of: 'branches',
      name: `${path} ${what} (${basename(template.file)})`,
      seen,
    });
    const several = lengths.some((length) => length > 1);
    return [point('empty', lengths.includes(0)), point('of one', lengths.includes(1)), point('of several', several)];
  });
}

function nameOf({ scope, path }: HoleText): string {
  if (scope === 'message') return path;
  return path === '.' ? scope : `${scope}: ${path}`;
}
