/** Large messages are processed in a worker thread, on the same store, with the same verdicts. */

import { expect } from 'chai';
import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { longWorkIn } from '../../gateway/app/long-work.ts';
import { openLargeMessageWorker, type LargeMessageWorker } from '../../gateway/app/large-message-worker.ts';
import { momentOf } from '../../gateway/model/day.ts';
import { buildList, sendList, type BuiltList } from '../../gateway/outbound/send-list.ts';
import { findOperator } from '../../gateway/store/operators.ts';
import { findMessage } from '../../gateway/store/outbox.ts';
import { findStream } from '../../gateway/store/streams.ts';
import {
  openAdministrations,
  operator,
  operators,
  type OpenAdministration,
  type OpenAdministrations,
} from '../support/administrations.ts';
import { csvOf } from '../cli/operator-command.ts';
import { refusalCode } from '../support/expect-code.ts';
import { addTestPerson } from '../support/people.ts';

describe('the worker thread for large messages', () => {
  let administrations: OpenAdministrations;
  let them: OpenAdministration;
  let built: BuiltList;
  let worker: LargeMessageWorker;
  /** The threads for large messages that were started. */
  let threads: Worker[];
  const noteThread = (thread: Worker): void => {
    if (thread.threadName === 'large messages') threads.push(thread);
  };

  beforeEach(async () => {
    threads = [];
    process.on('worker', noteThread);
    administrations = await openAdministrations({ partners: ['HK'] });
    them = administrations.of('HK');
    await administrations.home.save(...Array.from({ length: 20 }, (_, i) => operator(i + 1)));
    const list = await buildList(administrations.home.gateway, 'HK');
    if (list === undefined) throw new Error('there is a list to send');
    built = list;
    worker = openLargeMessageWorker(them.config);
  });
  afterEach(async () => {
    process.off('worker', noteThread);
    await worker.close();
    await administrations.close();
  });

  const raw = (bytes: Uint8Array, partner = 'CN') =>
    ({ partner, via: 'https', bytes, receivedAt: momentOf(new Date()) }) as const;

  it('applies a list, and recognises a repeated one by its digest', async () => {
    const first = await worker.receive(raw(new Uint8Array(built.sealed.bytes)));
    expect(first).to.include({ verdict: 'applied', duplicate: false });
    const again = await worker.receive(raw(new Uint8Array(built.sealed.bytes)));
    expect(again).to.include({ verdict: 'applied', duplicate: true });
    expect(again.receipt?.digest).to.equal(first.receipt?.digest);
    const stream = await findStream(them.gateway.db.sql, 'CN', 'in');
    expect(stream?.position).to.deep.equal(built.list.position);
    expect(threads).to.have.length(1);
  });

  it('reads files of operators for the office, and passes on what is wrong with one', async () => {
    const { home } = administrations;
    await worker.close();
    worker = openLargeMessageWorker(home.config);
    await addTestPerson(home.gateway, 'kim', ['approver']);
    const work = longWorkIn(worker.run);
    const propose = (name: string, content: string) =>
      work.proposeImport({ name, bytes: Buffer.from(content), person: 'li.na' });
    const id = await propose('operators.csv', csvOf({ code: '4403130001' }, { code: '44O3130003' }));
    expect((await work.reviewImport(id))?.counts).to.include({ created: 1, refused: 1 });
    expect((await findOperator(home.gateway.db.sql, '4403130001'))?.status).to.equal(undefined);
    const decision = { decision: 'approve', reason: 'compared with the programme', lift: false } as const;
    const decide = (person: string) => work.decideImport(id, { ...decision, person });
    expect(await refusalCode(() => decide('park'))).to.equal('E_ROLE_MISSING');
    expect((await decide('kim'))?.counts).to.include({ created: 1, refused: 1 });
    expect((await findOperator(home.gateway.db.sql, '4403130001'))?.status).to.equal('active');
    const refused = await propose('a'.repeat(201), '').catch((error: unknown) => error);
    expect(refused).to.include({ code: 'E_REQUEST_INVALID', at: 'file' });
    expect(refused).to.have.property('fix').that.includes('200 characters');
  });

  it('builds and queues a list, and says what is wrong with one that cannot be', async () => {
    const { home } = administrations;
    await worker.close();
    worker = openLargeMessageWorker(home.config);
    const work = longWorkIn(worker.run);
    const queued = await work.sendList('HK', { kind: 'full' });
    expect(queued).to.deep.include({ records: 20, departures: 0 });
    expect((await findMessage(home.gateway.db.sql, queued?.id ?? ''))?.state).to.equal('SEALED');
    expect(await work.sendList('HK', {})).to.equal(undefined);
    expect(await refusalCode(() => work.sendList('ZZ', {}))).to.equal('E_PARTNER_UNKNOWN');
  });

  it('compares a held list with the register, and lets two people who may decide release it', async () => {
    const { home } = administrations;
    await addTestPerson(them.gateway, 'kim', ['approver']);
    await addTestPerson(them.gateway, 'park', ['approver']);
    const work = longWorkIn(worker.run);
    const reason = 'asked the partner';
    const held = await heldList();
    expect((await work.reviewHeld(held, 5)).difference).to.include({ before: 40, leaving: 36 });
    const decide = (person: string) => work.decideHeld(held, { decision: 'release', person, reason });
    expect(await decide('kim')).to.equal(undefined);
    expect(await refusalCode(() => decide('kim'))).to.equal('E_APPROVAL_REPEATED');
    expect(await refusalCode(() => decide('nobody'))).to.equal('E_ROLE_MISSING');
    expect(await decide('park')).to.include({ verdict: 'applied' });

    /** The id of a list by which most operators leave. */
    async function heldList(): Promise<string> {
      await home.save(...operators(40));
      const { sealed } = (await sendList(home.gateway, 'HK')) ?? built;
      await worker.receive(raw(new Uint8Array(sealed.bytes)));
      const gone = operators(36).map((each) => ({ ...each, status: 'revoked' as const, statusSince: '2025-03-04' }));
      await home.save(...gone);
      const next = await sendList(home.gateway, 'HK');
      if (next === undefined) throw new Error('there is a list to send');
      expect((await worker.receive(raw(new Uint8Array(next.sealed.bytes)))).verdict).to.equal('held');
      return next.list.id;
    }
  });

  it('answers requests to the border door, with the list that this gateway received', async () => {
    await worker.receive(raw(new Uint8Array(built.sealed.bytes)));
    const post = async (body: string) => {
      const posted = { path: '/v1/assessments', target: '/v1/assessments', contentType: 'application/xml' } as const;
      const caller = {
        requester: 'post-7',
        requestId: 'r1',
        caller: '127.0.0.1',
        profile: undefined,
        isMinimal: false,
        idempotencyKey: undefined,
      };
      const { status, text } = await worker.answer({ ...posted, ...caller, body: new Uint8Array(Buffer.from(body)) });
      return [status, JSON.parse(text) as Record<string, unknown>] as const;
    };
    const declaration = (content: string) => `<Declaration><TypeCode>IMA</TypeCode>${content}</Declaration>`;
    const [status, assessment] = await post(declaration('<a/>'.repeat(100_000) + '<Exporter><ID>CN1</ID></Exporter>'));
    expect([status, assessment['profile'], (assessment['parties'] as unknown[]).length]).to.deep.equal([
      201,
      'wco-dec',
      1,
    ]);
    const [refused, problem] = await post(declaration('<a/>'.repeat(250_000)));
    expect([refused, problem['code'], problem['request_id']]).to.deep.equal([422, 'E_LIMIT_EXCEEDED', 'r1']);
    expect(threads).to.have.length(1);
  });

  it('rejects a list that was changed after it was sealed', async () => {
    const changed = Buffer.from(built.sealed.bytes);
    changed[changed.indexOf('SHENZHEN')] = 0x58;
    expect(await worker.receive(raw(changed))).to.include({ verdict: 'rejected', reason: 'E_SIGNATURE_INVALID' });
  });

  it('transfers bytes with a buffer of their own, and copies others', async () => {
    const own = new Uint8Array(built.sealed.bytes);
    const part = new Uint8Array([...built.sealed.bytes, 0]).subarray(0, -1);
    const results = [await worker.receive(raw(own)), await worker.receive(raw(part))];
    expect(results.map(({ verdict, duplicate }) => [verdict, duplicate])).to.deep.equal([
      ['applied', false],
      ['applied', true],
    ]);
    expect([own.length, part.length]).to.deep.equal([0, built.sealed.bytes.length]);
  });

  it('returns an error under its code, and processes the next message', async () => {
    expect(await refusalCode(() => worker.receive(raw(built.sealed.bytes, 'ZZ')))).to.equal('E_PARTNER_UNKNOWN');
    expect(await worker.receive(raw(built.sealed.bytes))).to.include({ verdict: 'applied' });
    expect(threads).to.have.length(1);
  });

  it('completes the messages already handed over before it closes', async () => {
    const verdicts: string[] = [];
    const receiving = worker.receive(raw(built.sealed.bytes)).then(({ verdict }) => verdicts.push(verdict));
    await worker.close();
    expect(verdicts).to.deep.equal(['applied']);
    await receiving;
  });

  it('rejects the messages of a thread that ends, and starts another for the next', async () => {
    const receiving = refusalCode(() => worker.receive(raw(built.sealed.bytes)));
    while (threads.length === 0) await once(process, 'worker');
    await threads[0]?.terminate();
    expect(await receiving).to.equal('E_INTERNAL');
    expect(await worker.receive(raw(built.sealed.bytes))).to.include({ verdict: 'applied' });
    expect(threads).to.have.length(2);
  });

  it('rejects the messages of a thread that cannot open its gateway', async () => {
    const failing = openLargeMessageWorker({ ...them.config, adapters: `${them.config.adapters}/nowhere` });
    expect(await refusalCode(() => failing.receive(raw(built.sealed.bytes)))).to.equal('E_INTERNAL');
    expect(await refusalCode(() => failing.receive(raw(built.sealed.bytes)))).to.equal('E_INTERNAL');
    await failing.close();
  });

  it('gets the messages of 32 KiB and more that arrive at the exchange door, and no smaller ones', async () => {
    await them.openDoors();
    await administrations.home.send('HK');
    expect(threads).to.have.length(0);
    await administrations.home.save(...Array.from({ length: 120 }, (_, i) => operator(i + 1)));
    await administrations.home.send('HK');
    expect(threads).to.have.length(1);
  });
});
