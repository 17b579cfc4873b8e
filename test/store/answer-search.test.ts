/** Searches for recorded answers and assessments, on both engines, beside a plain filter over all of them. */

import { expect } from 'chai';
import { sql } from 'kysely';
import type { CheckRequest, ProvenAnswer } from '../../gateway/model/clearance/answer.ts';
import type { Assessment } from '../../gateway/model/clearance/assessment.ts';
import type { Entry } from '../../gateway/model/clearance/entry.ts';
import { seededRandom } from '../../gateway/model/seeded-random.ts';
import {
  makeSearchable,
  searchAnswers,
  searchedTo,
  type SearchField,
  type SearchPlace,
} from '../../gateway/store/answer-search.ts';
import { recordAssessment, recordConsultations } from '../../gateway/store/consultations.ts';
import type { Tx } from '../../gateway/store/database.ts';
import { appendEvents, takeLogNumbers } from '../../gateway/store/events.ts';
import { retire } from '../../gateway/store/retention.ts';
import { onBothEngines } from './engines.ts';

/** What is asked by and about, and when: a second may have several answers, and the clock may go back. */
interface Given {
  readonly n: number;
  readonly kind: 'consultation' | 'assessment';
  readonly at: string;
  readonly values: Readonly<Record<SearchField, readonly string[]>>;
}

const count = 400;
const random = seededRandom(7741);
const pick = (prefix: string, of: number): string => `${prefix}${Math.floor(random.next() * of)}`;
const momentOf = (i: number): string =>
  new Date(Date.UTC(2026, 10, 1) + Math.floor(i / 3) * 60_000 - (i % 50 === 0 ? 600_000 : 0)).toISOString();

async function give(tx: Tx, i: number): Promise<Given> {
  const at = momentOf(i);
  const [identifier, partner, outcome, requester, entry] = [
    pick('I', 40),
    pick('P', 3),
    pick('o', 4),
    pick('r', 3),
    pick('E', 60),
  ];
  const values = {
    identifier: [identifier],
    partner: [partner],
    outcome: [outcome],
    requester: [requester],
    entry: [entry],
  };
  if (i % 4 === 0) {
    const request = { parties: [{ identifier }, { identifier: 'I1' }] } as unknown as Entry;
    const answer = {
      answered_at: at,
      requester,
      decision: outcome,
      entry,
      parties: [{ partner }, {}],
    } as unknown as Assessment;
    await recordAssessment(tx, { number: `A${i}`, askedAt: at, requester, request, answer });
    const n = await appendEvents(tx, [{ kind: 'assessment', ref: `A${i}`, at }]);
    return { n, kind: 'assessment', at, values: { ...values, identifier: [identifier, 'I1'] } };
  }
  const n = await takeLogNumbers(tx, 1);
  const request = { identifier: `${identifier} sent`, reference: entry } as unknown as CheckRequest;
  const answer = {
    answered_at: at,
    outcome,
    subject: { partner, identifier },
    proof: { requester },
  } as unknown as ProvenAnswer;
  const row = { n, leafHash: `leaf ${i}`, askedAt: at, requester, partner };
  await recordConsultations(tx, [{ ...row, request: JSON.stringify(request), answer: JSON.stringify(answer) }]);
  return { n, kind: 'consultation', at, values: { ...values, identifier: [identifier, `${identifier} sent`] } };
}

