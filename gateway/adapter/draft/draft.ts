/** Drafts the folder of a new partner from its sample messages: manifest, templates, schemas and words, with a question for every guess. */

import type { HomeProfile } from '../../model/home.ts';
import { GatewayError } from '../../model/errors.ts';
import type { TransportKind } from '../adapter.ts';
import { momentNotation } from '../template/dates.ts';
import type { Ask } from '../manifest.ts';
import type { AdapterTools } from '../tools.ts';
import { additionsFor, rootIdPart } from './draft-additions.ts';
import { holesOf, type Vocabulary } from './draft-holes.ts';
import { jsonSchema, jsonTemplate } from './draft-json.ts';
import { linesSchema, linesTemplate, readCsvSamples } from './draft-lines.ts';
import { draftManifest, withCard, type ManifestDraft } from './draft-manifest.ts';
import { partOf, type DraftPart } from './draft-parts.ts';
import { draftReadme } from './draft-readme.ts';
import { plainReply } from './draft-reply.ts';
import { pathOf, readJsonSamples, readXmlSamples, type Sample, type SampleText } from './draft-sample.ts';
import { writeXml } from './draft-xml.ts';
import { placeSample, type Placed, type Placement } from './placement.ts';

export interface DraftRequest {
  /** The partner's letters, upper case. */
  readonly partner: string;
  readonly home: HomeProfile;
  /** Our grades that are offered to the partner. */
  readonly ourGrades: readonly string[];
  readonly samples: readonly SampleText[];
  readonly replies: readonly SampleText[];
  readonly name?: string;
  readonly timeZone?: string;
  readonly transport?: TransportKind;
  /** On which the folder is drafted: the day its owner first looked it through. */
  /** By the `at` of a question: `yes`, the value for adapter.yaml, or what an element is. */
  readonly answers: ReadonlyMap<string, unknown>;
}

export interface Draft {
  readonly manifest: ManifestDraft;
  /** Templates, schemas and README.md, by name. */
  readonly files: ReadonlyMap<string, string>;
  readonly placements: readonly Placement[];
  readonly asks: readonly Ask[];
}

/** The same samples and answers give the same draft. Throws E_SAMPLE_UNREADABLE, and E_REQUEST_INVALID for an answer to no question. */
export function draftAdapter(request: DraftRequest, tools: Pick<AdapterTools, 'readXml' | 'readJson'>): Draft {
  const list = readSamples(request.samples, tools);
  const words = vocabularyOf(request);
  const files = new Map<string, string>();
  const placed = draftMessage({ kind: 'list', sample: list, request, words, files });
  if (request.replies.length > 0) {
    const reply = readSamples(request.replies, tools);
    draftMessage({ kind: 'reply', sample: reply, request, words, files });
  } else {
    writeMessage('reply', plainReply(list, words), { sample: list, request, files });
    words.asks.push({
      at: '/messages/reply',
      question: 'How does the partner reply to a list? There is no sample of it; the layout is our proposal.',
    });
  }
  const { partner } = request;
  const manifest = draftManifest(
    {
      ...{ partner, home: request.home, name: request.name, timeZone: request.timeZone, transport: request.transport },
      ...{
        format: list.format === 'csv' ? 'text' : list.format,
        placed,
        codes: words.codes,
        theirGrades: words.theirGrades,
        ourGrades: request.ourGrades,
      },
      messages: { list: messageData('list', request, list.format), reply: messageData('reply', request, list.format) },
    },
    words.asks,
  );
  const answered = withCard(withAnswers(manifest, request, words.asks));
  const asks = words.asks.filter(({ at }) => !request.answers.has(at));
  files.set('README.md', draftReadme({ partner, placements: placed.placements, asks }));
  return { manifest: asks.length === 0 ? answered : { ...answered, asks }, files, placements: placed.placements, asks };
}

/** The format of the sample is told by its first character. */
function readSamples(samples: readonly SampleText[], tools: Pick<AdapterTools, 'readXml' | 'readJson'>): Sample {
  const clean = samples.map(({ file, text }) => ({ file, text: text.replace(/^\ufeff/u, '') }));
  const [begin = ''] = /\S/u.exec(clean[0]?.text ?? '') ?? [];
  if (begin === '<') return readXmlSamples(clean, tools);
  return begin === '{' || begin === '[' ? readJsonSamples(clean, tools) : readCsvSamples(clean);
}

function vocabularyOf({ partner, home, ourGrades, timeZone, answers }: DraftRequest): Vocabulary {
  const said = answers.get('/timeZone');
  const zone = typeof said === 'string' && said !== 'yes' ? said : (timeZone ?? home.timeZone);
  const steadyZone = momentNotation('yyyyMMddHHmm', zone) !== undefined;
  return { codes: {}, asks: [], theirGrades: [], ourGrades, partner, home: home.country, steadyZone };
}

