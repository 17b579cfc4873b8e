/** `mra doctor`: certificates of partners, the outbox, held and rejected messages, leases, the broker. */

import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'amqplib';
import { expect } from 'chai';
import { programFolder } from '../../gateway/app/config.ts';
import { openDatabase } from '../../gateway/store/database.ts';
import { deadLetterQueueName } from '../../gateway/wire/transport/amqp-topology.ts';
import { makeCertificate } from '../../gateway/wire/signature/certificates.ts';
import { testBroker } from '../support/administrations.ts';
import { runCommand } from '../support/command-line.ts';
import { temporaryFolder } from '../support/pki.ts';

interface Found {
  readonly check: string;
  readonly result: string;
  readonly detail: string;
  readonly fix?: string;
}

describe('mra doctor', () => {
  const folder = temporaryFolder();
  const options = ['--config', join(folder, 'gateway.yaml'), '-o', 'json'];
  const dayMs = 24 * 3600 * 1000;

  function certificate(name: string, days: number): void {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const title = { country: 'HK', organization: 'Customs', commonName: name };
    const made = makeCertificate({
      ...{ use: 'signing', subject: title, publicKey, issuer: { name: title, privateKey, publicKey } },
      notBefore: new Date(Date.now() - 30 * dayMs),
      notAfter: new Date(Date.now() + days * dayMs),
      serial: new Uint8Array(16).fill(7),
    });
    writeFileSync(join(folder, `${name}.pem`), made.toString());
  }

  function settings(signing: string, more = ''): void {
    const partner = `{ transport: https, url: 'https://127.0.0.1:1', certificates: { signing: [${signing}] } }`;
    writeFileSync(join(folder, 'gateway.yaml'), `data: data\nlog: silent\n${more}partners: { HK: ${partner} }\n`);
  }

  async function examined(check: string): Promise<readonly string[]> {
    const { stdout } = await runCommand([...options, 'doctor']);
    const found = JSON.parse(stdout) as readonly Found[];
    expect(found.filter(({ result, fix }) => result !== 'ok' && fix === undefined)).to.deep.equal([]);
    return found.filter((each) => each.check === check).map(({ result }) => result);
  }

  before(() => {
    certificate('soon', 3);
    certificate('over', -1);
    certificate('good', 300);
  });

  it('says that the store cannot be written on a disk without room, also while a gateway has it open', async () => {
    settings('good.pem');
    expect((await runCommand([...options, 'key', 'new'])).exit).to.equal(0);
    const db = await openDatabase(`sqlite:${join(folder, 'data', 'mra.db')}`);
    // No file may grow: what a program finds on a full disk, by another code of the system.
    const words = [process.execPath, join(programFolder, 'gateway/mra.js'), ...options, 'doctor'];
    const ran = spawnSync('sh', ['-c', 'ulimit -f 0; exec "$@"', 'sh', ...words], { encoding: 'utf8' });
    await db.close();
    const store = (JSON.parse(ran.stdout) as readonly Found[]).find(({ check }) => check === 'store');
    expect(ran.status).to.equal(1);
    expect(store).to.include({ result: 'fail' });
    expect(store?.detail).to.include('E_STORE_UNREACHABLE');
    expect(await examined('store')).to.deep.equal(['ok']);
  });

  it('warns of a partner’s certificate with three days left, and fails an expired one without a successor', async () => {
    const check = 'partner HK, signing certificate';
    const expected = { 'soon.pem': ['warn'], 'over.pem': ['fail'], 'over.pem, good.pem': ['warn', 'ok'] };
    for (const [files, results] of Object.entries(expected)) {
      settings(files);
      expect(await examined(check), files).to.deep.equal(results);
    }
    settings('none.pem');
    expect(await examined('partner HK'), 'and the other checks go on').to.deep.equal(['fail']);
    expect(await examined('clock')).to.deep.equal(['ok']);
  });

  it('finds messages that wait, are held or were claimed by a sender that ended, and messages that were rejected', async () => {
    settings('good.pem');
    expect(await examined('partner HK, outbox')).to.deep.equal(['ok']);
    expect((await runCommand([...options, 'list', 'send', 'HK'])).exit).to.equal(5);
    expect(await examined('partner HK, outbox'), 'the partner cannot be reached').to.deep.equal(['warn']);
    const past = new Date(Date.now() - dayMs).toISOString();
    const change = async (columns: Readonly<Record<string, string>>): Promise<void> => {
      const db = await openDatabase(`sqlite:${join(folder, 'data', 'mra.db')}`);
      await db.transaction((tx) => tx.updateTable('message').set(columns).execute());
      await db.close();
    };
    await change({ created_at: past });
    expect(await examined('partner HK, outbox')).to.deep.equal(['fail']);
    await change({ lease_owner: 'ended', lease_until: past });
    expect(await examined('partner HK, outbox')).to.deep.equal(['fail', 'warn']);
    await change({ hold_reason: 'certificate' });
    expect(await examined('partner HK, outbox')).to.deep.equal(['fail', 'warn']);

    expect(await examined('partner HK, inbox')).to.deep.equal(['ok']);
    writeFileSync(join(folder, 'junk'), 'no list');
    expect((await runCommand([...options, 'list', 'receive', 'HK', join(folder, 'junk')])).exit).to.equal(1);
    expect(await examined('partner HK, inbox')).to.deep.equal(['warn']);
  });

  it('examines the broker: one that answers, one that refuses the account, and none', async () => {
    const url = new URL(testBroker());
    const broker = `broker: { url: '${url.href}', realm: doctor }\n`;
    settings('good.pem', broker);
    expect(await examined('broker')).to.deep.equal(['ok']);
    const text = readFileSync(join(folder, 'gateway.yaml'), 'utf8');
    writeFileSync(join(folder, 'gateway.yaml'), text.replace('transport: https', 'transport: amqp'));
    const model = await connect(url.href);
    const channel = await model.createConfirmChannel();
    const dead = deadLetterQueueName({ from: 'HK', to: 'CN' }, { name: 'doctor', temporary: false });
    await channel.assertQueue(dead, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
    expect(await examined('broker'), 'nothing was laid aside').to.deep.equal(['ok']);
    channel.sendToQueue(dead, Buffer.from('a list'));
    await channel.waitForConfirms();
    expect(await examined('broker'), 'a message lies in the dead-letter queue').to.deep.equal(['fail']);
    await channel.deleteQueue(dead);
    await model.close();
    url.password = 'wrong';
    url.username = 'nobody';
    for (const wrong of [url.href, 'amqp://127.0.0.1:1', 'http://127.0.0.1']) {
      settings('good.pem', `broker: { url: '${wrong}' }\n`);
      const { stdout } = await runCommand([...options, 'doctor']);
      expect(stdout, wrong).to.match(/"check": "(broker|configuration, keys, store)",\s+"result": "fail"/u);
    }
  });
});
