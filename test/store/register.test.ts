/** The register: statuses by effective date and by knowledge date. */

import type { ListRecord } from '../../gateway/model/record/record.ts';
import { expect } from 'chai';
import fc from 'fast-check';
import type { Departure } from '../../gateway/model/list/list.ts';
import { packRecords } from '../../gateway/model/record/packed-records.ts';
import { detailsOf, findStatus, versionsAsOf } from '../../gateway/store/register.ts';
import { applyToRegister } from '../../gateway/store/register-writing.ts';
import { openDay, openMoment } from '../../gateway/store/tables.ts';
import { onBothEngines } from './engines.ts';
import { hour, listed } from './samples.ts';

onBothEngines('the register', (store) => {
  const apply = (partner: string, h: number, puts: ListRecord[], departures: Departure[] = [], clock = h) =>
    store().write((tx) =>
      applyToRegister(tx, {
        partner,
        knownAt: hour(clock),
        today: hour(clock).slice(0, 10),
        list: h,
        sourceMessage: `m${h}`,
        records: packRecords(puts),
        puts: [...puts.keys()],
        departures,
      }),
    );
  const at = (partner: string, day: string, h: number, identifier = 'A') =>
    findStatus(store().db.sql, partner, identifier, day, h);
  const statusAt = async (partner: string, day: string, h: number) => {
    const fact = await at(partner, day, h);
    return fact !== undefined && fact.validFrom <= day ? fact.status : undefined;
  };

  it('returns a status with its effective date', async () => {
    await apply('AA', 1, [listed('A', { validTo: '2026-12-31', roles: ['carrier', 'exporter'] })]);
    expect(await at('AA', '2025-06-01', 1)).to.deep.equal({
      identifier: 'A',
      status: 'active',
      validFrom: '2020-01-01',
      validTo: '2026-12-31',
      name: 'COMPANY A',
      roles: ['carrier', 'exporter'],
    });
    expect(await at('AA', '2019-12-31', 1)).to.deep.include({ validFrom: '2020-01-01' });
    expect(await at('AA', '2025-06-01', 0)).to.equal(undefined);
    expect(await at('AA', '2025-06-01', 1, 'B')).to.equal(undefined);
    expect(await at('ZZ', '2025-06-01', 1)).to.equal(undefined);
  });

  it('applies a late suspension from its knowledge date on, and still returns what was known before', async () => {
    await apply('AB', 1, [listed('A')]);
    await apply('AB', 5, [listed('A', { status: 'suspended', statusSince: '2026-02-10' })]);
    expect(await statusAt('AB', '2026-02-20', 4)).to.equal('active');
    expect(await statusAt('AB', '2026-02-20', 5)).to.equal('suspended');
    expect(await statusAt('AB', '2026-02-09', 5)).to.equal('active');
    expect(await statusAt('AB', '2026-02-10', 5)).to.equal('suspended');
    await apply('AB', 6, [listed('A', { statusSince: '2026-02-25' })]);
    expect(await statusAt('AB', '2026-02-20', 6)).to.equal('suspended');
    expect(await statusAt('AB', '2026-02-25', 6)).to.equal('active');
    expect(await statusAt('AB', '2026-02-25', 5)).to.equal('suspended');
  });

  it('returns the end of validity for later days', async () => {
    await apply('AC', 1, [listed('A', { validTo: '2026-03-31' })]);
    expect(await at('AC', '2026-03-31', 1)).to.deep.include({ status: 'active', validTo: '2026-03-31' });
    expect(await at('AC', '2026-05-01', 1)).to.deep.include({ status: 'active', validTo: '2026-03-31' });
    await apply('AC', 2, [listed('A', { validTo: '9999-12-31' })]);
    expect(await at('AC', '2026-05-01', 2)).to.not.have.property('validTo');
  });

  it('states that a new operator was active before its current status', async () => {
    await apply('AD', 1, [listed('A', { status: 'suspended', statusSince: '2026-01-10', validFrom: '2021-05-01' })]);
    expect(await at('AD', '2026-01-09', 1)).to.deep.include({
      status: 'active',
      validFrom: '2021-05-01',
      validTo: '2026-01-09',
    });
    expect(await statusAt('AD', '2026-01-10', 1)).to.equal('suspended');
    expect(await statusAt('AD', '2021-04-30', 1)).to.equal(undefined);
  });

  it('has no operator active before its first day on the list, whatever the day of its status', async () => {
    await apply('AJ', 1, [listed('A', { validFrom: '2024-01-01' })]);
    expect(await at('AJ', '2021-06-01', 1)).to.deep.include({ status: 'active', validFrom: '2024-01-01' });
    await apply('AJ', 2, [listed('A', { validFrom: '2024-01-01', name: { latin: 'NEW NAME' } })]);
    expect(await at('AJ', '2021-06-01', 2)).to.deep.include({ validFrom: '2024-01-01', name: 'NEW NAME' });
    expect(await statusAt('AJ', '2024-01-01', 2)).to.equal('active');
    await apply('AK', 1, [
      listed('A', { validFrom: '2026-04-01' }),
      listed('B', { validFrom: '2026-04-01', validTo: '2026-03-31' }),
    ]);
    expect(await statusAt('AK', '2026-03-31', 1)).to.equal(undefined);
    expect(await statusAt('AK', '2026-04-01', 1)).to.equal('active');
    expect(await at('AK', '2026-04-01', 1, 'B')).to.equal(undefined);
  });

  it('has a new operator that will be active on a day still to come off the list until then', async () => {
    const ahead = { validFrom: '2020-01-01', statusSince: '2026-04-01' };
    await apply('AO', 1, [listed('A', ahead), listed('B', { ...ahead, status: 'suspended' })]);
    expect(await statusAt('AO', '2026-03-31', 1)).to.equal(undefined);
    expect(await statusAt('AO', '2026-04-01', 1)).to.equal('active');
    expect((await at('AO', '2026-03-31', 1, 'B'))?.status).to.equal('active');
  });

  it('keeps an operator with a new grade on the list, unless that grade is still to come', async () => {
    await apply('AL', 1, [listed('A'), listed('B'), listed('C')]);
    await apply('AL', 2, [listed('A', { validFrom: '2026-02-15' }), listed('B', { validFrom: '2026-04-01' })]);
    expect(await statusAt('AL', '2025-06-01', 2)).to.equal('active');
    expect(await at('AL', '2025-06-01', 2, 'B')).to.deep.include({ status: 'active', validTo: '2026-02-28' });
    expect(await at('AL', '2026-03-01', 2, 'B')).to.deep.include({ status: 'left', validTo: '2026-03-31' });
    expect(await at('AL', '2026-04-01', 2, 'B')).to.deep.include({ status: 'active', validFrom: '2026-04-01' });
    await apply('AL', 3, [], [{ identifier: 'C', reason: 'grade_lost', since: '2025-01-01' }]);
    await apply('AL', 4, [listed('C', { validFrom: '2026-01-15' })]);
    expect((await at('AL', '2025-06-01', 4, 'C'))?.status).to.equal('left');
    expect((await at('AL', '2026-01-15', 4, 'C'))?.status).to.equal('active');
  });

  it('has a known operator off the list until a first day still to come, whatever the day of its status', async () => {
    await apply(
      'AM',
      1,
      ['A', 'B', 'C', 'D'].map((identifier) => listed(identifier)),
    );
    const to = (first: string, since: string, status: ListRecord['status'] = 'active') =>
      ({ validFrom: first, statusSince: since, status }) as const;
    await apply('AM', 2, [
      listed('A', to('2026-04-01', '2026-04-01')),
      listed('B', to('2026-04-10', '2026-04-01')),
      listed('C', to('2026-04-01', '2026-05-01', 'suspended')),
      listed('D', to('2020-01-01', '2026-04-01', 'suspended')),
    ]);
    const days = ['2026-02-28', '2026-03-01', '2026-03-31', '2026-04-01', '2026-04-10', '2026-05-01'];
    const course = async (identifier: string, h = 2) =>
      (await Promise.all(days.map((day) => at('AM', day, h, identifier)))).map((fact) => fact?.status);
    expect(await course('A')).to.deep.equal(['active', 'left', 'left', 'active', 'active', 'active']);
    expect(await course('B')).to.deep.equal(['active', 'left', 'left', 'left', 'active', 'active']);
    expect(await course('C')).to.deep.equal(['active', 'left', 'left', 'active', 'active', 'suspended']);
    expect(await course('D')).to.deep.equal(['active', 'active', 'active', ...Array<string>(3).fill('suspended')]);
    await apply('AM', 3, [listed('A', to('2026-05-01', '2026-05-01'))]);
    expect(await course('A', 3)).to.deep.equal(['active', 'left', 'left', 'left', 'left', 'active']);
  });

  it('moves the first day of an operator that was never on the list, and does not call it one that left', async () => {
    for (const [h, day] of [
      [1, '2026-04-01'],
      [2, '2026-04-20'],
      [3, '2026-04-10'],
    ] as const) {
      await apply('AN', h, [listed('A', { validFrom: day, statusSince: day })]);
      expect(await at('AN', '2026-04-05', h)).to.deep.include({ status: 'active', validFrom: day });
    }
  });

  it('distinguishes the reasons of departures', async () => {
    const reasons = ['revoked', 'withdrawn', 'consent_withdrawn', 'grade_lost', 'left'] as const;
    await apply(
      'AE',
      1,
      reasons.map((reason) => listed(reason)),
    );
    await apply(
      'AE',
      2,
      [],
      reasons.map((reason) => ({ identifier: reason, reason, since: '2026-02-01' })),
    );
    const facts = await Promise.all(reasons.map((reason) => at('AE', '2026-03-01', 2, reason)));
    expect(facts.map((fact) => fact?.status)).to.deep.equal(['revoked', 'withdrawn', 'left', 'left', 'left']);
    // Where consent ended nothing but the number may be told.
    expect(facts.map((fact) => fact?.name)).to.deep.equal([undefined, undefined, undefined, undefined, undefined]);
    expect((await at('AE', '2026-01-31', 2, 'left'))?.status).to.equal('active');
  });

  it('writes a new version when only a name changes, and overwrites nothing', async () => {
    await apply('AF', 1, [listed('A')]);
    await apply('AF', 2, [listed('A', { name: { latin: 'NEW NAME' } })]);
    expect((await at('AF', '2026-01-01', 1))?.name).to.equal('COMPANY A');
    expect((await at('AF', '2026-01-01', 2))?.name).to.equal('NEW NAME');
    const { sql } = store().db;
    const versions = await sql
      .selectFrom('register_version')
      .selectAll()
      .where('partner', '=', 'AF')
      .where('identifier', '=', 'A')
      .orderBy('known_from')
      .execute();
    expect(versions.map(({ name, known_from, known_to }) => [name, known_from, known_to])).to.deep.equal([
      ['COMPANY A', hour(1), hour(2)],
      ['NEW NAME', hour(2), openMoment],
    ]);
    expect(detailsOf(versions[0]?.details ?? '')).to.deep.equal(listed('A'));
  });

  it('never decreases the knowledge date when the clock is set back', async () => {
    await apply('AG', 1, [listed('A')], [], 5);
    const suspended = listed('A', { status: 'suspended', statusSince: '2026-01-01' });
    expect(await apply('AG', 2, [suspended], [], 3)).to.equal(hour(5));
    expect(await at('AG', '2026-02-01', 2)).to.deep.include({ status: 'suspended' });
    const newest = versionsAsOf(store().db.sql, 'AG', 2).where('status', '=', 'suspended');
    expect((await newest.executeTakeFirst())?.known_from).to.equal(hour(5));
    expect(await statusAt('AG', '2026-02-01', 1)).to.equal('active');
  });

  it('ignores future effective dates in answers for today', async () => {
    await apply('AH', 1, [listed('A')]);
    await apply('AH', 2, [], [{ identifier: 'A', reason: 'revoked', since: '2030-01-01' }]);
    expect(await statusAt('AH', '2026-01-01', 2)).to.equal('active');
    expect(await statusAt('AH', openDay, 2)).to.equal('revoked');
    expect(await statusAt('AH', openDay, 1)).to.equal('active');
    expect(await statusAt('AH', openDay, 0)).to.equal(undefined);
  });

  it('applies a large list and changes only its operators', async () => {
    const puts = Array.from({ length: 6_000 }, (_, i) => listed(`L${i}`));
    await apply('AI', 1, puts);
    await apply(
      'AI',
      2,
      puts.slice(0, 5_000).map((record) => ({ ...record, status: 'suspended', statusSince: '2026-01-01' })),
    );
    const { sql } = store().db;
    const open = await sql
      .selectFrom('register_version')
      .select(({ fn }) => ['status', fn.countAll<number>().as('versions')])
      .where('partner', '=', 'AI')
      .where('known_to', '>', hour(2))
      .groupBy('status')
      .orderBy('status')
      .execute();
    expect(open.map(({ status, versions }) => [status, versions])).to.deep.equal([
      ['active', 6_000],
      ['suspended', 5_000],
    ]);
  });

  it('agrees with a simple model of all statements, on both dates', async () => {
    const day = (n: number) => `2026-01-${String(n).padStart(2, '0')}`;
    const statement = fc.record({
      since: fc.integer({ min: 1, max: 12 }),
      lasts: fc.option(fc.integer({ min: 0, max: 8 }), { nil: undefined }),
      says: fc.constantFrom('active', 'suspended', 'revoked', 'left'),
    });
    let run = 0;
    const property = fc.asyncProperty(fc.array(statement, { minLength: 1, maxLength: 6 }), async (statements) => {
      run += 1;
      const partner = `P${run}`;
      for (const [i, { since, lasts, says }] of statements.entries()) {
        if (says === 'active' || says === 'suspended') {
          const validTo = lasts === undefined ? {} : { validTo: day(since + lasts) };
          await apply(partner, i + 1, [
            listed('A', { status: says, statusSince: day(since), validFrom: day(since), ...validTo }),
          ]);
        } else await apply(partner, i + 1, [], [{ identifier: 'A', reason: says, since: day(since) }]);
      }
      for (let h = 0; h <= statements.length; h += 1) {
        for (let d = 1; d <= 24; d += 3) {
          // What was said last of those known by then, among what speaks of the day.
          const said = statements.slice(0, h).findLast(({ since }) => since <= d);
          const ends =
            said === undefined || said.lasts === undefined || said.says === 'revoked' || said.says === 'left'
              ? 99
              : said.since + said.lasts;
          const found = await at(partner, day(d), h);
          const fact = found !== undefined && found.validFrom <= day(d) ? found : undefined;
          expect(fact?.status).to.equal(said?.says);
          if (said !== undefined) expect((fact?.validTo ?? '9999') < day(d)).to.equal(ends < d);
        }
      }
    });
    await fc.assert(property, { numRuns: store().engine === 'sqlite' ? 60 : 15 });
  });
});
