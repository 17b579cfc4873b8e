/** What was answered to the questions of a draft: values for adapter.yaml, and columns of lines. What elements are is in place.ts. */

import { GatewayError } from '../../model/errors.ts';
import type { Ask } from '../manifest.ts';
import { nodesIn, pathOf, type SampleNode } from './tree.ts';

export type ManifestDraft = Readonly<Record<string, unknown>>;

type Answers = ReadonlyMap<string, unknown>;

/** Answers that say where the values of a fixed-width line begin, by kind of line. `message`: list, reply or acknowledgement. */
export function columnsOf(answers: Answers, message: string): ReadonlyMap<string, readonly number[]> {
  const given = [...answers].flatMap(([at, value]): [string, number[]][] => {
    const [, file, kind] = /^(\w+)\.fixed#\/([^/]+)$/u.exec(at) ?? [];
    if (kind === undefined || file !== message || value === 'yes') return [];
    const columns = String(value)
      .split(/[\s,]+/u)
      .map(Number);
    if (columns.every((column, i) => Number.isInteger(column) && column > (columns[i - 1] ?? 0)))
      return [[kind, columns]];
    const fix = 'Write them in order, counted from 1: 1 2 11 41.';
    throw new GatewayError('E_REQUEST_INVALID', 'not the first columns of values', { at, fix });
  });
  return new Map(given);
}

/** E_REQUEST_INVALID for an answer that belongs to no question and no element. */
export function requireQuestions(
  answers: Answers,
  asks: readonly Ask[],
  messages: readonly { readonly file: string; readonly root: SampleNode }[],
): void {
  const elements = messages.flatMap(({ file, root }) => nodesIn(root).map((node) => `${file}#${pathOf(node)}`));
  const isKnown = ([at, value]: readonly [string, unknown]): boolean =>
    asks.some((each) => each.at === at) || elements.includes(at) || (value !== 'yes' && !at.includes('#'));
  const unknown = [...answers].find((answer) => !isKnown(answer));
  if (unknown !== undefined) throw noQuestion(unknown[0]);
}

function noQuestion(at: string): GatewayError {
  const fix = 'Write it as the draft does: /name, or list.xml#/Root/Element.';
  return new GatewayError('E_REQUEST_INVALID', 'an answer belongs to no question', { at, fix });
}

/** Puts the answers for adapter.yaml where their questions point. Throws E_REQUEST_INVALID for a place that is none. */
export function withAnswers(manifest: ManifestDraft, answers: Answers): ManifestDraft {
  const own = [...answers].filter(([at, value]) => !at.includes('#') && value !== 'yes');
  const outside = own.find(([at]) => !at.startsWith('/'));
  if (outside !== undefined) throw noQuestion(outside[0]);
  return own.reduce<unknown>(
    (all, [at, value]) => withValue(all, at.split('/').slice(1), value, at),
    manifest,
  ) as ManifestDraft;
}

function withValue(target: unknown, [step, ...rest]: readonly string[], value: unknown, at: string): unknown {
  if (step === undefined) return value;
  if (typeof target !== 'object' || target === null || Array.isArray(target)) throw noQuestion(at);
  const known = target as Readonly<Record<string, unknown>>;
  return { ...known, [step]: withValue(known[step] ?? {}, rest, value, at) };
}
