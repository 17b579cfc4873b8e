/** The reader of canonical documents beside libxml2: whatever it takes, libxml2 takes, with the same bytes, events and verdicts. */

import { writeText } from '../support/format-text.ts';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { MessageFormat } from '../../gateway/adapter/adapter.ts';
import { inventList, inventReply } from '../../gateway/adapter/check/generate.ts';
import { seededRandom } from '../../gateway/model/seeded-random.ts';
import { loadAdapter } from '../../gateway/adapter/load.ts';
import { isGatewayError } from '../../gateway/model/errors.ts';
import { readBody } from '../../gateway/wire/xml/read-body.ts';
import { canonicalPieces, readCanonical } from '../../gateway/wire/xml/canonical-xml.ts';
import { kindMask, nameShift, startTag, type CanonicalXml } from '../../gateway/model/canonical-tokens.ts';
import type { Keyring } from '../../gateway/wire/signature/keys.ts';
import { canonicalBytes, parseXml, xsdFaults } from '../../gateway/wire/xml/libxml.ts';
import { loadSchema, validate, type Schema } from '../../gateway/wire/xsd/schema.ts';
import { verify } from '../../gateway/wire/signature/verify.ts';
import { checkUnsigned, seal } from '../../gateway/wire/signature/seal.ts';
import { guardXml } from '../../gateway/wire/xml/xml-guard.ts';
import { readDocument, readSignedXml, readXmlTree } from '../../gateway/wire/xml/xml-tree.ts';
import { thrownBy } from '../support/thrown.ts';
import { accepts } from '../../gateway/wire/xsd/accepts.ts';
import { adapterTools, adaptersFolder } from '../support/adapter-tools.ts';
import { forged } from '../support/forged-xml.ts';
import { treeOf, treeOfTokens } from '../support/saxes-tree.ts';
import { testKeyring, testNow, trustIn } from '../support/pki.ts';
import { damaged } from '../support/xml-mutations.ts';

const folders = readdirSync(adaptersFolder).filter((cc) => existsSync(join(adaptersFolder, cc, 'list.xml')));
const mark = Buffer.from([0xef, 0xbb, 0xbf]);

/** Holds a document that was taken against libxml2 and saxes; gives whether the acceptor took it too. */
function compare(bytes: Uint8Array, taken: CanonicalXml, schema: Schema): boolean {
  const document = parseXml(guardXml(bytes));
  try {
    const canonical = Buffer.concat(canonicalPieces(taken));
    expect(canonical.equals(canonicalBytes(document)), 'canonical bytes').to.equal(true);
    expect(canonical.equals(canonicalBytes(document, 'inclusive')), 'inclusive canonical bytes').to.equal(true);
    expect(treeOfTokens(taken)).to.deep.equal(treeOf(canonical));
    const acceptor = schema.format === 'xml' ? schema.acceptor() : undefined;
    if (schema.format !== 'xml' || acceptor === undefined || !accepts(acceptor, taken)) return false;
    expect(xsdFaults(schema.validator, document)).to.deep.equal([]);
    return true;
  } finally {
    document.dispose();
  }
}

