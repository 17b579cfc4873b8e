/** The sample conversations of an adapter: the partner's messages, each beside what it means in our words or why it is refused. */

import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { dayAt, readMoment } from '../../model/day.ts';
import type { ListMessage } from '../../model/list/list.ts';
import type { Adapter, MessageFormat } from '../adapter.ts';
import type { GatewayError } from '../../model/errors.ts';
import { invalid } from '../faults.ts';
import type { MessageKind } from '../load.ts';
import type { AdapterTools } from '../tools.ts';
import type { Exercised } from './coverage.ts';
import { differenceOf, failureOf, refusalOf, textDifference, type Failure } from './failures.ts';
import { decodeText, encodeText, decodedMessage, type CheckTools } from './message-text.ts';
import { missingIn } from './template-text.ts';

/** One message of a conversation: `grant-new/2-list.xml`, with the file before or after it that says what it means. */
export interface AdapterSample {
  readonly name: string;
  readonly kind: MessageKind;
  readonly file: string;
  readonly text: string;
  /** All files that belong to it. */
  readonly files: readonly string[];
  /** `1-ours.json` before it: the same message in our words. Without it the message only has to be decoded. */
  readonly ours?: { readonly file: string; readonly message: unknown };
  /** `2-error.json` after it: the error with which it is refused. */
  readonly refused?: unknown;
  /** `2-read.json` after it: the partner's own message in our words. Only decoding is compared. */
  readonly read?: unknown;
}

/** Every message of every conversation in a folder, in order. None if there is no such folder. */
export async function loadSamples(
  folder: string,
  tools: Pick<AdapterTools, 'readText'>,
): Promise<readonly AdapterSample[]> {
  const samples: AdapterSample[] = [];
  const files = await sampleFiles(folder);
  for (const [i, file] of files.entries()) {
    const kind = /^\d+-(list|reply|acknowledgement)\./u.exec(basename(file))?.[1] as AdapterSample['kind'] | undefined;
    if (kind === undefined) continue;
    const beside = (other: string | undefined, ending: string): string | undefined =>
      other !== undefined && dirname(other) === dirname(file) && other.endsWith(ending) ? other : undefined;
    const ours = beside(files[i - 1], '-ours.json');
    const refused = beside(files[i + 1], '-error.json');
    const read = beside(files[i + 1], '-read.json');
    samples.push({
      name: relative(folder, file),
      ...{ kind, file, text: await tools.readText(file) },
      files: [ours, file, refused, read].filter((each) => each !== undefined),
      ...(ours === undefined ? {} : { ours: { file: ours, message: await readJson(ours, tools) } }),
      ...(refused === undefined ? {} : { refused: await readJson(refused, tools) }),
      ...(read === undefined ? {} : { read: await readJson(read, tools) }),
    });
  }
  return samples;
}

/** All files of all conversations of a samples folder, each conversation in the order of its numbers. */
export async function sampleFiles(folder: string): Promise<readonly string[]> {
  if (!existsSync(folder)) return [];
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = names.filter((each) => each.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const numberOf = (file: string): number => Number.parseInt(basename(file), 10);
  return files.sort((a, b) => dirname(a).localeCompare(dirname(b), 'en') || numberOf(a) - numberOf(b));
}

async function readJson(file: string, { readText }: Pick<AdapterTools, 'readText'>): Promise<unknown> {
  const text = await readText(file);
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Not JSON, which is refused below like a value that is no object.
  }
  throw invalid('the sample is not a JSON object', file, 'Write the message, or the error, as a JSON object.');
}

export interface SampleBench {
  readonly adapter: Adapter;
  readonly tools: CheckTools;
}

interface SampleRun {
  readonly failure?: Failure;
  readonly exercised?: Exercised;
  /** The encoded message, where the sample differs from it. */
  readonly written?: string;
}

/** Runs one sample. A failure of the program, not of the adapter, is thrown. */
export function runSample(bench: SampleBench, sample: AdapterSample): SampleRun {
  if (sample.refused !== undefined) return refusedRun(bench, sample);
  const { ours } = sample;
  if (ours === undefined) return decodedRun(bench, sample);
  // Several templates of acknowledgements have no days that tell them apart.
  const formats =
    sample.kind === 'acknowledgement'
      ? bench.adapter.acknowledgements
      : [formatOfDay(bench.adapter, sample.kind, ours.message)];
  if (formats.length === 0) throw noMessage(bench.adapter, sample.kind);
  const runs = formats.map((format) => encodedRun(bench, sample, ours, format));
  return runs.find(({ failure }) => failure === undefined) ?? runs[0] ?? {};
}

