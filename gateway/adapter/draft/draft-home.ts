/** A sketch of the partner's own side, so that its gateway can be rehearsed here: invented words, columns named like our fields. */

import { recordPaths } from '../../model/record/columns.ts';
import type { HomeProfile } from '../../model/home.ts';
import type { ManifestDraft } from './draft-manifest.ts';

interface Known {
  readonly partner: string;
  readonly name: string;
  readonly timeZone: string;
  readonly identifiers: {
    readonly theirs: { readonly form: string; readonly code: string; readonly words: string; readonly example: string };
  };
  readonly arrangement: {
    readonly grades: { readonly theirs: readonly string[] };
    readonly inForce: { readonly from: string };
  };
}

const invented = [
  { latin: 'ALPHA', local: 'ALPHA' },
  { latin: 'BRAVO', local: 'BRAVO' },
  { latin: 'CHARLIE', local: 'CHARLIE' },
  { latin: 'DELTA', local: 'DELTA' },
  { latin: 'ECHO', local: 'ECHO' },
  { latin: 'FOXTROT', local: 'FOXTROT' },
];

/** home.yaml for a drafted manifest. The words from which operators are invented are those of `like` where it has Latin ones. */
export function draftHome(manifest: ManifestDraft, like: HomeProfile): HomeProfile {
  // The manifest was drafted with these members.
  const { partner, name, timeZone, identifiers, arrangement } = manifest as unknown as Known;
  const { form, code, words, example } = identifiers.theirs;
  const [before = '', after = ''] = form.split('{code}');
  const number = example.slice(before.length, example.length - after.length);
  return {
    country: partner,
    name,
    timeZone,
    code: { pattern: code, words },
    grades: arrangement.grades.theirs,
    decrees: [{ id: `AEO programme of ${partner}`, from: '2008-01-01', grades: arrangement.grades.theirs }],
    columns: Object.fromEntries(
      recordPaths.filter((path) => path !== 'businessNumber').map((path) => [path, columnOf(path)]),
    ),
    invented: {
      places: invented
        .slice(0, 1)
        .map((word) => ({ ...word, codePrefix: '', postcode: '10000', streets: [word, ...invented.slice(1, 2)] })),
      words: invented,
      trades: like.invented.trades.map(({ latin }) => ({ latin, local: latin })),
      company: { latin: 'LTD', local: 'LTD' },
      code: number.replaceAll(/\d/gu, '#').replaceAll(/[A-Z]/gu, '@'),
    },
  };
}

function columnOf(path: string): string {
  return path.replaceAll(/[A-Z]/gu, (letter) => `_${letter.toLowerCase()}`).replaceAll('.', '_');
}
