/**
 * A partner whose lists and answers state a month and a number, connected by the commands alone: its system in another language exchanges
 * full lists and changes both ways, with what goes wrong between two systems, also where a month ends.
 */

import { join } from 'node:path';
import { expect } from 'chai';
import { openCommandedPeer, type CommandedPeer } from '../../support/commanded-peer.ts';
import type { PeerEvent as Event, PeerProgram } from '../../support/peer-program.ts';
import type { ServedProgram } from '../../support/served-program.ts';

const given = import.meta.dirname;
const file = (name: string): string => join(given, name);

describe('a partner whose numbers begin again each month', () => {
  let opened: CommandedPeer;
  let program: ServedProgram;
  let partner: PeerProgram;
  const mra: ServedProgram['mra'] = (...words) => program.mra(...words);
  const done: ServedProgram['done'] = (...words) => program.done(...words);
  // Of the partner's zone.
  const today = new Date(Date.now() + 3 * 3_600_000);
  const [now, lastMonth, nextMonth] = [0, -1, 1].map((months) =>
    new Date(Date.UTC(today.getUTCFullYear(), today.getUTCMonth() + months, 15)).toISOString().slice(0, 7),
  );
  const does = async (order: Event): Promise<Event> => {
    partner.does(order);
    return await partner.tells({ event: order['do'] === 'fault' ? 'fault' : 'answered' });
  };
  const sends = async (serial: string, content: string, count: number, more: Event = {}): Promise<Event> => {
    const traders = Array.from({ length: count }, (_, i) => [`TV${100000 + i}`, 'active']);
    return await does({ do: 'send', serial, content, traders, ...more });
  };
  const newest = (): Promise<Record<string, unknown>> => program.newest('XT');
  const settles = async (wanted: Event): Promise<void> => await program.until((await newest())['id'], wanted);

  before(async () => {
    opened = await openCommandedPeer('XT', file('peer.py'));
    ({ program, partner } = opened);
  });
  after(() => opened.stop());

  it('is drafted from its samples, and certified once the questions are answered', async () => {
    const samples = ['full', 'changes'].flatMap((name) => ['--sample', file(`${name}.json`)]);
    const answers = ['accepted', 'review', 'already', 'refused'];
    const acknowledgements = answers.flatMap((name) => ['--acknowledgement', file(`${name}.json`)]);
    const words = ['adapter', 'new', 'xt', ...samples, ...acknowledgements, '--answers', file('answers.yaml')];
    expect(await done(...words)).to.deep.include({ asks: [] });
    expect(await done('adapter', 'certify', 'xt')).to.include({ certified: true });
    await program.importOperators(30);
    await program.serve();
  });

  it('takes our list and its changes under the month and number, and its answer settles them', async () => {
    await mra('list', 'send', 'XT', '--full');
    await partner.tells({ serial: `${now}/0001`, outcome: 'accepted', traders: 30 });
    await settles({ state: 'ACCEPTED', evidence: 'channel' });
    await done('operator', 'suspend', '4403110003', '--reason', 'test', '--as', 'li');
    await partner.tells({ serial: `${now}/0002`, outcome: 'accepted', traders: 30 });
    await done('operator', 'revoke', '4403110004', '--reason', 'test', '--as', 'li');
    await partner.tells({ serial: `${now}/0003`, outcome: 'accepted', traders: 29 });
    await settles({ state: 'ACCEPTED' });
  });

  it('has a list already whose answer was lost, and takes it later when it was closed', async () => {
    for (const [kind, outcome] of [
      ['lost', 'already received'],
      ['closed', 'accepted'],
    ] as const) {
      await does({ do: 'fault', kind });
      await mra('list', 'send', 'XT', '--full');
      await partner.tells({ event: kind === 'closed' ? 'closed' : 'register' });
      await mra('message', 'resend', String((await newest())['id']));
      await partner.tells({ event: 'register', outcome });
      await settles({ state: 'ACCEPTED', evidence: 'channel' });
    }
  });

  it('says later what became of a list of this month, and of one with the same number in another', async () => {
    await does({ do: 'fault', kind: 'look' });
    await mra('list', 'send', 'XT', '--full');
    await partner.tells({ serial: `${now}/0006`, outcome: 'under review' });
    await settles({ state: 'HANDED_OVER', progress: 'held' });
    expect(await does({ do: 'outcome', serial: `${lastMonth}/0006`, outcome: 'refused' })).to.include({ status: 422 });
    await settles({ state: 'HANDED_OVER', progress: 'held' });
    expect(await does({ do: 'outcome', serial: `${now}/0006`, outcome: 'accepted' })).to.include({ status: 204 });
    await settles({ state: 'ACCEPTED' });
  });

  it('sends its lists, the answers name them, and a month begins again at 1', async () => {
    const prepared = `${lastMonth}-28T10:00:00+03:00`;
    const old = await sends(`${lastMonth}/0417`, 'complete', 30, { prepared });
    expect(old).to.include({ status: 200, outcome: 'accepted', serial: `${lastMonth}/0417` });
    expect(await sends(`${now}/0001`, 'changes', 1)).to.include({ status: 200, serial: `${now}/0001` });
    expect(await sends(`${now}/0003`, 'changes', 1)).to.include({ status: 422, outcome: 'refused' });
    expect(await sends(`${now}/0004`, 'complete', 31)).to.include({ status: 200 });
    const gone = await sends(`${now}/0005`, 'changes', 0, { removed: ['TV100009'] });
    expect(gone).to.include({ status: 200, serial: `${now}/0005` });
    expect(await does({ do: 'again', serial: `${now}/0005` })).to.include({ status: 200, outcome: 'accepted' });
    expect(await sends(`${lastMonth}/0418`, 'complete', 31, { prepared })).to.include({ status: 422 });
    expect(await does({ do: 'garbage' })).to.include({ status: 422, outcome: 'refused' });
    expect(await done('check', 'TV100007')).to.include({ outcome: 'recognised' });
    expect(await done('check', 'TV100009')).to.include({ outcome: 'not_on_list' });
  });

  it('waits for two people where its list states a month that has not begun', async () => {
    expect(await sends(`${nextMonth}/0001`, 'complete', 30)).to.include({ status: 202, outcome: 'under review' });
    const lists = (await done('message', 'list', '--partner', 'XT')) as Record<string, unknown>[];
    const { id } = lists.find(({ state }) => state === 'HELD') ?? {};
    for (const person of ['li', 'wang']) await mra('list', 'refuse', String(id), '--as', person);
    await partner.tells({ event: 'outcome', serial: `${nextMonth}/0001`, outcome: 'refused' });
  });
});
