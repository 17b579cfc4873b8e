/** An agency at home, whose system fetches our list with a client certificate and answers in JSON: adapters/qp. */

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { loadAdapter } from '../../../gateway/adapter/load.ts';
import { joinChunks } from '../../../gateway/adapter/format.ts';
import { packList } from '../../../gateway/model/record/packed-records.ts';
import { aListMessage } from '../../support/messages.ts';
import { adapterTools, adaptersFolder } from '../../support/adapter-tools.ts';
import { connectPeer, type ConnectedPeer, type Shown } from '../../support/connected-peer.ts';
import { signJws } from '../../../gateway/wire/signature/jws.ts';

interface Reply {
  readonly status: number;
  readonly body: string;
}

interface SharedList {
  readonly number: number;
  readonly content: string;
  readonly enterprises: readonly { readonly code: string; readonly state: string }[];
}

describe('an agency at home', () => {
  let gateway: ConnectedPeer;
  before(async () => {
    gateway = await connectPeer(join(adaptersFolder, 'qp'), false);
    await gateway.importOperators(30);
    await gateway.serve();
  });
  after(() => gateway.stop());

  const pem = (name: string): Buffer => readFileSync(join(gateway.keys, name));

  async function call(method: string, path: string, body = '', type = 'application/json'): Promise<Reply> {
    const tls = { cert: pem('tls.pem'), key: pem('tls.key'), ca: pem('partner-ca.pem') };
    const sent = request({ host: '127.0.0.1', port: gateway.door, method, path, ...tls, agent: false });
    sent.setHeader('Content-Type', type).end(body);
    const [response] = (await once(sent, 'response')) as [import('node:http').IncomingMessage];
    return { status: response.statusCode ?? 0, body: await text(response) };
  }
  /** The payload of the JWS that waits for it. */
  async function fetchList(): Promise<SharedList> {
    const { status, body } = await call('GET', '/exchange/QP/next');
    expect(status).to.equal(200);
    return JSON.parse(Buffer.from(body.split('.')[1] ?? '', 'base64url').toString()) as SharedList;
  }
  const answer = (list: number, result: string): Promise<Reply> =>
    call('POST', '/agencies/qp/answers', JSON.stringify({ list, result }));

  it('fetches the full list, which holds the agreed fields and nothing else, and its answer settles it', async () => {
    await gateway.mra('list', 'send', 'QP', '--full');
    const { id } = await gateway.newest('QP');
    const list = await fetchList();
    expect([list.number, list.content, list.enterprises.length]).to.deep.equal([1, 'all', 30]);
    for (const each of list.enterprises) expect(each).to.have.all.keys('code', 'name', 'state', 'since');
    expect((await answer(1, 'ok')).status).to.equal(204);
    await gateway.until(id, { state: 'ACCEPTED', evidence: 'channel' });
    expect((await call('GET', '/exchange/QP/next')).status).to.equal(204);
  });

  it('fetches a suspension as a change', async () => {
    await gateway.importOperators(30, 1);
    await gateway.mra('list', 'send', 'QP');
    const list = await fetchList();
    expect([list.number, list.content]).to.deep.equal([2, 'changes']);
    expect(list.enterprises.map(({ code, state }) => [code, state])).to.deep.equal([['4403110000', 'suspended']]);
    await answer(2, 'ok');
  });

  it('asks about one operator, and learns the agreed fields, or that it is not listed and not why', async () => {
    const asked = async (code: string): Promise<Shown> => {
      const { status, body } = await call('GET', `/exchange/QP/operators/${code}`);
      return { status, ...(JSON.parse(body) as object) };
    };
    const listed = await asked('4403110000');
    expect(listed).to.deep.include({ status: 200, identifier: '4403110000', listed: true, retention_days: 365 });
    expect(listed['operator']).to.deep.include({ identifier: '4403110000', status: 'suspended' });
    expect(listed['operator']).to.have.all.keys('identifier', 'name', 'status', 'statusSince');
    const unlisted = await asked('4403199999');
    expect(unlisted).to.deep.include({ status: 200, listed: false }).and.to.not.have.property('operator');
    expect(await asked('nobody')).to.deep.include({ status: 422, code: 'E_REQUEST_INVALID' });
    expect((await call('POST', '/exchange/QP/operators/4403110000')).status).to.equal(405);
  });

  it('has its line among the partners, and no part in recognition and outcomes', async () => {
    const [line] = (await gateway.done('partner', 'list')) as Shown[];
    expect(line).to.deep.include({ partner: 'QP', kind: 'agency', transport: 'https-pull' });
    const { result } = await gateway.mra('check', '4403110000', '--partner', 'QP');
    expect((result as { error: Shown }).error).to.deep.include({ code: 'E_PARTNER_UNKNOWN' });
    expect(await gateway.done('outcomes', '--month', '2026-10')).to.deep.include({ items: [] });
    const findings = (await gateway.mra('doctor')).result as Shown[];
    expect(findings.find(({ check }) => check === 'partner QP')).to.deep.include({ result: 'ok' });
  });

  it('sends no list of its own: one is refused, though it is signed and well-formed', async () => {
    const adapter = await loadAdapter(join(adaptersFolder, 'qp'), adapterTools);
    const list = aListMessage({ from: 'QP', to: 'CN', position: { ...aListMessage().position, sequence: 1 } });
    const bytes = Buffer.from(joinChunks(adapter.list.encode(packList(list))));
    const signer = { key: createPrivateKey(pem('signing.key')), certificate: new X509Certificate(pem('signing.pem')) };
    const { seal } = adapter;
    if (seal.kind === 'none') throw new Error('its lists are signed');
    const jws = await signJws(bytes, adapter.list.type, {
      ...signer,
      algorithm: seal.algorithm,
      form: seal,
      name: undefined,
    });
    const { body } = await call('POST', '/exchange/QP', Buffer.from(jws).toString(), 'application/jose');
    expect(body).to.include('E_MESSAGE_KIND');
  });
});
