/** A partner that does not sign: its lists count over its authenticated connection, and nowhere else. */

import { expect } from 'chai';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { request, type RequestOptions } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { loadAdapter } from '../../gateway/adapter/load.ts';
import { encodedText } from '../../gateway/adapter/format.ts';
import { decideHeld, receiveMessage } from '../../gateway/inbound/receive-message.ts';
import type { AttributedMessage, ChannelVerified, ValidMessage } from '../../gateway/model/message.ts';
import { unpackList } from '../../gateway/model/record/packed-records.ts';
import { buildList, sendList } from '../../gateway/outbound/send-list.ts';
import { lastEvent } from '../../gateway/store/events.ts';
import { findInbox } from '../../gateway/store/inbox.ts';
import { listInForce } from '../../gateway/store/streams.ts';
import { verifyChannel, type ChannelTrust } from '../../gateway/wire/signature/channel.ts';
import { readReceipt } from '../../gateway/wire/signature/receipts.ts';
import type { SignerTrust } from '../../gateway/wire/signature/trust.ts';
import { verify } from '../../gateway/wire/signature/verify.ts';
import { adapterTools, adaptersFolder } from '../support/adapter-tools.ts';
import { openAdministrations, operator, operators, type OpenAdministrations } from '../support/administrations.ts';
import { runCommand } from '../support/command-line.ts';
import { temporaryFolder } from '../support/pki.ts';
import { rejectedBy } from '../support/thrown.ts';

const answers = `
conversation:
  send: { answer: { kind: status } }
  receive: { path: /partners/sg/aeo, answer: { template: ack.json, schema: ack.schema.json } }
`;
const verdicts = '  verdict: { applied: OK, held: WAIT, rejected: NOK, duplicate: DUP, busy: BUSY }';

/** The adapters of home and of a partner whose seal is another one. */
function adapters(seal: string, conversation = answers): string {
  const folder = temporaryFolder();
  for (const cc of ['cn', 'sg']) cpSync(join(adaptersFolder, cc), join(folder, cc), { recursive: true });
  const at = (name: string): string => join(folder, 'sg', name);
  const manifest = readFileSync(at('adapter.yaml'), 'utf8')
    .replace(/^codes:$/mu, `codes:\n${verdicts}`)
    .replace(/^seal:.*$/mu, `seal: ${seal}`);
  writeFileSync(at('adapter.yaml'), manifest + conversation);
  writeFileSync(at('ack.json'), JSON.stringify({ code: '{ack.verdict|code:verdict}', why: '{ack.reason?}' }));
  writeFileSync(at('ack.schema.json'), JSON.stringify({ $id: 'urn:test:ack', type: 'object' }));
  return folder;
}

const unsigned = '{ kind: none, reason: its system cannot sign }';

