/** Checks the folder of an adapter and reports everything that is wrong or doubtful, each with code, file, line and fix. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ListFormat } from '../adapter.ts';
import { acknowledgementFormat } from '../conversation/exchange.ts';
import { listFormat, messageFormat } from '../format.ts';
import { identifierForm } from '../identifiers.ts';
import { loadAdapter, loadHome, yamlPlaces, loadTemplate, templateTerms, templateTools, templatesIn } from '../load.ts';
import type { Manifest } from '../manifest.ts';
import { fieldsNotAgreed } from '../memorandum.ts';
import { replyFields } from '../template/message-fields.ts';
import { codeTables } from '../template/code-tables.ts';
import { refusalIn } from './failures.ts';
import { lintUnused } from './lint-files.ts';
import { lintLike } from './lint-answers.ts';
import { lintConversation } from './lint-conversation.ts';
import { lintLayouts } from './lint-layouts.ts';
import { lintManifest } from './lint-manifest.ts';
import { lintLosses, lintQuestions, lintReadme, lintSamples } from './lint-messages.ts';
import {
  attempt,
  lintFinding,
  lintRules,
  findingOf,
  type LintFinding,
  type LintSubject,
  type LintTools,
} from './lint-rules.ts';

export type { LintFinding } from './lint-rules.ts';

/** All findings of one folder, errors first; without an error the adapter loads. */
export async function lintAdapter(folder: string, tools: LintTools): Promise<readonly LintFinding[]> {
  const findings = await lintFolder(folder, tools);
  return ['error', 'warning'].flatMap((wanted) => findings.filter(({ severity }) => severity === wanted));
}

async function lintFolder(folder: string, tools: LintTools): Promise<LintFinding[]> {
  const file = join(folder, 'adapter.yaml');
  if (!existsSync(file)) return [lintFinding('manifest_invalid', file, 'there is no adapter.yaml')];
  const text = await tools.readText(file);
  const place = yamlPlaces(file, text, tools);
  const read = attempt('manifest_invalid', file, () => tools.readYaml(text, file));
  if ('finding' in read) return [read.finding];
  const checked = tools.validateManifest(read.value);
  if (!checked.ok) {
    const faults = checked.errors.map(({ pointer, detail }) =>
      lintFinding('manifest_invalid', place(pointer), `${pointer} ${detail}`),
    );
    return [...faults, ...(await lintSamples(folder, undefined, tools)), ...lintReadme(folder)];
  }
  const subject = { folder, manifest: checked.value, place, tools };
  const parts = await lintParts(subject);
  return [
    ...(await lintQuestions(subject)),
    ...(parts.length > 0 ? parts : await lintWhole(subject)),
    ...lintManifest(subject.manifest, place),
    ...(await lintConversation(subject)),
    ...(await lintUnused(subject)),
    ...(await lintSamples(folder, subject.manifest, tools)),
    ...lintReadme(folder),
  ];
}

/** Tables, identifiers and templates, each separately, so that one mistake does not hide the others. */
async function lintParts({ folder, manifest, place, tools }: LintSubject): Promise<LintFinding[]> {
  const file = join(folder, 'adapter.yaml');
  const { identifiers, codes, timeZone } = manifest;
  const tables = attempt('table_not_one_to_one', file, () => codeTables(codes, place));
  const forms = (['theirs', 'ours'] as const).map((side) =>
    attempt('identifier_invalid', file, () => identifierForm(identifiers[side], place, `/identifiers/${side}`)),
  );
  const found = [tables, ...forms].flatMap((each) => ('finding' in each ? [each.finding] : []));
  if ('finding' in tables) return found;
  const today = tables.value.tablesOn(tables.value.periods.at(-1) ?? '');
  const { conversation, ...terms } = templateTerms(manifest);
  const context = { tables: today, timeZone, ...terms };
  for (const { kind, per, ...version } of templatesIn(manifest)) {
    try {
      const source = await loadTemplate(folder, version, tools);
      if (kind === 'reply') messageFormat(source, replyFields, context, templateTools(tools));
      else if (kind === 'acknowledgement') acknowledgementFormat(source, context, templateTools(tools), per);
      else {
        const format = listFormat(source, { ...context, conversation }, templateTools(tools));
        found.push(...lintFields(format, manifest));
        if (format.carriesParts || manifest.lists?.partRecords === undefined) continue;
        const detail = `${version.template} does not show which part a message is`;
        found.push(lintFinding('parts_missing', place('/lists/partRecords'), detail));
      }
    } catch (error) {
      found.push(findingOf('template_invalid', join(folder, version.template), error));
    }
  }
  return found;
}

/** What a memorandum does not name must not leave. */
function lintFields(format: ListFormat, manifest: Manifest): LintFinding[] {
  return fieldsNotAgreed(format, manifest).map((path) => {
    const detail = `the template carries ${path}, which the memorandum does not name`;
    return lintFinding('field_not_agreed', format.template, detail, lintRules.field_not_agreed.mend);
  });
}

/** What only shows once all parts are put together. */
async function lintWhole(subject: LintSubject): Promise<LintFinding[]> {
  const { folder, tools } = subject;
  const { checkSchema, sealAndVerify } = tools;
  const adapter = await loadAdapter(folder, tools).catch((error: unknown) => loadFault(error, subject));
  if ('rule' in adapter) return [adapter, ...(await lintHome(subject))];
  const layouts =
    checkSchema === undefined || sealAndVerify === undefined
      ? []
      : await lintLayouts({ ...subject, adapter, tools: { ...tools, checkSchema, sealAndVerify } });
  return [...layouts, ...lintLike(adapter, subject), ...(await lintLosses(subject)), ...(await lintHome(subject))];
}

/** Parts that are valid by themselves and do not fit together: the seal and the formats, the conversation, or the layouts of one day. */
function loadFault(error: unknown, { folder, manifest, place }: LintSubject): LintFinding {
  const { at = '' } = refusalIn(error);
  const words = ['', ...Object.keys(manifest.seal).map((word) => `/${word}`)];
  const inSeal = words.some((word) => place(`/seal${word}`) === at);
  if (inSeal) return findingOf('seal_unfit', folder, error);
  const conversed = ['/transport', ...pointersIn(manifest.conversation, '/conversation')].map(place);
  return findingOf(conversed.includes(at) ? 'conversation_unfit' : 'layouts_conflict', folder, error);
}

/** JSON Pointers of a value and of all members in it. */
function pointersIn(value: unknown, pointer: string): string[] {
  if (typeof value !== 'object' || value === null) return [pointer];
  return [pointer, ...Object.entries(value).flatMap(([name, each]) => pointersIn(each, `${pointer}/${name}`))];
}

async function lintHome({ folder, manifest, place, tools }: LintSubject): Promise<LintFinding[]> {
  const file = join(folder, 'home.yaml');
  if (!existsSync(file)) return [];
  const home = await loadHome(folder, tools).catch((error: unknown) => findingOf('manifest_invalid', file, error));
  if ('rule' in home) return [home];
  return manifest.arrangement.grades.theirs.flatMap((grade, i) => {
    if (home.grades.includes(grade)) return [];
    const at = place(`/arrangement/grades/theirs/${i}`);
    return [
      lintFinding('grade_unknown', at, `home.yaml has no grade ${grade}`, `Use one of ${home.grades.join(', ')}.`),
    ];
  });
}
