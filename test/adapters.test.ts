import { expect } from 'chai';
import fc from 'fast-check';
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Adapter } from '../gateway/adapter/adapter.ts';
import { decodeText, testAdapter } from '../gateway/adapter/conversations.ts';
import { lintAdapter } from '../gateway/adapter/lint.ts';
import { loadAdapter, loadAdapters, loadHome } from '../gateway/adapter/load.ts';
import { previewAdapter } from '../gateway/adapter/preview.ts';
import { schemaChecker } from '../gateway/cli/adapter.ts';
import { inventOperators } from '../gateway/cli/invented.ts';
import { departureReasons, type ListMessage, type ListRecord } from '../gateway/model/list.ts';
import { recordFaults, type Reply } from '../gateway/model/message.ts';
import { roles } from '../gateway/model/record.ts';
import { adapterTools, adaptersFolder } from './support/adapter-tools.ts';
import { aListMessage, aListRecord } from './support/messages.ts';
import { thrownBy } from './support/thrown.ts';

const folders = readdirSync(adaptersFolder).filter((cc) => existsSync(join(adaptersFolder, cc, 'adapter.yaml')));

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 });
const day = fc
  .date({ min: new Date('1950-01-01'), max: new Date('2090-12-31'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10));
const moment = fc
  .date({ min: new Date('1950-01-01'), max: new Date('2090-12-31'), noInvalidDate: true })
  .map((date) => date.toISOString());
const hash = fc.stringMatching(/^[0-9a-f]{64}$/u);
const id = fc.stringMatching(/^m-[0-9a-f]{8,24}$/u);
const count = fc.nat({ max: 1_000_000 });

function recordOf(adapter: Adapter): fc.Arbitrary<ListRecord> {
  const { needs } = adapter.list;
  const maybe = (path: string): fc.Arbitrary<string | undefined> =>
    needs.includes(path) ? text : fc.option(text, { nil: undefined });
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
    .map((made) => adapter.list.asSeen(withoutAbsent(made) as ListRecord));
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
    records: fc.array(recordOf(adapter), { maxLength: 4 }),
    departures: fc.array(
      fc.record({ identifier: identifierOf(adapter), reason: fc.constantFrom(...departureReasons), since: day }),
      { maxLength: 3 },
    ),
  });
}

function replyOf(adapter: Adapter): fc.Arbitrary<Reply> {
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

it('every adapter loads under the name of its folder', async () => {
  const adapters = await loadAdapters(adaptersFolder, adapterTools);
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
    const checkSchema = schemaChecker();
    let adapter: Adapter;
    before(async () => {
      adapter = await loadAdapter(folder, adapterTools);
    });

    it('has nothing to find fault with', async () => {
      expect(await lintAdapter(folder, adapterTools)).to.deep.equal([]);
    });

    it('keeps what its samples promise, and reads back what it makes up', async () => {
      const cases = await testAdapter(folder, adapterTools, { runs: 40, seed: 20, checkSchema });
      expect(cases.filter(({ ok }) => !ok)).to.deep.equal([]);
      expect(cases.length).to.be.greaterThan(8);
    });

    it('reads back every list it can write, and every one follows the schema', () => {
      fc.assert(
        fc.property(listOf(adapter), (list) => {
          const written = [...adapter.list.encode(list)].join('');
          checkSchema(written, adapter.list);
          expect(decodeText(adapter.list, written, adapterTools)).to.deep.equal(list);
        }),
        { numRuns: 60 },
      );
    });

    it('reads back every reply it can write, and every one follows the schema', () => {
      fc.assert(
        fc.property(replyOf(adapter), (reply) => {
          const written = [...adapter.reply.encode(reply)].join('');
          checkSchema(written, adapter.reply);
          expect(decodeText(adapter.reply, written, adapterTools)).to.deep.equal(reply);
        }),
        { numRuns: 40 },
      );
    });

    it('refuses an unknown grade both ways', () => {
      const { example } = adapter.identifiers.ours;
      const record = aListRecord({ identifier: example, grade: 'platinum' });
      const error = thrownBy(() => [...adapter.list.encode(aListMessage({ records: [record] }))]);
      expect([error.code, error.at]).to.deep.equal(['E_CODE_UNKNOWN', '/records/0/grade']);
    });

    it('shows an operator beside what the partner reads, or why it is not sent', async () => {
      const home = await loadHome(join(adaptersFolder, 'cn'), adapterTools);
      const [operator] = inventOperators(home, { count: 1, advanced: 1, seed: 3, today: '2026-11-23' });
      if (operator === undefined) throw new Error('no operator');
      const sent = previewAdapter(adapter, { ...operator, status: 'active', consent: true }, home);
      expect(sent.reasons).to.deep.equal([]);
      expect(sent.text).to.include(operator.code);
      const unsent = previewAdapter(adapter, { ...operator, status: 'active', consent: false }, home);
      expect(unsent).to.deep.include({ reasons: ['no_consent'], fields: [], text: '' });
    });
  });
}

