/** `mra adapter new`: reads a partner's sample messages and writes the folder of an adapter, with a question for every guess. */

import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Option, type Command } from 'commander';
import type { TransportKind } from '../adapter/adapter.ts';
import { draftAdapter, type Draft } from '../adapter/draft/draft.ts';
import type { DraftRequest } from '../adapter/draft/drafting.ts';
import { draftHome } from '../adapter/draft/manifest.ts';
import type { SampleFile } from '../adapter/draft/sample-text.ts';
import { pathOf } from '../adapter/draft/tree.ts';
import { readVocabulary } from '../adapter/draft/vocabulary.ts';
import { loadHome } from '../adapter/load.ts';
import {
  filesOfDraft,
  keptAnswers,
  newFolder,
  readSample,
  replaceFolder,
  vocabularyFile,
} from '../app/draft-folder.ts';
import { GatewayError, isGatewayError } from '../model/errors.ts';
import { writeYaml } from '../wire/files/yaml.ts';
import { folderOf } from './adapter-folder.ts';
import type { CliContext } from './context.ts';
import { readInput } from './input.ts';
import { exitCodes } from './output.ts';
import { terminalHere, type OpenTerminal, type Terminal } from './terminal.ts';

interface NewOptions {
  readonly sample: readonly string[];
  readonly replySample: readonly string[];
  readonly acknowledgement: readonly string[];
  readonly answers?: string;
  readonly answer: readonly string[];
  readonly name?: string;
  readonly zone?: string;
  readonly transport?: TransportKind;
  readonly homeSketch?: true;
  readonly force?: true;
}

const several = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** Adds the command to `mra adapter`. `openTerminal`: how a person is asked; undefined where nobody can be. */
export function newCommand(adapter: Command, context: CliContext, openTerminal = terminalHere()): void {
  adapter
    .command('new')
    .argument('<cc>', 'two letters of the partner; becomes a folder under adapters/')
    .requiredOption('--sample <path>', 'a message of the partner, or a folder of them; may be repeated', several)
    .option('--reply-sample <file>', 'a reply of the partner; may be repeated', several, [])
    .option(
      '--acknowledgement <file>',
      'what the partner answers in place of a signed receipt; may be repeated',
      several,
      [],
    )
    .option('--answers <file>', 'YAML: for each question its answer, or yes where the draft is right')
    .option('--answer <at=value>', 'one answer; may be repeated', several, [])
    .option('--name <text>', 'name of the partner administration')
    .option('--zone <name>', 'its time zone, Europe/Example')
    .addOption(
      new Option('--transport <kind>', 'how messages travel').choices([
        'https',
        'https-pull',
        'amqp',
        'sftp',
        'folder',
      ]),
    )
    .option('--home-sketch', 'also sketch home.yaml, for the partner’s side of a rehearsal')
    .option('--force', 'replace a draft that is there already')
    .description('draft an adapter from sample messages; the same samples and answers give the same draft')
    .action((cc: string, options: NewOptions) => draftFolder(context, cc, options, openTerminal));
}

async function draftFolder(context: CliContext, cc: string, options: NewOptions, open?: OpenTerminal): Promise<void> {
  const { out, tools } = context;
  const settings = context.config();
  const folder = newFolder(settings.adapters, cc, options.force === true);
  const home = await loadHome(folderOf(settings.adapters, settings.home), tools);
  const vocabulary = await readVocabulary(vocabularyFile, tools);
  const { name, zone: timeZone, transport } = options;
  const request: DraftRequest = {
    partner: cc.toUpperCase(),
    home,
    ourGrades: home.grades.slice(0, 1),
    samples: samplesIn(options.sample),
    replies: samplesIn(options.replySample),
    acknowledgements: samplesIn(options.acknowledgement),
    vocabulary,
    given: { ...(name && { name }), ...(timeZone && { timeZone }), ...(transport && { transport }) },
    answers: answersOf(context, join(folder, keptAnswers), options),
  };
  const drafted = draftAdapter(request, tools);
  const asks = open !== undefined && out.format !== 'json';
  const terminal = asks ? open() : undefined;
  const { draft, unfinished } = terminal ? await askAll(context, request, drafted, terminal) : { draft: drafted };
  const files = filesOfDraft(draft, unfinished);
  if (options.homeSketch === true) files.set('home.yaml', writeYaml(draftHome(draft.manifest, home, vocabulary)));
  await replaceFolder(folder, files, tools);
  report(context, cc.toLowerCase(), draft);
  if (terminal?.interrupted?.() === true) context.exit(exitCodes.interrupted);
  if (unfinished !== undefined)
    out.note(`Your answers so far are kept; the same command goes on with the next question.`);
}

