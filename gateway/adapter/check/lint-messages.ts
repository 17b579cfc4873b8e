/** Lint of templates, samples and README: open questions, undocumented losses, samples that are missing or that nothing reads. */

import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ListMessage } from '../../model/list/list.ts';
import { otherWords, type Manifest } from '../manifest.ts';
import type { AdapterTools } from '../tools.ts';
import { findingOf, lintFinding, lintRules, type LintFinding, type LintSubject } from './lint-rules.ts';
import { loadSamples, sampleFiles } from './samples.ts';
import { holesIn, templatesOf } from './template-text.ts';

type ListKind = ListMessage['kind'];

const readme = 'README.md';

/** Every open question, at the value it is about. */
export async function lintQuestions({ folder, manifest, place, tools }: LintSubject): Promise<LintFinding[]> {
  const findings: LintFinding[] = [];
  for (const { at, question } of manifest.asks ?? []) {
    const [, file, path = at] = /^([^/#]+)#(.*)$/u.exec(at) ?? [];
    const where = file === undefined ? place(at) : await placeInTemplate(join(folder, file), path, tools);
    const fix = 'Correct this value, and delete the question from asks in adapter.yaml.';
    findings.push(lintFinding('ask_open', where, question, fix));
  }
  return findings;
}

/** The place in a template at which the names of a path follow each other. */
async function placeInTemplate(file: string, path: string, { readText }: AdapterTools): Promise<string> {
  if (!existsSync(file)) return file;
  const text = await readText(file);
  let from = 0;
  let found = 0;
  for (const step of path.split('/').filter((each) => each !== '')) {
    const name = RegExp.escape(step.replace(/^@/u, ''));
    const match = new RegExp(`(?<![\\w.-])${name}(?![\\w.-])`, 'u').exec(text.slice(from));
    if (match === null) break;
    found = from + match.index;
    from = found + match[0].length;
  }
  const before = text.slice(0, found).split('\n');
  return `${file}:${before.length}:${(before.at(-1)?.length ?? 0) + 1}`;
}

const lossyTransforms = new Set(['upper', 'trim', 'oneLine', 'digits', 'max', 'lost']);

/** Transforms after which a text cannot be restored, where README.md names neither them nor the value. */
export async function lintLosses({ folder, manifest, tools }: LintSubject): Promise<LintFinding[]> {
  const file = join(folder, readme);
  const documented = existsSync(file) ? await tools.readText(file) : '';
  const templates = await templatesOf(folder, manifest, tools);
  return templates.flatMap(holesIn).flatMap(({ template, path, steps, line }) => {
    const partial = (step: string): boolean =>
      step.startsWith('code:') && otherWords(manifest.codes[step.slice('code:'.length)] ?? {}) !== undefined;
    const loses = (step: string): boolean => lossyTransforms.has(step.split(':')[0] ?? '') || partial(step);
    // Any README may have the word lost.
    const isNamed = (step: string): boolean => step !== 'lost' && documented.includes(step);
    const lossy = steps.filter((step) => loses(step) && !isNamed(step));
    if (lossy.length === 0 || documented.includes(`\`${path}\``)) return [];
    const detail = `${path} is changed for good (${lossy.join(', ')}), and ${readme} does not say so`;
    const fix = `Name \`${path}\` in ${readme}, with what is lost.`;
    return [lintFinding('loss_untold', `${template.file}:${line}:1`, detail, fix)];
  });
}

/** Conversations that are missing, and lists of kinds that were not agreed. */
export async function lintSamples(
  folder: string,
  manifest: Manifest | undefined,
  tools: AdapterTools,
): Promise<LintFinding[]> {
  const kinds: readonly ListKind[] = manifest?.lists?.kinds ?? ['full', 'delta'];
  const missing = expectedSamples(kinds).filter((name) => !existsSync(join(folder, 'samples', name)));
  const samples = await loadSamples(join(folder, 'samples'), tools).catch((error: unknown) =>
    findingOf('sample_unread', folder, error),
  );
  if ('rule' in samples) return [samples];
  const unread = (await sampleFiles(join(folder, 'samples'))).filter(
    (file) => !basename(file).startsWith('0-') && !samples.some(({ files }) => files.includes(file)),
  );
  return [
    ...missing.map((name) => {
      const { mend } = lintRules.sample_missing;
      return lintFinding('sample_missing', join(folder, 'samples', name), `there is no conversation ${name}`, mend);
    }),
    ...unread.map((file) =>
      lintFinding('sample_unread', file, `no message of the samples belongs to ${basename(file)}`),
    ),
    ...(await emptyFolders(join(folder, 'samples'))).map((each) =>
      lintFinding('sample_unread', each, 'the folder holds no message'),
    ),
    ...samples.flatMap(({ kind, ours }) => {
      const { kind: listKind } = (ours?.message ?? {}) as Partial<ListMessage>;
      if (kind !== 'list' || ours === undefined || listKind === undefined || kinds.includes(listKind)) return [];
      return [lintFinding('kind_not_agreed', ours.file, `a list of kind ${listKind}, which lists/kinds does not name`)];
    }),
  ];
}

async function emptyFolders(folder: string): Promise<readonly string[]> {
  if (!existsSync(folder)) return [];
  const entries = await readdir(folder, { withFileTypes: true });
  if (entries.length === 0) return [folder];
  const folders = entries.filter((entry) => entry.isDirectory());
  return (await Promise.all(folders.map(({ name }) => emptyFolders(join(folder, name))))).flat();
}

/** Conversations that every adapter shows; those of a delta only where deltas are sent. */
function expectedSamples(kinds: readonly ListKind[]): readonly string[] {
  const deltas = kinds.includes('delta') ? ['grant-new', 'departure'] : [];
  return [...deltas, 'list-full', 'refuse-unknown-status', 'refuse-unknown-element'];
}

export function lintReadme(folder: string): LintFinding[] {
  const file = join(folder, readme);
  if (existsSync(file)) return [];
  return [lintFinding('readme_missing', file, `there is no ${readme}`, lintRules.readme_missing.mend)];
}