describe('the schemas of the XML adapters, read by another implementation', () => {
  for (const cc of ['kr', 'hk']) {
    it(`${cc}: xmllint takes the samples, with and without a signature, and refuses what the schema does not show`, () => {
      const schema = join(adaptersFolder, cc, 'list.xsd');
      const sample = readFileSync(join(adaptersFolder, cc, 'samples', 'list-full', '2-list.xml'), 'utf8');
      const signature = '<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo/></ds:Signature>';
      const signed = sample.replace(/(<\/[^<]*>\s*)$/u, `${signature}$1`);
      expect(valid(schema, sample)).to.equal(true);
      expect(valid(schema, signed)).to.equal(true);
      expect(valid(schema, signed.replace(signature, signature + signature))).to.equal(false);
      expect(valid(schema, sample.replace(/ Id="[^"]*"/u, ''))).to.equal(false);
      expect(
        valid(
          schema,
          readFileSync(join(adaptersFolder, cc, 'samples', 'refuse-unknown-element', '1-list.xml'), 'utf8'),
        ),
      ).to.equal(false);
    });
  }

  function valid(schema: string, document: string): boolean {
    try {
      execFileSync('xmllint', ['--noout', '--nonet', '--schema', schema, '-'], {
        input: document,
        stdio: ['pipe', 'ignore', 'ignore'],
      });
      return true;
    } catch (error) {
      // 3 and 4: the document does not follow the schema. Everything else is trouble of another kind.
      if (error instanceof Error && 'status' in error && (error.status === 3 || error.status === 4)) return false;
      throw error;
    }
  }
});

describe('a fourth partner', () => {
  let folder: string;
  beforeEach(() => {
    folder = join(mkdtempSync(join(tmpdir(), 'adapters-')), 'xb');
    cpSync(join(adaptersFolder, 'kr'), folder, { recursive: true });
  });
  afterEach(() => rmSync(join(folder, '..'), { recursive: true }));

  function edit(file: string, changes: Readonly<Record<string, string>>): void {
    let content = readFileSync(join(folder, file), 'utf8');
    for (const [from, to] of Object.entries(changes)) {
      expect(content, `${file}: ${from}`).to.include(from);
      content = content.replaceAll(from, to);
    }
    writeFileSync(join(folder, file), content);
  }

  it('is added by copying a folder and changing data, and needs no program', async () => {
    rmSync(join(folder, 'samples'), { recursive: true });
    edit('adapter.yaml', {
      'partner: KR': 'partner: XB',
      'Korea Customs Service': 'Borealia Customs',
      'Asia/Seoul': 'Asia/Tokyo',
      "code: '[0-9A-Z]{7}'": "code: '[A-Z]{2}[0-9]{6}-[0-9]'",
      'form: KR{code}': 'form: XB/{code}',
      'example: KR1234567': 'example: XB/AB123456-7',
      'form: AEOCN{code}': 'form: CN{code}',
      'example: AEOCN4403131697': 'example: CN4403131697',
      "active: '01', suspended: '02'": 'active: ACT, suspended: SUS',
      'rsa-sha256': 'ecdsa-p256-sha256',
      'transport: amqp': 'transport: https',
    });
    const names = {
      'urn:mra:profile:kr:1': 'urn:borealia:aeo',
      'kr:': 'b:',
      ':kr=': ':b=',
      'AEOList>': 'Traders>',
      'AEOList ': 'Traders ',
    };
    edit('list.xml', {
      ...names,
      '{validFrom|date:yyyyMMdd}': '{validFrom|date:dd.MM.yyyy}',
      '<b:ID>{identifier}</b:ID>\n    <b:Name>{name.latin}</b:Name>':
        '<b:Trader number="{identifier}"><b:Title>{name.latin}</b:Title><b:Town>{address.city?}</b:Town></b:Trader>',
    });
    edit('reply.xml', { 'urn:mra:profile:kr:1': 'urn:borealia:aeo' });
    const adapter = await loadAdapter(folder, adapterTools);
    expect([adapter.cc, adapter.partner, adapter.list.type, adapter.transport]).to.deep.equal([
      'xb',
      'XB',
      '{urn:borealia:aeo}Traders',
      'https',
    ]);
    const known = aListRecord({ identifier: 'CN4403131697', status: 'suspended', validTo: '2028-02-29' });
    const record = adapter.list.asSeen(known);
    expect(record.address).to.deep.equal({ city: 'SHENZHEN' });
    const list = aListMessage({
      records: [record],
      departures: [{ identifier: 'CN4403131698', reason: 'left', since: '2026-01-31' }],
    });
    const written = [...adapter.list.encode(list)].join('');
    expect(written)
      .to.include('<b:Trader number="CN4403131697">')
      .and.to.include('<b:ValidFrom>20.05.2024<')
      .and.to.include('<b:Status>SUS<');
    expect(decodeText(adapter.list, written, adapterTools)).to.deep.equal(list);
  });
});
