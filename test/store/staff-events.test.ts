/** Events that open pages follow, on both engines. */

import { expect } from 'chai';
import { appendEvents, staffEventAfter } from '../../gateway/store/events.ts';
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
});
