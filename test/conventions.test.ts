/** The conventions of CONTRIBUTING.md: imports, sizes, words, no country in the program. Each check has a planted fault. */

import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { expect } from 'chai';
import { temporaryFolder } from './support/pki.ts';
import { run } from './support/services.ts';

const root = path.dirname(import.meta.dirname);
const rulesFile = '.dependency-cruiser.cjs';

interface Violation {
  readonly rule: { readonly name: string };
  readonly from: string;
}

/** Runs dependency-cruiser with our rules over the folder gateway/ of a tree. */
function violationsIn(folder: string): readonly Violation[] {
  const program = path.join(root, 'node_modules/.bin/depcruise');
  const args = [program, 'gateway', '--config', path.join(root, rulesFile), '--output-type', 'json'];
  const { stdout, stderr } = run(process.execPath, args, undefined, folder);
  if (!stdout.startsWith('{')) throw new Error(`dependency-cruiser failed: ${stderr}`);
  return (JSON.parse(stdout) as { summary: { violations: Violation[] } }).summary.violations;
}

const { forbidden } = createRequire(import.meta.url)(path.join(root, rulesFile)) as { forbidden: { name: string }[] };
const ruleNames = forbidden.map(({ name }) => name);

/** For each rule, files that break it, and what they import. */
const faults: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'no-circles': { 'store/about.ts': './round.ts' },
  'model-imports-only-model': { 'model/reads-files.ts': 'node:fs', 'model/imports-store.ts': '../store/target.ts' },
  'adapter-imports-only-model': {
    'adapter/imports-wire.ts': '../wire/target.ts',
    'adapter/imports-story.ts': '../inbound/target.ts',
  },
  'wire-imports-only-model': {
    'wire/imports-store.ts': '../store/target.ts',
    'wire/imports-adapter.ts': '../adapter/target.ts',
  },
  'store-imports-only-model': {
    'store/imports-wire.ts': '../wire/target.ts',
    'store/imports-app.ts': '../app/target.ts',
  },
  'stories-import-no-doors': {
    'outbound/imports-doors.ts': '../doors/target.ts',
    'clearance/imports-app.ts': '../app/target.ts',
  },
  'stories-are-separate': {
    'outbound/imports-inbound.ts': '../inbound/target.ts',
    'inbound/imports-clearance.ts': '../clearance/target.ts',
  },
  'doors-import-stories-only': {
    'doors/imports-cli.ts': '../cli/target.ts',
    'doors/imports-rehearsal.ts': '../rehearsal/target.ts',
  },
  'app-imports-no-commands': { 'app/imports-doors.ts': '../doors/target.ts' },
  'rehearsal-imports-no-commands': { 'rehearsal/imports-cli.ts': '../cli/target.ts' },
  'only-mra-imports-main': { 'cli/imports-main.ts': '../main.ts' },
  'express-only-in-doors': { 'cli/imports-express.ts': 'express' },
  'sql-only-in-store': { 'doors/k.ts': 'kysely', 'doors/p.ts': 'pg', 'doors/s.ts': 'node:sqlite' },
  'commander-only-in-cli': { 'doors/imports-commander.ts': 'commander' },
  ...Object.fromEntries(
    ruleNames
      .filter((name) => name.startsWith('one-place-'))
      .map((name) => [name, { [`doors/${name}.ts`]: name.slice('one-place-'.length) }]),
  ),
};

/** A small tree with every fault in it, and nothing else. */
function faultyTree(): string {
  const folder = temporaryFolder();
  const write = (file: string, text: string): void => {
    mkdirSync(path.join(folder, 'gateway', path.dirname(file)), { recursive: true });
    writeFileSync(path.join(folder, 'gateway', file), text);
  };
  symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
  writeFileSync(path.join(folder, 'tsconfig.json'), readFileSync(path.join(root, 'tsconfig.json')));
  writeFileSync(path.join(folder, 'package.json'), readFileSync(path.join(root, 'package.json')));
  for (const name of [
    'model',
    'adapter',
    'wire',
    'store',
    'outbound',
    'inbound',
    'clearance',
    'app',
    'doors',
    'cli',
    'rehearsal',
  ])
    write(`${name}/target.ts`, 'export {};\n');
  write('main.ts', 'export {};\n');
  write('store/round.ts', "import './about.ts';\n"); // a circle is reported once, from its first file
  for (const planted of Object.values(faults)) {
    for (const [file, target] of Object.entries(planted)) write(file, `import '${target}';\n`);
  }
  return folder;
}

