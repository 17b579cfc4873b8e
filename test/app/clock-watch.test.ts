/** A clock that is set while a gateway serves, or between two runs of it. */

import { expect } from 'chai';
import { once } from 'node:events';
import { behindLastCommit, jumpBetween, recordJump, watchClock } from '../../gateway/app/clock-watch.ts';
import { makeLog } from '../../gateway/wire/log.ts';
import { openClearance, type TestClearance } from '../support/clearance-fixture.ts';
import { eventsSince } from '../support/event-log.ts';

describe('the watch of the clock', () => {
  let clearance: TestClearance;
  beforeEach(async () => {
    clearance = await openClearance();
  });
  afterEach(() => clearance.close());

  it('takes a second backwards or a minute forwards against the monotonic clock for a jump, and no pause', () => {
    const before = { clock: 1_000_000, monotonic: 500 };
    const moved = (clock: number, monotonic: number) =>
      jumpBetween(before, { clock: before.clock + clock, monotonic: before.monotonic + monotonic });
    expect(moved(1_000, 1_000)).to.equal(0);
    expect(moved(7_200_000, 7_200_000)).to.equal(0);
    expect(moved(59_000, 1_000)).to.equal(0);
    expect(moved(3_601_000, 1_000)).to.equal(3_600_000);
    expect(moved(-3_599_000, 1_000)).to.equal(-3_600_000);
    expect(moved(500, 1_000)).to.equal(0);
  });

  it('knows a clock that is behind the last commit', async () => {
    const lines: string[] = [];
    const log = makeLog({ level: 'error', destination: { write: (line) => void lines.push(line) } });
    expect(await behindLastCommit({ ...clearance, log })).to.equal(0);
    await recordJump({ ...clearance, log }, 3_600_000);
    expect(await behindLastCommit({ ...clearance, log })).to.equal(0);
    clearance.clock = '2026-11-23T11:59:50.000Z';
    expect(await behindLastCommit({ ...clearance, log })).to.equal(-10_000);
    expect(lines.map((line) => (JSON.parse(line) as { delayMs: number }).delayMs)).to.deep.equal([3_600_000]);
  });

  it('records a jump while the gateway serves, once, as an error in the log and an event', async () => {
    const stop = new AbortController();
    let monotonic = 0;
    const log = makeLog({ level: 'error', destination: { write: () => stop.abort() } });
    const stopped = once(stop.signal, 'abort');
    const watching = watchClock(
      { ...clearance, now: () => new Date(clearance.clock), log },
      () => monotonic,
      stop.signal,
    );
    monotonic = 1_000;
    clearance.clock = '2026-11-23T13:00:01.000Z';
    await stopped;
    await watching;
    const events = await eventsSince(clearance.db.sql, 0, 10);
    expect(events.map(({ kind, ref, detail }) => [kind, ref, detail])).to.deep.equal([
      ['clock_jumped', 'clock', { milliseconds: 3_600_000 }],
    ]);
  });
});
