/** What a gateway refuses, and how a stream is repaired after it: real messages, each changed in one place. */

import { writeText } from '../support/format-text.ts';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StatementSync } from 'node:sqlite';
import { mock } from 'node:test';
import { expect } from 'chai';
import { receiveMessage } from '../../gateway/inbound/receive-message.ts';
import { dayAt, momentOf } from '../../gateway/model/day.ts';
import type { ErrorCode } from '../../gateway/model/errors.ts';
import { unpackList } from '../../gateway/model/record/packed-records.ts';
import type { DomesticRecord } from '../../gateway/model/record/record.ts';
import { buildList, sendList } from '../../gateway/outbound/send-list.ts';
import { findStream } from '../../gateway/store/streams.ts';
import { loadSchema, type Schema } from '../../gateway/wire/xsd/schema.ts';
import { checkUnsigned, seal } from '../../gateway/wire/signature/seal.ts';
import {
  openAdministrations,
  operator,
  operators,
  registerOf,
  type OpenAdministration,
  type OpenAdministrations,
} from '../support/administrations.ts';
import { temporaryFolder } from '../support/pki.ts';

/** Takes whatever a list of that name holds, so that a test can sign what a right sender never would. */
function anyList(): Schema {
  const file = join(temporaryFolder(), 'any.xsd');
  const any = '<xs:any processContents="skip" minOccurs="0" maxOccurs="unbounded"/>';
  writeFileSync(
    file,
    `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:mra:profile:kr:1"><xs:element name="AEOList">
    <xs:complexType><xs:sequence>${any}</xs:sequence><xs:anyAttribute processContents="skip"/></xs:complexType></xs:element></xs:schema>`,
  );
  return loadSchema(file);
}

