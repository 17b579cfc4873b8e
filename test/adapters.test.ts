import { viewOf, writeText, type Plain } from './support/format-text.ts';
import { expect } from 'chai';
import fc from 'fast-check';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Adapter, MessageFormat } from '../gateway/adapter/adapter.ts';
import { decodeText } from '../gateway/adapter/check/message-text.ts';
import { testAdapter, type TestReport } from '../gateway/adapter/check/test-adapter.ts';
import { lintAdapter } from '../gateway/adapter/check/lint.ts';
import { loadAdapter, loadHome, loadManifest } from '../gateway/adapter/load.ts';
import { otherWords } from '../gateway/adapter/manifest.ts';
import { previewAdapter } from '../gateway/adapter/check/preview.ts';
import { checkTools } from '../gateway/app/adapter-checks.ts';
import { inventOperators } from '../gateway/rehearsal/invented-operators.ts';
import { checkDigit } from '../gateway/model/record/check-digits.ts';
import { asGatewayError } from '../gateway/model/errors.ts';
import { departureReasons, type ListMessage } from '../gateway/model/list/list.ts';
import { recordFaults, type Reply } from '../gateway/model/message.ts';
import { roles, type ListRecord } from '../gateway/model/record/record.ts';
import { adapterTools, adaptersFolder, loadAdapters } from './support/adapter-tools.ts';
import { aListMessage, aListRecord } from './support/messages.ts';
import { thrownBy } from './support/thrown.ts';

const folders = readdirSync(adaptersFolder).filter((cc) => existsSync(join(adaptersFolder, cc, 'adapter.yaml')));

