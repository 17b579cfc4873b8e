/** The third story: questions and whole entries come in at the border, are answered from the register, and can be proven later. */

import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  assess,
  lookUpAssessment,
  check,
  checkRecorded,
  checkBatch,
  lookUpConsultation,
  type Clearance,
} from '../../gateway/clearance/requests.ts';
import { canonicalJson } from '../../gateway/model/canonical-json.ts';
import { answerDigest } from '../../gateway/model/clearance/answer-digest.ts';
import type { CheckRequest, ProvenAnswer } from '../../gateway/model/clearance/answer.ts';
import type { Entry } from '../../gateway/model/clearance/entry.ts';
import { isGatewayError } from '../../gateway/model/errors.ts';
import { isConsultationNumber } from '../../gateway/model/clearance/number-form.ts';
import { eventsSince } from '../support/event-log.ts';
import {
  fillList,
  fillRegister,
  noon,
  openClearance,
  operator,
  union,
  northland,
  type TestClearance,
} from '../support/clearance-fixture.ts';
import { refusalCode } from '../support/expect-code.ts';

const ask = (clearance: Clearance, identifier: string, changes: Partial<CheckRequest> = {}) =>
  check(clearance, { partner: 'NN', identifier, role: 'consignor', direction: 'import', ...changes }, 'post-7');
const importEntry = (parties: Entry['parties'], changes: Partial<Entry> = {}) =>
  ({ entry: { id: 'E-1', direction: 'import', parties, ...changes }, profile: 'json', warnings: [] }) as const;

