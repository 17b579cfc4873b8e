/** Answers to the questions of a draft: where they belong, and what they put into adapter.yaml. */

import { GatewayError } from '../../model/errors.ts';
import type { Ask } from '../manifest.ts';
import type { Message } from './holes.ts';
import type { ManifestDraft } from './manifest.ts';
import { pathOf } from './sample-tree.ts';

export type Answers = ReadonlyMap<string, unknown>;

/** Answers that say where the values of a fixed-width line begin. */
export function columnsOf(answers: Answers): ReadonlyMap<string, readonly number[]> {
  const given = new Map<string, readonly number[]>();
  for (const [at, value] of answers) {
    const [, kind] = /\.fixed#\/([^/]+)$/u.exec(at) ?? [];
    if (kind === undefined || value === 'yes') continue;
    const columns = String(value)
      .split(/[\s,]+/u)
      .map(Number);
    if (!columns.every((column, i) => Number.isInteger(column) && column > (columns[i - 1] ?? 0)))
      throw new GatewayError('E_REQUEST_INVALID', 'not the first columns of values', {
        at,
        fix: 'Write them in order, counted from 1: 1 2 11 41.',
      });
    given.set(kind, columns);
  }
  return given;
}

/** E_REQUEST_INVALID for an answer that belongs to no question and no element. */
export function requireQuestions(answers: Answers, asks: readonly Ask[], messages: readonly Message[]): void {
  const elements = messages.flatMap(({ file, placed, root }) =>
    [...placed.placements.map(({ node }) => node), ...root.children].map((node) => `${file}#${pathOf(node)}`),
  );
  for (const [at, value] of answers) {
    const placed = value !== 'yes' && (!at.includes('#') || elements.includes(at));
    if (!placed && !asks.some((each) => each.at === at)) throw noQuestion(at);
  }
}

function noQuestion(at: string): GatewayError {
  const fix = 'Write it as the draft does: /name, or list.xml#/Root/Element.';
  return new GatewayError('E_REQUEST_INVALID', 'an answer belongs to no question', { at, fix });
}

/** Puts the answers for adapter.yaml where their questions point. */
export function withAnswers(manifest: ManifestDraft, answers: Answers): ManifestDraft {
  let changed: unknown = manifest;
  for (const [at, value] of answers)
    if (!at.includes('#') && value !== 'yes') changed = withValue(changed, at.split('/').slice(1), value, at);
  return changed as ManifestDraft;
}

function withValue(target: unknown, [step, ...rest]: readonly string[], value: unknown, at: string): unknown {
  if (step === undefined) return value;
  if (typeof target !== 'object' || target === null || Array.isArray(target)) throw noQuestion(at);
  const known = target as Readonly<Record<string, unknown>>;
  return { ...known, [step]: withValue(known[step] ?? {}, rest, value, at) };
}
