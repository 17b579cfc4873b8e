/** `mra adapter new`: reads a partner's sample messages and writes the folder of an adapter, with a question for every guess. */

import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { Option, type Command } from 'commander';
import { draftConversations, withDropped } from '../adapter/draft/draft-conversations.ts';
import { draftHome } from '../adapter/draft/draft-home.ts';
import { pathOf } from '../adapter/draft/draft-sample.ts';
import { draftAdapter, type Draft, type DraftRequest } from '../adapter/draft/draft.ts';
import { loadAdapter, loadHome } from '../adapter/load.ts';
import type { SchemaFault } from '../adapter/tools.ts';
import type { TransportKind } from '../adapter/adapter.ts';
import { GatewayError } from '../model/errors.ts';
import { writeYaml } from '../wire/files/yaml.ts';
import { folderOf } from './adapter-folder.ts';
import type { CliContext } from './context.ts';

interface NewOptions {
  readonly sample: readonly string[];
  readonly replySample: readonly string[];
  readonly answers?: string;
  readonly answer: readonly string[];
  readonly name?: string;
  readonly zone?: string;
  readonly transport?: TransportKind;
  readonly homeSketch?: true;
  readonly force?: true;
}

const several = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** Adds the command to `mra adapter`. `ask`: how a person at a terminal is asked; undefined where nobody sits. */
export function newCommand(adapter: Command, context: CliContext, ask = terminal()): void {
  adapter
    .command('new')
    .argument('<cc>', 'two letters of the partner; becomes a folder under adapters/')
    .requiredOption('--sample <file>', 'a list message of the partner; may be given several times', several)
    .option('--reply-sample <file>', 'a reply of the partner; may be given several times', several, [])
    .option('--answers <file>', 'YAML: for each question its answer, or yes where the draft is right')
    .option('--answer <at=value>', 'one answer; may be given several times', several, [])
    .option('--name <text>', 'name of the partner administration')
    .option('--zone <name>', 'its time zone, Europe/Example')
    .addOption(new Option('--transport <kind>', 'how messages travel').choices(['https', 'https-pull', 'amqp']))
    .option('--home-sketch', 'also sketch home.yaml, for the partner’s side of a rehearsal')
    .option('--force', 'replace a draft that is there already')
    .description('draft an adapter from sample messages; the same samples and answers give the same draft')
    .action((cc: string, options: NewOptions) => draftFolder(context, cc, options, ask));
}

/** Gives the answer to a question; an empty one accepts the draft, undefined leaves the question open. */
export type AskPerson = (question: string) => Promise<string | undefined>;

async function draftFolder(context: CliContext, cc: string, options: NewOptions, ask?: AskPerson): Promise<void> {
  const { out, tools } = context;
  const settings = context.config();
  const folder = newFolder(settings.adapters, cc, options.force === true);
  const home = await loadHome(folderOf(settings.adapters, settings.home), tools);
  const request: DraftRequest = {
    partner: cc.toUpperCase(),
    home,
    ourGrades: home.grades.slice(0, 1),
    samples: await textsOf(options.sample),
    replies: await textsOf(options.replySample),
    ...(options.name === undefined ? {} : { name: options.name }),
    ...(options.zone === undefined ? {} : { timeZone: options.zone }),
    ...(options.transport === undefined ? {} : { transport: options.transport }),
    answers: await answersOf(context, options),
  };
  const first = draftAdapter(request, tools);
  const draft = ask === undefined || out.format === 'json' ? first : await asked(context, request, first, ask);
  const checked = tools.validateManifest(draft.manifest);
  if (!checked.ok) throw unfitAnswer(checked.errors[0]);
  await writeDraft(folder, draft, options.homeSketch === true ? draftHome(draft.manifest, home) : undefined);
  const adapter = await loadAdapter(folder, tools);
  const readText = async (file: string): Promise<string> => withDropped(await tools.readText(file));
  const dropped = await loadAdapter(folder, { ...tools, readText });
  const samples = draftConversations({ adapter, dropped, home: home.country }, tools);
  for (const [path, text] of samples) await writeInto(folder, path, text);
  report(context, cc.toLowerCase(), draft);
}

function unfitAnswer(fault: SchemaFault | undefined): GatewayError {
  const { pointer = '', detail = 'does not follow the schema' } = fault ?? {};
  return new GatewayError('E_REQUEST_INVALID', `an answer does not fit: ${detail}`, {
    at: pointer,
    fix: 'schemas/adapter.schema.json says what may stand there.',
  });
}

