/** Looks an adapter's folder over and names everything that is wrong or doubtful, each with file, line and fix. */

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { asGatewayError, isGatewayError, type GatewayError } from '../model/errors.ts';
import type { Place } from './faults.ts';
import { listFormat, messageFormat } from './format.ts';
import { identifierForm } from './identifiers.ts';
import { loadAdapter, loadHome, templateOf, templateTools } from './load.ts';
import type { Manifest, Sourced } from './manifest.ts';
import { replyShape } from './shapes.ts';
import { codeTables } from './tables.ts';
import type { AdapterTools } from './tools.ts';

export type LintRule =
  | 'manifest_invalid'
  | 'table_not_one_to_one'
  | 'identifier_invalid'
  | 'template_invalid'
  | 'seal_unfit'
  | 'bands_empty'
  | 'grade_unknown'
  | 'fact_unsourced'
  | 'fact_not_agreed'
  | 'sample_missing'
  | 'readme_missing';

export interface Finding {
  readonly severity: 'error' | 'warning';
  readonly rule: LintRule;
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  readonly detail: string;
  readonly fix?: string;
}

/** Conversations every adapter shows. */
export const expectedSamples = [
  'grant-new',
  'list-full',
  'departure',
  'refuse-unknown-status',
  'refuse-unknown-element',
] as const;

/** All findings of one folder, errors first; none means that the adapter loads. */
export async function lintAdapter(folder: string, tools: AdapterTools): Promise<readonly Finding[]> {
  const findings = [...(await lintData(folder, tools)), ...lintBeside(folder)];
  return [
    ...findings.filter(({ severity }) => severity === 'error'),
    ...findings.filter(({ severity }) => severity === 'warning'),
  ];
}

async function lintData(folder: string, tools: AdapterTools): Promise<Finding[]> {
  const file = join(folder, 'adapter.yaml');
  if (!existsSync(file))
    return [{ severity: 'error', rule: 'manifest_invalid', file, detail: 'there is no adapter.yaml' }];
  const text = await readFile(file, 'utf8');
  const place: Place = (pointer) => {
    const { line, column } = tools.placeInYaml(text, pointer);
    return `${file}:${line}:${column}`;
  };
  const read = attempt('manifest_invalid', file, () => tools.readYaml(text, file));
  if ('finding' in read) return [read.finding];
  const checked = tools.validateManifest(read.value);
  if (!checked.ok) {
    return checked.errors.map(({ pointer, detail }) =>
      at(place(pointer), { rule: 'manifest_invalid', detail: `${pointer} ${detail}` }),
    );
  }
  const manifest = checked.value;
  const parts = await lintParts(folder, manifest, place, tools);
  const whole = parts.length > 0 ? [] : await lintWhole(folder, manifest, place, tools);
  return [...parts, ...whole, ...lintFacts(manifest, place)];
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
    tables: tables.value,
    timeZone,
    grades: [...arrangement.grades.ours, ...arrangement.grades.theirs],
  };
  for (const kind of ['list', 'reply'] as const) {
    try {
      const source = await templateOf(folder, messages[kind]);
      if (kind === 'list') listFormat(source, context, templateTools(tools));
      else messageFormat(source, replyShape, context, templateTools(tools));
    } catch (error) {
      found.push(fromError('template_invalid', join(folder, messages[kind].template), error));
    }
  }
  return found;
}

async function lintWhole(folder: string, manifest: Manifest, place: Place, tools: AdapterTools): Promise<Finding[]> {
  const findings: Finding[] = [];
  await loadAdapter(folder, tools).catch((error: unknown) => findings.push(fromError('seal_unfit', folder, error)));
  const { bands, grades } = manifest.arrangement;
  for (const side of ['theirs', 'ours'] as const) {
    const [least, most] = bands[side].between;
    if (least > most)
      findings.push(
        at(place(`/arrangement/bands/${side}/between`), {
          rule: 'bands_empty',
          detail: 'the least is more than the most',
        }),
      );
  }
  if (!existsSync(join(folder, 'home.yaml'))) return findings;
  const home = await loadHome(folder, tools).catch(
    (error: unknown) => void findings.push(fromError('manifest_invalid', join(folder, 'home.yaml'), error)),
  );
  for (const [i, grade] of grades.theirs.entries()) {
    if (home?.grades.includes(grade) !== false) continue;
    findings.push(
      at(place(`/arrangement/grades/theirs/${i}`), {
        rule: 'grade_unknown',
        detail: `home.yaml knows no grade ${grade}`,
      }),
    );
  }
  return findings;
}

/** A fact without source is a rumour; where the layout is agreed, the terms must be as well. */
function lintFacts({ arrangement, identifiers, stage }: Manifest, place: Place): Finding[] {
  const { title, ...terms } = arrangement;
  const facts: [string, Sourced][] = [
    ...Object.entries(terms).map(([name, fact]): [string, Sourced] => [`/arrangement/${name}`, fact]),
    ['/identifiers/theirs', identifiers.theirs],
    ['/identifiers/ours', identifiers.ours],
  ];
  return facts.flatMap(([pointer, { source, confidence }]) => {
    if (source === undefined && confidence !== 'assumed') {
      return [
        warning(place(pointer), {
          rule: 'fact_unsourced',
          detail: `${pointer} of ${title} has no source`,
          fix: 'Say where it was found, or mark it assumed.',
        }),
      ];
    }
    if (stage === 'agreed' && confidence !== 'agreed' && confidence !== 'seen') {
      return [
        warning(place(pointer), {
          rule: 'fact_not_agreed',
          detail: `${pointer} is not agreed yet`,
          fix: 'Agree it with the partner, and name the document.',
        }),
      ];
    }
    return [];
  });
}

/** What stands beside the data: examples and words. */
function lintBeside(folder: string): Finding[] {
  const findings: Finding[] = expectedSamples
    .filter((name) => !existsSync(join(folder, 'samples', name)))
    .map((name) =>
      warning(join(folder, 'samples', name), {
        rule: 'sample_missing',
        detail: `there is no conversation ${name}`,
        fix: 'Add it; copy that of another adapter and change it.',
      }),
    );
  const readme = join(folder, 'README.md');
  if (!existsSync(readme))
    findings.push(
      warning(readme, {
        rule: 'readme_missing',
        detail: 'there is no README.md',
        fix: 'Say what is agreed, what is assumed, and where it was found.',
      }),
    );
  return findings;
}

function attempt<T>(rule: LintRule, file: string, work: () => T): { value: T } | { finding: Finding } {
  try {
    return { value: work() };
  } catch (error) {
    return { finding: fromError(rule, file, error) };
  }
}

/** Only what is wrong with the data is a finding; a failure of the program is thrown on. */
function fromError(rule: LintRule, file: string, error: unknown): Finding {
  const known: GatewayError = asGatewayError(error);
  if (!isGatewayError(error) || known.kind.category === 'internal') throw error;
  return at(known.at ?? file, { rule, detail: known.detail, ...(known.fix === undefined ? {} : { fix: known.fix }) });
}

function at(place: string, finding: Pick<Finding, 'rule' | 'detail' | 'fix'>): Finding {
  const [, file = place, line, column] = /^(.*?):(\d+):(\d+)$/u.exec(place) ?? [];
  const where = line === undefined || column === undefined ? {} : { line: Number(line), column: Number(column) };
  return { severity: 'error', file: relative('.', resolve(file)), ...where, ...finding };
}

function warning(place: string, finding: Pick<Finding, 'rule' | 'detail' | 'fix'>): Finding {
  return { ...at(place, finding), severity: 'warning' };
}
