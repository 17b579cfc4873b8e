/** Lists read into packed records: the same records, head and refusals as when they are read into objects, by each format and template. */

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import type { Adapter, ListFormat } from '../../gateway/adapter/adapter.ts';
import { inventList } from '../../gateway/adapter/check/generate.ts';
import { seededRandom, type SeededRandom } from '../../gateway/model/seeded-random.ts';
import { loadAdapter } from '../../gateway/adapter/load.ts';
import { isGatewayError } from '../../gateway/model/errors.ts';
import type { ListMessage, ListRecord } from '../../gateway/model/list/list.ts';
import { packedOf } from '../../gateway/model/record/packed-records.ts';
import { roles } from '../../gateway/model/record/domestic-record.ts';
import { readBody } from '../../gateway/wire/xml/read-body.ts';
import { readCanonical } from '../../gateway/wire/xml/canonical-xml.ts';
import { loadSchema, validate } from '../../gateway/wire/xsd/schema.ts';
import { checkDraft, seal } from '../../gateway/wire/signature/seal.ts';
import { verify } from '../../gateway/wire/signature/verify.ts';
import { adapterTools, adaptersFolder } from '../support/adapter-tools.ts';
import { byBytes, byObjects, counting, encoded, isRead, shownList } from '../support/list-decoding.ts';
import { aListRecord } from '../support/messages.ts';
import { testKeyring, testNow, trustIn } from '../support/pki.ts';
import { damaged } from '../support/xml-mutations.ts';

interface Layout {
  readonly title: string;
  readonly adapter: Adapter;
  readonly format: ListFormat;
}

async function layoutsOf(cc: string): Promise<Layout[]> {
  const adapter = await loadAdapter(join(adaptersFolder, cc), adapterTools);
  const formats = new Set(adapter.stretches.map((day) => adapter.on(day).list));
  return [...formats].map((format) => ({ title: `${cc}, ${format.type}`, adapter, format }));
}

const folders = readdirSync(adaptersFolder).filter((cc) => existsSync(join(adaptersFolder, cc, 'adapter.yaml')));
const layouts = (await Promise.all(folders.map(layoutsOf))).flat();
const xmlLayouts = layouts.filter(({ format }) => format.format === 'xml');

function anOperator({ adapter, format }: Layout, changes: Partial<ListRecord> = {}): ListRecord {
  const grade = adapter.otherSide.grades[0] ?? '';
  return format.asSeen(aListRecord({ identifier: adapter.identifiers.theirs.example, grade, ...changes }));
}

/** A list of the layout; its records need not be such as the layout carries. */
function aList({ adapter, format }: Layout, records: readonly ListRecord[]): ListMessage {
  return { ...inventList(adapter, seededRandom(1), format), records, departures: [] };
}

const pieces = [
  '"',
  '\\',
  '&',
  '<',
  '>',
  "'",
  '\t',
  '\n',
  '\r',
  ' ',
  '\u007f',
  '\u2028',
  'é',
  '示',
  '\u{1f6a2}',
  ']]>',
];
const piece = fc.oneof(fc.constantFrom(...pieces), fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }));
const word = fc.array(piece, { minLength: 1, maxLength: 4 }).map((all) => all.join(''));
const maybe = fc.option(word, { nil: undefined, freq: 2 });
const text = fc.oneof({ weight: 3, arbitrary: fc.constant('PLAIN CO., LTD.') }, { weight: 1, arbitrary: word });

function recordOf(layout: Layout): fc.Arbitrary<ListRecord> {
  const { otherSide } = layout.adapter;
  return fc
    .record({
      latin: text,
      local: text,
      city: maybe,
      grade: fc.constantFrom(...otherSide.grades),
      status: fc.constantFrom('active' as const, 'suspended' as const),
      validTo: fc.option(fc.constantFrom('2029-02-28', '2028-02-29'), { nil: undefined }),
      roles: fc.oneof(fc.subarray([...roles]), fc.array(fc.constantFrom(...roles), { maxLength: 3 })),
    })
    .map(({ latin, local, city, validTo, ...rest }) => {
      const address = { latin, ...(city === undefined ? {} : { city }), local };
      const changes = { name: { latin, local }, address, ...rest, ...(validTo === undefined ? {} : { validTo }) };
      return anOperator(layout, changes);
    });
}

