/**
 * Adapters that are drafted in the office: samples and answers are kept in the store, and the draft is made anew of them each time, by the
 * functions of `mra adapter new`. Stored, it is a folder under adapters/, which nobody uses before a partner is added.
 */

import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { certificateFile } from '../adapter/certificate.ts';
import { lintAdapter, type LintFinding } from '../adapter/check/lint.ts';
import { sampleConversations } from '../adapter/check/conversations.ts';
import { testAdapter, type TestReport } from '../adapter/check/test-adapter.ts';
import { draftAdapter, type Draft } from '../adapter/draft/draft.ts';
import type { Reading } from '../adapter/draft/read-back.ts';
import { textOf } from '../adapter/draft/sample-text.ts';
import { pathOf } from '../adapter/draft/tree.ts';
import { readVocabulary } from '../adapter/draft/vocabulary.ts';
import { loadAdapter, type MessageKind } from '../adapter/load.ts';
import type { Ask } from '../adapter/manifest.ts';
import { momentOf } from '../model/day.ts';
import { GatewayError, isGatewayError } from '../model/errors.ts';
import { present } from '../model/present.ts';
import type { Moment } from '../model/record/record.ts';
import { dropAdapterDraft, findAdapterDraft, saveAdapterDraft, type AdapterDraft } from '../store/adapter-drafts.ts';
import { appendEvents } from '../store/events.ts';
import { writeZip } from '../wire/files/zip.ts';
import { checkTools } from './adapter-checks.ts';
import { adapterTools } from './adapter-tools.ts';
import type { OpenGateway } from './composition.ts';
import { filesOfDraft, newFolder, readSample, replaceFolder, vocabularyFile, writeFiles } from './draft-folder.ts';

type DraftGateway = Pick<OpenGateway, 'db' | 'home' | 'config' | 'now' | 'newId'>;

interface KeptSample {
  readonly kind: MessageKind;
  readonly file: string;
  readonly base64: string;
}

interface Content {
  readonly samples: readonly KeptSample[];
  readonly answers: readonly (readonly [at: string, answer: unknown])[];
}

/** Of one draft. */
const mostSamples = 20;
/** Of all samples as text: some thousands of operators, which take three seconds. */
const mostCharacters = 512 * 1024;

/** A new draft (`partner`), or the next step of one (`id`). */
export interface DraftChange {
  readonly id?: string;
  readonly partner?: string;
  readonly sample?: { readonly kind: MessageKind; readonly name: string; readonly bytes: Uint8Array };
  /** YAML, as on the command line; undefined takes the answer back. */
  readonly answer?: { readonly at: string; readonly text: string | undefined };
  readonly person: string;
}

/**
 * Keeps a sample or an answer, once a draft can be made with it; its id. Throws E_SAMPLE_UNREADABLE, E_WORKBOOK_REFUSED,
 * E_REQUEST_INVALID (letters, an answer that cannot be right, too many samples), E_DRAFT_UNKNOWN.
 */
export async function changeDraft(gateway: DraftGateway, change: DraftChange): Promise<string> {
  const before = change.id === undefined ? undefined : await existing(gateway, change.id);
  const { id = gateway.newId(), partner = (change.partner ?? '').toUpperCase() } = before ?? {};
  newFolder(gateway.config.adapters, partner, false);
  const content = await ofAnswers(() =>
    changed(before === undefined ? { samples: [], answers: [] } : contentOf(before), change),
  );
  await draftOf(gateway, partner, content);
  const [at, { person }] = [momentOf(gateway.now()), change];
  await gateway.db.transaction(async (tx) => {
    await saveAdapterDraft(tx, { id, partner, person: before?.person ?? person, at, content: JSON.stringify(content) });
    const kind = before === undefined ? 'adapter_drafted' : 'adapter_draft_changed';
    const detail = { person, ...present({ sample: change.sample?.name, answered: change.answer?.at }) };
    await appendEvents(tx, [{ kind, ref: partner, at, detail }]);
  });
  return id;
}