describe('a refused message', () => {
  let administrations: OpenAdministrations;
  let us: OpenAdministration;
  let them: OpenAdministration;
  let stranger: OpenAdministration;

  before(async () => {
    administrations = await openAdministrations();
    us = administrations.home;
    them = administrations.of('KR');
    stranger = administrations.of('HK');
    await them.openDoors();
    await us.save(...operators(5));
  });
  after(() => administrations.close());

  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');

  async function refuses(change: (xml: string) => string | Promise<string>, code: ErrorCode): Promise<void> {
    const built = await buildList(us.gateway, 'KR', { kind: 'full' });
    const bytes = Buffer.from(await change(text(built?.sealed.bytes ?? Buffer.of())));
    const before = await registerOf(them, 'CN');
    const received = await receiveMessage(them.gateway, {
      partner: 'CN',
      via: 'https',
      bytes,
      receivedAt: momentOf(new Date()),
      hintedId: built?.list.id ?? '',
    });
    expect(received.verdict).to.equal('rejected');
    expect(received.reason).to.equal(code);
    expect(text(received.receipt?.bytes ?? Buffer.of())).to.contain(code);
    expect(await registerOf(them, 'CN')).to.deep.equal(before);
  }

  it('accepts the unchanged message, so that a refusal below is due to the change', async () => {
    expect((await us.send('KR')).state).to.equal('ACCEPTED');
  });
  it('refuses one flipped character', () =>
    refuses((xml) => xml.replace('NEW MATERIALS', 'OLD MATERIALS'), 'E_SIGNATURE_INVALID'));
  it('refuses a missing signature', () =>
    refuses((xml) => xml.replace(/<ds:Signature .*<\/ds:Signature>/su, ''), 'E_SIGNATURE_MISSING'));
  it('refuses a second signature', () =>
    refuses((xml) => xml.replace(/(<ds:Signature .*<\/ds:Signature>)/su, '$1$1'), 'E_SIGNATURE_PROFILE'));
  it('refuses a signature over another element', () =>
    refuses((xml) => xml.replace(/URI="#[^"]*"/u, 'URI="#other"'), 'E_SIGNATURE_REFERENCE'));
  it('refuses a DOCTYPE', () =>
    refuses((xml) => xml.replace(/^(<\?xml[^>]*\?>)?/u, '$1<!DOCTYPE x [<!ENTITY a "b">]>'), 'E_XML_FORBIDDEN'));
  it('refuses a stranger’s key', async () => {
    const forged = {
      ...us.gateway,
      partners: new Map(
        [...us.gateway.partners].map(([partner, joined]) => [
          partner,
          { ...joined, signer: stranger.gateway.keyring.signer('rsa-sha256') },
        ]),
      ),
    };
    await refuses(
      async () => text((await buildList(forged, 'KR', { kind: 'full' }))?.sealed.bytes ?? Buffer.of()),
      'E_SIGNER_UNKNOWN',
    );
  });
  it('refuses a message of another sender, though its signature is valid', async () => {
    const elsewhere = { ...us.gateway, home: { ...us.gateway.home, country: 'HK' } };
    await refuses(
      async () => text((await buildList(elsewhere, 'KR', { kind: 'full' }))?.sealed.bytes ?? Buffer.of()),
      'E_MESSAGE_SENDER',
    );
  });
  it('refuses another list under a number already used', async () => {
    const rival = await buildList(us.gateway, 'KR', { kind: 'full' });
    expect((await us.send('KR', { kind: 'full' })).state).to.equal('ACCEPTED');
    await refuses(() => text(rival?.sealed.bytes ?? Buffer.of()), 'E_SEQUENCE_ROLLBACK');
  });

  /** A list of ours, changed before it is signed: what a faulty or ill-meaning partner would send. */
  async function signs(change: (xml: string) => string, code: ErrorCode): Promise<void> {
    const built = await buildList(us.gateway, 'KR', { kind: 'full' });
    const partner = us.gateway.partners.get('KR');
    if (built === undefined || partner === undefined) throw new Error('there is a list for KR');
    const layout = partner.adapter.formatsOn(dayAt(built.list.issuedAt, partner.adapter.timeZone)).list;
    const xml = writeText(layout, unpackList(built.list));
    const changed = change(xml);
    expect(changed).to.not.equal(xml);
    using draft = checkUnsigned([changed], layout, anyList());
    const sealed = await seal(draft, partner.signer, {
      id: built.list.id,
      partner: 'KR',
      kind: 'list',
      at: new Date().toISOString(),
    });
    await refuses(() => text(sealed.bytes), code);
  }

  it('refuses an unknown status code', () =>
    signs((xml) => xml.replace('<kr:Status>01<', '<kr:Status>77<'), 'E_CODE_UNKNOWN'));
  it('refuses an element that was not agreed', () =>
    signs((xml) => xml.replace('<kr:Grade>', '<kr:Extra>1</kr:Extra><kr:Grade>'), 'E_SCHEMA_INVALID'));
  it('refuses a missing element', () =>
    signs((xml) => xml.replace(/<kr:Grade>[^<]*<\/kr:Grade>/u, ''), 'E_SCHEMA_INVALID'));
  it('refuses an operator that is not the sender’s own', () =>
    signs((xml) => xml.replace('AEOCN4403100001', 'AEOXX4403100001'), 'E_RECORD_SCOPE'));
  it('refuses an operator named twice', () =>
    signs((xml) => xml.replace('AEOCN4403100002', 'AEOCN4403100001'), 'E_RECORD_REPEATED'));
  it('refuses records that do not give the root stated', () =>
    signs((xml) => xml.replace('DARUI', 'DARUX'), 'E_LIST_ROOT'));
  it('refuses a time in the future', () =>
    signs((xml) => xml.replace(/<kr:SentAt>2026/u, '<kr:SentAt>2036'), 'E_MESSAGE_TIME'));
  it('refuses a list for another administration', () =>
    signs((xml) => xml.replace('<kr:Receiver>KR<', '<kr:Receiver>SG<'), 'E_MESSAGE_MISADDRESSED'));
  it('refuses a number after the next', () =>
    signs((xml) => xml.replace(/<kr:Sequence>\d+</u, '<kr:Sequence>99<'), 'E_SEQUENCE_GAP'));
  it('refuses another history', () =>
    signs((xml) => xml.replace(/<kr:EpochID>[^<]*</u, '<kr:EpochID>0000000000000000<'), 'E_SEQUENCE_FORK'));

  it('after a refusal a full list in a new epoch repairs the stream', async () => {
    const stream = await findStream(us.gateway.db.sql, 'KR', 'out');
    await us.save(operator(9));
    // The partner loses what it held: to it, the next delta continues nothing it knows.
    const lost = await buildList(us.gateway, 'KR', { kind: 'delta' });
    expect(lost?.list.kind).to.equal('delta');
    await them.gateway.db.transaction(async (tx) => {
      await tx.deleteFrom('mirror_bucket').execute();
      await tx.deleteFrom('stream').execute();
    });
    expect((await us.send('KR')).state).to.equal('REJECTED');
    const healed = await us.send('KR');
    expect(healed.state).to.equal('ACCEPTED');
    const now = await findStream(us.gateway.db.sql, 'KR', 'out');
    expect(now?.position.epoch.no).to.equal((stream?.position.epoch.no ?? 0) + 1);
  });
});

describe('a message that changes one operator', () => {
  let administrations: OpenAdministrations;
  before(async () => {
    administrations = await openAdministrations();
  });
  after(() => administrations.close());

  it('takes two transactions and at most twenty statements', async () => {
    const [us, them] = [administrations.home, administrations.of('KR')];
    const receive = async (...saved: DomesticRecord[]): Promise<number> => {
      await us.save(...saved);
      const built = await sendList(us.gateway, 'KR');
      if (built === undefined) throw new Error('there was nothing to send');
      const { id, bytes } = built.sealed;
      const statements = mock.method(StatementSync.prototype, 'all').mock;
      const inserts = mock.method(StatementSync.prototype, 'run').mock;
      const commits = them.gateway.db.commits();
      const raw = { partner: 'CN', via: 'https', bytes, receivedAt: momentOf(new Date()), hintedId: id } as const;
      expect((await receiveMessage(them.gateway, raw)).verdict).to.equal('applied');
      expect(them.gateway.db.commits() - commits).to.equal(2);
      mock.restoreAll();
      return statements.callCount() + inserts.callCount();
    };
    await receive(...operators(5));
    expect(await receive(operator(2, { status: 'suspended' }))).to.be.within(15, 20);
  });
});