describe('clearance', () => {
  let clearance: TestClearance;
  beforeEach(async () => {
    clearance = await openClearance();
    await fillRegister(clearance.db);
  });
  afterEach(() => clearance.close());

  it('the register answers for each operator, and says which list it answers from', async () => {
    const outcomes: Record<string, string> = {};
    for (const n of [1, 2, 3, 4, 5, 6, 9]) outcomes[n] = (await ask(clearance, `NN000000${n}`)).outcome;
    expect(outcomes).to.deep.equal({
      1: 'recognised',
      2: 'suspended',
      3: 'expired',
      4: 'revoked',
      5: 'not_on_list',
      6: 'recognised',
      9: 'not_on_list',
    });
    expect((await ask(clearance, 'NN0000001')).freshness).to.include({ state: 'fresh', list: 'NN/1/00007' });
  });

  it('the moment asked about decides, not the moment of asking', async () => {
    expect((await ask(clearance, 'NN0000004', { at: '2026-11-09T12:00:00Z' })).outcome).to.equal('not_on_list');
    expect((await ask(clearance, 'NN0000002', { at: '2026-10-20T21:00:00+09:00' })).outcome).to.equal('recognised');
    expect((await ask(clearance, 'NN0000003', { at: '2026-10-31T14:59:00Z' })).outcome).to.equal('recognised');
    expect((await ask(clearance, 'NN0000003', { at: '2026-10-31T15:00:00Z' })).outcome).to.equal('expired');
  });

  it('before its first day an operator is not on the list, and the answer states that day', async () => {
    const next = operator('NN0000009', { statusSince: '2020-01-01', validFrom: '2026-12-15' });
    const old = operator('NN0000008', { statusSince: '2020-01-01', validFrom: '2024-01-01' });
    await fillList(clearance.db, { partner: 'NN', records: [next, old], sequence: 8 });
    const cases = [
      ['NN0000009', {}, '2026-12-15'],
      ['NN0000009', { at: '2021-06-01T00:00:00Z' }, '2026-12-15'],
      ['NN0000008', { at: '2021-06-01T00:00:00Z' }, '2024-01-01'],
      ['NN0000001', { at: '2021-06-01T00:00:00Z' }, '2024-03-01'],
    ] as const;
    for (const [identifier, changes, day] of cases) {
      const { outcome, explanation, subject } = await ask(clearance, identifier, changes);
      expect([outcome, subject.valid_from, subject.name]).to.deep.equal(['not_on_list', day, undefined]);
      expect(explanation.at(-1)?.text).to.include(day);
    }
    expect((await ask(clearance, 'NN0000008')).outcome).to.equal('recognised');
  });

  it('what was received later does not count, and nothing is known from the future', async () => {
    const before = await ask(clearance, 'NN0000001', { known_at: '2026-11-23T10:59:00Z' });
    expect(before.outcome).to.equal('undetermined');
    expect(before.explanation.at(-1)?.code).to.equal('NO_LIST');
    expect((await ask(clearance, 'NN0000001', { known_at: '2030-01-01T00:00:00Z' })).known_at).to.equal(noon);
  });

  it('when no newer list comes, answers become undetermined and are referred', async () => {
    clearance.clock = '2026-11-25T11:00:01.000Z';
    const answer = await ask(clearance, 'NN0000001');
    expect([answer.outcome, answer.advice.action, answer.subject.last_known_status]).to.deep.equal([
      'undetermined',
      'refer',
      'active',
    ]);
  });

  it('an answer can be looked up by its number, however it is written, and its digest proves it', async () => {
    const answer = await ask(clearance, 'NN0000001', { name: 'nn0000001 trading', reference: 'E-1/1' });
    const { proof, ...rest } = answer;
    expect(isConsultationNumber(proof.consultation_number)).to.equal(true);
    expect(proof).to.include({ requester: 'post-7', issued_at: noon, answer_digest: answerDigest(rest) });
    const shown = proof.consultation_number.toLowerCase().replace(/(.{4})/gu, '$1-');
    expect(await lookUpConsultation(clearance, shown)).to.deep.equal(answer);
  });

  it('the digest is SHA-256 over the members in the order of their names', async () => {
    const { proof, ...rest } = await ask(clearance, 'NN0000009');
    const sorted = (value: unknown): unknown =>
      Array.isArray(value)
        ? value.map(sorted)
        : typeof value === 'object' && value !== null
          ? Object.fromEntries(
              Object.entries(value)
                .sort(([a], [b]) => (a < b ? -1 : 1))
                .map(([name, member]) => [name, sorted(member)]),
            )
          : value;
    const digest = createHash('sha256')
      .update(JSON.stringify(sorted(rest)))
      .digest('base64url');
    expect(proof.answer_digest).to.equal(`sha-256:${digest}`);
  });

  it('the text of an answer of any kind is canonical JSON, with the proof at its end', async () => {
    await fillList(clearance.db, {
      partner: 'NN',
      records: [operator('NN00000Z1', { name: { latin: 'Ö & CO', local: '示例公司' } })],
      sequence: 8,
    });
    const asked: readonly Partial<CheckRequest>[] = [
      { identifier: 'nn-00000z1', name: '示例公司', reference: 'E-1 "ü"', mode: 'sea' },
      { identifier: 'NN00000Z1', name: 'QUITE ANOTHER', role: 'consignee' },
      { identifier: 'NN0000021' },
      { identifier: 'NN00000', box_length: 7 },
      { identifier: 'NN0000002', at: '2013-01-01T00:00:00Z' },
      { identifier: 'NN0000002', known_at: '2026-11-23T11:30:00Z' },
    ];
    for (const question of asked) {
      const request = { partner: 'NN', direction: 'import', role: 'consignor', ...question } as const;
      const { text } = await checkRecorded(clearance, request, 'post-7');
      const { proof, ...rest } = JSON.parse(text) as ProvenAnswer;
      expect(text).to.equal(`${canonicalJson(rest).slice(0, -1)},"proof":${canonicalJson(proof)}}`);
    }
  });

  it('answers that come one after the other within two turns of the loop share a commit', async () => {
    const before = clearance.db.commits();
    const first = ask(clearance, 'NN0000001');
    await nextTurn();
    await nextTurn();
    await Promise.all([first, ask(clearance, 'NN0000002')]);
    expect(clearance.db.commits() - before).to.equal(1);
  });

  it('each answer is an event of the log, under the number its proof states', async () => {
    const { proof } = await ask(clearance, 'NN0000001');
    const [event] = await eventsSince(clearance.db.sql, (proof.log_index ?? 0) - 1, 1);
    expect(event).to.include({ kind: 'consultation', ref: proof.consultation_number });
    expect(event?.detail).to.deep.include({ answer_digest: proof.answer_digest, outcome: 'recognised' });
  });

  it('an answer that cannot be recorded is not given', async () => {
    const trouble = new Error('disk full');
    const attempt = checkRecorded(clearance, { partner: 'NN', identifier: 'NN0000001' }, 'post-7', () =>
      Promise.reject(trouble),
    );
    expect(await attempt.catch((error: unknown) => error)).to.equal(trouble);
    expect(await eventsSince(clearance.db.sql, 0, 10)).to.deep.equal([]);
  });

  it('an unknown partner, a mistyped number and an unknown one are refused', async () => {
    expect(await refusalCode(() => ask(clearance, 'X1', { partner: 'QQ' }))).to.equal('E_PARTNER_UNKNOWN');
    expect(await refusalCode(() => ask(clearance, 'NN0000001', { at: '2026-12-31T23:59:60Z' }))).to.equal(
      'E_REQUEST_INVALID',
    );
    expect(await refusalCode(() => lookUpConsultation(clearance, 'CN7K2Q4M9XT3WHX'))).to.equal('E_CONSULTATION_NUMBER');
    expect(await refusalCode(() => lookUpConsultation(clearance, 'CN7K2Q4M9XT3WHH'))).to.equal(
      'E_CONSULTATION_UNKNOWN',
    );
    expect(await refusalCode(() => lookUpAssessment(clearance, 'ASM-1'))).to.equal('E_ASSESSMENT_UNKNOWN');
  });

  it('in a batch, an invalid query has an error beside the answers of the others', async () => {
    const results = await checkBatch(
      clearance,
      new Map([
        ['a', { partner: 'NN', identifier: 'NN0000001' }],
        ['b', { partner: 'QQ', identifier: 'QQ1' }],
        ['c', { partner: 'NN', identifier: 'NN0000002' }],
      ]),
      'post-7',
    );
    const codes = new Map(
      [...results].map(([key, result]) => [key, isGatewayError(result) ? result.code : result.outcome]),
    );
    expect(Object.fromEntries(codes)).to.deep.equal({ a: 'recognised', b: 'E_PARTNER_UNKNOWN', c: 'suspended' });
    const [a, c] = [results.get('a'), results.get('c')];
    if (a === undefined || c === undefined || isGatewayError(a) || isGatewayError(c))
      throw new Error('two answers expected');
    expect(c.proof.log_index).to.equal((a.proof.log_index ?? 0) + 1);
    expect(await lookUpConsultation(clearance, c.proof.consultation_number)).to.deep.equal(c);
  });

  it('an entry is assessed as of its acceptance, each party once, and can be looked up', async () => {
    const given = await assess(
      clearance,
      importEntry([
        { pointer: '/0', role: 'exporter', identifier: 'NN0000001', name: 'NN0000001 Trading' },
        { pointer: '/1', role: 'importer', identifier: '4403131697' },
        { pointer: '/2', role: 'FW', identifier: 'ＮＮ0000009' },
        { pointer: '/3', role: 'FW', identifier: 'ＮＮ0000009' },
        { pointer: '/4', role: 'agent' },
      ]),
      'post-7',
    );
    expect([given.decision, given.benefits.map(({ code }) => code)]).to.deep.equal(['apply', ['E', 'P']]);
    expect(given.valid_until).to.equal('2026-11-25T11:00:00.000Z');
    expect(given.parties.map(({ outcome, not_checked: why }) => outcome ?? why)).to.deep.equal([
      'recognised',
      'domestic_side',
      'not_on_list',
      'not_on_list',
      'no_identifier',
    ]);
    expect(given.parties[2]?.consultation_number).to.equal(given.parties[3]?.consultation_number);
    const events = await eventsSince(clearance.db.sql, 0, 10);
    expect(events.map(({ kind }) => kind)).to.deep.equal(['consultation', 'consultation', 'assessment']);
    expect(events[2]?.ref).to.equal(given.assessment);
    expect(await lookUpAssessment(clearance, given.assessment)).to.deep.equal(given);
    const early = await assess(
      clearance,
      importEntry([{ pointer: '/0', role: 'exporter', identifier: 'NN0000004' }], {
        acceptedAt: '2014-01-01T00:00:00.000Z',
      }),
      'post-7',
    );
    expect(early.parties[0]?.outcome).to.equal('agreement_not_in_force');
  });

  it('an entry with a suspended operator earns nothing, and one whose list is stale is referred', async () => {
    const suspended = await assess(
      clearance,
      importEntry([{ pointer: '/0', role: 'consignor', identifier: 'NN0000002' }]),
      'post-7',
    );
    expect([suspended.decision, suspended.benefits]).to.deep.equal(['do_not_apply', []]);
    clearance.clock = '2026-12-01T00:00:00.000Z';
    const stale = await assess(
      clearance,
      importEntry([{ pointer: '/0', role: 'consignor', identifier: 'NN0000001' }]),
      'post-7',
    );
    expect([stale.decision, stale.benefits]).to.deep.equal(['refer', []]);
    expect(stale).to.not.have.property('valid_until');
  });

  it('a declaration that states only a part of an entry is referred, where a whole one would earn benefits', async () => {
    const whole = importEntry([{ pointer: '/0', role: 'consignor', identifier: 'NN0000001' }]);
    expect((await assess(clearance, whole, 'post-7')).decision).to.equal('apply');
    const part = await assess(clearance, { ...whole, isUncertain: true, warnings: ['an amendment'] }, 'post-7');
    expect([part.decision, part.benefits, part.warnings]).to.deep.equal(['refer', [], ['an amendment']]);
  });

  it('an entry without a direction earns no benefit by itself', async () => {
    const entry: Entry = { parties: [{ pointer: '/0', role: 'consignor', identifier: 'NN0000001' }] };
    const given = await assess(clearance, { entry, profile: 'json', warnings: ['no direction'] }, 'post-7');
    expect([given.decision, given.parties[0]?.outcome, given.warnings]).to.deep.equal([
      'refer',
      'recognised',
      ['no direction'],
    ]);
  });

  it('with two partners, a code that both grammars take is asked about at the one it names', async () => {
    const both = await openClearance([northland, union]);
    try {
      await fillRegister(both.db);
      const given = await assess(
        both,
        importEntry([{ pointer: '/0', role: 'consignor', identifier: 'NN0000001' }]),
        'post-7',
      );
      expect(given.parties[0]).to.include({ partner: 'NN', outcome: 'recognised' });
    } finally {
      await both.close();
    }
  });
});