const element = /<([\w:]+)(?: [^<>]*)?>[^<]*<\/\1>/gu;
const attribute = / [\w:]+="[^"]*"/gu;
const value = /(?<=>)[^<>\n]+(?=<\/)|(?<==")[^"]+(?=")/gu;

/** A list changed in one place, and mostly canonical still: an element or attribute lost, twice, moved or renamed, or another value. */
function changed(bytes: Buffer, random: SeededRandom): Buffer {
  const whole = bytes.toString();
  const one = (pattern: RegExp): { readonly at: number; readonly what: string } => {
    const all = [...whole.matchAll(pattern)];
    const match = all[random.below(all.length)];
    return { at: match?.index ?? 0, what: match?.[0] ?? '' };
  };
  const put = ({ at, what }: { at: number; what: string }, instead: string): string =>
    whole.slice(0, at) + instead + whole.slice(at + what.length);
  const found = one([element, attribute, value, value][random.below(4)] ?? value);
  const other = one(found.what.startsWith('<') ? element : found.what.startsWith(' ') ? attribute : value);
  const { what } = found;
  const middle = random.below(what.length + 1);
  const more =
    ['', 'x', ' ', '\n', '"', '&amp;', '&quot;', '&#xD;', '示', '\\', '0', '<x></x>'][random.below(12)] ?? '';
  const changes = ['', what + what, other.what, what + other.what, what.replace(/\w/u, 'q'), more, what + more];
  const instead = changes[random.below(9)] ?? what.slice(0, middle) + more + what.slice(middle);
  return Buffer.from(put(found, instead));
}

describe('lists read into packed records', () => {
  it('in every format, the list comes as it would with objects', () => {
    expect(new Set(layouts.map(({ format }) => format.format))).to.deep.equal(new Set(['xml', 'json', 'text']));
    for (const { title, adapter, format } of layouts) {
      for (let seed = 1; seed <= 60; seed += 1) {
        const message = inventList(adapter, seededRandom(seed), format);
        const bytes = encoded(format, message);
        const packed = byBytes(format, bytes);
        expect(packed.outcome, title).to.deep.equal(byObjects(format, bytes).outcome);
        expect(packed.outcome, title).to.have.property('id', message.id);
      }
    }
  });

  for (const layout of xmlLayouts) {
    const { title, adapter, format } = layout;

    it(`${title}: texts of all kinds, and roles in any order, come as they do with objects`, () => {
      const counts = { plain: 0, other: 0 };
      const property = fc.property(fc.array(recordOf(layout), { minLength: 1, maxLength: 5 }), (records) => {
        let bytes: Buffer;
        try {
          bytes = encoded(format, aList(layout, records));
        } catch (error) {
          // A character that XML, or the layout, does not carry.
          if (isGatewayError(error) && error.code === 'E_VALUE_INVALID') return;
          throw error;
        }
        const packed = byBytes(format, bytes);
        const objects = byObjects(format, bytes);
        expect(packed.outcome).to.deep.equal(objects.outcome);
        counts[packed.told < objects.told ? 'plain' : 'other'] += 1;
      });
      // Always the same ones, so that there are enough of both kinds.
      fc.assert(property, { numRuns: 300, seed: 20_261_129 });
      expect(counts.plain).to.be.greaterThan(30);
      expect(counts.other).to.be.greaterThan(5);
    });

    it(`${title}: no element of a plain record is told`, () => {
      const plain = [
        anOperator(layout),
        anOperator(layout, { validTo: '2030-01-31', roles: [] }),
        anOperator(layout, { roles: [...roles], status: 'suspended' }),
        // What else the layout lets be absent.
        anOperator(layout, { name: pick(layout, 'name'), address: pick(layout, 'address') }),
      ];
      const told = (records: readonly ListRecord[]): number =>
        byBytes(format, encoded(format, aList(layout, records))).told;
      const around = told([]);
      expect(told(plain)).to.equal(around);
      const hard = anOperator(layout, { name: { latin: 'X "Y"', local: '示 & 例' } });
      const alone = told([hard]);
      expect(alone).to.be.greaterThan(around);
      expect(told([...plain, hard, ...plain])).to.equal(alone);
    });

    it(`${title}: a damaged list is refused, or read, as it is with objects`, () => {
      const random = seededRandom(20261129);
      const counts = { canonical: 0, read: 0, refused: 0, taken: 0 };
      const sources = Array.from({ length: 4 }, (_, i) => {
        const message = inventList(adapter, seededRandom(i), format);
        return encoded(format, { ...message, records: [anOperator(layout), ...message.records, anOperator(layout)] });
      });
      for (let run = 0; run < 1600; run += 1) {
        const source = sources[run % sources.length] ?? Buffer.from('');
        const bytes = run % 4 === 0 ? damaged(source, random) : changed(source, random);
        const packed = byBytes(format, bytes);
        const objects = byObjects(format, bytes);
        expect(packed.outcome, bytes.toString()).to.deep.equal(objects.outcome);
        if (readCanonical(bytes) !== undefined) counts.canonical += 1;
        counts[isRead(objects) ? 'read' : 'refused'] += 1;
        if (packed.told < objects.told) counts.taken += 1;
      }
      expect(counts.canonical).to.be.greaterThan(800);
      expect(counts.read).to.be.greaterThan(50);
      expect(counts.refused).to.be.greaterThan(500);
      expect(counts.taken).to.be.greaterThan(200);
    });

    it(`${title}: the place of a complaint counts the records that were taken before`, () => {
      const bytes = encoded(
        format,
        aList(
          layout,
          Array.from({ length: 5 }, () => anOperator(layout)),
        ),
      );
      const days = [...bytes.toString('latin1').matchAll(/20\d\d[-\d]{4,6}|\d\d\.\d\d\.20\d\d/gu)].map(
        ({ index }) => index,
      );
      // The days of the last record but one are broken.
      const from = days.at(-3) ?? 0;
      const broken = Buffer.from(bytes);
      broken.write('x', from);
      const packed = byBytes(format, broken);
      expect(packed.outcome).to.deep.equal(byObjects(format, broken).outcome);
      expect(String((packed.outcome as unknown[])[1])).to.match(/\[4\]/u);
      expect(packed.told).to.be.lessThan(byObjects(format, broken).told);
    });
  }
});

/** The texts of a record without which the layout cannot be written. */
function pick({ format }: Layout, group: string): Record<string, string> {
  const needed = format.needs.filter((path) => path.startsWith(`${group}.`));
  return Object.fromEntries(needed.map((path) => [path.slice(group.length + 1), 'X']));
}

describe('a signed list read into packed records', () => {
  const [first] = xmlLayouts;

  it('is read by its bytes where it is canonical, and by its events in another form', async () => {
    if (first === undefined) throw new Error('no XML');
    const { format } = first;
    const [ours, schema] = [await testKeyring('XA'), loadSchema(format.schema)];
    const message = aList(
      first,
      Array.from({ length: 9 }, () => anOperator(first)),
    );
    using draft = checkDraft(encoded(format, message), format, schema);
    const { bytes } = await seal(draft, ours.signer('rsa-sha256'), { id: message.id, partner: 'XA', kind: 'list' });
    const told: number[] = [];
    for (const sent of [bytes, Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes])]) {
      const raw = { partner: 'XA', via: 'file', bytes: sent, receivedAt: testNow.toISOString() } as const;
      using verified = await verify(raw, trustIn(ours, 'rsa-sha256', ['xml-signature']), testNow);
      const count = { told: 0 };
      const list = readBody(validate(verified, schema), counting(format.packedDecoder(), count));
      expect(shownList(list)).to.deep.equal(shownList({ ...message, records: packedOf(message.records) }));
      told.push(count.told);
    }
    const [direct = 0, beside = 0] = told;
    expect(beside).to.equal(byObjects(format, encoded(format, message)).told);
    expect(direct).to.equal(byBytes(format, encoded(format, aList(first, []))).told);
  });
});
