/** Changes of the register, brought to webhooks. */

import { createServer, type Server } from 'node:http';
import { expect } from 'chai';
import { Webhook } from 'standardwebhooks';
import type { NewsWebhooks } from '../../gateway/app/border-settings.ts';
import { examineNews } from '../../gateway/app/health/border-checks.ts';
import { receiverStates, sendNews, skipChange, webhookReceiver } from '../../gateway/app/news.ts';
import { later } from '../../gateway/model/day.ts';
import { newsReaders } from '../../gateway/store/news.ts';
import { makeLog } from '../../gateway/wire/log.ts';
import {
  fillList,
  fillRegister,
  noon,
  openClearance,
  operator,
  type TestClearance,
} from '../support/clearance-fixture.ts';
import { eventsSince } from '../support/event-log.ts';
import { refusalCode } from '../support/expect-code.ts';
import { listen, shut } from '../support/tls.ts';

const key = `whsec_${Buffer.from('a secret for tests only').toString('base64')}`;
const secret = { variable: 'NEWS', value: key };

describe('news for webhooks', () => {
  let clearance: TestClearance;
  let receiver: Server;
  let url: string;
  let status: number;
  let posted: { readonly id: string; readonly type: string; readonly n: number }[];

  beforeEach(async () => {
    clearance = await openClearance();
    status = 204;
    posted = [];
    receiver = createServer((request, response) => {
      void (async () => {
        const pieces: Buffer[] = [];
        for await (const piece of request) pieces.push(piece as Buffer);
        const headers = Object.fromEntries(
          Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
        );
        const { type, data } = new Webhook(key).verify(Buffer.concat(pieces).toString(), headers) as {
          readonly type: string;
          readonly data: { readonly n: number };
        };
        posted.push({ id: headers['webhook-id'] ?? '', type, n: data.n });
        response.writeHead(status).end();
      })();
    });
    url = `http://127.0.0.1:${await listen(receiver)}/news`;
  });
  afterEach(async () => {
    await shut(receiver);
    await clearance.close();
  });

  const gateway = (owner = 'one') => ({
    ...clearance,
    now: () => new Date(clearance.clock),
    owner,
    log: makeLog({ level: 'silent' }),
  });
  async function round(webhooks: NewsWebhooks, owner?: string): Promise<(readonly [string, number])[]> {
    posted = [];
    for (const [name, webhook] of Object.entries(webhooks))
      await sendNews(gateway(owner), name, webhookReceiver(clearance, name, webhook));
    return posted.map(({ type, n }) => [type, n] as const);
  }
  async function suspend(): Promise<void> {
    const records = [
      operator('NN0000006', { name: { latin: 'ANOTHER' } }),
      operator('NN0000001', { status: 'suspended', statusSince: '2026-11-23' }),
    ];
    await fillList(clearance.db, { partner: 'NN', sequence: 8, records });
  }

  it('a new receiver gets what changes from then on: signed, restrictions first, each once', async () => {
    await fillRegister(clearance.db);
    const all = {
      port: { url, secret },
      watch: { url, secret, only: 'restrictions' },
      other: { url, secret, partner: 'UU' },
    } as const;
    expect(await round(all)).to.deep.equal([]);
    await suspend();
    expect(await round(all)).to.deep.equal([
      ['operator.suspended', 7],
      ['operator.updated', 8],
      ['operator.suspended', 7],
    ]);
    expect(posted[0]?.id).to.equal('change-CN-7');
    expect(await round(all)).to.deep.equal([]);
  });

  it('one that does not take a change gets it again under the same id, later each time, and the rest in order', async () => {
    const port = { port: { url, secret } };
    await round(port);
    await fillRegister(clearance.db);
    status = 500;
    expect(await round(port)).to.deep.equal([
      ['operator.suspended', 1],
      ['operator.listed', 4],
    ]);
    expect(await round(port)).to.deep.equal([]);
    const [others, restrictions] = await receiverStates(gateway(), port);
    expect([others?.waiting, restrictions?.waiting, restrictions?.attempts, restrictions?.failingSince]).to.deep.equal([
      3,
      3,
      1,
      noon,
    ]);
    status = 200;
    clearance.clock = later(noon, 6);
    expect((await round(port)).map(([, n]) => n)).to.have.members([1, 2, 3, 4, 5, 6]);
    expect(
      (await receiverStates(gateway(), port)).map(({ attempts, waiting, fault }) => [attempts, waiting, fault]),
    ).to.deep.equal([
      [0, 0, undefined],
      [0, 0, undefined],
    ]);
  });

  it('one that takes nothing for a quarter of an hour is an alarm', async () => {
    const port = { port: { url, secret } };
    const examined = async (): Promise<unknown> => {
      const { result, cause } = await examineNews({ ...gateway(), config: { border: { webhooks: port } } } as never);
      return [result, cause];
    };
    await round(port);
    await fillRegister(clearance.db);
    status = 503;
    await round(port);
    expect(await examined()).to.deep.equal(['ok', undefined]);
    clearance.clock = later(noon, 16 * 60);
    expect(await examined()).to.deep.equal(['warn', 'news_not_taken']);
    status = 200;
    await round(port);
    expect(await examined()).to.deep.equal(['ok', undefined]);
  });

  it('of two gateways on one store one sends, and the other once it is gone', async () => {
    const port = { port: { url, secret } };
    await round(port, 'one');
    await fillRegister(clearance.db);
    expect(await round(port, 'two')).to.deep.equal([]);
    clearance.clock = later(noon, 46);
    expect(await round(port, 'two')).to.have.lengthOf(6);
  });

  it('a person lets a receiver go on without a change that it never takes, and the log says so', async () => {
    const watch = { watch: { url, secret, only: 'restrictions' } } as const;
    await round(watch);
    const skip = (): Promise<unknown> =>
      skipChange(gateway(), watch, { name: 'watch', person: 'A. Example', reason: 'its own fault' });
    expect(await refusalCode(skip)).to.equal('E_REQUEST_INVALID');
    await fillRegister(clearance.db);
    status = 400;
    await round(watch);
    expect(await skip()).to.include({ n: 1, identifier: 'NN0000002' });
    const events = (await eventsSince(clearance.db.sql, 0, 100)).filter(({ kind }) => kind === 'change_skipped');
    expect(events.map(({ ref, detail }) => [ref, detail])).to.deep.equal([
      ['watch', { person: 'A. Example', reason: 'its own fault', n: 1, fault: 'the webhook answered 400' }],
    ]);
    status = 200;
    expect(await round(watch)).to.deep.equal([
      ['operator.revoked', 2],
      ['operator.withdrawn', 3],
    ]);
    expect((await newsReaders(clearance.db.sql)).map(({ n }) => n)).to.deep.equal([3]);
  });
});