function invalid(detail: string, fix: string, at: string): GatewayError {
  return new GatewayError('E_REQUEST_INVALID', detail, { fix, at });
}

/** The files, and those of the folders, in the order of their names. */
function samplesIn(paths: readonly string[]): readonly SampleFile[] {
  const files = paths.flatMap((path) => {
    if (!existsSync(path) || !statSync(path).isDirectory()) return [path];
    const names = readdirSync(path).filter((name) => !name.startsWith('.'));
    return names.sort().map((name) => join(path, name));
  });
  return files.map((file) => readSample(file, readInput(file)));
}

function readUtf8(file: string): string {
  const bytes = readInput(file);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new GatewayError('E_FILE_UNREADABLE', 'the file is not UTF-8', { at: file, fix: 'Save it as UTF-8.', cause });
  }
}

/** Those given before a person left, those of the file, and those of the command. */
function answersOf({ tools }: CliContext, kept: string, { answers, answer }: NewOptions): ReadonlyMap<string, unknown> {
  const files = [...(existsSync(kept) ? [kept] : []), ...(answers === undefined ? [] : [answers])];
  const written = files.flatMap((file) => {
    const value = tools.readYaml(readUtf8(file), file);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return Object.entries(value);
    throw invalid('answers are a YAML mapping', 'Write  /name: …  with one line for each question.', file);
  });
  const given = answer.map((text): [string, unknown] => {
    const [, at, value] = /^([^=]+)=(.*)$/su.exec(text) ?? [];
    if (at !== undefined && value !== undefined) return [at, tools.readYaml(value, '--answer')];
    throw invalid('an answer is written at=value', 'Write  --answer "/name=Customs of Example".', text);
  });
  return new Map<string, unknown>([...written, ...given]);
}

/**
 * Asks a person one question after the other. Each answer is tried at once: one that cannot be right is asked again, with the reason.
 * `unfinished`: the answers given, where the person left before the last question.
 */
async function askAll(
  { tools, out }: CliContext,
  request: DraftRequest,
  first: Draft,
  terminal: Terminal,
): Promise<{ readonly draft: Draft; readonly unfinished?: ReadonlyMap<string, unknown> }> {
  const answers = new Map(request.answers);
  const left = new Set<string>();
  let draft = first;
  try {
    for (let next = first.asks[0]; next !== undefined; next = draft.asks.find(({ at }) => !left.has(at))) {
      const { at, question } = next;
      const text = await terminal.ask(`${at}  ${question}\n  Enter keeps the draft, ? leaves it open: `);
      if (text === undefined) return { draft, unfinished: answers };
      if (text.trim() === '?') {
        left.add(at);
        continue;
      }
      try {
        const answer = text.trim() === '' ? 'yes' : tools.readYaml(text, at);
        draft = draftAdapter({ ...request, answers: new Map([...answers, [at, answer]]) }, tools);
        answers.set(at, answer);
      } catch (error) {
        if (!isGatewayError(error) || error.code === 'E_INTERNAL') throw error;
        out.note(`  ${error.code}: ${error.detail}${error.fix === undefined ? '' : `. ${error.fix}`}`);
      }
    }
    return { draft };
  } finally {
    terminal.close();
  }
}

function report({ out }: CliContext, cc: string, { placements, asks }: Draft): void {
  const rows = placements.map(({ node, path, certainty, why }) => {
    return { element: pathOf(node), value: path === 'ignore' ? '' : path, certainty, why };
  });
  if (out.format === 'json') out.json({ adapter: cc, placements: rows, asks });
  else out.table(rows);
  const placed = placements.filter(({ certainty }) => certainty !== 'not placed').length;
  const where = `adapters/${cc}/adapter.yaml under asks`;
  out.note(`${placed} of ${placements.length} elements placed; ${asks.length} questions open in ${where}`);
  out.next(`mra adapter preview ${cc}, then mra adapter lint ${cc}`);
}
