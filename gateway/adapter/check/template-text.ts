/** The holes of a template with their places in its text and in the message: coverage counts them, and mutants change them. */

import { relative, resolve } from 'node:path';
import { readMoment } from '../../model/day.ts';
import { templatesIn, type MessageKind } from '../load.ts';
import type { Manifest } from '../manifest.ts';
import {
  acknowledgementFields,
  listMessageFields,
  replyFields,
  type Field,
  type ItemFields,
  type ListOfItems,
} from '../template/message-fields.ts';
import type { AdapterTools } from '../tools.ts';

export interface TemplateText {
  readonly kind: MessageKind;
  readonly file: string;
  readonly text: string;
}

export async function templatesOf(
  folder: string,
  manifest: Manifest,
  { readText }: Pick<AdapterTools, 'readText'>,
): Promise<readonly TemplateText[]> {
  const named = templatesIn(manifest).map(({ kind, template }) => ({ kind, file: resolve(folder, template) }));
  return await Promise.all(named.map(async (each) => ({ ...each, text: await readText(each.file) })));
}

export interface HoleText {
  readonly template: TemplateText;
  /** Offsets of the braces: from the first to behind the last. */
  readonly start: number;
  readonly end: number;
  readonly line: number;
  readonly path: string;
  readonly optional: boolean;
  /** The part between the path and the transforms: a question mark, a width. */
  readonly marks: string;
  readonly steps: readonly string[];
  /** The list whose items contain it; `message` outside of all lists. */
  readonly scope: string;
  /** The field of the model; absent if the path names a list. */
  readonly field: Field | undefined;
}

const holePattern = /\{(\.|#|count:[\w.+=[\]]+|[A-Za-z][A-Za-z.]*)([^{}|"\n]*)((?:\|[^{}|"\n]+)*)\}/gu;
const eachPattern = /t:each="(\w+)\??"|"\$each":\s*"(\w+)\??"|"\$(gone)":|#each\s+(\w+)/gu;
/** XML comments, and lines of a text that begin with # and are not #each. */
const commentPattern = /<!--[\s\S]*?-->|^#(?!each).*$/gmu;

/** The text with blanks in place of comments, so that all offsets stay the same. */
export function blankComments(text: string): string {
  return text.replaceAll(commentPattern, (comment) => comment.replaceAll(/[^\n]/gu, ' '));
}

/** The holes in the order of the text, without those in comments. */
export function holesIn(template: TemplateText): readonly HoleText[] {
  const text = blankComments(template.text);
  const lists = [...text.matchAll(eachPattern)];
  return [...text.matchAll(holePattern)].map((match): HoleText => {
    const [whole, path = '', marks = '', chain = ''] = match;
    const opened = lists.filter(({ index }) => index < match.index);
    const scope = scopeOf(
      path,
      opened.map(([, xml, json, gone, line]) => xml ?? json ?? (gone && 'departures') ?? line ?? ''),
    );
    return {
      template,
      start: match.index,
      end: match.index + whole.length,
      line: lineAt(text, match.index),
      path,
      optional: marks.includes('?'),
      marks,
      steps: chain.split('|').slice(1),
      scope,
      field: fieldsOfKind(template.kind, scope)?.fields.find((field) => field.path === path),
    };
  });
}

/** The list that contains a hole, from the lists opened before it. A dot is an item that is itself a value. */
function scopeOf(path: string, opened: readonly string[]): string {
  if (/^(?:message|ack)\./u.test(path)) return 'message';
  const lists = [...listMessageFields.lists, ...replyFields.lists].map((list) => list.path);
  const outer = opened.filter((list) => lists.includes(list));
  return (path === '.' ? opened : outer).at(-1) ?? 'message';
}

/** `adapters/kr/list.xml:20`, as a terminal finds it. */
export function placeInTemplate({ template, line }: Pick<HoleText, 'template' | 'line'>): string {
  return `${relative('.', template.file)}:${line}`;
}

export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

type RootFields = Pick<ItemFields<unknown>, 'fields' | 'lists'>;

function templateRoot(kind: MessageKind): RootFields {
  switch (kind) {
    case 'list':
      return listMessageFields;
    case 'reply':
      return replyFields;
    case 'acknowledgement':
      return acknowledgementFields;
  }
}

/** The fields of the items of a list at any depth; of the message itself for `message`. */
export function fieldsOfKind(kind: MessageKind, scope: string): RootFields | undefined {
  const root = templateRoot(kind);
  return scope === 'message' ? root : findList(root.lists, scope)?.items;
}

function findList(lists: readonly ListOfItems[], path: string): ListOfItems | undefined {
  for (const list of lists) {
    const found = list.path === path ? list : findList(list.items.lists, path);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** All items of one scope in a message: the message itself, its records, the roles of all its records. */
export function itemsOf(kind: MessageKind, scope: string, message: unknown): readonly unknown[] {
  if (scope === 'message') return [message];
  return listsOf(kind, scope, message).flat();
}

/** Every list of that name in a message, one for each item that has it. */
export function listsOf(kind: MessageKind, path: string, message: unknown): readonly (readonly unknown[])[] {
  const walk = (lists: readonly ListOfItems[], items: readonly unknown[]): (readonly unknown[])[] =>
    lists.flatMap((list) => {
      const found = items.map((item) => list.get(item));
      return list.path === path ? found : walk(list.items.lists, found.flat());
    });
  return walk(templateRoot(kind).lists, [message]);
}

/** The first value of a message in our words that is missing, or is no time where one is due, as a JSON Pointer. */
export function missingIn(kind: MessageKind, message: unknown): string | undefined {
  return missing(templateRoot(kind), message, '');
}

function missing(of: RootFields, item: unknown, at: string): string | undefined {
  const field = of.fields.find((each) => {
    const value: unknown = valueOf(each, item);
    if (value === undefined) return !each.optional;
    return each.kind === 'moment' && (typeof value !== 'string' || readMoment(value) === undefined);
  });
  if (field !== undefined) return `${at}/${field.path.replace(/^(?:message|ack)\./u, '').replaceAll('.', '/')}`;
  for (const list of of.lists) {
    const place = `${at}/${list.path}`;
    const items = valueOf(list, item);
    if (!Array.isArray(items)) return place;
    const found = items.map((each, i) => missing(list.items, each, `${place}/${i}`)).find((each) => each !== undefined);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A value of an unchecked object; undefined if a member on the path is missing. */
function valueOf<T>(field: { get(item: unknown): T }, item: unknown): T | undefined {
  try {
    return field.get(item);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
