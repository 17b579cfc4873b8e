/** Runs what an adapter promises: its sample conversations, and messages made up and sent around. */

import { readdir, readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { asGatewayError } from '../model/errors.ts';
import type { Adapter, MessageFormat } from './adapter.ts';
import { chanceOf, inventList, inventReply } from './generate.ts';
import { loadAdapter } from './load.ts';
import type { AdapterTools } from './tools.ts';

/** Checks a message against the partner's schema; throws what is wrong with it. */
export type CheckSchema = (text: string, format: MessageFormat<unknown>) => void;

export interface TestOptions {
  /** Made-up messages of each kind. */
  readonly runs: number;
  readonly seed: number;
  readonly checkSchema: CheckSchema;
}

export interface Case {
  readonly name: string;
  readonly ok: boolean;
  /** What was expected and what came, when it is not well. */
  readonly detail?: string;
}

/** Every sample step and both round trips as one case each. Throws E_ADAPTER_INVALID when the adapter does not load. */
export async function testAdapter(folder: string, tools: AdapterTools, options: TestOptions): Promise<readonly Case[]> {
  const adapter = await loadAdapter(folder, tools);
  const bench = { adapter, tools, checkSchema: options.checkSchema };
  const samples = await runSamples(bench, join(folder, 'samples'));
  return [
    ...samples,
    roundTrips(bench, options, 'list', (seed) => inventList(adapter, chanceOf(seed))),
    roundTrips(bench, options, 'reply', (seed) => inventReply(adapter, chanceOf(seed))),
  ];
}

interface Bench {
  readonly adapter: Adapter;
  readonly tools: AdapterTools;
  readonly checkSchema: CheckSchema;
}

type Kind = 'list' | 'reply';

function formatOf(adapter: Adapter, kind: Kind): MessageFormat<unknown> {
  // Lists and replies are only handed to the format of their own kind.
  return kind === 'list' ? adapter.list : adapter.reply;
}

/** A text of the wire in our own words. */
export function decodeText<T>(
  format: MessageFormat<T>,
  text: string,
  tools: Pick<AdapterTools, 'readXml' | 'readJson'>,
): T {
  const decoder = format.decoder();
  if (decoder.format === 'json') return decoder.read(tools.readJson(text));
  tools.readXml(text, decoder.events);
  return decoder.result();
}

function roundTrips(bench: Bench, { runs, seed }: TestOptions, kind: Kind, invent: (seed: number) => unknown): Case {
  const name = `round trip of ${runs} made-up messages: ${kind}`;
  const format = formatOf(bench.adapter, kind);
  for (let run = 0; run < runs; run += 1) {
    const detail = wrongWith(() => {
      const message = invent(seed + run);
      const text = [...format.encode(message)].join('');
      bench.checkSchema(text, format);
      return isDeepStrictEqual(decodeText(format, text, bench.tools), message)
        ? undefined
        : 'what is read differs from what was written';
    });
    if (detail !== undefined) return { name, ok: false, detail: `seed ${seed + run}: ${detail}` };
  }
  return { name, ok: true };
}

async function runSamples(bench: Bench, folder: string): Promise<Case[]> {
  if (!existsSync(folder)) return [];
  const cases: Case[] = [];
  for (const conversation of (await readdir(folder)).sort()) {
    const files = (await readdir(join(folder, conversation))).sort(
      (a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10),
    );
    for (const [i, file] of files.entries()) {
      const kind = kindOf(file);
      if (kind === undefined) continue;
      const step = {
        kind,
        file: join(folder, conversation, file),
        before: files[i - 1],
        after: files[i + 1],
        folder: join(folder, conversation),
      };
      cases.push({ name: `${conversation}/${file}`, ...outcome(await runStep(bench, step)) });
    }
  }
  return cases;
}

/** `2-list.xml` is a message of the partner's; `1-ours.json` and `2-error.json` stand beside one. */
function kindOf(file: string): Kind | undefined {
  const name = /^\d+-([a-z]+)\./u.exec(file)?.[1];
  return name === 'list' || name === 'reply' ? name : undefined;
}

interface Step {
  readonly kind: Kind;
  readonly file: string;
  readonly folder: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

function outcome(detail: string | undefined): Pick<Case, 'ok' | 'detail'> {
  return detail === undefined ? { ok: true } : { ok: false, detail };
}

/** What is wrong with one message of a conversation; undefined when nothing is. */
async function runStep(bench: Bench, { kind, file, folder, before, after }: Step): Promise<string | undefined> {
  const format = formatOf(bench.adapter, kind);
  const text = await readFile(file, 'utf8');
  if (after?.endsWith('-error.json') === true)
    return refusedAs(bench, format, text, await readJson(join(folder, after)));
  if (before?.endsWith('-ours.json') !== true) return wrongWith(() => void decodeText(format, text, bench.tools));
  const ours = await readJson(join(folder, before));
  return wrongWith(() => {
    const written = [...format.encode(ours)].join('');
    if (written !== text) return firstDifference(written, text);
    bench.checkSchema(text, format);
    return isDeepStrictEqual(decodeText(format, text, bench.tools), ours)
      ? undefined
      : `what is read differs from ${before}`;
  });
}

function refusedAs(bench: Bench, format: MessageFormat<unknown>, text: string, expected: unknown): string | undefined {
  try {
    decodeText(format, text, bench.tools);
    return 'the message is taken, and should be refused';
  } catch (error) {
    const { code, at } = asGatewayError(error);
    return isDeepStrictEqual({ code, at }, expected) ? undefined : `refused with ${code} at ${at ?? 'no place'}`;
  }
}

async function readJson(file: string): Promise<unknown> {
  const value: unknown = JSON.parse(await readFile(file, 'utf8'));
  return value;
}

function wrongWith(work: () => string | undefined): string | undefined {
  try {
    return work();
  } catch (error) {
    const known = asGatewayError(error);
    if (known.code === 'E_INTERNAL') throw error;
    return `${known.code}: ${known.detail}${known.at === undefined ? '' : ` (at ${known.at})`}`;
  }
}

function firstDifference(written: string, expected: string): string {
  const lines = written.split('\n');
  const others = expected.split('\n');
  const line = lines.findIndex((text, i) => text !== others[i]);
  return `what is written differs from the sample in line ${(line < 0 ? lines.length : line) + 1}`;
}
