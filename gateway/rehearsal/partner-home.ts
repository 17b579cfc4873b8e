/** The home profile of a simulated partner: that of its folder, or one derived from its adapter. */

import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import names from '../../schemas/rehearsal-names.json' with { type: 'json' };
import type { Adapter } from '../adapter/adapter.ts';
import type { AdapterTools } from '../adapter/tools.ts';
import type { Config } from '../app/config.ts';
import { GatewayError } from '../model/errors.ts';
import type { HomeProfile } from '../model/home.ts';
import { recordColumns } from '../model/record/record-text.ts';

/** The folder of adapters in which the partner has a home.yaml: the usual one, or a copy of two adapters with a derived profile. */
export function folderWithHome(
  adapter: Adapter,
  { base, folder, tools }: { readonly base: Config; readonly folder: string; readonly tools: AdapterTools },
): string {
  const { adapters, home } = base;
  if (existsSync(join(adapters, adapter.cc, 'home.yaml'))) return adapters;
  const copy = join(folder, 'adapters');
  mkdirSync(copy, { recursive: true });
  for (const cc of [adapter.cc, home.toLowerCase()]) cpSync(join(adapters, cc), join(copy, cc), { recursive: true });
  const profile = derivedProfile(adapter);
  if (!tools.validateHome(profile).ok) {
    throw new GatewayError('E_ADAPTER_INVALID', 'no home profile can be derived from this adapter', {
      at: join(adapters, adapter.cc),
      fix: 'Write a home.yaml as other folders have it.',
    });
  }
  // YAML reads JSON.
  writeFileSync(join(copy, adapter.cc, 'home.yaml'), JSON.stringify(profile, null, 2));
  return copy;
}

/** A programme with the grades of the arrangement, and operators with made-up names in Latin letters. */
function derivedProfile({ partner, name, timeZone, identifiers, otherSide, arrangement }: Adapter): HomeProfile {
  const { theirs } = identifiers;
  const code = theirs.toCode(theirs.example) ?? '';
  return {
    country: partner,
    name,
    timeZone,
    code: { pattern: codePattern(theirs.grammar.source, theirs.form), words: theirs.words },
    grades: otherSide.grades,
    decrees: [{ id: arrangement.programme, from: '2000-01-01', grades: otherSide.grades }],
    columns: Object.fromEntries(recordColumns.filter((path) => path !== 'businessNumber').map((path) => [path, path])),
    // The example shows which characters are letters and which are digits.
    invented: { ...names, code: `{place}${code.replaceAll(/\d/gu, '#').replaceAll(/[A-Z]/gu, '@')}` },
  };
}

/** The pattern of the code alone: the grammar without its anchors and the fixed text around it. */
function codePattern(source: string, form: string): string {
  const [before = '', after = ''] = form.split('{code}').map((text) => RegExp.escape(text));
  return source.slice(1 + before.length, source.length - 1 - after.length);
}
