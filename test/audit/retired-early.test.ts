/** Entries that are counted as older than agreed though they are not are found, and nothing that retention did is. */

import { expect } from 'chai';
import { sql } from 'kysely';
import { recordedRetention } from '../../gateway/audit/recorded-retention.ts';
import { verifyLog } from '../../gateway/audit/verify-log.ts';
import { runRetention } from '../../gateway/app/retention.ts';
import type { RetentionDays } from '../../gateway/app/retention-settings.ts';
import { recordConsultations } from '../../gateway/store/consultations.ts';
import { appendEvents, takeLogNumbers } from '../../gateway/store/events.ts';
import { allowing } from '../../gateway/store/retention-guard.ts';
import { onBothEngines } from '../store/engines.ts';

const day = (n: number): string => new Date(Date.UTC(2026, 0, n, 12)).toISOString();

onBothEngines('entries counted as older than agreed', (store) => {
  const append = (kind: string, ...days: readonly number[]): Promise<number> =>
    store().write((tx) =>
      appendEvents(
        tx,
        days.map((n) => ({ kind, ref: `day ${n}`, at: day(n) })),
      ),
    );
  const retention = (today: number, days: RetentionDays, pause = () => Promise.resolve()) =>
    runRetention(
      {
        db: store().db,
        now: () => new Date(day(today)),
        log: { info: () => undefined } as unknown as Parameters<typeof runRetention>[0]['log'],
        sealer: { heads: () => Promise.resolve([]) },
      },
      { days, pause },
    );
  const faults = async () =>
    (await verifyLog(store().db.sql, [])).faults.map(({ fault, from, to }) => [fault, from, to]);
  const moveAway = (n: number): Promise<void> =>
    store().write(async (tx) => {
      await sql`insert into log_retired (n, leaf_hash) select n, leaf_hash from event where n = ${n}`.execute(tx);
      await allowing(tx, () => sql`delete from event where n = ${n}`.execute(tx));
    });

  it('are no fault where retention was cut off, limits changed, a clock was ahead or behind, or entries came late', async () => {
    const span = Array.from({ length: 150 }, (_, i) => i);
    await append('sent', ...span, 900, ...span.map((i) => 150 + i));
    const cut = (): Promise<void> => Promise.reject(new Error('stop'));
    await retention(300, { events: 190 }, cut).catch(() => undefined);
    expect((await verifyLog(store().db.sql, [])).retired).to.be.greaterThan(0);
    expect(await faults(), 'cut off').to.deep.equal([]);
    await append('sent', 300, 275, 301, 10);
    const jump = { kind: 'clock_jumped', ref: 'clock', detail: { milliseconds: 291 * 86_400_000 }, at: day(301) };
    await store().write((tx) => appendEvents(tx, [jump]));
    for (const [today, days] of [
      [302, 190],
      [303, 150],
      [304, 250],
      [310, 190],
    ] as const) {
      await retention(today, { events: days });
      expect(await faults(), `${days} days on day ${today}`).to.deep.equal([]);
    }
  });

  it('are a fault behind the last retention, and where the entries around them are much younger than its limits', async () => {
    const { last } = await recordedRetention(store().db.sql);
    const before = await append('sent', 311, 312);
    const newest = await append('sent', 313, 314);
    await moveAway(newest);
    expect(await faults()).to.deep.equal([['retired_early', newest, newest]]);
    await append('sent', 315);
    await moveAway(last - 1);
    expect((await faults())[0]).to.deep.equal(['retired_early', last - 1, last - 1]);
    await store().write((tx) =>
      appendEvents(tx, [
        { kind: 'retention', ref: 'retention', at: day(316), detail: { limits: { bytes: day(316) } } },
      ]),
    );
    await moveAway(before);
    expect(await faults(), 'limits of other kinds do not count').to.deep.include(['retired_early', before, before]);
  });

  it('stand beside answers that have no digest, which are faults too', async () => {
    const given = ['{', 'null', '{"proof":{"answer_digest":"d"},"subject":{"name":"\\ud800"}}'];
    const first = await store().write(async (tx) => {
      const n = await takeLogNumbers(tx, given.length);
      const asked = { askedAt: day(317), requester: 'desk', partner: 'AA', request: '{}', leafHash: '00'.repeat(32) };
      await recordConsultations(
        tx,
        given.map((answer, i) => ({ ...asked, n: n + i, answer })),
      );
      return n;
    });
    const expected = given.map((_, i) => ['answer_changed', first + i, first + i]);
    expect(await faults()).to.deep.include.members(expected);
  });
});