/** Our words are encoded as exactly the sample, the sample follows the schema, and is decoded as what the partner reads of our words. */
function encodedRun(
  { adapter, tools }: SampleBench,
  sample: AdapterSample,
  ours: NonNullable<AdapterSample['ours']>,
  format: MessageFormat<unknown>,
): SampleRun {
  const { message } = ours;
  const missing = missingIn(sample.kind, message);
  if (missing !== undefined) return { failure: { detail: `${basename(ours.file)} is incomplete`, at: missing } };
  let written: string | undefined;
  const failure = failureOf(() => {
    written = encodeText(format, message);
    if (written !== sample.text) return textDifference(sample.text, written);
    tools.checkSchema(sample.text, format);
    const difference = differenceOf(decodedMessage(format, message), decodeText(format, sample.text, tools));
    return difference ?? identifierFault(adapter, sample.kind, message);
  });
  if (failure === undefined) return { exercised: { template: format.template, message } };
  return written === undefined || written === sample.text ? { failure } : { failure, written };
}

/** The day of the message is unknown: one of all layouts must decode it. */
function decodedRun({ adapter, tools }: SampleBench, sample: AdapterSample): SampleRun {
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

function refusedRun({ adapter, tools }: SampleBench, { kind, text, refused }: AdapterSample): SampleRun {
  const refusals = formatsOf(adapter, kind).map((format) => refusalOf(() => decodeText(format, text, tools)));
  if (refusals.includes(undefined)) return { failure: { detail: 'the message is accepted, and should be refused' } };
  const errors = refusals.map((refusal) => ({ code: refusal?.code, at: refusal?.at }));
  if (errors.some((each) => isDeepStrictEqual(each, refused))) return {};
  const [expected, got] = [JSON.stringify(refused), JSON.stringify(errors[0])];
  return { failure: { detail: 'the message is refused with another error', expected, got } };
}

/** Throws E_ADAPTER_INVALID where adapter.yaml has no such message. */
function formatOfDay(adapter: Adapter, kind: 'list' | 'reply', message: unknown): MessageFormat<unknown> {
  const { issuedAt } = message as { issuedAt?: unknown };
  const issued = typeof issuedAt === 'string' ? readMoment(issuedAt) : undefined;
  const day = issued === undefined ? (adapter.periods.at(-1) ?? '') : dayAt(issued, adapter.timeZone);
  // The format is given messages of its own kind only.
  const format = adapter.formatsOn(day)[kind];
  if (format !== undefined) return format;
  throw noMessage(adapter, kind);
}

function noMessage({ folder }: Adapter, kind: MessageKind): GatewayError {
  return invalid(`adapter.yaml describes no ${kind}`, folder, 'Describe it, or delete the sample.');
}

/** Every layout of a kind with the codes of every period, newest first. */
function formatsOf(adapter: Adapter, kind: MessageKind): readonly MessageFormat<unknown>[] {
  if (kind === 'acknowledgement') return adapter.acknowledgements;
  const accepted = adapter.periods.toReversed().flatMap((day) => adapter.formatsOn(day).accepted);
  return [...new Set(accepted.filter((each) => each.kind === kind).map(({ format }) => format))];
}

/** A list names operators of one side only, in the form agreed for that side. */
function identifierFault({ identifiers }: Adapter, kind: MessageKind, message: unknown): Failure | undefined {
  if (kind !== 'list') return undefined;
  const { records, departures } = message as ListMessage;
  const named = [...records, ...departures].map(({ identifier }) => identifier);
  const { ours, theirs } = identifiers;
  if ([ours, theirs].some(({ grammar }) => named.every((identifier) => grammar.test(identifier)))) return undefined;
  return {
    detail: 'the identifiers are neither all in our form nor all in theirs',
    expected: `${ours.form} or ${theirs.form}`,
    got: named.find((identifier) => !ours.grammar.test(identifier)) ?? '',
  };
}
