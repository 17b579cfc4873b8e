/** Looks an adapter's folder over and names everything that is wrong or doubtful, each with code, file, line and fix. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Adapter } from '../adapter.ts';
import type { Place } from '../faults.ts';
import { listFormat, messageFormat } from '../format.ts';
import { identifierForm } from '../identifiers.ts';
import { attempt, findingAt, findingOf, type Finding } from './lint-finding.ts';
import { lintManifest } from './lint-manifest.ts';
import { lintAsks, lintBeside, lintIdentifiers, lintLosses } from './lint-messages.ts';
import { loadAdapter, loadHome, templateOf, templateTools, versionsOf } from '../load.ts';
import type { Manifest } from '../manifest.ts';
import type { CheckSchema } from './read-text.ts';
import { replyShape } from '../template/message-fields.ts';
import { codeTables } from '../template/code-tables.ts';
import type { AdapterTools } from '../tools.ts';

export type { Finding } from './lint-finding.ts';

/** All findings of one folder, errors first; no error means that the adapter loads. With `checkSchema` identifiers are tried against the schemas too. */
export async function lintAdapter(
  folder: string,
  tools: AdapterTools,
  checkSchema?: CheckSchema,
): Promise<readonly Finding[]> {
  const findings = await lintFolder(folder, tools, checkSchema);
  return [
    ...findings.filter(({ severity }) => severity === 'error'),
    ...findings.filter(({ severity }) => severity === 'warning'),
  ];
}

async function lintFolder(folder: string, tools: AdapterTools, checkSchema?: CheckSchema): Promise<Finding[]> {
  const file = join(folder, 'adapter.yaml');
  if (!existsSync(file)) return [findingAt(file, { rule: 'manifest_invalid', detail: 'there is no adapter.yaml' })];
  const text = await tools.readText(file);
  const place: Place = (pointer) => {
    const { line, column } = tools.placeInYaml(text, pointer);
    return `${file}:${line}:${column}`;
  };
  const read = attempt('manifest_invalid', file, () => tools.readYaml(text, file));
  if ('finding' in read) return [read.finding];
  const checked = tools.validateManifest(read.value);
  if (!checked.ok) {
    const faults = checked.errors.map(({ pointer, detail }) =>
      findingAt(place(pointer), { rule: 'manifest_invalid', detail: `${pointer} ${detail}` }),
    );
    return [...faults, ...(await lintBeside(folder, undefined, tools))];
  }
  const manifest = checked.value;
  const parts = await lintParts(folder, manifest, place, tools);
  return [
    ...(await lintAsks(folder, manifest, place, tools)),
    ...parts,
    ...(parts.length > 0 ? [] : await lintWhole(folder, manifest, place, tools, checkSchema)),
    ...lintManifest(manifest, place),
    ...(await lintBeside(folder, manifest, tools)),
  ];
}

/** Tables, identifiers and templates, each for itself, so that one mistake does not hide the others. */
async function lintParts(folder: string, manifest: Manifest, place: Place, tools: AdapterTools): Promise<Finding[]> {
  const file = join(folder, 'adapter.yaml');
  const { identifiers, codes, messages, timeZone, arrangement } = manifest;
  const tables = attempt('table_not_one_to_one', file, () => codeTables(codes, place));
  const theirs = attempt('identifier_invalid', file, () =>
    identifierForm(identifiers.theirs, place, '/identifiers/theirs'),
  );
  const ours = attempt('identifier_invalid', file, () => identifierForm(identifiers.ours, place, '/identifiers/ours'));
  const found = [tables, theirs, ours].flatMap((each) => ('finding' in each ? [each.finding] : []));
  if ('finding' in tables) return found;
  const context = {
    tables: tables.value.on(tables.value.stretches.at(-1) ?? ''),
    timeZone,
    grades: [...arrangement.grades.ours, ...arrangement.grades.theirs],
  };
  const versions = (['list', 'reply'] as const).flatMap((kind) =>
    versionsOf(messages[kind]).map((version) => ({ kind, version })),
  );
  for (const { kind, version } of versions) {
    try {
      const source = await templateOf(folder, version, tools);
      if (kind === 'reply') messageFormat(source, replyShape, context, templateTools(tools));
      else if (
        !listFormat(source, context, templateTools(tools)).carriesParts &&
        manifest.lists?.partRecords !== undefined
      )
        found.push(
          findingAt(place('/lists/partRecords'), {
            rule: 'parts_missing',
            detail: `${version.template} does not say which part a message is`,
          }),
        );
    } catch (error) {
      found.push(findingOf('template_invalid', join(folder, version.template), error));
    }
  }
  return found;
}

/** What only shows when all parts are put together. */
async function lintWhole(
  folder: string,
  manifest: Manifest,
  place: Place,
  tools: AdapterTools,
  checkSchema?: CheckSchema,
): Promise<Finding[]> {
  const adapter = await loadAdapter(folder, tools).catch((error: unknown) => findingOf('seal_unfit', folder, error));
  const findings =
    'rule' in adapter ? [adapter] : await lintLoaded(folder, adapter, { manifest, place, tools, checkSchema });
  return [...findings, ...(await lintHome(folder, manifest, place, tools))];
}

interface Loaded {
  readonly manifest: Manifest;
  readonly place: Place;
  readonly tools: AdapterTools;
  readonly checkSchema: CheckSchema | undefined;
}

async function lintLoaded(
  folder: string,
  adapter: Adapter,
  { manifest, place, tools, checkSchema }: Loaded,
): Promise<Finding[]> {
  const unfit = checkSchema === undefined ? [] : lintIdentifiers(adapter, manifest, place, checkSchema);
  return [...unfit, ...(await lintLosses(folder, manifest, tools))];
}

async function lintHome(
  folder: string,
  { arrangement }: Manifest,
  place: Place,
  tools: AdapterTools,
): Promise<Finding[]> {
  const file = join(folder, 'home.yaml');
  if (!existsSync(file)) return [];
  const home = await loadHome(folder, tools).catch((error: unknown) => findingOf('manifest_invalid', file, error));
  if ('rule' in home) return [home];
  return arrangement.grades.theirs.flatMap((grade, i) =>
    home.grades.includes(grade)
      ? []
      : [
          findingAt(place(`/arrangement/grades/theirs/${i}`), {
            rule: 'grade_unknown',
            detail: `home.yaml knows no grade ${grade}`,
          }),
        ],
  );
}