/** Not as the canonical form is written, or nothing a partner may send: each is for libxml2 to read, and mostly to refuse. */
const left: readonly (readonly [title: string, document: string])[] = [
  ['declarations that are not sorted', '<a:r xmlns:b="urn:b" xmlns:a="urn:a" b:x=""></a:r>'],
  ['a declaration of what is known', '<a:r xmlns:a="urn:a"><a:x xmlns:a="urn:a"></a:x></a:r>'],
  ['a declaration that the element does not use', '<a:r xmlns:a="urn:a" xmlns:b="urn:b"><b:x></b:x></a:r>'],
  ['a declaration of the prefix xml', '<xml:r xmlns:xml="urn:a"></xml:r>'],
  ['a relative namespace', '<r xmlns="a"></r>'],
  ['a declaration after an attribute', '<r a="" xmlns="urn:a"></r>'],
  ['attributes that are not sorted', '<r b="" a=""></r>'],
  ['prefixed attributes before plain ones', '<r xmlns:q="urn:q" q:a="" b=""></r>'],
  ['an attribute twice by two prefixes', '<r xmlns:a="urn:q" xmlns:b="urn:q" a:x="" b:x=""></r>'],
  ['an attribute of the xml namespace', '<r xml:lang="en"></r>'],
  ['a prefix that nobody declares', '<r><a:x></a:x></r>'],
  ['a prefix out of its scope', '<r><a:x xmlns:a="urn:a"></a:x><a:y></a:y></r>'],
  ['an empty-element tag', '<r/>'],
  ['a carriage return', '<r>\r\n</r>'],
  ['a bare > in a text', '<r>></r>'],
  ['a tab in an attribute', '<r a="\t"></r>'],
  ['a reference to a plain letter', '<r>&#65;</r>'],
  ['a document within a document', '<r></r><r></r>'],
  [
    'a signature below a child',
    '<r><x><S:Signature xmlns:S="http://www.w3.org/2000/09/xmldsig#"></S:Signature></x></r>',
  ],
  ['another element of that namespace', '<r><S:Object xmlns:S="http://www.w3.org/2000/09/xmldsig#"></S:Object></r>'],
  [
    'a signature with text behind it',
    '<r><S:Signature xmlns:S="http://www.w3.org/2000/09/xmldsig#"></S:Signature>x</r>',
  ],
  [
    'a signature with a carriage return behind it',
    '<r><S:Signature xmlns:S="http://www.w3.org/2000/09/xmldsig#"></S:Signature>\r</r>',
  ],
  ['the id of the root on another element', '<r Id="a"><x ID="a"></x></r>'],
  ['more names than are kept', `<r>${Array.from({ length: 1100 }, (_, i) => `<n${i}></n${i}>`).join('')}</r>`],
  ['more scopes than are kept', `<r>${Array.from({ length: 130 }, (_, i) => `<x xmlns="urn:${i}"></x>`).join('')}</r>`],
  ['more levels than are read', '<r>'.repeat(65) + '</r>'.repeat(65)],
  ['too long a text', `<r>${'x'.repeat(1024 * 1024 + 1)}</r>`],
  ['too long an attribute', `<r a="${'x'.repeat(64 * 1024)}"></r>`],
];

