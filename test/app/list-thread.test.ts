/** Large messages are taken beside the doors, on the same store, with the same verdicts. */

import { expect } from 'chai';
import { listThread } from '../../gateway/app/list-thread.ts';
import { momentOf } from '../../gateway/model/day.ts';
import { buildList, type BuiltList } from '../../gateway/outbound/send-list.ts';
import { findStream } from '../../gateway/store/streams.ts';
import { makeWorld, operator, type World } from '../support/customs.ts';
import { refusalCode } from '../support/expect-code.ts';

const count = 20_000;
/** Of the time a list takes, the part in which the main loop does anything at all; it would be nearly all if the list were taken there. */
const busyShare = 0.5;

describe('the thread for large messages', () => {
  let world: World;
  let built: BuiltList;

  before(async () => {
    world = await makeWorld();
    await world.us.know(...Array.from({ length: count }, (_, i) => operator(i + 1)));
    const list = await buildList(world.us.gateway, 'HK');
    if (list === undefined) throw new Error('there is a list to send');
    built = list;
  });
  after(() => world.close());

  const raw = (bytes: Uint8Array, partner = 'CN') =>
    ({ partner, via: 'https', bytes, receivedAt: momentOf(new Date()) }) as const;

  it('applies a list, refuses a changed one, and knows what it has seen, while the main loop stays free', async () => {
    const them = world.of('HK');
    const thread = listThread(them.config);
    try {
      const changed = Buffer.from(built.sealed.bytes);
      changed[changed.indexOf('SHENZHEN')] = 0x58;
      expect(await thread.receive(raw(changed))).to.include({ verdict: 'rejected', reason: 'E_SIGNATURE_INVALID' });

      const before = performance.eventLoopUtilization();
      const first = await thread.receive(raw(built.sealed.bytes));
      const { utilization } = performance.eventLoopUtilization(before);
      expect(first).to.include({ verdict: 'applied', duplicate: false });
      expect(utilization).to.be.below(busyShare);

      const again = await thread.receive(raw(built.sealed.bytes));
      expect(again).to.include({ verdict: 'applied', duplicate: true });
      expect(again.receipt?.digest).to.equal(first.receipt?.digest);
      const stream = await findStream(them.gateway.db.sql, 'CN', 'in');
      expect(stream?.position).to.deep.equal(built.list.position);
    } finally {
      await thread.close();
    }
  });

  it('is handed bytes with memory of their own without a copy, and a copy of others', async () => {
    const thread = listThread(world.of('HK').config);
    try {
      const own = new Uint8Array(built.sealed.bytes);
      const part = new Uint8Array([...built.sealed.bytes, 0]).subarray(0, -1);
      const answers = [await thread.receive(raw(own)), await thread.receive(raw(part))];
      expect(answers.map(({ verdict, duplicate }) => [verdict, duplicate])).to.deep.equal([
        ['applied', true],
        ['applied', true],
      ]);
      expect([own.length, part.length]).to.deep.equal([0, built.sealed.bytes.length]);
    } finally {
      await thread.close();
    }
  });

  it('hands on what is no verdict as the error it is, and goes on', async () => {
    const thread = listThread(world.of('HK').config);
    try {
      expect(await refusalCode(() => thread.receive(raw(built.sealed.bytes, 'ZZ')))).to.equal('E_PARTNER_UNKNOWN');
      expect((await thread.receive(raw(built.sealed.bytes))).duplicate).to.equal(true);
    } finally {
      await thread.close();
    }
  });

  it('a thread that cannot open its gateway fails its tasks, and the next is tried anew', async () => {
    const { config } = world.of('HK');
    const thread = listThread({ ...config, adapters: `${config.adapters}/nowhere` });
    try {
      expect(await refusalCode(() => thread.receive(raw(built.sealed.bytes)))).to.equal('E_INTERNAL');
      expect(await refusalCode(() => thread.receive(raw(built.sealed.bytes)))).to.equal('E_INTERNAL');
    } finally {
      await thread.close();
    }
  });
});
