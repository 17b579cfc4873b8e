/** Evidence: consultations word for word, answers under a key, and a log without gaps. */

import { createHash } from 'node:crypto';
import { expect } from 'chai';
import type { ProvenAnswer } from '../../gateway/model/clearance/answer.ts';
import {
  answerAt,
  earlierAnswer,
  findAssessment,
  findIdempotent,
  recordAssessment,
  recordConsultations,
  saveIdempotent,
} from '../../gateway/store/consultations.ts';
import { insertMany } from '../../gateway/store/bulk.ts';
import { appendEvents } from '../../gateway/store/events.ts';
import { eventsSince } from '../support/event-log.ts';
import { onBothEngines } from './engines.ts';
import { hour } from './samples.ts';

const answer: ProvenAnswer = {
  outcome: 'not_on_list',
  subject: { partner: 'AA', identifier: 'A1', identifier_as_sent: ' a1 ' },
  at: hour(1),
  known_at: hour(1),
  answered_at: hour(1),
  freshness: { state: 'fresh', max_age_s: 60, source: 'register' },
  advice: { action: 'do_not_apply', benefits: [], policy: 'sample' },
  explanation: [{ step: 'status', result: 'fail', code: 'NOT_ON_LIST', text: 'not on the list' }],
  proof: { consultation_number: 'N1', issued_at: hour(1), requester: 'desk', answer_digest: 'sha-256:x', log_index: 1 },
};

onBothEngines('consultations', (store) => {
  const consultation = (n: number) => ({
    ...{ n, leafHash: 'h', askedAt: hour(1), requester: 'desk', partner: 'AA' },
    ...{ request: '{"partner":"AA","identifier":" a1 "}', answer: JSON.stringify(answer) },
  });

  it('are returned exactly as given', async () => {
    await store().write((tx) => recordConsultations(tx, [consultation(1), consultation(2)]));
    expect(await answerAt(store().db.sql, 2)).to.deep.equal(answer);
    expect(await answerAt(store().db.sql, 3)).to.equal(undefined);
    expect(await answerAt(store().db.sql, 2 ** 59)).to.equal(undefined);
  });

  it('never share a place in the log', async () => {
    const again = store().write((tx) => recordConsultations(tx, [consultation(4), consultation(4)]));
    expect(await again.catch((error: unknown) => error)).to.be.instanceOf(Error);
    expect(await answerAt(store().db.sql, 4)).to.equal(undefined);
  });

  it('of programs before are found by their random number', async () => {
    const row = { number: 'N1', asked_at: hour(1), requester: 'desk', partner: 'AA', request: '{}' };
    await store().write((tx) => insertMany(tx, 'consultation', [{ ...row, answer: JSON.stringify(answer) }]));
    expect(await earlierAnswer(store().db.sql, 'N1')).to.deep.equal(answer);
    expect(await earlierAnswer(store().db.sql, 'N2')).to.equal(undefined);
  });

  it('are stored beside assessments of whole entries', async () => {
    const assessment = { number: 'E1', askedAt: hour(1), requester: 'desk', request: { id: 'entry' }, answer: ['N1'] };
    await store().write((tx) => recordAssessment(tx, assessment));
    expect(await findAssessment(store().db.sql, 'E1')).to.deep.equal(assessment);
    expect(await findAssessment(store().db.sql, 'E2')).to.equal(undefined);
  });

  it('keep the first answer under a key, one key for each requester', async () => {
    const first = { fingerprint: 'f1', status: 201, body: '{}', at: hour(1) };
    const save = (requester: string, body: string) =>
      store().write((tx) => saveIdempotent(tx, { ...first, requester, key: 'k', body }));
    expect(await save('desk', 'first')).to.equal(true);
    expect(await save('desk', 'second')).to.equal(false);
    expect(await save('other desk', 'theirs')).to.equal(true);
    expect(await findIdempotent(store().db.sql, 'desk', 'k')).to.deep.include({ ...first, body: 'first' });
    expect(await findIdempotent(store().db.sql, 'desk', 'other key')).to.equal(undefined);
  });
});

onBothEngines('the log', (store) => {
  const append = (...kinds: string[]) =>
    store().write((tx) =>
      appendEvents(
        tx,
        kinds.map((kind) => ({ kind, ref: 'r', detail: { b: 1, a: [kind] }, at: hour(1) })),
      ),
    );

  it('numbers events from 1, in their order', async () => {
    expect(await append('one', 'two')).to.equal(2);
    expect(await store().write((tx) => appendEvents(tx, [{ kind: 'three', ref: 's', at: hour(2) }]))).to.equal(3);
    const events = await eventsSince(store().db.sql, 1, 10);
    expect(events.map(({ n, kind, detail }) => [n, kind, detail])).to.deep.equal([
      [2, 'two', { a: ['two'], b: 1 }],
      [3, 'three', undefined],
    ]);
    expect(await eventsSince(store().db.sql, 0, 1)).to.have.length(1);
  });

  it('has leaf hashes that follow RFC 6962', async () => {
    const [first] = await eventsSince(store().db.sql, 0, 1);
    const text = `{"at":"${hour(1)}","detail":{"a":["one"],"b":1},"kind":"one","n":1,"ref":"r"}`;
    const leaf = createHash('sha256')
      .update(Buffer.from([0]))
      .update(text)
      .digest('hex');
    expect(first?.leafHash).to.equal(leaf);
  });

  it('has no gaps when concurrent transactions fail', async () => {
    const before = await append('before');
    const write = (n: number) =>
      store().write(async (tx) => {
        await appendEvents(tx, [{ kind: `side ${n}`, ref: 'r', at: hour(3) }]);
        if (n % 3 === 0) throw new RangeError('failed after its number was given out');
      });
    await Promise.allSettled(Array.from({ length: 30 }, (_, n) => write(n)));
    const numbers = (await eventsSince(store().db.sql, before, 100)).map(({ n }) => n);
    expect(numbers).to.deep.equal(Array.from({ length: 20 }, (_, i) => before + 1 + i));
  });
});
