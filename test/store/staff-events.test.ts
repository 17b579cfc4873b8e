/** Events that open pages follow, on both engines. */

import { expect } from 'chai';
import { appendEvents, countEvents, eventsOfPerson, staffEventAfter } from '../../gateway/store/events.ts';
import { onBothEngines } from './engines.ts';

onBothEngines('events that open pages follow', (store) => {
  it('are all but those of the border, of which a thousand come in a second', async () => {
    const at = '2026-11-23T12:00:00.000Z';
    const append = (...kinds: readonly string[]): Promise<number> =>
      store().write((tx) =>
        appendEvents(
          tx,
          kinds.map((kind) => ({ kind, ref: 'one', at })),
        ),
      );
    const after = (n?: number): Promise<number> => staffEventAfter(store().db.sql, n);
    const first = await append('signed_in');
    expect([await after(), await after(first)]).to.deep.equal([first, first]);
    await append('assessment', 'entry_reported');
    expect(await after(first)).to.equal(first);
    const own = await append('list_held');
    await append('assessment');
    expect(await after(first)).to.equal(own);
    const many = await append(...Array<string>(1_000).fill('assessment'));
    expect(await after(own), 'it is not read to the end').to.be.within(own + 1, many);
  });

  it('are counted by kind after a number, and of one kind no more than are wanted', async () => {
    const event = (kind: string) => ({ kind, ref: 'two', at: '2026-11-24T12:00:00.000Z' });
    const append = (...kinds: readonly string[]): Promise<number> =>
      store().write((tx) => appendEvents(tx, kinds.map(event)));
    const before = await append('list_held', 'signed_out');
    await append('assessment', 'list_held', 'assessment', 'assessment', 'zone_moved');
    const counts = await countEvents(store().db.sql, before, 2);
    expect(counts).to.deep.equal({ assessment: 2, list_held: 1, zone_moved: 1 });
  });
});

onBothEngines('events of one person', (store) => {
  it('are those about the person and those that it decided, by its whole name, in pages that lose none', async () => {
    const at = '2026-11-23T12:00:00.000Z';
    const made = [
      { kind: 'signed_in', ref: 'li_na', at },
      { kind: 'operator_decided', ref: '4403130001', detail: { by: 'li_na', reason: 'an inspection' }, at },
      { kind: 'certificate_added', ref: 'KR', detail: { people: ['kim', 'li_na'] }, at },
      { kind: 'signed_in', ref: 'lixna', at },
      { kind: 'operator_decided', ref: '4403130002', detail: { by: 'lixna', reason: 'not "li_na' }, at },
    ];
    await store().write((tx) => appendEvents(tx, made));
    const found: string[] = [];
    let before: number | undefined;
    for (let more = true; more;) {
      const page = await eventsOfPerson(store().db.sql, 'li_na', { limit: 2, ...(before !== undefined && { before }) });
      found.push(...page.events.map(({ kind }) => kind));
      before = page.next ?? undefined;
      more = before !== undefined;
    }
    expect(found).to.deep.equal(['certificate_added', 'operator_decided', 'signed_in']);
    const { events } = await eventsOfPerson(store().db.sql, 'kim', { limit: 9, kind: 'certificate_added' });
    expect(events.map(({ ref }) => ref)).to.deep.equal(['KR']);
  });
});