function newFolder(adapters: string, cc: string, force: boolean): string {
  if (!/^[a-z]{2}$/iu.test(cc))
    throw new GatewayError('E_REQUEST_INVALID', 'a partner is named by two letters', {
      fix: 'Give its ISO 3166 code, or one from XA to XZ to try things out.',
    });
  const folder = join(adapters, cc.toLowerCase());
  if (existsSync(join(folder, 'adapter.yaml')) && !force)
    throw new GatewayError('E_REQUEST_INVALID', 'there is an adapter of this name already', {
      at: folder,
      fix: 'Edit it, or give --force to draft it anew.',
    });
  return folder;
}

async function textsOf(files: readonly string[]): Promise<readonly { file: string; text: string }[]> {
  return await Promise.all(files.map(async (file) => ({ file, text: await readUtf8(file) })));
}

async function readUtf8(file: string): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file));
  } catch (cause) {
    const coded = cause instanceof TypeError;
    throw new GatewayError('E_FILE_UNREADABLE', coded ? 'the file is not UTF-8' : 'the file cannot be read', {
      at: file,
      fix: coded ? 'Save it as UTF-8.' : 'Check the path of the file.',
      cause,
    });
  }
}

async function answersOf(
  { tools }: CliContext,
  { answers, answer }: NewOptions,
): Promise<ReadonlyMap<string, unknown>> {
  const written = answers === undefined ? {} : tools.readYaml(await readUtf8(answers), answers);
  if (typeof written !== 'object' || written === null || Array.isArray(written))
    throw new GatewayError('E_REQUEST_INVALID', 'answers are a YAML mapping', {
      ...(answers === undefined ? {} : { at: answers }),
      fix: 'Write  /name: …  with one line for each question.',
    });
  const given = answer.map((text): [string, unknown] => {
    const [, at, value] = /^([^=]+)=(.*)$/su.exec(text) ?? [];
    if (at === undefined || value === undefined)
      throw new GatewayError('E_REQUEST_INVALID', 'an answer is written at=value', {
        at: text,
        fix: 'Write  --answer "/name=Customs of Example".',
      });
    return [at, tools.readYaml(value, '--answer')];
  });
  return new Map([...Object.entries(written), ...given]);
}

/** Asks a person one question after the other; the draft is made anew with the answers. */
async function asked({ tools }: CliContext, request: DraftRequest, draft: Draft, ask: AskPerson): Promise<Draft> {
  const answers = new Map(request.answers);
  for (const { at, question } of draft.asks) {
    const answer = await ask(`${at}  ${question}\n  Enter keeps the draft, ? leaves it open: `);
    if (answer === undefined || answer.trim() === '?') continue;
    answers.set(at, answer.trim() === '' ? 'yes' : tools.readYaml(answer, at));
  }
  return draftAdapter({ ...request, answers }, tools);
}

function terminal(): AskPerson | undefined {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
  return async (question) => {
    const lines = createInterface({ input: process.stdin, output: process.stderr });
    try {
      return await lines.question(question);
    } finally {
      lines.close();
    }
  };
}

async function writeDraft(folder: string, { manifest, files }: Draft, home: unknown): Promise<void> {
  await rm(join(folder, 'samples'), { recursive: true, force: true });
  await writeInto(folder, 'adapter.yaml', writeYaml(manifest));
  if (home !== undefined) await writeInto(folder, 'home.yaml', writeYaml(home));
  for (const [name, text] of files) await writeInto(folder, name, text);
}

async function writeInto(folder: string, name: string, text: string): Promise<void> {
  const file = join(folder, name);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}

function report({ out }: CliContext, cc: string, { placements, asks }: Draft): void {
  const rows = placements.map(({ node, path, certainty, why }) => ({
    element: pathOf(node),
    value: path === 'ignore' ? '' : path,
    certainty,
    why,
  }));
  if (out.format === 'json') out.json({ adapter: cc, placements: rows, asks });
  else out.table(rows);
  const placed = placements.filter(({ certainty }) => certainty !== 'not placed').length;
  out.note(
    `${placed} of ${placements.length} elements placed; ${asks.length} questions open in adapters/${cc}/adapter.yaml under asks`,
  );
  out.next(`mra adapter preview ${cc}, then mra adapter lint ${cc}`);
}
