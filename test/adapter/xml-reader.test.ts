/** Lists read by the decoders of all partners, and the decoder of XML beside a reference over saxes: the same lists, the same refusals. */

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import type { Adapter, ListFormat } from '../../gateway/adapter/adapter.ts';
import { inventList } from '../../gateway/adapter/check/generate.ts';
import { seededRandom, type SeededRandom } from '../../gateway/model/seeded-random.ts';
import { loadAdapter } from '../../gateway/adapter/load.ts';
import { isGatewayError } from '../../gateway/model/errors.ts';
import type { ListMessage } from '../../gateway/model/list/list.ts';
import { packList } from '../../gateway/model/record/packed-records.ts';
import { viewRecord } from '../../gateway/model/record/partner-view.ts';
import { joinChunks } from '../../gateway/adapter/format.ts';
import { roles, type ListRecord } from '../../gateway/model/record/record.ts';
import { readBody } from '../../gateway/wire/xml/read-body.ts';
import { readCanonical } from '../../gateway/wire/xml/canonical-xml.ts';
import { loadSchema, validate } from '../../gateway/wire/xsd/schema.ts';
import { checkUnsigned, seal } from '../../gateway/wire/signature/seal.ts';
import { verify } from '../../gateway/wire/signature/verify.ts';
import { adapterTools, adaptersFolder } from '../support/adapter-tools.ts';
import { decoded, encoded, isDocumentRefused, isRead, referenceOutcome, shownList } from '../support/list-decoding.ts';
import { referencesOf, type Reference } from '../support/xml-reference.ts';
import { aListRecord } from '../support/messages.ts';
import { testKeyring, testNow, trustIn } from '../support/pki.ts';
import { damaged } from '../support/xml-mutations.ts';

interface Layout {
  readonly title: string;
  readonly adapter: Adapter;
  readonly format: ListFormat;
  /** Of XML. */
  readonly reference: Reference | undefined;
}

async function layoutsOf(cc: string): Promise<Layout[]> {
  const adapter = await loadAdapter(join(adaptersFolder, cc), adapterTools);
  const formats = new Set(adapter.periods.map((day) => adapter.formatsOn(day).list));
  const references = await referencesOf(adapter);
  return [...formats].map((format) => ({
    title: `${cc}, ${format.type}`,
    adapter,
    format,
    reference: references.get(format),
  }));
}

const folders = readdirSync(adaptersFolder).filter((cc) => existsSync(join(adaptersFolder, cc, 'adapter.yaml')));
const layouts = (await Promise.all(folders.map(layoutsOf))).flat();
const xmlLayouts = layouts.flatMap(({ reference, ...layout }) =>
  reference === undefined ? [] : [{ ...layout, reference }],
);

function anOperator({ adapter, format }: Omit<Layout, 'reference'>, changes: Partial<ListRecord> = {}): ListRecord {
  const grade = adapter.otherSide.grades[0] ?? '';
  return viewRecord(aListRecord({ identifier: adapter.identifiers.theirs.example, grade, ...changes }), format.view);
}

/** A list of the layout; its records need not be such as the layout carries. */
function aList({ adapter, format }: Omit<Layout, 'reference'>, records: readonly ListRecord[]): ListMessage {
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

function recordOf(layout: Omit<Layout, 'reference'>): fc.Arbitrary<ListRecord> {
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

describe('lists read by their format', () => {
  it('come back as they were written, in every format', () => {
    expect(new Set(layouts.map(({ format }) => format.format))).to.deep.equal(new Set(['xml', 'json', 'text']));
    for (const { title, adapter, format } of layouts) {
      for (let seed = 1; seed <= 60; seed += 1) {
        const message = packList(inventList(adapter, seededRandom(seed), format));
        const bytes = Buffer.from(joinChunks(format.encode(message)));
        expect(decoded(format, bytes), title).to.deep.equal(shownList(format.asDecoded(message)));
      }
    }
  });

  for (const layout of xmlLayouts) {
    const { title, adapter, format, reference } = layout;

    it(`${title}: texts of all kinds, and roles in any order, are read as the reference reads them`, () => {
      const counts = { plain: 0, escaped: 0 };
      const property = fc.property(fc.array(recordOf(layout), { minLength: 1, maxLength: 5 }), (records) => {
        let bytes: Buffer;
        try {
          bytes = encoded(format, aList(layout, records));
        } catch (error) {
          // A character that XML, or the layout, does not carry.
          if (isGatewayError(error) && error.code === 'E_VALUE_INVALID') return;
          throw error;
        }
        expect(decoded(format, bytes)).to.deep.equal(referenceOutcome(reference, bytes));
        counts[bytes.includes('&') ? 'escaped' : 'plain'] += 1;
      });
      // Always the same ones, so that there are enough of both kinds.
      fc.assert(property, { numRuns: 300, seed: 20_261_129 });
      expect(counts.plain).to.be.greaterThan(30);
      expect(counts.escaped).to.be.greaterThan(5);
    });

    it(`${title}: a damaged list is refused, or read, as by the reference`, () => {
      const random = seededRandom(20261129);
      const counts = { canonical: 0, read: 0, refused: 0 };
      const sources = Array.from({ length: 4 }, (_, i) => {
        const message = inventList(adapter, seededRandom(i), format);
        return encoded(format, { ...message, records: [anOperator(layout), ...message.records, anOperator(layout)] });
      });
      for (let run = 0; run < 1600; run += 1) {
        const source = sources[run % sources.length] ?? Buffer.from('');
        const bytes = run % 4 === 0 ? damaged(source, random) : changed(source, random);
        const outcome = decoded(format, bytes);
        const isCanonical = readCanonical(bytes) !== undefined;
        // libxml2 refuses some encodings and namespaces that saxes accepts.
        if (isCanonical || !isDocumentRefused(outcome))
          expect(outcome, bytes.toString()).to.deep.equal(referenceOutcome(reference, bytes));
        if (isCanonical) counts.canonical += 1;
        counts[isRead(outcome) ? 'read' : 'refused'] += 1;
      }
      expect(counts.canonical).to.be.greaterThan(800);
      expect(counts.read).to.be.greaterThan(50);
      expect(counts.refused).to.be.greaterThan(500);
    });

    it(`${title}: the place of a refusal counts the records before it`, () => {
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
      const outcome = decoded(format, broken);
      expect(outcome).to.deep.equal(referenceOutcome(reference, broken));
      expect(String((outcome as unknown[])[1])).to.match(/\[4\]/u);
    });
  }
});

describe('a signed list', () => {
  const [first] = xmlLayouts;

  it('is read alike in canonical form and in another', async () => {
    if (first === undefined) throw new Error('no XML');
    const { format } = first;
    const [ours, schema] = [await testKeyring('XA'), loadSchema(format.schema)];
    const message = aList(
      first,
      Array.from({ length: 9 }, () => anOperator(first)),
    );
    using draft = checkUnsigned(encoded(format, message), format, schema);
    const { bytes } = await seal(draft, ours.signer('rsa-sha256'), {
      id: message.id,
      partner: 'XA',
      kind: 'list',
      at: testNow.toISOString(),
    });
    for (const sent of [bytes, Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes])]) {
      const raw = { partner: 'XA', via: 'file', bytes: sent, receivedAt: testNow.toISOString() } as const;
      using verified = await verify(raw, trustIn(ours, 'rsa-sha256', ['xml-signature']), testNow);
      const list = readBody(validate(verified, schema), format.decoder());
      expect(shownList(list)).to.deep.equal(shownList(format.asDecoded(packList(message))));
    }
  });
});
