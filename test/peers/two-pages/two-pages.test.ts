/**
 * A partner specified on two pages, with a system in another language: connected by the commands of docs/adapters.md alone, it exchanges lists
 * both ways, with what goes wrong between two systems.
 */

import { join } from 'node:path';
import { expect } from 'chai';
import { openCommandedPeer, type CommandedPeer } from '../../support/commanded-peer.ts';
import type { PeerEvent as Event, PeerProgram } from '../../support/peer-program.ts';
import type { ServedProgram } from '../../support/served-program.ts';

const given = import.meta.dirname;
const notes = ['taken', 'looked-at', 'returned', 'had-it'];

describe('a partner specified on two pages', () => {
  let opened: CommandedPeer;
  let program: ServedProgram;
  let partner: PeerProgram;
  const mra: ServedProgram['mra'] = (...words) => program.mra(...words);
  const done: ServedProgram['done'] = (...words) => program.done(...words);
  const until: ServedProgram['until'] = (id, wanted) => program.until(id, wanted);
  const newest = (): Promise<Record<string, unknown>> => program.newest('XW');
  /** What its staff do, and what comes of it. */
  const does = async (order: Event): Promise<Event> => {
    partner.does(order);
    return await partner.tells({ event: order['do'] === 'fault' ? 'fault' : 'answered' });
  };
  const traders = (count: number): readonly (readonly [string, string])[] =>
    Array.from({ length: count }, (_, i) => [`WK-${10000 + i}`, 'G']);

  before(async () => {
    opened = await openCommandedPeer('XW', join(given, 'peer.py'));
    ({ program, partner } = opened);
  });
  after(() => opened.stop());

  it('is drafted from its samples, and certified once the questions are answered', async () => {
    const samples = ['--sample', join(given, 'register.xml')];
    const answers = notes.flatMap((name) => ['--acknowledgement', join(given, `${name}.xml`)]);
    const drafted = await done(
      'adapter',
      'new',
      'xw',
      ...samples,
      ...answers,
      '--answers',
      join(given, 'answers.yaml'),
    );
    expect(drafted).to.deep.include({ asks: [] });
    expect(await done('adapter', 'lint', 'xw')).to.deep.include({ findings: [] });
    await done('adapter', 'preview', 'xw');
    expect(await done('adapter', 'certify', 'xw')).to.include({ certified: true });
  });

  it('is served with its data, settings and certificates', async () => {
    await program.importOperators(30);
    await program.serve();
  });

  it('takes our list under its number and headers, and its note settles it', async () => {
    await mra('list', 'send', 'XW', '--full');
    await partner.tells({ number: 1, verdict: 'TAKEN', sender: 'CN', traders: 30 });
    await until((await newest())['id'], { state: 'ACCEPTED', evidence: 'channel' });
  });

  it('whose note was lost has the list already', async () => {
    await does({ do: 'fault', kind: 'lost' });
    await mra('list', 'send', 'XW', '--full');
    await partner.tells({ number: 2, verdict: 'TAKEN' });
    const { id } = await newest();
    await mra('message', 'resend', String(id));
    await partner.tells({ number: 2, verdict: 'HAD-IT' });
    await until(id, { state: 'ACCEPTED', evidence: 'channel' });
  });

  it('that is closed gets the list when it is open again', async () => {
    await does({ do: 'fault', kind: 'closed' });
    await mra('list', 'send', 'XW', '--full');
    await partner.tells({ event: 'closed' });
    const { id } = await newest();
    await mra('message', 'resend', String(id));
    await partner.tells({ number: 3, verdict: 'TAKEN' });
    await until(id, { state: 'ACCEPTED' });
  });

  it('that looks at a list says more later: it is in use, or it is returned and a full one follows', async () => {
    for (const [number, verdict, state] of [
      [4, 'TAKEN', 'ACCEPTED'],
      [5, 'RETURNED', 'REJECTED'],
    ] as const) {
      await does({ do: 'fault', kind: 'look' });
      await mra('list', 'send', 'XW', '--full');
      await partner.tells({ number, verdict: 'LOOKED-AT' });
      const { id } = await newest();
      await until(id, { state: 'HANDED_OVER', progress: 'held' });
      expect(await does({ do: 'note', number, verdict, remark: 'by our people' })).to.include({ status: 204 });
      await until(id, { state });
    }
    await partner.tells({ number: 6, verdict: 'TAKEN' });
  });

  it('sends its lists, leaves numbers out, and begins again at 1 in a new year', async () => {
    const made = `31.12.${new Date().getUTCFullYear() - 1} 10:00:00`;
    const sent = async (number: number, more: Event = {}): Promise<Event> =>
      await does({ do: 'send', number, traders: traders(30), ...more });
    expect(await sent(417, { made })).to.include({ status: 200, verdict: 'TAKEN', register: '417' });
    expect(await sent(1)).to.include({ status: 200, verdict: 'TAKEN', register: '1' });
    expect(await sent(5)).to.include({ status: 200, verdict: 'TAKEN' });
    expect(await sent(4)).to.include({ status: 422, verdict: 'RETURNED', register: '4' });
    expect(await does({ do: 'again', number: 5 })).to.include({ status: 200, verdict: 'TAKEN', register: '5' });
    const answer = (await done('check', 'WK-10007')) as { outcome: string; freshness: Event };
    expect([answer.outcome, answer.freshness['evidence']]).to.deep.equal(['recognised', 'channel']);
  });

  it('whose list we hold gets our second note when two people have decided', async () => {
    const held = await does({ do: 'send', number: 6, traders: traders(3) });
    expect(held).to.include({ status: 202, verdict: 'LOOKED-AT' });
    const lists = (await done('message', 'list', '--partner', 'XW')) as Record<string, unknown>[];
    const { id } = lists.find(({ state }) => state === 'HELD') ?? {};
    await mra('list', 'release', String(id), '--as', 'li');
    await mra('list', 'release', String(id), '--as', 'wang');
    await partner.tells({ event: 'note', register: '6', verdict: 'TAKEN' });
  });

  it('gets our lists from number 1 again in a new year', async () => {
    const newYear = new Date(Date.UTC(new Date().getUTCFullYear() + 1, 0, 1, 12));
    const id = await program.sendAt(newYear, 'XW', 'full');
    await partner.tells({ number: 1, verdict: 'TAKEN', traders: 30 });
    await until(id, { state: 'ACCEPTED' });
  });
});
