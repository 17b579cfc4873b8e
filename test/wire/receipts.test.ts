/** Receipts, written, sealed, verified and read back. */

import path from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { errorTable, type ErrorCode } from '../../gateway/model/errors.ts';
import { holdReasons, type Receipt } from '../../gateway/model/message.ts';
import type { Keyring } from '../../gateway/wire/signature/keys.ts';
import { canonicalBytes, parseXml } from '../../gateway/wire/xml/libxml.ts';
import { readReceipt, receiptFormat, writeReceipt } from '../../gateway/wire/signature/receipts.ts';
import { loadSchema, validate } from '../../gateway/wire/xsd/schema.ts';
import { checkUnsigned, seal } from '../../gateway/wire/signature/seal.ts';
import { verify } from '../../gateway/wire/signature/verify.ts';
import { readXmlTree } from '../../gateway/wire/xml/xml-tree.ts';
import { accepts } from '../../gateway/wire/xsd/accepts.ts';
import { refusalCode } from '../support/expect-code.ts';
import { testKeyring, testNow, trustIn } from '../support/pki.ts';

const schema = loadSchema(path.resolve(import.meta.dirname, '../../schemas/receipt.xsd'));
const hash = fc.stringMatching(/^[0-9a-f]{64}$/u);
const id = fc.stringMatching(/^[A-Z][A-Z0-9-]{5,30}$/u);
const count = fc.nat(1_000_000);
const code = fc.constantFrom(...(Object.keys(errorTable) as ErrorCode[]), ...holdReasons);
const text = fc.string({
  unit: fc.constantFrom('a', '中', '&', '<', '>', '"', "'", ' ', ']'),
  maxLength: 40,
});
const receipts: fc.Arbitrary<Receipt> = fc.record(
  {
    id,
    from: fc.constantFrom('XA', 'XB'),
    to: fc.constantFrom('XA', 'XB'),
    issuedAt: fc.constantFrom('2026-06-01T08:00:00.000Z', '2024-02-29T23:59:59.999Z'),
    subject: fc.record({ id, digest: hash }, { requiredKeys: ['digest'] }),
    verdict: fc.constantFrom('applied', 'held', 'rejected'),
    reason: fc.record({ code, detail: text, at: text }, { requiredKeys: ['code', 'detail'] }),
    position: fc.record({
      epoch: fc.record({ no: count, id }),
      sequence: count,
      chain: hash,
      root: hash,
      count,
    }),
    records: fc.record({ taken: count, refused: count }),
  },
  { requiredKeys: ['id', 'from', 'to', 'issuedAt', 'subject', 'verdict'] },
);

describe('receipts', () => {
  let ours: Keyring;
  before(async () => {
    ours = await testKeyring('XA');
  });

  const roundTrip = async (xml: string): Promise<Receipt> => {
    using draft = checkUnsigned([xml], receiptFormat, schema);
    const { bytes } = await seal(draft, ours.signer('ecdsa-p256-sha256'), {
      id: 'r',
      partner: 'XB',
      kind: 'receipt',
      at: testNow.toISOString(),
    });
    const raw = { partner: 'XA', via: 'https', bytes, receivedAt: testNow.toISOString() } as const;
    // From a partner whose lists are JWS: receipts are XML all the same.
    using message = await verify(raw, trustIn(ours, 'ecdsa-p256-sha256', ['jws']), testNow);
    return readReceipt(validate(message, schema));
  };

  it('is the same after it was written, sealed, verified and read', async () => {
    await fc.assert(
      fc.asyncProperty(receipts, async (receipt) => {
        expect(await roundTrip(writeReceipt(receipt))).to.deep.equal(receipt);
      }),
      { numRuns: 100, seed: 21 },
    );
  });

  it('are written in canonical form, and accepted without libxml2', () => {
    fc.assert(
      fc.property(receipts, (receipt) => {
        const xml = Buffer.from(writeReceipt(receipt));
        const tree = readXmlTree(xml);
        using document = parseXml(xml);
        expect(Buffer.from(tree.content()).toString()).to.equal(Buffer.from(canonicalBytes(document)).toString());
        const acceptor = schema.format === 'xml' ? schema.acceptor() : undefined;
        if (acceptor === undefined || tree.canonical === undefined) return false;
        return accepts(acceptor, tree.canonical);
      }),
      { numRuns: 100, seed: 21 },
    );
  });

  const plain: Receipt = {
    id: 'R-1',
    from: 'XA',
    to: 'XB',
    issuedAt: '2026-06-01T08:00:00.000Z',
    subject: { digest: 'a'.repeat(64) },
    verdict: 'rejected',
    reason: { code: 'E_SEQUENCE_GAP', detail: 'x' },
  };

  it('does not follow the schema with another verdict, hash, moment or element', async () => {
    const right = writeReceipt(plain);
    const wrong = [
      right.replace('rejected', 'accepted'),
      right.replace('a'.repeat(64), 'A'.repeat(64)),
      right.replace('08:00:00.000Z', '08:00:00Z'),
      right.replace('</Receipt>', '<Note/></Receipt>'),
      right.replace('<From>XA', '<From>xa'),
      right.replace('Id="R-1"', ''),
    ];
    for (const xml of wrong) {
      expect(xml).not.to.equal(right);
      expect(await refusalCode(() => checkUnsigned([xml], receiptFormat, schema)), xml).to.equal('E_SCHEMA_INVALID');
    }
  });

  it('can be written for every text of the acknowledged message', async () => {
    const wild = '\u0000\u001b[31m\ud800\uffff\u202e\r\n' + 'x'.repeat(3000);
    const receipt: Receipt = {
      ...plain,
      subject: { ...plain.subject, id: wild },
      reason: { code: 'E_ELEMENT_UNKNOWN', detail: wild, at: wild },
    };
    const read = await roundTrip(writeReceipt(receipt));
    expect(read.subject.digest).to.equal(plain.subject.digest);
    expect(read.subject.id).to.have.length(256);
    expect(read.reason?.detail).to.match(/^\\u\{0000\}\\u\{001b\}\[31m/u);
  });

  it('is refused with an undefined reason code', async () => {
    const unknown = writeReceipt(plain).replace('E_SEQUENCE_GAP', 'E_SOMETHING');
    expect(await refusalCode(() => roundTrip(unknown))).to.equal('E_CODE_UNKNOWN');
    const inherited = writeReceipt(plain).replace('E_SEQUENCE_GAP', 'toString');
    expect(await refusalCode(() => roundTrip(inherited))).to.equal('E_CODE_UNKNOWN');
  });
});