interface MessageTask {
  readonly kind: 'list' | 'reply';
  readonly sample: Sample;
  readonly request: DraftRequest;
  readonly words: Vocabulary;
  readonly files: Map<string, string>;
}

function draftMessage({ kind, sample, request, words, files }: MessageTask): Placed {
  const file = `${kind}.${sample.format}`;
  const said = saidOf(file, request.answers);
  const placed = placeSample({ kind, root: sample.root, partner: request.partner, said });
  for (const path of said.keys())
    if (!placed.placements.some(({ node }) => pathOf(node) === path)) throw noQuestion(`${file}#${path}`);
  const holes = holesOf(placed, file, sample.format, words);
  const additions = additionsFor({ kind, sample, placed, file, words });
  const root = partOf(sample.root, { ...holes, ...additions });
  const id = rootIdPart(sample, placed);
  writeMessage(kind, id === undefined ? root : { ...root, parts: [id, ...root.parts] }, { sample, request, files });
  return placed;
}

/** Answers that say what an element is, by the path of the element. */
function saidOf(file: string, answers: ReadonlyMap<string, unknown>): ReadonlyMap<string, string> {
  const said = [...answers].filter(([at, value]) => at.startsWith(`${file}#`) && value !== 'yes');
  return new Map(said.map(([at, value]) => [at.slice(file.length + 1), String(value)]));
}

function noQuestion(at: string): GatewayError {
  return new GatewayError('E_REQUEST_INVALID', 'an answer belongs to no question', {
    at,
    fix: 'Write it as the draft does: /name, or list.xml#/Root/Element.',
  });
}

interface Writing {
  readonly sample: Sample;
  readonly request: DraftRequest;
  readonly files: Map<string, string>;
}

function writeMessage(kind: 'list' | 'reply', root: DraftPart, { sample, request, files }: Writing): void {
  const comment = 'Drafted from a sample; adapter.yaml says what is still asked.';
  const id = `urn:mra:profile:${request.partner.toLowerCase()}:${kind}`;
  if (sample.format === 'json') {
    files.set(`${kind}.json`, jsonTemplate(root));
    files.set(`${kind}.schema.json`, jsonSchema(root, id));
    return;
  }
  if (sample.format === 'csv') {
    const plain = kind === 'reply' && request.replies.length === 0 ? withoutTitles(sample) : sample;
    files.set(`${kind}.csv`, linesTemplate(root, plain, comment));
    files.set(`${kind}.schema.json`, linesSchema(root, plain, id));
    return;
  }
  const { template, schemas } = writeXml(root, sample.prefixes, { comment, schema: `${kind}.xsd` });
  files.set(`${kind}.xml`, template);
  for (const [file, text] of schemas) files.set(file, text);
}

function withoutTitles({ titles: _, ...sample }: Sample): Sample {
  return sample;
}

function messageData(
  kind: 'list' | 'reply',
  { partner }: DraftRequest,
  format: Sample['format'],
): Record<string, string> {
  const cc = partner.toLowerCase();
  const files = { template: `${kind}.${format}`, schema: format === 'xml' ? `${kind}.xsd` : `${kind}.schema.json` };
  switch (format) {
    case 'xml':
      return files;
    case 'json':
      return { ...files, type: `vnd.mra.${cc}.${kind}+json` };
    case 'csv':
      return { ...files, type: `text/csv; charset=utf-8; layout=${cc}-aeo-${kind}-1` };
  }
}

/** Puts the answers for adapter.yaml where their questions point. */
function withAnswers(manifest: ManifestDraft, { answers, replies }: DraftRequest, asks: readonly Ask[]): ManifestDraft {
  const messages = replies.length === 0 ? ['list'] : ['list', 'reply'];
  let changed: unknown = manifest;
  for (const [at, value] of answers) {
    const known = asks.some((ask) => ask.at === at);
    if (at.includes('#')) {
      const element = messages.some((kind) => at.startsWith(`${kind}.`));
      if (!known && (value === 'yes' || !element)) throw noQuestion(at);
    } else if (value !== 'yes') changed = withValue(changed, at.split('/').slice(1), value, at);
    else if (!known) throw noQuestion(at);
  }
  return changed as ManifestDraft;
}

function withValue(target: unknown, [step, ...rest]: readonly string[], value: unknown, at: string): unknown {
  if (step === undefined) return value;
  if (typeof target !== 'object' || target === null || Array.isArray(target)) throw noQuestion(at);
  const known = target as Readonly<Record<string, unknown>>;
  return { ...known, [step]: withValue(known[step] ?? {}, rest, value, at) };
}
