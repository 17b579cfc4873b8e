/** The home profile of a simulated partner: its own where its folder has one, else one drawn from what the adapter says. */

import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Adapter } from '../adapter/adapter.ts';
import type { AdapterTools } from '../adapter/tools.ts';
import { GatewayError } from '../model/errors.ts';
import type { HomeProfile } from '../model/home.ts';

export interface HomeSearch {
  /** Where adapters lie. */
  readonly root: string;
  /** Where copies of two of them may be put. */
  readonly folder: string;
  /** The administration on the other side, which has a profile of its own. */
  readonly home: string;
  readonly tools: AdapterTools;
}

/** The folder of adapters in which the partner has a home.yaml: the usual one, or a copy with a drawn profile. */
export function homeOf(adapter: Adapter, { root, folder, home, tools }: HomeSearch): string {
  if (existsSync(join(root, adapter.cc, 'home.yaml'))) return root;
  const copy = join(folder, 'adapters');
  mkdirSync(copy, { recursive: true });
  for (const cc of [adapter.cc, home.toLowerCase()]) cpSync(join(root, cc), join(copy, cc), { recursive: true });
  const profile = drawnProfile(adapter);
  const checked = tools.validateHome(profile);
  if (!checked.ok) {
    throw new GatewayError('E_ADAPTER_INVALID', 'no home profile can be drawn from this adapter', {
      at: join(root, adapter.cc),
      fix: 'Write a home.yaml as other folders have it.',
    });
  }
  // YAML reads JSON.
  writeFileSync(join(copy, adapter.cc, 'home.yaml'), JSON.stringify(profile, null, 2));
  return copy;
}

const columns = {
  code: 'code',
  'name.local': 'name_local',
  'name.latin': 'name_latin',
  grade: 'grade',
  gradeSince: 'grade_since',
  status: 'status',
  statusSince: 'status_since',
  roles: 'roles',
  consent: 'consent',
};

/** A programme with the grades of the arrangement, and operators with made-up names in Latin letters. */
function drawnProfile({ partner, name, timeZone, identifiers, otherSide, arrangement }: Adapter): HomeProfile {
  const { theirs } = identifiers;
  const code = theirs.toCode(theirs.example) ?? '';
  const pair = (text: string): { latin: string; local: string } => ({ latin: text, local: text });
  return {
    country: partner,
    name,
    timeZone,
    code: { pattern: codePattern(theirs.grammar.source, theirs.form), words: theirs.words },
    grades: otherSide.grades,
    decrees: [{ id: arrangement.programme, from: '2000-01-01', grades: otherSide.grades }],
    columns,
    invented: {
      // The example shows where letters and digits may stand; fixed starts stay as they are.
      code: `{place}${code.replaceAll(/\d/gu, '#').replaceAll(/[A-Z]/gu, '@')}`,
      places: [
        {
          ...pair('REHEARSAL CITY'),
          codePrefix: '',
          postcode: '10000',
          streets: [pair('HARBOUR ROAD'), pair('STATION STREET')],
        },
      ],
      words: ['ALDER', 'BIRCH', 'CEDAR', 'ELM', 'FIR', 'HAZEL', 'LARCH', 'MAPLE', 'OAK', 'PINE'].map(pair),
      trades: ['TRADING', 'LOGISTICS', 'MACHINERY', 'TEXTILES', 'FOODS', 'CHEMICALS'].map(pair),
      company: pair('LTD'),
    },
  };
}

/** The pattern of the code alone: the grammar without its anchors and the fixed text around it. */
function codePattern(source: string, form: string): string {
  const [before = '', after = ''] = form.split('{code}').map((text) => RegExp.escape(text));
  return source.slice(1 + before.length, source.length - 1 - after.length);
}
