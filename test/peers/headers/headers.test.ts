/**
 * A partner whose answer is a header of the response: connected by the commands alone, its system in another language exchanges whole lists
 * both ways, on which operators that left stand among the others.
 */

import { join } from 'node:path';
import { expect } from 'chai';
import { openCommandedPeer, type CommandedPeer } from '../../support/commanded-peer.ts';
import type { PeerEvent as Event, PeerProgram } from '../../support/peer-program.ts';
import type { ServedProgram } from '../../support/served-program.ts';

const file = (name: string): string => join(import.meta.dirname, name);

describe('a partner that answers by a header', () => {
  let opened: CommandedPeer;
  let program: ServedProgram;
  let partner: PeerProgram;
  const mra: ServedProgram['mra'] = (...words) => program.mra(...words);
  const done: ServedProgram['done'] = (...words) => program.done(...words);
  const year = new Date().getUTCFullYear();
  const does = async (order: Event): Promise<Event> => {
    partner.does(order);
    const event = { fault: 'fault', decide: 'decided', send: 'answered' }[String(order['do'])];
    return await partner.tells({ event });
  };
  const sends = async (number: number, traders: readonly (readonly string[])[], more: Event = {}): Promise<Event> =>
    await does({ do: 'send', year, number, traders, ...more });
  const traders = (count: number, ...gone: (readonly string[])[]): (readonly string[])[] => [
    ...gone,
    ...Array.from({ length: count }, (_, i) => [`NV-${String(20000 + i)}-A`, 'A']),
  ];
  const settles = async (wanted: Event): Promise<unknown> => {
    const { id } = await program.newest('XN');
    await program.until(id, wanted);
    return id;
  };

  before(async () => {
    opened = await openCommandedPeer('XN', file('peer.py'));
    ({ program, partner } = opened);
  });
  after(() => opened.stop());

  it('is drafted from one list, and certified', async () => {
    const drafted = await done('adapter', 'new', 'xn', '--sample', file('list.xml'), '--answers', file('answers.yaml'));
    expect(drafted).to.deep.include({ asks: [] });
    expect(await done('adapter', 'certify', 'xn')).to.include({ certified: true });
    await program.importOperators(30);
    await program.serve();
  });

  it('takes our list under its year and number, and the header settles it', async () => {
    await mra('list', 'send', 'XN', '--full');
    await partner.tells({ ref: `CN/${year}/0001`, word: 'TAKEN' });
    await settles({ state: 'ACCEPTED', evidence: 'channel' });
  });

  it('has a list already, takes it once it is open, and says what people decided when it is asked again', async () => {
    for (const [kind, first, second, state] of [
      ['lost', 'TAKEN', 'HAVE-IT', 'ACCEPTED'],
      ['closed', null, 'TAKEN', 'ACCEPTED'],
      ['look', 'LOOKING', 'BAD', 'REJECTED'],
    ] as const) {
      await does({ do: 'fault', kind });
      await mra('list', 'send', 'XN', '--full');
      await partner.tells({ event: 'list', word: first });
      if (kind === 'look') await settles({ state: 'HANDED_OVER', progress: 'held' });
      if (kind === 'look') await does({ do: 'decide', word: 'BAD' });
      const { id } = await program.newest('XN');
      await mra('message', 'resend', String(id));
      await partner.tells({ event: 'list', word: second });
      await program.until(id, { state });
    }
  });

  it('gets our answers in the same header, and those that left are on its list with the others', async () => {
    const made = `${year - 1}1231T100000Z`;
    expect(await sends(417, traders(30), { year: year - 1, made })).to.include({ status: 200, word: 'TAKEN' });
    expect(await sends(1, traders(30))).to.include({ status: 200, word: 'TAKEN' });
    expect(await sends(3, traders(29, ['NV-20029-A', 'X']))).to.include({ status: 200, word: 'TAKEN' });
    expect(await sends(3, [])).to.include({ status: 200, word: 'TAKEN' });
    expect(await sends(2, traders(30))).to.include({ status: 400, word: 'BAD' });
    expect(await sends(4, traders(2))).to.include({ status: 202, word: 'LOOKING' });
    expect(await done('check', 'NV-20001-A')).to.include({ outcome: 'recognised' });
    expect(await done('check', 'NV-20029-A')).to.include({ outcome: 'revoked' });
  });

  it('learns what two people decided by sending its list again', async () => {
    const lists = (await done('message', 'list', '--partner', 'XN')) as Record<string, unknown>[];
    const { id } = lists.find(({ state }) => state === 'HELD') ?? {};
    for (const person of ['li', 'wang']) await mra('list', 'refuse', String(id), '--as', person);
    expect(await sends(4, [])).to.include({ status: 400, word: 'BAD' });
  });
});