const files = readdirSync(path.join(root, 'gateway'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => ({ file, text: readFileSync(path.join(root, 'gateway', file), 'utf8') }));

type File = (typeof files)[number];
const namesOf = (found: readonly File[]): readonly string[] => found.map(({ file }) => file);

interface PrivateWord {
  readonly words: string;
  readonly use: string;
  /** In a comment or a name. */
  readonly example: string;
  /** Files in which a published name keeps it. */
  readonly aliasIn?: readonly string[];
}

/** Words that docs/glossary.md or plain English has a better one for. */
const privateWords: readonly PrivateWord[] = [
  { words: 'told', use: 'discriminator, reported, stated', example: 'const toldByName = true;' },
  { words: 'heard', use: 'received', example: 'interface Heard {}' },
  {
    words: 'vices?',
    use: 'fault',
    example: 'type SendVice = string;',
    aliasIn: ['cli/simulate.ts', 'rehearsal/schedule.ts'],
  },
  { words: 'dice', use: 'seeded random', example: 'const dice = open(1);' },
  { words: 'sittings?', use: 'query batch', example: 'function openSitting() {}' },
  { words: 'near miss(es)?', use: 'identifier suggestion', example: '// No near\n  // miss is applied.' },
  { words: 'stretch(es)?', use: 'period', example: '/** Stretches of days. */' },
  { words: 'untaken', use: 'rejected', example: 'const untakenAdapter = 1;', aliasIn: ['doors/border-state.ts'] },
  { words: 'wish(es)?', use: 'options, request', example: 'interface ListWish {}' },
  { words: 'whoever', use: 'the person or program meant', example: '/** Whoever calls closes it. */' },
  { words: 'the (world|house)', use: 'the thing meant', example: '// What the rest of the\n// house knows.' },
  { words: 'at hand', use: 'available, loaded', example: '/** Buckets at hand. */' },
  { words: 'as it stands', use: 'unchanged', example: '/** The row is stored as it\n * stands. */' },
  { words: 'in one look', use: 'at the same time', example: '/** Both are read in one\n * look. */' },
  { words: 'goes home', use: 'is returned', example: '// The receipt goes home.' },
];

describe('conventions', () => {
  describe('imports', () => {
    let found: readonly Violation[];

    before(() => {
      found = violationsIn(faultyTree());
    });

    it('follow the rules everywhere', () => {
      expect(violationsIn(root)).to.deep.equal([]);
    });

    it('have a planted fault for every rule', () => {
      expect(Object.keys(faults)).to.have.members(ruleNames);
    });

    for (const [rule, planted] of Object.entries(faults)) {
      it(`that break ${rule} are found`, () => {
        const faulty = found.filter(({ rule: { name } }) => name === rule).map(({ from }) => from);
        expect(faulty).to.include.members(Object.keys(planted).map((file) => `gateway/${file}`));
      });
    }

    it('that break no rule are not reported', () => {
      const faulty = new Set(Object.values(faults).flatMap((planted) => Object.keys(planted)));
      expect(found.filter(({ from }) => !faulty.has(from.slice('gateway/'.length)))).to.deep.equal([]);
    });
  });

  describe('files', () => {
    const checks: Readonly<Record<string, { readonly breaks: (file: File) => boolean; readonly example: File }>> = {
      'begin with a comment that says what they are for': {
        breaks: ({ text }) => !/^\/\*\*/.test(text),
        example: { file: 'a.ts', text: "import 'node:fs';\n" },
      },
      'have at most 300 lines': {
        breaks: ({ text }) => text.trimEnd().split('\n').length > 300,
        example: { file: 'a.ts', text: 'x\n'.repeat(301) },
      },
      'are not called utils, helpers, common or misc': {
        breaks: ({ file }) => /(^|[/.-])(utils?|helpers?|common|misc)([/.-]|$)/.test(file),
        example: { file: 'wire/xml-utils.ts', text: '' },
      },
      'name no country': {
        breaks: ({ text }) => countriesIn(text).length > 0,
        example: { file: 'a.ts', text: "const partner = 'KR';" },
      },
      ...Object.fromEntries(
        privateWords.map(({ words, use, example, aliasIn = [] }) => {
          const breaks = ({ file, text }: File): boolean =>
            !aliasIn.includes(file) &&
            !file.startsWith('adapter/draft/') &&
            new RegExp(`\\b(${words})\\b`).test(plainWords(text));
          return [`write “${use}” and not “${words}”`, { breaks, example: { file: 'a.ts', text: example } }];
        }),
      ),
    };
    for (const [title, { breaks, example }] of Object.entries(checks)) {
      it(title, () => {
        expect(breaks(example), 'the check can fail').to.equal(true);
        expect(namesOf(files.filter(breaks))).to.deep.equal([]);
      });
    }
  });
});

/** A text in small letters, names taken apart into words, line breaks and the marks of comments left out. */
function plainWords(text: string): string {
  const apart = text.replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2');
  return apart.toLowerCase().replaceAll(/\n\s*(\*|\/\/)?\s*/g, ' ');
}

/** Quoted codes that look like a country's and mean something else: roles on an entry, months, an attribute, no country at all. */
const otherMeanings = new Set(['CS', 'MF', 'MM', 'ID', 'UN', 'XA', 'XB']);

/** Countries named in a text: English names as words, two-letter codes as quoted literals. */
function countriesIn(text: string): readonly string[] {
  const quoted = [...text.matchAll(/(['"`])([A-Z]{2})\1/g)].map(([, , code = '']) => code);
  const codes = quoted.filter((code) => countries.has(code) && !otherMeanings.has(code));
  const known = [...countries].filter(([code]) => !otherMeanings.has(code)).map(([, name]) => name);
  const words = known.filter((name) => new RegExp(`\\b${RegExp.escape(name)}\\b`).test(text));
  return [...codes, ...words];
}

/** Every region code the runtime knows, with the short English name. */
const countries: ReadonlyMap<string, string> = allCountries();

function allCountries(): Map<string, string> {
  const names = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none', style: 'short' });
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'.split('');
  const codes = letters.flatMap((first) => letters.map((second) => first + second));
  return new Map(codes.flatMap((code) => (names.of(code) === undefined ? [] : [[code, names.of(code) ?? '']])));
}