describe('a partner that does not sign', () => {
  let open: OpenAdministrations;
  const folder = adapters(unsigned);

  before(async () => {
    open = await openAdministrations({ partners: ['SG'], adapters: folder });
    await open.home.openDoors();
    await open.home.save(...operators(3));
    const codes = ['1', '2', '3'].map((last) => `20260000000${last}`);
    await open.of('SG').save(...codes.map((code) => ({ ...operator(1), code, grade: 'stp_plus' })));
  });
  after(() => open.close());

  async function theirList(kind?: 'full'): Promise<{ readonly id: string; readonly bytes: Buffer }> {
    const { gateway } = open.of('SG');
    const built = await sendList(gateway, 'CN', { kind, renew: true });
    const partner = gateway.partners.get('CN');
    if (built === undefined || partner === undefined) throw new Error('nothing was built');
    return { id: built.list.id, bytes: Buffer.from(encodedText(partner.adapter.list, unpackList(built.list))) };
  }

  async function post(
    body: Buffer,
  ): Promise<{ readonly status: number; readonly code: unknown; readonly why: unknown }> {
    const { cert, key } = open.of('SG').gateway.keyring.tls;
    const { exchange } = open.home.config;
    const to: RequestOptions = { host: '127.0.0.1', port: exchange.port, path: '/partners/sg/aeo', method: 'POST' };
    const sent = request({ ...to, cert, key, ca: open.home.gateway.keyring.tls.ca }).end(body);
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    const text = Buffer.concat((await response.toArray()) as Buffer[]).toString();
    const { code, why } = JSON.parse(text) as { readonly code?: unknown; readonly why?: unknown };
    return { status: response.statusCode ?? 0, code, why };
  }

  it('has a list from a file refused, because anybody can write one, and the same list taken over its connection', async () => {
    const { id, bytes } = await theirList();
    const { gateway } = open.home;
    const raw = { partner: 'SG', via: 'file', bytes, receivedAt: gateway.now().toISOString() } as const;
    expect(await receiveMessage(gateway, raw)).to.include({ verdict: 'rejected', reason: 'E_CHANNEL_OPEN' });
    expect(await listInForce(gateway.db.sql, 'SG')).to.equal(undefined);
    expect(await post(bytes)).to.include({ status: 200, code: 'OK' });
    expect((await listInForce(gateway.db.sql, 'SG'))?.number).to.match(/1$/u);
    const { detail } = (await lastEvent(gateway.db.sql, id)) ?? {};
    const { evidence, channel } = JSON.parse(detail ?? '{}') as Readonly<Record<string, unknown>>;
    expect(evidence).to.equal('channel');
    expect(channel).to.match(/^client-certificate [0-9a-f]{64}$/u);
  });

  it('has its second list, which changes too much, held, and read again without a connection when two people release it', async () => {
    const codes = Array.from({ length: 60 }, (_, i) => `2026000001${String(i).padStart(2, '0')}`);
    await open.of('SG').save(...codes.map((code) => ({ ...operator(1), code, grade: 'stp_plus' })));
    const { id, bytes } = await theirList('full');
    const { gateway } = open.home;
    const { code } = await post(bytes);
    expect(code).to.equal('WAIT');
    await decideHeld(gateway, id, { decision: 'release', person: 'one' });
    expect(await decideHeld(gateway, id, { decision: 'release', person: 'two' })).to.include({ verdict: 'applied' });
    expect((await findInbox(gateway.db.sql, { messageId: id, partner: 'SG' }))?.state).to.equal('APPLIED');
  });

  it('gets lists without a signature', async () => {
    const built = await buildList(open.home.gateway, 'SG');
    const { content } = { content: Buffer.from(built?.sealed.bytes ?? []).toString() };
    expect(JSON.parse(content)).to.be.an('object');
    expect(built?.sealed.contentType).to.equal(open.home.gateway.partners.get('SG')?.adapter.list.contentType);
  });

  it('that sends what is no list of its layout has it refused by the schema', async () => {
    expect(await post(Buffer.from('{"no":"list"}'))).to.include({ status: 422, code: 'NOK', why: 'E_SCHEMA_INVALID' });
    expect(await post(Buffer.from('{"no":'))).to.include({ status: 422, code: 'NOK' });
  });

  it('without a reason, or where receipts would have to be signed, is E_ADAPTER_INVALID', async () => {
    const load = (seal: string, conversation?: string) =>
      rejectedBy(loadAdapter(join(adapters(seal, conversation), 'sg'), adapterTools));
    expect((await load('{ kind: none }')).code).to.equal('E_ADAPTER_INVALID');
    expect((await load('{ kind: none, reason: r, algorithm: rsa-sha256 }')).code).to.equal('E_ADAPTER_INVALID');
    const { code, at } = await load(unsigned, '');
    expect(code).to.equal('E_ADAPTER_INVALID');
    expect(at).to.match(/adapter\.yaml:\d+:\d+$/u);
  });

  it('is a type of its own: what needs a signature does not compile with a message that only its channel attributes', () => {
    const takesAny = (_: (message: ValidMessage<AttributedMessage>) => unknown): void => undefined;
    // @ts-expect-error a receipt must be signed
    takesAny(readReceipt);
    const trusts = (_: (raw: never, trust: ChannelTrust, at: Date) => unknown): void => undefined;
    // @ts-expect-error signatures are not verified by the trust in a channel
    trusts(verify);
    const unsignedBy = (_: (raw: never, trust: SignerTrust) => ChannelVerified): void => undefined;
    // @ts-expect-error a partner that signs cannot be received by its channel
    unsignedBy(verifyChannel);
  });

  it('is named by `mra message show` with how its list was known to be its own', async () => {
    const { id, bytes } = await theirList();
    await post(bytes);
    const { data, store } = open.home.config;
    const shown = await runCommand(['message', 'show', id, '-o', 'json'], { MRA_DATA: data, MRA_STORE: store });
    expect(JSON.parse(shown.stdout)).to.include({ evidence: 'channel' });
  });
});