const anyText = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 });
/** What stands on one line without blanks at its ends: lines lose the rest, and say so. */
const line = anyText.map((any) => any.replaceAll(/[\p{C}\p{Z}]+/gu, ' ').trim() || 'x');
const day = fc
  .date({ min: new Date('1950-01-01'), max: new Date('2090-12-31'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10));
const moment = fc
  .date({ min: new Date('1950-01-01'), max: new Date('2090-12-31'), noInvalidDate: true })
  .map((date) => date.toISOString());
const hash = fc.stringMatching(/^[0-9a-f]{64}$/u);
const id = fc.stringMatching(/^m-[0-9a-f]{8,24}$/u);
const count = fc.nat({ max: 999_999 });
const partNumber = fc.integer({ min: 1, max: 9999 });

function recordOf(adapter: Adapter): fc.Arbitrary<ListRecord> {
  const { requiredPaths } = adapter.list;
  const text = textOf(adapter);
  const maybe = (path: string): fc.Arbitrary<string | undefined> =>
    requiredPaths.includes(path) ? text : fc.option(text, { nil: undefined });
  return fc
    .record({
      identifier: identifierOf(adapter),
      name: fc.record({ local: maybe('name.local'), latin: maybe('name.latin') }),
      address: fc.record({
        local: maybe('address.local'),
        latin: maybe('address.latin'),
        city: maybe('address.city'),
        postcode: maybe('address.postcode'),
      }),
      grade: fc.constantFrom(...adapter.arrangement.grades, ...adapter.otherSide.grades),
      status: fc.constantFrom('active' as const, 'suspended' as const),
      statusSince: day,
      validFrom: day,
      validTo: fc.option(day, { nil: undefined }),
      roles: fc.subarray([...roles]),
    })
    .map((made) => viewOf(adapter.list)(withoutAbsent(made) as ListRecord));
}

/** Absent members are really absent, as they are everywhere in the model. */
function withoutAbsent(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const present = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(present.map(([name, member]) => [name, withoutAbsent(member)]));
}

function identifierOf({ identifiers }: Adapter): fc.Arbitrary<string> {
  return fc.oneof(...[identifiers.ours, identifiers.theirs].map(({ grammar }) => fc.stringMatching(grammar)));
}

function listOf(adapter: Adapter): fc.Arbitrary<ListMessage> {
  return fc.record({
    kind: fc.constantFrom('full' as const, 'delta' as const),
    id,
    from: fc.constantFrom('CN', adapter.partner),
    to: fc.constantFrom('CN', adapter.partner),
    issuedAt: moment,
    nextBy: moment,
    position: fc.record({
      epoch: fc.record({ no: count, id: fc.stringMatching(/^[0-9a-f]{8,16}$/u) }),
      sequence: count,
      chain: hash,
      root: hash,
      count,
    }),
    previousChain: hash,
    ...(adapter.list.carriesParts ? { part: fc.record({ no: partNumber, of: partNumber }) } : {}),
    records: fc.array(recordOf(adapter), { maxLength: 4 }),
    departures: fc.array(
      fc.record({ identifier: identifierOf(adapter), reason: fc.constantFrom(...departureReasons), since: day }),
      { maxLength: 3 },
    ),
  });
}

function textOf({ list }: Adapter): fc.Arbitrary<string> {
  return list.format === 'text' ? line : anyText;
}

function replyOf(adapter: Adapter): fc.Arbitrary<Reply> {
  const text = textOf(adapter);
  return fc.record({
    id,
    from: fc.constant('CN'),
    to: fc.constant(adapter.partner),
    issuedAt: moment,
    subject: id,
    taken: count,
    refused: count,
    results: fc.array(fc.record({ identifier: text, code: fc.constantFrom(...recordFaults), detail: text }), {
      maxLength: 4,
    }),
  });
}

/** Undefined where a text on lines of fixed length or without control characters cannot carry a value, and says which. */
function writtenBy<T>(format: MessageFormat<T>, message: Plain<T>): string | undefined {
  try {
    return writeText(format, message);
  } catch (error) {
    const { code, at } = asGatewayError(error);
    expect([format.format, code]).to.deep.equal(['text', 'E_VALUE_INVALID']);
    expect(at).to.match(/^\//u);
    return undefined;
  }
}

it('every adapter loads under the name of its folder', async () => {
  const adapters = await loadAdapters();
  expect([...adapters.keys()]).to.deep.equal(folders).and.to.not.be.empty;
  for (const [cc, adapter] of adapters) expect(adapter.partner).to.equal(cc.toUpperCase());
});

it('every home profile loads, and its vocabulary makes operators whose highest grade its partners accept', async () => {
  const homes = readdirSync(adaptersFolder).filter((cc) => existsSync(join(adaptersFolder, cc, 'home.yaml')));
  for (const cc of homes) {
    const home = await loadHome(join(adaptersFolder, cc), adapterTools);
    const made = inventOperators(home, { count: 500, advanced: 100, seed: 7, today: '2026-11-23' });
    expect(new Set(made.map(({ code }) => code)).size).to.equal(500);
    if (!folders.includes(cc)) continue;
    const adapter = await loadAdapter(join(adaptersFolder, cc), adapterTools);
    expect(adapter.otherSide.grades).to.include(home.grades[0]);
    for (const { code } of made)
      expect(adapter.identifiers.theirs.grammar.test(adapter.identifiers.theirs.toIdentifier(code)), code).to.equal(
        true,
      );
  }
});

for (const cc of folders) {
  describe(`the adapter ${cc}`, () => {
    const folder = join(adaptersFolder, cc);
    const tools = checkTools(adapterTools);
    let adapter: Adapter;
    let report: TestReport;
    before(async () => {
      adapter = await loadAdapter(folder, adapterTools);
      const clock = (): number => performance.now();
      report = await testAdapter(folder, tools, { runs: 200, seed: 20, clock });
    });

    it('has no finding of lint', async () => {
      expect(await lintAdapter(folder, tools)).to.deep.equal([]);
    });

    it('passes its samples, and decodes the messages it generates', () => {
      expect(report.cases.filter(({ ok }) => !ok)).to.deep.equal([]);
      expect(report.cases.length).to.be.greaterThan(8);
    });

    it('has samples that use every hole, code and branch of its templates', () => {
      expect(report.coverage.samples.never).to.deep.equal([]);
    });

    it('reads back every list it can write, and every one follows the schema', async () => {
      const { manifest } = await loadManifest(folder, adapterTools);
      const rows = manifest.codes['reason'] ?? {};
      // Reasons that the partner does not tell apart.
      const asRead = (reason: string): string => (reason in rows ? reason : (otherWords(rows)?.read ?? reason));
      let refused = 0;
      fc.assert(
        fc.property(listOf(adapter), (list) => {
          const written = writtenBy(adapter.list, list);
          if (written === undefined) return void (refused += 1);
          tools.checkSchema(written, adapter.list);
          const read = decodeText(adapter.list, written, adapterTools);
          if (adapter.stream.discipline === 'chained') expect(read).to.deep.equal(list);
          // A list of another discipline states less.
          const departures = list.departures.map((each) => ({ ...each, reason: asRead(each.reason) }));
          expect({ ...list, departures }).to.containSubset(read);
          expect(read.records).to.deep.equal(list.records);
        }),
        { numRuns: 60 },
      );
      expect(refused).to.be.lessThan(20);
    });

    it('reads back every reply it can write, and every one follows the schema', () => {
      let refused = 0;
      const { reply: format } = adapter;
      if (format === undefined) return;
      fc.assert(
        fc.property(replyOf(adapter), (reply) => {
          const written = writtenBy(format, reply);
          if (written === undefined) return void (refused += 1);
          tools.checkSchema(written, format);
          expect(decodeText(format, written, adapterTools)).to.deep.equal(reply);
        }),
        { numRuns: 40 },
      );
      expect(refused).to.be.lessThan(20);
    });

    it('tells traders at home and abroad which code to write, in the agreed form', async () => {
      const { manifest } = await loadManifest(folder, adapterTools);
      const lines = manifest.card ?? [];
      const { ours, theirs } = adapter.identifiers;
      for (const { where, example } of lines)
        if (where === 'home') expect(theirs.toCode(example), example).to.be.a('string');
      // What an agency at home grants is on no entry.
      const sides = adapter.memorandum === undefined ? ['home', 'abroad'] : [];
      expect(new Set(lines.map(({ where }) => where))).to.deep.equal(new Set(sides));
      expect(lines.filter(({ source, confidence }) => source === undefined && confidence !== 'assumed')).to.be.empty;
      expect(manifest.identifiers.ours.example).to.equal(ours.example);
    });

    it('gives examples of identifiers whose check digits are right', () => {
      for (const { check, example, toCode } of Object.values(adapter.identifiers)) {
        if (check === undefined) continue;
        const number = check.digits === undefined ? toCode(example) : check.digits.exec(example)?.[1];
        expect(checkDigit(check.kind, number ?? ''), example).to.equal('ok');
      }
    });

    it('refuses an unknown grade both ways', () => {
      if (typeof adapter.list.view.values.grade === 'object') return; // all have the same
      const { example } = adapter.identifiers.ours;
      const record = aListRecord({ identifier: example, grade: 'platinum' });
      const error = thrownBy(() => writeText(adapter.list, aListMessage({ records: [record] })));
      expect([error.code, error.at]).to.deep.equal(['E_CODE_UNKNOWN', '/records/0/grade']);
    });

    it('shows an operator beside what the partner reads, or why it is not sent', async () => {
      const home = await loadHome(join(adaptersFolder, 'cn'), adapterTools);
      const [operator] = inventOperators(home, { count: 1, advanced: 1, seed: 3, today: '2026-11-23' });
      if (operator === undefined) throw new Error('no operator');
      const sent = previewAdapter(
        adapter,
        { ...operator, status: 'active', consent: true },
        { home, day: '2026-04-02' },
      );
      expect(sent.reasons).to.deep.equal([]);
      expect(sent.text).to.include(operator.code);
      const unsent = previewAdapter(
        adapter,
        { ...operator, status: 'active', consent: false },
        { home, day: '2026-04-02' },
      );
      expect(unsent).to.deep.include({ reasons: ['no_consent'], fields: [], text: '' });
    });
  });
}