onBothEngines('searches for answers', (store) => {
  const given: Given[] = [];
  const all = async (
    kind: Given['kind'],
    values: Partial<Record<SearchField, string>>,
    from?: string,
    to?: string,
  ): Promise<number[]> => {
    const numbers: number[] = [];
    for (let before: SearchPlace | undefined, more = true; more;) {
      const { found, next } = await searchAnswers(store().db.sql, { kind, values, from, to, before, limit: 7 });
      numbers.push(...found.map(({ n }) => n));
      expect(found.length).to.be.at.most(7);
      [before, more] = [next, next !== undefined];
    }
    return numbers;
  };
  const expected = (kind: Given['kind'], values: Partial<Record<SearchField, string>>, from = '', to = '9'): number[] =>
    given
      .filter((each) => each.kind === kind && each.at >= from && each.at < to)
      .filter((each) =>
        Object.entries(values).every(([field, value]) => each.values[field as SearchField].includes(value)),
      )
      .toSorted((a, b) => (a.at === b.at ? b.n - a.n : a.at < b.at ? 1 : -1))
      .map(({ n }) => n);

  before(async () => {
    given.length = 0;
    await store().write(async (tx) => {
      for (let i = 0; i < count; i += 1) given.push(await give(tx, i));
      await appendEvents(tx, [{ kind: 'list_applied', ref: 'other', at: momentOf(count) }]);
    });
    // Two processes make the same entries searchable: each of them once.
    const both = async (): Promise<void> => {
      while (!(await Promise.all([makeSearchable(store().db), makeSearchable(store().db)])).every(Boolean));
    };
    await both();
  });

  it('find what a filter over all of them finds, page by page, the newest first', async () => {
    for (let round = 0; round < 60; round += 1) {
      const kind = round % 3 === 0 ? ('assessment' as const) : ('consultation' as const);
      const wanted = given[Math.floor(random.next() * count)];
      const fields = (['identifier', 'entry', 'requester', 'outcome', 'partner'] as const).filter(
        () => random.next() < 0.35,
      );
      const values = Object.fromEntries(fields.map((field) => [field, wanted?.values[field].at(-1) ?? '']));
      const [from, to] = [momentOf(Math.floor(random.next() * 200)), momentOf(200 + Math.floor(random.next() * 200))];
      const bounds = random.next() < 0.5 ? [] : [from, to];
      expect(await all(kind, values, ...bounds), JSON.stringify([kind, values, bounds])).to.deep.equal(
        expected(kind, values, ...bounds),
      );
    }
    expect(await all('consultation', { identifier: 'none' })).to.deep.equal([]);
  });

  it('pass over what was altered until it is no answer any more, and find all others', async () => {
    const [first] = await all('consultation', {});
    await store().write(async (tx) => {
      const n = await takeLogNumbers(tx, 3);
      const row = { leafHash: 'x', askedAt: momentOf(1), requester: 'r', partner: 'P' };
      const texts = [
        ['{', '{}'],
        ['{}', '7'],
        ['null', 'null'],
      ] as const;
      await recordConsultations(
        tx,
        texts.map(([request, answer], i) => ({ ...row, n: n + i, request, answer })),
      );
    });
    while (!(await makeSearchable(store().db)));
    expect((await all('consultation', {}))[0]).to.equal(first);
  });

  it('find no answer that is older than agreed, and keep no row of it', async () => {
    const limit = momentOf(200);
    await retire(store().db, { limits: { answers: limit }, dryRun: false, pause: () => Promise.resolve() });
    expect(await all('consultation', {})).to.deep.equal(expected('consultation', {}, limit));
    expect(await all('assessment', {})).to.deep.equal(expected('assessment', {}, limit));
    const { rows } = await sql<{ n: number }>`select count(*) as n from search_term where asked_at < ${limit}`.execute(
      store().db.sql,
    );
    expect(Number(rows[0]?.n)).to.equal(0);
  });

  it('say from which moment on answers are not found yet, while many are being given', async () => {
    const given = 700;
    await store().write(async (tx) => {
      const n = await takeLogNumbers(tx, given);
      const rows = Array.from({ length: given }, (_, i) => {
        const at = new Date(Date.UTC(2026, 11, 1) + i * 1000).toISOString();
        const answer = { answered_at: at, outcome: 'new', subject: { partner: 'P' }, proof: { requester: 'r' } };
        const row = { n: n + i, leafHash: `late ${i}`, askedAt: at, requester: 'r', partner: 'P', request: '{}' };
        return { ...row, answer: JSON.stringify(answer) };
      });
      await recordConsultations(tx, rows);
    });
    await makeSearchable(store().db);
    const to = await searchedTo(store().db);
    const found = await all('consultation', { outcome: 'new' });
    expect(found.length).to.be.within(1, given - 1);
    expect(to).to.equal(new Date(Date.UTC(2026, 11, 1) + found.length * 1000).toISOString());
    for (let page = 0; page < 3; page += 1) await makeSearchable(store().db);
    expect(await searchedTo(store().db), 'a search makes the last ones searchable itself').to.equal(undefined);
    expect(await all('consultation', { outcome: 'new' })).to.have.lengthOf(given);
  });
});