function changed({ samples, answers }: Content, { sample, answer }: DraftChange): Content {
  const kept = sample && { kind: sample.kind, file: sample.name, base64: Buffer.from(sample.bytes).toString('base64') };
  const all = kept === undefined ? samples : [...samples, kept];
  if (answer === undefined) return { samples: all, answers };
  const others = answers.filter(([at]) => at !== answer.at);
  if (answer.text === undefined) return { samples: all, answers: others };
  const value = answer.text === 'yes' ? 'yes' : adapterTools().readYaml(answer.text, answer.at);
  return { samples: all, answers: [...others, [answer.at, value]] };
}

async function existing({ db }: DraftGateway, id: string): Promise<AdapterDraft> {
  const draft = await findAdapterDraft(db.sql, id);
  if (draft !== undefined) return draft;
  throw new GatewayError('E_DRAFT_UNKNOWN', 'no adapter is drafted under this number');
}

// As changeDraft stored it.
const contentOf = ({ content }: AdapterDraft): Content => JSON.parse(content) as Content;

async function draftOf({ home }: DraftGateway, partner: string, { samples, answers }: Content): Promise<Draft> {
  const tools = adapterTools();
  const read = samples.map(({ kind, file, base64 }) => ({ kind, ...readSample(file, Buffer.from(base64, 'base64')) }));
  const characters = read.reduce((sum, { bytes, workbook }) => sum + (workbook?.text ?? bytes).length, 0);
  if (read.length > mostSamples || characters > mostCharacters) {
    const fix = 'A few operators of each kind are enough: cut the samples. mra adapter new takes longer ones.';
    throw new GatewayError('E_SIZE_EXCEEDED', 'a draft takes at most 20 samples and 512 KiB', { at: 'file', fix });
  }
  const of = (kind: MessageKind) => read.filter((each) => each.kind === kind);
  if (of('list').length === 0)
    throw new GatewayError('E_REQUEST_INVALID', 'there is no sample of a list', {
      at: 'file',
      fix: 'Give a list first.',
    });
  const vocabulary = await readVocabulary(vocabularyFile, tools);
  const given = { samples: of('list'), replies: of('reply'), acknowledgements: of('acknowledgement') };
  const asked = { ourGrades: home.grades.slice(0, 1), given: {}, answers: new Map(answers) };
  return await ofAnswers(() => draftAdapter({ partner, home, vocabulary, ...given, ...asked }, tools));
}

/** Throws E_REQUEST_INVALID with reason and fix where an adapter cannot be made of the answers: the person can mend them. */
async function ofAnswers<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isGatewayError(error) || error.kind.category !== 'configuration') throw error;
    const { at = '', detail, fix = 'Take the last answer back, and give another.' } = error;
    const place = { at: withoutFolder(at), fix: withoutFolder(fix), cause: error };
    throw new GatewayError('E_REQUEST_INVALID', `the answers make no adapter: ${withoutFolder(detail)}`, place);
  }
}

