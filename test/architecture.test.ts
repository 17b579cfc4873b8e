/** docs/architecture.md agrees with the code: stops exist, are called, stand in the order of the calls, and open few folders. */

import { globSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { foldersOf, layersIn, quoted, walksIn, type Stop, type Walk } from './support/architecture-page.ts';
import { isBehind, readCallOrder, type CallOrder, type CallPath } from './support/call-order.ts';

const root = path.dirname(import.meta.dirname);
const gateway = path.join(root, 'gateway');
const page = readFileSync(path.join(root, 'docs/architecture.md'), 'utf8');
const transactions = readFileSync(path.join(root, 'docs/transactions.md'), 'utf8');
const walks = walksIn(page);

type Fault = `${number}: ${string} ${'does not exist' | 'is not called' | 'is called earlier'}`;

/** What is wrong with the stops of a walk. */
function faultsOf(code: CallOrder, stops: readonly Stop[]): readonly Fault[] {
  const faults: Fault[] = [];
  const last = new Map<number | string, CallPath>();
  for (const { number, caller, member, places } of stops) {
    const earlier = stops.slice(
      0,
      stops.findIndex((stop) => stop.number === number),
    );
    const callers =
      typeof caller === 'string' ? [caller] : (earlier.find((one) => one.number === caller)?.places ?? []);
    for (const place of places) {
      const target = code.find(place);
      const calls = callers.flatMap((one) => {
        const from = code.find(one);
        return target === undefined || from === undefined ? [] : code.callsOf(from, target, member);
      });
      const next = calls
        .toSorted((a, b) => (isBehind(a, b) ? 1 : -1))
        .find((one) => isBehind(one, last.get(caller) ?? []));
      if (target === undefined) faults.push(`${number}: ${place} does not exist`);
      else if (calls.length === 0) faults.push(`${number}: ${place} is not called`);
      else if (next === undefined) faults.push(`${number}: ${place} is called earlier`);
      if (next !== undefined) last.set(caller, next);
    }
  }
  return faults;
}

/** A walk in which one stop is another. */
function changed({ stops }: Walk, number: number, change: Partial<Stop>): readonly Stop[] {
  return stops.map((stop) => (stop.number === number ? { ...stop, ...change } : stop));
}

/** Two stops of one caller that change places. */
function* swapped({ stops }: Walk): Generator<readonly Stop[]> {
  for (const first of stops) {
    const second = stops.find(({ number, caller }) => number > first.number && caller === first.caller);
    if (second === undefined) continue;
    yield stops.map((stop) => {
      const other = stop === first ? second : stop === second ? first : stop;
      return { ...stop, places: other.places, member: other.member };
    });
  }
}

describe('docs/architecture.md', () => {
  let code: CallOrder;
  before(() => {
    code = readCallOrder(gateway);
  });

  it('has three walks', () => {
    expect(walks.map(({ stops }) => stops.length > 9)).to.deep.equal([true, true, true]);
  });

  it('names files and functions that exist', () => {
    expect(unknownNames(page)).to.deep.equal([]);
    expect(unknownNames(transactions)).to.deep.equal([]);
  });

  it('would not pass with a name that nothing bears any more', () => {
    const text =
      '`none.ts`, `cli/streams.ts`, `streams.ts:findNone`, `layout.none` and `findStream` in `store/`, `none/`';
    expect(unknownNames(text)).to.deep.equal([
      'none.ts',
      'cli/streams.ts',
      'streams.ts:findNone',
      'layout.none',
      'none/',
    ]);
  });

  it('fits on one page', () => {
    expect(page.trimEnd().split('\n').length).to.be.at.most(120);
  });

  for (const walk of walks) {
    describe(walk.title, () => {
      it('has stops that exist, are called, and stand in the order of the calls', () => {
        expect(walk.stops.map(({ number }) => number)).to.deep.equal(walk.stops.map((_, i) => i + 1));
        expect(faultsOf(code, walk.stops)).to.deep.equal([]);
      });

      it('opens as many folders as its title says, none of them twice', () => {
        const { opened, twice } = foldersOf(walk);
        expect(twice).to.deep.equal([]);
        expect(opened.size).to.equal(walk.folders);
      });

      it('would not pass with a stop that does not exist', () => {
        for (const place of ['store/streams.ts:none', 'store/none.ts:findStream']) {
          for (const { number } of walk.stops)
            expect(faultsOf(code, changed(walk, number, { places: [place] }))).to.include(
              `${number}: ${place} does not exist`,
            );
        }
      });

      it('would not pass with a stop that its caller does not call', () => {
        const places = ['store/migrations.ts:migrate'];
        for (const { number } of walk.stops)
          expect(faultsOf(code, changed(walk, number, { places }))).to.include(`${number}: ${places[0]} is not called`);
      });

      it('would not pass with two stops of one caller in the other order', () => {
        const all = [...swapped(walk)];
        expect(all.length).to.be.greaterThan(3);
        for (const stops of all) expect(faultsOf(code, stops).join()).to.include('is called earlier');
      });
    });
  }

  it('counts at most 8 folders for a list, 6 for a query', () => {
    expect(walks.map(({ folders }, i) => folders <= ([8, 8, 6][i] ?? 0))).to.deep.equal([true, true, true]);
  });

  it('would not pass with a folder that is left and opened again', () => {
    const opening = (...places: readonly string[]): readonly string[] => {
      const stops = places.map((place, i) => ({ number: i + 1, caller: 1, member: undefined, places: [place] }));
      return foldersOf({ title: '', folders: 0, stops }).twice;
    };
    const [verify, ours, stored] = ['wire/signature/verify.ts:verify', 'inbound/verdicts.ts:x', 'store/inbox.ts:x'];
    expect(opening(stored, verify, ours, stored, verify)).to.deep.equal([]);
    expect(opening(verify, 'wire/xsd/schema.ts:validate', verify)).to.deep.equal(['wire/signature']);
  });

  describe('the drawing', () => {
    const layers = layersIn(page);
    const imports = importsBetweenFolders();

    it('shows every folder and file of gateway/', () => {
      expect(layers.flat()).to.have.members(globSync('*', { cwd: gateway }));
    });

    it('shows imports that point down', () => {
      expect(imports.filter(([from, to]) => !pointsDown(layers, from, to))).to.deep.equal([['inbound', 'outbound']]);
    });

    it('would not pass with a layer above the one that imports it', () => {
      const upsideDown = layers.toReversed();
      expect(imports.filter(([from, to]) => pointsDown(upsideDown, from, to))).to.deep.equal([]);
    });
  });
});

/** Files, folders and names in back-ticks that the repository does not have. */
function unknownNames(text: string): readonly string[] {
  const entries = [...readdirSync(root), ...globSync('{gateway,docs,schemas,test}/**/*', { cwd: root })];
  const sources = entries.filter((file) => /^gateway\/.*\.[jt]s$/u.test(file));
  const texts = new Map(sources.map((file) => [file, readFileSync(path.join(root, file), 'utf8')]));
  const isNamed = (name: string, within: readonly string[]): boolean =>
    within.some((file) => new RegExp(`\\b${RegExp.escape(name)}\\b`, 'u').test(texts.get(file) ?? ''));
  return quoted(text).filter((whole) => {
    const [place = '', name] = whole.split(':');
    // `layout.encode` is a name, and so is its member.
    if (!/\/|\.(?:c?[jt]s|json|yaml|xsd)$/u.test(place)) return !isNamed(place, sources);
    const ending = place.replace(/\/$/u, '');
    const found = entries.filter((file) => file === ending || file.endsWith(`/${ending}`));
    return found.length === 0 || (name !== undefined && !isNamed(name, found));
  });
}

function pointsDown(layers: readonly (readonly string[])[], from: string, to: string): boolean {
  const [above, below] = [from, to].map((name) => layers.findIndex((layer) => layer.includes(name)));
  return above !== undefined && below !== undefined && above >= 0 && below > above;
}

/** Which folder or file directly below gateway/ imports from which other, each pair once. */
function importsBetweenFolders(): readonly (readonly [string, string])[] {
  const first = (file: string): string => file.split('/')[0] ?? '';
  const pairs = globSync('**/*.{ts,js}', { cwd: gateway }).flatMap((file) => {
    const text = readFileSync(path.join(gateway, file), 'utf8');
    return [...text.matchAll(/(?:from |import\()'(\.[^']+)'/gu)].map(([, target = '']) => {
      return `${first(file)} ${first(path.join(path.dirname(file), target))}`;
    });
  });
  return [...new Set(pairs)].flatMap((pair) => {
    const [from = '', to = ''] = pair.split(' ');
    return from === to || to === '..' ? [] : [[from, to] as const];
  });
}
