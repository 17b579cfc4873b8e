/** The sample conversations of an adapter: messages as they travel, beside what they say in our own words or why they are refused. */

import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { dayAt } from '../../model/day.ts';
import { asGatewayError, GatewayError } from '../../model/errors.ts';
import type { ListMessage } from '../../model/list/list.ts';
import type { Adapter, MessageFormat } from '../adapter.ts';
import type { Exercised } from './coverage.ts';
import { lackingIn } from './template-text.ts';
import { differenceOf, failureOf, textDifference, type Failure } from './failures.ts';
import { decodeText, type CheckSchema, type TextReaders } from './read-text.ts';
import type { AdapterTools } from '../tools.ts';

/** One message of a conversation: `grant-new/2-list.xml`, with the file before or after it that says what it means. */
export interface Sample {
  readonly name: string;
  readonly kind: 'list' | 'reply';
  readonly file: string;
  readonly text: string;
  /** `1-ours.json` before it: the same message in our own words. Without it the message only has to be read. */
  readonly ours?: { readonly file: string; readonly message: unknown };
  /** `2-error.json` after it: it is refused like this. */
  readonly refused?: unknown;
  /** `2-read.json` after it: a message of the partner's own, in our words. Only reading is compared. */
  readonly read?: unknown;
}

/** Every message of every conversation in a folder, in order. None where there is no such folder. */
export async function readSamples(folder: string, tools: Pick<AdapterTools, 'readText'>): Promise<readonly Sample[]> {
  if (!existsSync(folder)) return [];
  const samples: Sample[] = [];
  for (const conversation of (await readdir(folder)).sort()) {
    const inside = join(folder, conversation);
    const files = (await readdir(inside)).sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
    for (const [i, file] of files.entries()) {
      const kind = kindOf(file);
      if (kind === undefined) continue;
      const [before = '', after = ''] = [files[i - 1], files[i + 1]].map((name) => name && join(inside, name));
      samples.push({
        name: `${conversation}/${file}`,
        kind,
        file: join(inside, file),
        text: await tools.readText(join(inside, file)),
        ...(before.endsWith('-ours.json') ? { ours: { file: before, message: await readJson(before, tools) } } : {}),
        ...(after.endsWith('-error.json') ? { refused: await readJson(after, tools) } : {}),
        ...(after.endsWith('-read.json') ? { read: await readJson(after, tools) } : {}),
      });
    }
  }
  return samples;
}

/** `2-list.xml` is a message of the partner's; `1-ours.json` and `2-error.json` stand beside one. */
function kindOf(file: string): Sample['kind'] | undefined {
  const name = /^\d+-([a-z]+)\./u.exec(file)?.[1];
  return name === 'list' || name === 'reply' ? name : undefined;
}

async function readJson(file: string, { readText }: Pick<AdapterTools, 'readText'>): Promise<unknown> {
  try {
    const value: unknown = JSON.parse(await readText(file));
    return value;
  } catch (cause) {
    throw new GatewayError('E_ADAPTER_INVALID', 'the sample is not JSON', { at: file, fix: 'Correct it.', cause });
  }
}

/** What an adapter, its schemas and its readers do with samples. */
export interface SampleBench {
  readonly adapter: Adapter;
  readonly tools: TextReaders;
  readonly checkSchema: CheckSchema;
}

/** What came of one sample. */
export interface SampleRun {
  readonly failure?: Failure;
  readonly exercised?: Exercised;
  /** What is written where a sample says something else. */
  readonly written?: string;
}

/** Runs one sample. A failure of the program, not of the adapter, is thrown. */
export function runSample(bench: SampleBench, sample: Sample): SampleRun {
  if (sample.refused !== undefined) return refusal(bench, sample);
  return sample.ours === undefined ? readAlone(bench, sample) : thereAndBack(bench, sample, sample.ours);
}