/** Without the folder in which the draft was written for a moment. */
const withoutFolder = (text: string): string => text.replaceAll(/\S*(?:mra-draft-|\.new-)\w+\//gu, '');

export interface ShownDraft {
  readonly id: string;
  readonly partner: string;
  readonly person: string;
  readonly at: Moment;
  /** Each with its first signs, as they are read. */
  readonly samples: readonly { readonly kind: MessageKind; readonly file: string; readonly text: string }[];
  readonly elements: readonly {
    readonly element: string;
    readonly value: string;
    readonly certainty: string;
    readonly why: string;
  }[];
  readonly readings: readonly Reading[];
  readonly questions: readonly Ask[];
  readonly answers: readonly { readonly at: string; readonly answer: string }[];
  /** Whether a folder of this name is there already. */
  readonly stored: boolean;
}

const mostShown = 4000;

/** Throws E_DRAFT_UNKNOWN. */
export async function showDraft(gateway: DraftGateway, id: string): Promise<ShownDraft> {
  const kept = await existing(gateway, id);
  const content = contentOf(kept);
  const { placements, readings, asks } = await draftOf(gateway, kept.partner, content);
  const encoding = content.answers.find(([at]) => at === '/messages/list/encoding')?.[1];
  const { person, partner, at } = kept;
  return {
    ...{ id, partner, person, at, readings, questions: asks },
    samples: content.samples.map(({ kind, file, base64 }) => {
      const { text } = textOf(readSample(file, Buffer.from(base64, 'base64')), encoding);
      return { kind, file, text: text.slice(0, mostShown) };
    }),
    elements: placements.map(({ node, path, certainty, why }) => {
      return { element: pathOf(node), value: path === 'ignore' ? '' : path, certainty, why };
    }),
    answers: content.answers.map(([at, answer]) => {
      return { at, answer: typeof answer === 'string' ? answer : JSON.stringify(answer) };
    }),
    stored: existsSync(join(gateway.config.adapters, partner.toLowerCase(), 'adapter.yaml')),
  };
}

export interface DraftChecks extends Pick<TestReport, 'cases'> {
  readonly findings: readonly LintFinding[];
}

/** As `mra adapter test` and `mra adapter lint`, with so many generated messages of each kind. Throws E_DRAFT_UNKNOWN, E_REQUEST_INVALID. */
export async function checkDraft(gateway: DraftGateway, id: string): Promise<DraftChecks> {
  const { draft } = await keptDraft(gateway, id);
  const folder = await mkdtemp(join(tmpdir(), 'mra-draft-'));
  const tools = checkTools(adapterTools());
  try {
    await writeFiles(folder, filesOfDraft(draft));
    const files = await ofAnswers(async () => sampleConversations(await loadAdapter(folder, tools), tools));
    await writeFiles(folder, files);
    const { cases } = await testAdapter(folder, tools, { runs: 30, seed: 1, clock: () => performance.now() });
    const findings = await lintAdapter(folder, tools);
    return {
      cases,
      findings: findings.map((each) => ({
        ...each,
        file: withoutFolder(each.file),
        detail: withoutFolder(each.detail),
      })),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function keptDraft(gateway: DraftGateway, id: string) {
  const kept = await existing(gateway, id);
  const content = contentOf(kept);
  const draft = await draftOf(gateway, kept.partner, content);
  return { kept, draft, unfinished: draft.asks.length === 0 ? undefined : new Map(content.answers) };
}

/** The folder as a ZIP archive. Throws E_DRAFT_UNKNOWN. */
export async function draftArchive(gateway: DraftGateway, id: string): Promise<Uint8Array> {
  const { kept, draft, unfinished } = await keptDraft(gateway, id);
  const cc = kept.partner.toLowerCase();
  return writeZip(
    [...filesOfDraft(draft, unfinished)].map(([name, content]) => [`${cc}/${name}`, Buffer.from(content)] as const),
  );
}

/** Writes the folder under adapters/, with the answers so far where questions are open. Throws E_REQUEST_INVALID for one that is there and was no draft. */
export async function storeDraft(gateway: DraftGateway, id: string, person: string): Promise<string> {
  const { kept, draft, unfinished } = await keptDraft(gateway, id);
  const { partner } = kept;
  const folder = newFolder(gateway.config.adapters, partner, false);
  await ofAnswers(() => replaceFolder(folder, filesOfDraft(draft, unfinished), adapterTools()));
  const detail = { person, questions: draft.asks.length };
  await gateway.db.transaction((tx) =>
    appendEvents(tx, [{ kind: 'adapter_stored', ref: partner, at: momentOf(gateway.now()), detail }]),
  );
  return partner;
}

export async function discardDraft(gateway: DraftGateway, id: string, person: string): Promise<void> {
  const { partner } = await existing(gateway, id);
  await gateway.db.transaction(async (tx) => {
    await dropAdapterDraft(tx, id);
    await appendEvents(tx, [
      { kind: 'adapter_discarded', ref: partner, at: momentOf(gateway.now()), detail: { person } },
    ]);
  });
}

/** The folders under adapters/. */
export function adapterFolders({ config: { adapters } }: Pick<OpenGateway, 'config'>) {
  return readdirSync(adapters)
    .filter((cc) => existsSync(join(adapters, cc, 'adapter.yaml')))
    .sort()
    .map((cc) => ({ adapter: cc, certificate: existsSync(join(adapters, cc, certificateFile)) }));
}
