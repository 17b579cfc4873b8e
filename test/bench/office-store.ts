/** Fills the store of an office to full size in SQL, from one real row of each kind, for measuring its pages. SQLite only. */

import { sql } from 'kysely';
import type { Database } from '../../gateway/store/database.ts';

export interface OfficeSize {
  readonly operators: number;
  readonly foreign: number;
  readonly consultations: number;
  readonly entries: number;
}

const chunk = 250_000;

/** Numbers from `begin` on, as a table `s` with the column `i`. */
const series = (begin: number, count: number) =>
  sql`with recursive s(i) as (select ${sql.lit(begin)} union all select i + 1 from s where i < ${sql.lit(begin + count - 1)})`;

async function inChunks(
  db: Database,
  count: number,
  insert: (begin: number, size: number) => ReturnType<typeof sql>,
): Promise<void> {
  for (let begin = 1; begin <= count; begin += chunk) {
    const size = Math.min(chunk, count - begin + 1);
    await db.transaction((tx) => insert(begin, size).execute(tx));
  }
}

/** The rows that `test/support/office-pages.ts` makes are the examples. */
export async function fillOffice(db: Database, size: OfficeSize, note: (text: string) => void): Promise<void> {
  note(`${size.operators} operators of ours`);
  await inChunks(db, size.operators, (begin, count) => {
    const code = sql`printf('45%08d', i)`;
    return sql`${series(begin, count)} insert into operator (code, revision, revised_at, as_of, record)
      select ${code}, t.revision, t.revised_at, t.as_of, replace(t.record, t.code, ${code})
      from s, (select * from operator order by code limit 1) t`;
  });
  note(`${size.foreign} operators of the partner`);
  await inChunks(db, size.foreign, (begin, count) => {
    const identifier = sql`printf('AEOCN46%08d', i)`;
    return sql`${series(begin, count)} insert into register_version (partner, identifier, valid_from, valid_to, known_from,
        known_to, from_list, to_list, status, name, details, source_message)
      select t.partner, ${identifier}, t.valid_from, t.valid_to, t.known_from, t.known_to, t.from_list, t.to_list,
        case when i % 50 = 0 then 'suspended' else 'active' end, 'EXAMPLE ' || i || ' TRADING CO., LTD.', t.details, t.source_message
      from s, (select * from register_version where to_list > 1000000 order by n limit 1) t`;
  });
  const { rows } = await sql<{ n: number }>`select value as n from counter where name = 'event'`.execute(db.sql);
  const first = rows[0]?.n ?? 0;
  await fillAnswers(db, size.consultations, first, note);
  await fillEntries(db, size.entries, first + size.consultations, note);
  const last = first + size.consultations + size.entries;
  await db.transaction(async (tx) => {
    await sql`update counter set value = ${last} where name in ('event', 'searchable')`.execute(tx);
  });
}

/** Five in a second, the newest now. */
const askedAt = (all: number) =>
  sql`strftime('%Y-%m-%dT%H:%M:%S.000Z', 'now', '-' || ((${sql.lit(all)} - i) / 5) || ' seconds')`;

async function fillAnswers(db: Database, count: number, first: number, note: (text: string) => void): Promise<void> {
  note(`${count} consultations`);
  await inChunks(db, count, (begin, size) => {
    const identifier = sql`printf('AEOCN46%08d', i % 1000000)`;
    return sql`${series(begin, size)} insert into border_answer (n, leaf_hash, asked_at, requester, partner, request, answer)
      select ${sql.lit(first)} + i, t.leaf_hash, ${askedAt(count)}, t.requester, t.partner,
        replace(t.request, t.identifier, ${identifier}), replace(t.answer, t.identifier, ${identifier})
      from s, (select *, request ->> 'identifier' as identifier from border_answer order by n limit 1) t`;
  });
  note('what consultations are found by');
  const terms = [
    sql`'consultation'`,
    sql`'consultation outcome recognised'`,
    sql`'consultation partner CN'`,
    sql`'consultation requester port-a'`,
  ];
  for (const term of terms) await fillTerms(db, count, first, term);
  await fillTerms(db, count, first, sql`printf('consultation identifier AEOCN46%08d', i / 5)`);
}

async function fillTerms(db: Database, count: number, first: number, term: ReturnType<typeof sql>): Promise<void> {
  await inChunks(
    db,
    count,
    (begin, size) => sql`${series(begin, size)} insert into search_term (term, asked_at, n)
      select ${term}, ${askedAt(count)}, ${sql.lit(first)} + i from s`,
  );
}

/** Of this month: most with the benefit, and what was reported of them. */
async function fillEntries(db: Database, count: number, first: number, note: (text: string) => void): Promise<void> {
  note(`${count} entries of this month`);
  const number = sql`printf('ASM-BENCH%010d', i)`;
  const entry = sql`printf('BENCH-%010d', i)`;
  const one = sql`(select * from assessment limit 1) t`;
  await inChunks(
    db,
    count,
    (begin, size) => sql`${series(begin, size)} insert into assessment (number, asked_at, requester, request, answer)
      select ${number}, ${askedAt(count)}, t.requester, replace(t.request, 'ENTRY-7', ${entry}), replace(t.answer, 'ENTRY-7', ${entry})
      from s, ${one}`,
  );
  await inChunks(
    db,
    count,
    (begin, size) => sql`${series(begin, size)} insert into event (n, leaf_hash, kind, ref, detail, at)
      select ${sql.lit(first)} + i, t.leaf_hash, 'assessment', ${number}, '{}', ${askedAt(count)} from s, (select * from event order by n limit 1) t`,
  );
  await fillTerms(db, count, first, sql`'assessment'`);
  await inChunks(
    db,
    count,
    (
      begin,
      size,
    ) => sql`${series(begin, size)} insert into border_entry (entry, assessment, assessed_at, month, begun_at, office, mode, chapter,
        examined, documents_checked, released_at, release_s)
      select ${entry}, ${number}, ${askedAt(count)}, t.month, t.begun_at, '530' || (i % 5), 'sea', printf('%02d', i % 40 + 1),
        i % 20 = 0, i % 10 = 0, ${askedAt(count)}, 300 + i % 3000 from s, (select * from border_entry limit 1) t`,
  );
  await inChunks(
    db,
    count,
    (begin, size) => sql`${series(begin, size)} insert into entry_result (partner, month, entry, result, list_age_s)
      select t.partner, t.month, ${entry}, case when i % 4 = 0 then 'no_code' else 'benefit' end, 3600 from s, (select * from entry_result limit 1) t`,
  );
}