/** Our words become exactly the sample, the sample follows the schema, and is read as what the partner is to see of our words. */
function thereAndBack(
  { adapter, tools, checkSchema }: SampleBench,
  sample: Sample,
  ours: { file: string; message: unknown },
): SampleRun {
  const { message } = ours;
  const lacking = lackingIn(sample.kind, message);
  if (lacking !== undefined) return { failure: { detail: `${basename(ours.file)} is not whole`, at: lacking } };
  const format = formatOfDay(adapter, sample.kind, message);
  let written: string | undefined;
  const failure = failureOf(() => {
    written = [...format.encode(message)].join('');
    if (written !== sample.text) return textDifference(sample.text, written);
    checkSchema(sample.text, format);
    const expected = format.asRead(message);
    return (
      differenceOf(expected, decodeText(format, sample.text, tools)) ?? identifierFault(adapter, sample.kind, message)
    );
  });
  if (failure === undefined) return { exercised: { template: format.template, message } };
  return written === undefined || written === sample.text ? { failure } : { failure, written };
}

/** A message without its day: one of the layouts there ever are must read it. */
function readAlone({ adapter, tools }: SampleBench, sample: Sample): SampleRun {
  const runs = formatsOf(adapter, sample.kind).map((format): SampleRun => {
    let message: unknown;
    const failure = failureOf(() => {
      message = decodeText(format, sample.text, tools);
      const difference = sample.read === undefined ? undefined : differenceOf(sample.read, message);
      return difference ?? identifierFault(adapter, sample.kind, message);
    });
    return failure === undefined ? { exercised: { template: format.template, message } } : { failure };
  });
  return runs.find(({ failure }) => failure === undefined) ?? runs[0] ?? {};
}

function refusal({ adapter, tools }: SampleBench, { kind, text, refused }: Sample): SampleRun {
  const refusals: unknown[] = [];
  for (const format of formatsOf(adapter, kind)) {
    try {
      decodeText(format, text, tools);
      return { failure: { detail: 'the message is taken, and should be refused' } };
    } catch (error) {
      const { code, at } = asGatewayError(error);
      if (code === 'E_INTERNAL') throw error;
      refusals.push({ code, at });
    }
  }
  if (refusals.some((each) => isDeepStrictEqual(each, refused))) return {};
  return {
    failure: {
      detail: 'it is refused, but not like this',
      expected: JSON.stringify(refused),
      got: JSON.stringify(refusals[0]),
    },
  };
}

/** The layout in force on the day of the message. */
function formatOfDay(adapter: Adapter, kind: Sample['kind'], message: unknown): MessageFormat<unknown> {
  const { issuedAt } = message as { issuedAt?: unknown };
  const day = typeof issuedAt === 'string' ? dayAt(issuedAt, adapter.timeZone) : (adapter.stretches.at(-1) ?? '');
  // Lists and replies are only handed to the format of their own kind.
  return adapter.on(day)[kind];
}

/** Every layout of a kind with the codes of every stretch of days, newest first. */
export function formatsOf(adapter: Adapter, kind: Sample['kind']): readonly MessageFormat<unknown>[] {
  const days = adapter.stretches.toReversed().map((day) => adapter.on(day));
  return [
    ...new Set(
      days.flatMap(({ accepted }) => accepted.filter((each) => each.kind === kind).map(({ format }) => format)),
    ),
  ];
}

/** Lists name operators of one side only, as that side's identifiers are agreed to be written. */
function identifierFault({ identifiers }: Adapter, kind: Sample['kind'], message: unknown): Failure | undefined {
  if (kind !== 'list') return undefined;
  const { records, departures } = message as ListMessage;
  const named = [...records, ...departures].map(({ identifier }) => identifier);
  const { ours, theirs } = identifiers;
  if ([ours, theirs].some(({ grammar }) => named.every((identifier) => grammar.test(identifier)))) return undefined;
  return {
    detail: 'the identifiers are neither all of our form nor all of theirs',
    expected: `${ours.form} or ${theirs.form}`,
    got: named.find((identifier) => !ours.grammar.test(identifier)) ?? '',
  };
}
