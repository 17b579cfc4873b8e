/** What lint finds in templates and samples: open questions, losses nobody told, identifiers that do not fit, kinds not agreed. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ListMessage, ListRecord } from '../../model/list/list.ts';
import { asGatewayError } from '../../model/errors.ts';
import type { Adapter, IdentifierForm, ListFormat } from '../adapter.ts';
import { holesIn, templatesOf } from './template-text.ts';
import type { Place } from '../faults.ts';
import { findingAt, type Finding } from './lint-finding.ts';
import { longestOf } from '../template/longest-text.ts';
import type { Manifest } from '../manifest.ts';
import type { CheckSchema } from './read-text.ts';
import { readSamples } from './samples.ts';
import type { AdapterTools } from '../tools.ts';
import { trialList } from './trial-list.ts';

/** Conversations every adapter shows; those of a delta only where deltas travel. */
export function expectedSamples(kinds: readonly ListMessage['kind'][]): readonly string[] {
  const deltas = kinds.includes('delta') ? ['grant-new', 'departure'] : [];
  return [...deltas, 'list-full', 'refuse-unknown-status', 'refuse-unknown-element'];
}

const readme = 'README.md';

export function kindsOf({ lists }: Manifest): readonly ListMessage['kind'][] {
  return lists?.kinds ?? ['full', 'delta'];
}

/** Every open question, at the value it is about. */
export async function lintAsks(
  folder: string,
  { asks = [] }: Manifest,
  place: Place,
  tools: Pick<AdapterTools, 'readText'>,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { at, question } of asks) {
    const [, file, path = at] = /^([^/#]+)#(.*)$/u.exec(at) ?? [];
    const where = file === undefined ? place(at) : await placeInTemplate(join(folder, file), path, tools);
    const fix = 'Correct what stands here, and take the question away from asks in adapter.yaml.';
    findings.push(findingAt(where, { rule: 'ask_open', detail: question, fix }));
  }
  return findings;
}

/** Where the names of a path follow each other in a template. */
async function placeInTemplate(
  file: string,
  path: string,
  { readText }: Pick<AdapterTools, 'readText'>,
): Promise<string> {
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

const losing = new Set(['upper', 'trim', 'oneLine', 'digits', 'max']);

/** Transforms after which a text cannot be read back, and README.md names neither them nor the value. */
export async function lintLosses(
  folder: string,
  manifest: Manifest,
  tools: Pick<AdapterTools, 'readText'>,
): Promise<Finding[]> {
  const file = join(folder, readme);
  const told = existsSync(file) ? await tools.readText(file) : '';
  const templates = await templatesOf(folder, manifest, tools);
  return templates.flatMap((template) =>
    holesIn(template).flatMap(({ path, steps, line }) => {
      const lossy = steps.filter((step) => losing.has(step.split(':')[0] ?? '')).filter((step) => !told.includes(step));
      if (lossy.length === 0 || told.includes(`\`${path}\``)) return [];
      return [
        findingAt(`${template.file}:${line}:1`, {
          rule: 'loss_untold',
          detail: `${path} loses something (${lossy.join(', ')}), and ${readme} does not say so`,
          fix: `Name \`${path}\` in ${readme}, with what is lost.`,
        }),
      ];
    }),
  );
}

/** Identifiers of both sides, the longest there can be, written into every layout and held against its schema. */
export function lintIdentifiers(
  adapter: Adapter,
  manifest: Manifest,
  place: Place,
  checkSchema: CheckSchema,
): Finding[] {
  const formats = [...new Set(adapter.stretches.map((day) => adapter.on(day).list))];
  return (['theirs', 'ours'] as const).flatMap((side) => {
    const form = adapter.identifiers[side];
    const code = longestOf(manifest.identifiers[side].code);
    const longest = code === undefined ? form.example : form.toIdentifier(code);
    const grades = side === 'ours' ? adapter.arrangement.grades : adapter.otherSide.grades;
    const fault = formats
      .map((format) =>
        misfitOf(format, form, { longest, grade: grades[0] ?? '', checkSchema, partner: adapter.partner }),
      )
      .find((each) => each !== undefined);
    return fault === undefined
      ? []
      : [findingAt(place(`/identifiers/${side}/code`), { rule: 'identifier_unfit', ...fault })];
  });
}

interface Trial {
  readonly longest: string;
  readonly grade: string;
  readonly checkSchema: CheckSchema;
  readonly partner: string;
}

function trialRecord(identifier: string, grade: string): ListRecord {
  const text = 'Example';
  return {
    ...{
      identifier,
      grade,
      status: 'active',
      statusSince: '2026-01-01',
      validFrom: '2026-01-01',
      validTo: '2030-01-01',
    },
    ...{
      name: { local: text, latin: text },
      address: { local: text, latin: text, city: text, postcode: '10000' },
      roles: [],
    },
  };
}

function misfitOf(
  format: ListFormat,
  form: IdentifierForm,
  { longest, grade, checkSchema, partner }: Trial,
): { detail: string; fix: string } | undefined {
  for (const identifier of new Set([form.example, longest])) {
    try {
      const departures = [{ identifier, reason: 'left' as const, since: '2026-01-01' }];
      const message = trialList(format, { records: [trialRecord(identifier, grade)], departures }, [partner, partner]);
      checkSchema([...format.encode(message)].join(''), format);
    } catch (error) {
      const known = asGatewayError(error);
      if (known.code === 'E_INTERNAL') throw error;
      const place = known.at === undefined ? '' : ` at ${known.at}`;
      return {
        detail: `an identifier of ${identifier.length} characters, ${identifier}, does not fit: ${known.detail}${place}`,
        fix: 'Agree a longer element or another form with the partner; an identifier is never cut.',
      };
    }
  }
  return undefined;
}

/** What stands beside the data: examples and words. */
export async function lintBeside(
  folder: string,
  manifest: Manifest | undefined,
  tools: Pick<AdapterTools, 'readText'>,
): Promise<Finding[]> {
  const kinds = manifest === undefined ? (['full', 'delta'] as const) : kindsOf(manifest);
  const findings = expectedSamples(kinds)
    .map((name) => ({ name, at: join(folder, 'samples', name) }))
    .filter(({ at }) => !existsSync(at))
    .map(({ name, at }) =>
      findingAt(at, {
        rule: 'sample_missing',
        detail: `there is no conversation ${name}`,
        fix: 'Add it; copy that of another adapter and change it.',
      }),
    );
  const page = join(folder, readme);
  if (!existsSync(page))
    findings.push(
      findingAt(page, {
        rule: 'readme_missing',
        detail: `there is no ${readme}`,
        fix: 'Say what is agreed, what is assumed, and where it was found.',
      }),
    );
  for (const { kind, ours } of await readSamples(join(folder, 'samples'), tools)) {
    const { kind: listKind } = (ours?.message ?? {}) as Partial<ListMessage>;
    if (kind !== 'list' || ours === undefined || listKind === undefined || kinds.includes(listKind)) continue;
    findings.push(
      findingAt(ours.file, {
        rule: 'kind_not_agreed',
        detail: `a list of kind ${listKind}, which lists/kinds does not name`,
      }),
    );
  }
  return findings;
}
