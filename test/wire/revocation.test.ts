/** Lists of revoked certificates: which are read, and what they say of a certificate. Made by openssl. */

import { sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import type { PartnerConfig } from '../../gateway/app/config.ts';
import { fetchRevocationLists, foundLists } from '../../gateway/app/revocation.ts';
import { openDatabase, type Database } from '../../gateway/store/database.ts';
import { partnerRevision } from '../../gateway/store/partner-keys.ts';
import { revocationLists } from '../../gateway/store/revocation-lists.ts';
import { makeLog } from '../../gateway/wire/log.ts';
import { readRevocationList, standingOf, type RevocationTerms } from '../../gateway/wire/signature/revocation.ts';
import { checkSigner, type SignerTrust } from '../../gateway/wire/signature/trust.ts';
import { refusalCode } from '../support/expect-code.ts';
import { ecPair, rsaPair, temporaryFolder, testNow } from '../support/pki.ts';
import { authorityCertificate, issuedBy, openAuthority } from '../support/revocation.ts';

const june = { from: '20260601000000Z', until: '20260701000000Z' };
const authority = openAuthority(ecPair());
const [lost, kept] = [issuedBy(authority, 'signing', ecPair()), issuedBy(authority, 'signing', ecPair())];
const lastOfJune = new Date('2026-06-30T00:00:00Z');

const ecdsaWithSha256 = Buffer.from('300a06082a8648ce3d040302', 'hex');

/** An element in DER. */
function part(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  if (content.length < 0x80) return Buffer.concat([Buffer.of(tag, content.length), content]);
  const hex = content.length.toString(16);
  const length = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  return Buffer.concat([Buffer.of(tag, 0x80 + length.length), length, content]);
}

describe('a list of revoked certificates', () => {
  const terms = (lists: readonly Buffer[], changes: Partial<RevocationTerms> = {}): RevocationTerms => ({
    lists: lists.map((list) => readRevocationList(list, [authority.certificate])),
    ...{ authorities: [authority.certificate], unknown: 'refuse', graceSeconds: 0, ...changes },
  });

  it('tells the certificates on it from the others of its authority, in DER and PEM, by RSA and EC', () => {
    for (const each of [authority, openAuthority(rsaPair())]) {
      const [revoked, good] = [issuedBy(each, 'signing', ecPair()), issuedBy(each, 'tls', ecPair())];
      const list = each.list([revoked], june);
      const pem = Buffer.from(`-----BEGIN X509 CRL-----\n${list.toString('base64')}\n-----END X509 CRL-----\n`);
      for (const bytes of [list, pem]) {
        const asked = {
          ...terms([]),
          lists: [readRevocationList(bytes, [each.certificate])],
          authorities: [each.certificate],
        };
        expect([revoked, good].map((one) => standingOf(one, asked, testNow))).to.deep.equal(['revoked', 'good']);
      }
    }
  });

  it('tells nothing before it was made and after the next one was due, but for the days of grace; a revoked one stays so', () => {
    const asked = terms([authority.list([lost], june)]);
    const at = [new Date('2026-05-31T23:59:59Z'), lastOfJune, new Date('2026-07-01T00:00:01Z')];
    expect(at.map((time) => standingOf(kept, asked, time))).to.deep.equal(['unknown', 'good', 'unknown']);
    expect(at.map((time) => standingOf(lost, asked, time))).to.deep.equal(['revoked', 'revoked', 'revoked']);
    expect(standingOf(kept, { ...asked, graceSeconds: 3600 }, new Date('2026-07-01T00:30:00Z'))).to.equal('good');
  });

  it('says nothing of a certificate of another authority, or that issued itself', () => {
    const other = openAuthority(ecPair(), authorityCertificate(ecPair()));
    const asked = terms([authority.list([], june)]);
    expect(standingOf(authority.certificate, asked, testNow)).to.equal('unknown');
    expect(standingOf(kept, { ...asked, authorities: [] }, testNow)).to.equal('unknown');
    expect(standingOf(kept, { ...asked, lists: [], authorities: [other.certificate] }, testNow)).to.equal('unknown');
  });

  it('is refused that somebody else signed, that was altered, that is partial, or that is no list', async () => {
    const list = authority.list([lost], june);
    const read = (bytes: Uint8Array): Promise<string> =>
      refusalCode(() => readRevocationList(bytes, [authority.certificate]));
    const altered = Buffer.from(list);
    altered[altered.length - 5] = (altered.at(-5) ?? 0) ^ 1;
    const partial = (extension: string): Buffer => authority.list([], { ...june, extensions: [extension] });
    const refused = [
      openAuthority(ecPair()).list([], june),
      altered,
      Buffer.concat([list, Buffer.of(0)]),
      Buffer.from('not a list'),
      Buffer.alloc(0),
      partial('issuingDistributionPoint = critical, onlyCA:TRUE'),
      partial('issuingDistributionPoint = critical, onlysomereasons:keyCompromise'),
    ];
    for (const bytes of refused) expect(await read(bytes)).to.equal('E_TRUST_UNCHECKED');
    expect(
      readRevocationList(partial('issuingDistributionPoint = critical, onlyuser:TRUE'), [authority.certificate]).revoked
        .size,
    ).to.equal(0);
  });

  it('that nobody signed is refused, however long it is', async () => {
    const empty = part(0x30, Buffer.alloc(2 * 1024 * 1024, Buffer.of(0x30, 0)));
    const list = part(0x30, empty, ecdsaWithSha256, Buffer.of(0x03, 0x02, 0, 0));
    const refused = await refusalCode(() => Promise.try(() => readRevocationList(list, [authority.certificate])));
    expect(refused).to.equal('E_TRUST_UNCHECKED');
  });

  /** The list of the authority with entries of these serial numbers (hex) instead of its own, signed by the authority. */
  const listOf = (serials: readonly string[]): Buffer => {
    const { issuer } = readRevocationList(authority.list([], june), [authority.certificate]);
    const time = (text: string): Buffer => part(0x17, Buffer.from(text.slice(2), 'latin1'));
    const entries = serials.map((hex) => part(0x30, part(0x02, Buffer.from(hex, 'hex')), time(june.from)));
    const content = [part(0x02, Buffer.of(1)), ecdsaWithSha256, Buffer.from(issuer, 'hex')];
    const tbs = part(0x30, ...content, time(june.from), time(june.until), part(0x30, Buffer.concat(entries)));
    const signature = sign('sha256', tbs, authority.pair.privateKey);
    return part(0x30, tbs, ecdsaWithSha256, part(0x03, Buffer.of(0), signature));
  };

  it('of fifty thousand certificates is read whole', () => {
    const serials = Array.from({ length: 50_000 }, (_, i) => (0x10000000 + i).toString(16));
    const list = listOf([...serials, kept.serialNumber.toLowerCase()]);
    const { revoked } = readRevocationList(list, [authority.certificate]);
    expect(revoked.size).to.equal(50_001);
    expect(standingOf(kept, terms([list]), testNow)).to.equal('revoked');
    expect(standingOf(lost, terms([list]), testNow)).to.equal('good');
  });

  it('with a number that is not written as in a certificate is refused, not read past', async () => {
    for (const wrong of ['0001', 'ff80', ''])
      expect(await refusalCode(() => terms([listOf([wrong])]))).to.equal('E_TRUST_UNCHECKED');
  });

  it('decides about a signer by the terms of the partner: revoked never signs, and what is unknown as the terms say', async () => {
    const trust: SignerTrust = { seals: ['xml-signature'], algorithm: 'ecdsa-p256-sha256', certificates: [] };
    const judge = (certificate: typeof lost, revocation: RevocationTerms, at = testNow): Promise<string> =>
      checkSigner(certificate, { ...trust, revocation }, at).then(
        () => 'accepted',
        (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : 'unexpected'),
      );
    const asked = terms([authority.list([lost], june)]);
    expect([await judge(lost, asked), await judge(kept, asked)]).to.deep.equal(['E_CERTIFICATE_REVOKED', 'accepted']);
    const late = new Date('2026-08-01T00:00:00Z');
    expect(await judge(kept, asked, late)).to.equal('E_TRUST_UNCHECKED');
    expect(await judge(kept, { ...asked, unknown: 'accept' }, late)).to.equal('accepted');
    expect(await judge(lost, { ...asked, unknown: 'accept' }, late)).to.equal('E_CERTIFICATE_REVOKED');
  });
});

describe('lists of revoked certificates that are fetched', () => {
  let db: Database;
  let url: string;
  let answer: RequestListener;
  let now = testNow;
  const server = createServer((request, response) => answer(request, response));
  before(async () => {
    db = await openDatabase(`sqlite:${path.join(temporaryFolder(), 'mra.db')}`);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/list.crl`;
  });
  after(async () => {
    server.close();
    await db.close();
  });
  const settings = (): Readonly<Record<string, PartnerConfig>> => {
    const revocation = { urls: [url], unknown: 'refuse', graceHours: 0 } as const;
    const certificates = { signing: [], tls: [], anchors: [authority.file], checkPath: false, revocation };
    return { NN: { adapter: 'nn', mirrored: false, certificates } };
  };
  /** What is kept after a question an hour later: whether there is a list, why not, and whether gateways take partners again. */
  async function fetched(content: Buffer | RequestListener): Promise<readonly unknown[]> {
    answer = typeof content === 'function' ? content : (_request, response) => void response.end(content);
    now = new Date(now.getTime() + 3_600_000);
    const revision = await partnerRevision(db.sql);
    const log = makeLog({ level: 'silent' });
    await fetchRevocationLists({ db, log, now: () => now }, settings());
    const [row] = await revocationLists(db.sql);
    return [row?.list, row?.fault, (await partnerRevision(db.sql)) - revision];
  }

  it('are kept when they are newer than the one before, and signed by the authority; otherwise that one stays', async () => {
    const [first, second] = [authority.list([], june), authority.list([lost], { ...june, from: '20260603000000Z' })];
    expect(await fetched(first)).to.deep.equal([first.toString('base64'), undefined, 1]);
    expect(await fetched(first), 'the same again').to.deep.equal([first.toString('base64'), undefined, 0]);
    expect(await fetched(second)).to.deep.equal([second.toString('base64'), undefined, 1]);
    for (const [content, fault] of [
      [first, /older/u],
      [Buffer.from('no list'), /version 2/u],
      [openAuthority(ecPair()).list([], june), /signed/u],
      [Buffer.alloc(9 * 1024 * 1024), /over/u],
    ] as const) {
      const [list, why, changes] = await fetched(content);
      expect([list, changes]).to.deep.equal([second.toString('base64'), 0]);
      expect(why).to.match(fault);
    }
  });

  it('are asked for by one of several gateways, once an hour, and never from another address', async () => {
    let asked = 0;
    const count: RequestListener = (_request, response) => {
      asked += 1;
      response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end();
    };
    answer = count;
    now = new Date(now.getTime() + 3_600_000);
    const log = makeLog({ level: 'silent' });
    const fetching = { db, log, now: () => now };
    await Promise.all([fetchRevocationLists(fetching, settings()), fetchRevocationLists(fetching, settings())]);
    expect(asked).to.equal(1);
    expect((await revocationLists(db.sql))[0]?.fault).to.equal('no answer');
  });

  it('of files that are missing, or of another authority, are named with the reason', () => {
    const file = path.join(temporaryFolder(), 'other.crl');
    writeFileSync(file, openAuthority(ecPair()).list([], june));
    const revocation = { files: ['/nowhere.crl', file], unknown: 'refuse', graceHours: 0 } as const;
    const found = foundLists({ signing: [], tls: [], anchors: [authority.file], checkPath: false, revocation });
    expect(found.map((each) => 'fault' in each && each.source)).to.deep.equal(['/nowhere.crl', file]);
  });
});
