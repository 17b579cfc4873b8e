/** Changes of adapter.yaml, one at a time: its codes, its time zone, its identifiers. */

import { relative } from 'node:path';
import { otherWords, wordRows, type Manifest } from '../manifest.ts';
import type { AdapterTools } from '../tools.ts';
import type { HoleText } from './template-text.ts';
import type { Mutant } from './template-mutants.ts';

interface ManifestText {
  readonly file: string;
  readonly text: string;
  readonly manifest: Manifest;
}

/** Only what the templates use is changed: no message could reveal another change. */
export function manifestMutants(
  source: ManifestText,
  holes: readonly HoleText[],
  { placeInYaml }: Pick<AdapterTools, 'placeInYaml'>,
): readonly Mutant[] {
  const make: Make = (pointer, change, wanted, changed) => ({
    change,
    at: `${relative('.', source.file)}:${placeInYaml(source.text, pointer).line}`,
    file: source.file,
    text: JSON.stringify(changed), // JSON is YAML
    wanted,
  });
  const tables = new Set(holes.flatMap(({ steps }) => steps).flatMap((step) => /^code:(.+)$/u.exec(step)?.[1] ?? []));
  return [
    ...[...tables].flatMap((table) => [
      ...codeMutants(source.manifest, table, make),
      ...elseMutants(source.manifest, table, make),
    ]),
    ...zoneMutants(source.manifest, holes, make),
    ...identifierMutants(source.manifest, make),
  ];
}

type Make = (pointer: string, change: string, wanted: string, changed: Manifest) => Mutant;

/** Each code becomes another one, is left out, and changes places with the next. */
function codeMutants(manifest: Manifest, table: string, make: Make): Mutant[] {
  const rows = wordRows(manifest.codes[table] ?? {});
  const used = rows.flatMap(([, codes]) => (typeof codes === 'string' ? [codes] : codes.map(({ code }) => code)));
  const withRows = (changed: Manifest['codes'][string]): Manifest => ({
    ...manifest,
    codes: { ...manifest.codes, [table]: { ...manifest.codes[table], ...changed } },
  });
  return rows.flatMap(([word, codes], i) => {
    const pointer = `/codes/${table}/${word}`;
    const entries = typeof codes === 'string' ? [{ code: codes }] : codes;
    const changed = entries.map(({ code }, at) => {
      const other = otherCode(code, used);
      const instead = typeof codes === 'string' ? other : entries.with(at, { ...entries[at], code: other });
      const wanted = `one with ${table} ${word}${entries.length > 1 ? `, written ${code}` : ''}`;
      return make(pointer, `${word} is ${other} in place of ${code}`, wanted, withRows({ [word]: instead }));
    });
    const { [word]: _, ...without } = manifest.codes[table] ?? {};
    const fewer = { ...manifest, codes: { ...manifest.codes, [table]: without } };
    // With the code of all other words it would be written as before.
    if (otherWords(without)?.write !== codes)
      changed.push(make(pointer, `${word} has no code`, `one with ${table} ${word}`, fewer));
    const [next, theirs] = rows[(i + 1) % rows.length] ?? [word, codes];
    if (next === word || (rows.length === 2 && i === 1)) return changed;
    const swapped = withRows({ [word]: theirs, [next]: codes });
    return [
      ...changed,
      make(pointer, `the codes of ${word} and ${next} change places`, `one with ${table} ${word} or ${next}`, swapped),
    ];
  });
}

/** The code of all other words becomes another one. */
function elseMutants(manifest: Manifest, table: string, make: Make): Mutant[] {
  const other = otherWords(manifest.codes[table] ?? {});
  if (other === undefined) return [];
  const write = `${other.write}Z`;
  const codes = { ...manifest.codes, [table]: { ...manifest.codes[table], else: { ...other, write } } };
  return [make(`/codes/${table}/else`, `else is ${write}`, `one with another ${table}`, { ...manifest, codes })];
}

/** An unused code of the same length: only its last character differs. */
function otherCode(code: string, used: readonly string[]): string {
  const others = 'ZYXWVQ9876543210'.split('').map((letter) => code.slice(0, -1) + letter);
  return others.find((other) => !used.includes(other)) ?? `${code}Z`;
}

function zoneMutants(manifest: Manifest, holes: readonly HoleText[], make: Make): Mutant[] {
  const zoned = holes.find(({ steps }) => steps.some((step) => step.startsWith('zoned:')));
  if (zoned === undefined) return [];
  // A zone with one offset all year, in which no partner is.
  const timeZone = 'Pacific/Midway';
  return [make('/timeZone', `the zone is ${timeZone}`, `one with ${zoned.path}`, { ...manifest, timeZone })];
}

/** Other fixed letters before the code, in form and example alike: the adapter loads, and no identifier has its form. */
function identifierMutants(manifest: Manifest, make: Make): Mutant[] {
  return (['theirs', 'ours'] as const).flatMap((side) => {
    const data = manifest.identifiers[side] as Manifest['identifiers']['ours'] | undefined;
    if (data === undefined) return [];
    const before = data.form.slice(0, data.form.indexOf('{code}'));
    if (!/[A-Z]$/u.test(before)) return [];
    const other = `${before.slice(0, -1)}${before.endsWith('Q') ? 'X' : 'Q'}`;
    const changed = { ...data, form: data.form.replace(before, other), example: data.example.replace(before, other) };
    const identifiers = { ...manifest.identifiers, [side]: changed };
    const wanted = `a list with identifiers like ${data.example}`;
    return [make(`/identifiers/${side}/form`, `identifiers begin with ${other}`, wanted, { ...manifest, identifiers })];
  });
}