describe('the reader of canonical documents', () => {
  interface Source {
    readonly partner: string;
    readonly format: MessageFormat<unknown>;
    readonly schema: Schema;
    readonly bytes: Buffer;
  }
  const sources: Source[] = [];
  /** A list of each layout that is longer than what is made into text at once. */
  const large: Source[] = [];
  let ours: Keyring;
  before(async () => {
    ours = await testKeyring('XA');
    const add = (to: Source[], partner: string, format: MessageFormat<unknown>, messages: readonly unknown[]): void => {
      const schema = loadSchema(format.schema);
      for (const message of messages)
        to.push({ partner, format, schema, bytes: Buffer.from(writeText(format, message)) });
    };
    const seeds = Array.from({ length: 12 }, (_, i) => i + 1);
    for (const cc of folders) {
      const adapter = await loadAdapter(join(adaptersFolder, cc), adapterTools);
      for (const { list, reply } of adapter.periods.map((day) => adapter.formatsOn(day))) {
        if (list.format !== 'xml') continue;
        const lists = seeds.map((seed) => inventList(adapter, seededRandom(seed), list));
        if (reply === undefined) continue;
        const replies = seeds.map((seed) => inventReply(adapter, seededRandom(seed), reply));
        const records = lists.flatMap((each) => each.records);
        add(sources, cc, list, lists);
        add(sources, cc, reply, replies);
        add(large, cc, list, [{ ...lists[0], records: Array.from({ length: 60 }, () => records).flat() }]);
      }
    }
  });

  it('takes every message this gateway writes in XML, and the schemas of all partners say yes to it at once', () => {
    expect(sources.length).to.be.greaterThan(100);
    for (const { bytes } of large) expect(bytes.length).to.be.greaterThan(150_000);
    for (const { partner, schema, bytes } of [...sources, ...large]) {
      const taken = readCanonical(bytes);
      expect(taken, `${partner}: ${bytes.toString()}`).to.not.equal(undefined);
      if (taken !== undefined) expect(compare(bytes, taken, schema), partner).to.equal(true);
    }
  });

  it('takes a message that was sealed here, and libxml2 parses nothing of it but the signature', async () => {
    for (const { partner, format, schema, bytes } of large) {
      using draft = checkUnsigned(bytes, format, schema);
      const sealed = await seal(draft, ours.signer('rsa-sha256'), {
        id: 'm1',
        partner,
        kind: 'list',
        at: testNow.toISOString(),
      });
      const tree = readSignedXml(sealed.bytes);
      expect(tree.canonical, partner).to.not.equal(undefined);
      expect(tree.type).to.equal(format.type);
      expect(canonicalBytes(tree.signed()).length).to.be.lessThan(6000);
      tree.dispose();
      // What is to be sealed and holds a signature already is not signed without it.
      const again = readXmlTree(sealed.bytes);
      expect(again.canonical).to.equal(undefined);
      again.dispose();
    }
  });

  for (const [title, document] of left) {
    it(`leaves ${title} to libxml2`, () => {
      expect(readCanonical(Buffer.from(document))).to.equal(undefined);
    });
  }

  it('knows namespaces that change from element to element, and attributes in them', () => {
    const document =
      '<r xmlns="urn:a" b="1" c="2"><x xmlns="urn:b" xmlns:p="urn:p" xmlns:q="urn:o" a="" q:z="" p:y="&#x9;&quot;>">' +
      '<p:z></p:z></x><x></x><p:x xmlns:p="urn:q"><p:x xmlns:p="urn:p"></p:x></p:x>&amp;&#xD;&gt;"</r>';
    const taken = readCanonical(Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n\n${document}\n`));
    const [source] = sources;
    if (taken === undefined || source === undefined) throw new Error('not taken');
    expect(compare(Buffer.from(document), taken, source.schema)).to.equal(false);
  });

  it('keeps several hundred names apart, in one document after the other', () => {
    for (let round = 0; round < 8; round += 1) {
      const names = Array.from({ length: 500 }, (_, i) => `<n${round}-${i}></n${round}-${i}>`).join('');
      const { tokens, names: known = [] } = readCanonical(Buffer.from(`<r>${names}${names}</r>`)) ?? {};
      const told = [...(tokens?.numbers.subarray(0, tokens.used) ?? [])].filter(
        (token) => (token & kindMask) === startTag,
      );
      const read = told.map((token) => known[token >>> nameShift]?.name);
      expect(read.slice(0, 501)).to.deep.equal(['r', ...Array.from({ length: 500 }, (_, i) => `n${round}-${i}`)]);
      expect(read.slice(501)).to.deep.equal(read.slice(1, 501));
    }
  });

  it('a document that was disposed of holds nothing, and its memory serves the next without a trace of it', () => {
    const long = readXmlTree(Buffer.from(`<r>${'<a>long</a>'.repeat(500)}</r>`));
    const { canonical } = long;
    const before = canonical?.tokens.numbers;
    long.dispose();
    expect(canonical?.tokens).to.deep.equal({ numbers: new Int32Array(), used: 0 });
    const [next, beside] = ['<r><b>x</b></r>', '<r><c>y</c></r>'].map((text) => readXmlTree(Buffer.from(text)));
    expect(next?.canonical?.tokens.numbers).to.equal(before);
    expect(beside?.canonical?.tokens.numbers).to.not.equal(before);
    for (const [tree, text] of [
      [next, '<r><b>x</b></r>'],
      [beside, '<r><c>y</c></r>'],
    ] as const) {
      expect(Buffer.from(tree?.content() ?? []).toString()).to.equal(text);
      tree?.dispose();
    }
  });

  it('takes no damaged message that libxml2 refuses, or reads or judges in another way', () => {
    const random = seededRandom(20260401);
    const counts = { made: 0, taken: 0, accepted: 0 };
    for (let run = 0; run < 12_000; run += 1) {
      const source = sources[run % sources.length];
      if (source === undefined) continue;
      const bytes = damaged(source.bytes, random);
      const taken = readCanonical(bytes);
      counts.made += 1;
      // A signature is not looked into by this reader; see below.
      if (taken === undefined || taken.signature !== undefined) continue;
      counts.taken += 1;
      try {
        if (compare(bytes, taken, source.schema)) counts.accepted += 1;
      } catch (error) {
        throw new Error(`run ${run}: ${bytes.toString()}`, { cause: error });
      }
    }
    // The damage is light enough that much is still canonical, and heavy enough that most is not valid.
    expect(counts.taken).to.be.greaterThan(1000);
    expect(counts.accepted).to.be.greaterThan(300);
    expect(counts.taken - counts.accepted).to.be.greaterThan(500);
  });

  /** What becomes of a message from its bytes to our own words: a code, or what is read. */
  async function outcome(bytes: Uint8Array, { format, schema }: Source): Promise<unknown> {
    const raw = { partner: 'XA', via: 'file', bytes, receivedAt: testNow.toISOString() } as const;
    try {
      using message = await verify(raw, trustIn(ours, 'rsa-sha256', ['xml-signature']), testNow);
      const content = Buffer.from(message.content).toString('latin1');
      try {
        return [content, readBody<unknown>(validate(message, schema), format.decoder())];
      } catch (error) {
        if (isGatewayError(error)) return [content, error.code, error.at];
        throw error;
      }
    } catch (error) {
      if (isGatewayError(error)) return error.code;
      throw error;
    }
  }

  it('a signed message comes to the same end whether it is taken or, behind a byte order mark, left to libxml2', async () => {
    const random = seededRandom(7);
    const ends = new Map<string, number>();
    for (let run = 0; run < 1500; run += 1) {
      const source = sources[run % sources.length];
      if (source === undefined) continue;
      // Damaged before it was signed by somebody who takes it for canonical, or afterwards.
      const isBefore = random.next() < 0.6;
      const body = isBefore ? damaged(source.bytes, random) : source.bytes;
      const start = body.indexOf('<', body.indexOf('?>'));
      const id = / Id="([^"]*)"/u.exec(source.bytes.toString())?.[1] ?? '';
      const signed = forged(ours.signer('rsa-sha256'), {
        body: body.subarray(start).toString().trimEnd(),
        uri: `#${id}`,
      });
      const bytes = isBefore ? signed : damaged(signed, random);
      if (bytes.subarray(0, 3).equals(mark)) continue;
      const [direct, beside] = [await outcome(bytes, source), await outcome(Buffer.concat([mark, bytes]), source)];
      expect(direct, `run ${run}: ${bytes.toString()}`).to.deep.equal(beside);
      const end =
        typeof direct === 'string' ? direct : Array.isArray(direct) && direct.length === 3 ? String(direct[1]) : 'read';
      ends.set(end, (ends.get(end) ?? 0) + 1);
    }
    for (const end of [
      'read',
      'E_SCHEMA_INVALID',
      'E_SIGNATURE_INVALID',
      'E_XML_MALFORMED',
      'E_XML_FORBIDDEN',
      'E_BYTES_INVALID',
    ])
      expect(ends.get(end) ?? 0, end).to.be.greaterThan(10);
  });

  it('reads up to 1,024 names, whatever was read before', () => {
    const document = (prefix: string, count: number): Buffer => {
      const names = Array.from({ length: count - 1 }, (_, i) => `<${prefix}${i}/>`);
      return Buffer.from(`<${prefix}>${names.join('')}</${prefix}>`);
    };
    for (const [prefix, count] of [
      ['a', 500],
      ['b', 900],
      ['c', 1024],
    ] as const)
      expect(readDocument(document(prefix, count)).names.length).to.be.at.least(count);
    expect(thrownBy(() => readDocument(document('d', 1025))).code).to.equal('E_LIMIT_EXCEEDED');
  });
});
