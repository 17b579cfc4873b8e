/** One address for several machines, and the connections that are made by it. */

import { expect } from 'chai';
import { addressesOf } from '../../gateway/model/cluster-address.ts';
import { openDatabase } from '../../gateway/store/database.ts';
import { probeBroker } from '../../gateway/wire/transport/amqp-connection.ts';
import { refusalCode } from '../support/expect-code.ts';
import { freshPostgres } from '../support/postgres.ts';
import { amqpUrl } from '../support/rabbitmq.ts';
import { freePort } from '../support/services.ts';

/** The same address with a machine before it at which nothing listens. */
async function behindDead(url: string): Promise<string> {
  const { host } = new URL(url);
  return url.replace(host, `127.0.0.1:${String(await freePort())},${host}`);
}

describe('an address with several hosts', () => {
  it('is one address for each, with the account and the rest of all', () => {
    expect(addressesOf('postgres://mra:a%2Cb@one:1,two:2/base?x=1')).to.deep.equal([
      'postgres://mra:a%2Cb@one:1/base?x=1',
      'postgres://mra:a%2Cb@two:2/base?x=1',
    ]);
    expect(addressesOf('amqps://one,two:5671')).to.deep.equal(['amqps://one', 'amqps://two:5671']);
    for (const url of ['amqp://broker', 'postgres://user:p,w@one/base', 'sqlite:/a,b'])
      expect(addressesOf(url)).to.deep.equal([url]);
  });

  it('reaches the database that answers, and says that none does', async () => {
    const { url, drop } = await freshPostgres();
    const db = await openDatabase(await behindDead(url));
    expect(db.engine).to.equal('postgres');
    await db.close();
    const nobody = await behindDead(`postgres://mra@127.0.0.1:${String(await freePort())}/mra`);
    expect(await refusalCode(() => openDatabase(nobody))).to.equal('E_STORE_UNREACHABLE');
    await drop();
  });

  it('reaches the node of the broker that answers', async () => {
    expect(await probeBroker(await behindDead(amqpUrl()), 5000)).to.equal(true);
    expect(await probeBroker(await behindDead(`amqp://127.0.0.1:${String(await freePort())}`), 5000)).to.equal(false);
  });
});
