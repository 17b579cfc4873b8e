/** Keys of both sides roll over while lists go both ways between two gateways that serve, each a process of its own: no message fails. */

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { connect } from 'node:tls';
import { expect } from 'chai';
import { adapterTools } from '../../gateway/app/adapter-tools.ts';
import { openGateway, type OpenGateway } from '../../gateway/app/composition.ts';
import { loadConfig, programFolder, type Config } from '../../gateway/app/config.ts';
import { beginRollover } from '../../gateway/app/key-rollover.ts';
import { rotateTls } from '../../gateway/app/tls-rollover.ts';
import { prepareAdministrations, saveRecords } from '../../gateway/rehearsal/administrations.ts';
import { dayAt } from '../../gateway/model/day.ts';
import { inventOperators } from '../../gateway/rehearsal/invented-operators.ts';
import { sendList } from '../../gateway/outbound/send-list.ts';
import { partnerKeys } from '../../gateway/store/partner-keys.ts';
import { fingerprint } from '../../gateway/wire/signature/certificates.ts';
import { temporaryFolder } from '../support/pki.ts';

interface Side {
  /** A gateway on the store of the process, as a command opens it. */
  readonly gateway: OpenGateway;
  readonly config: Config;
  readonly other: string;
  readonly process: ChildProcess;
}

describe('keys of two gateways that roll over under load', () => {
  const sides: Side[] = [];
  before(async () => {
    const base = loadConfig({ data: temporaryFolder() }, { MRA_BROKER: 'amqp://127.0.0.1:1' });
    const request = { base, folder: base.data, partners: ['HK'] };
    const { home, partners } = await prepareAdministrations(adapterTools(), request);
    for (const { config } of [home, ...partners]) {
      const gateway = await openGateway(config, adapterTools());
      const { home: profile } = gateway;
      const today = dayAt(new Date(), profile.timeZone);
      await saveRecords(gateway, inventOperators(profile, { count: 5, advanced: 5, seed: 1, today }));
      sides.push({ gateway, config, other: Object.keys(config.partners)[0] ?? '', process: await served(config) });
    }
  });
  after(async () => {
    for (const { gateway, process } of sides) {
      process.kill('SIGKILL');
      await gateway.close();
    }
  });

  async function served(config: Config): Promise<ChildProcess> {
    const file = join(config.data, 'gateway.yaml');
    const partners = Object.entries(config.partners).map(
      ([code, { adapter, mirrored, transport, url, certificates }]) => {
        const { signing, tls, anchors } = certificates;
        return [code, { adapter, mirrored, transport, url, certificates: { signing, tls, anchors } }];
      },
    );
    const { home, data, store, exchange, border } = config;
    const doors = {
      exchange: { host: exchange.host, port: exchange.port },
      border: { host: border.host, port: border.port },
    };
    writeFileSync(
      file,
      JSON.stringify({ home, data, store, log: 'info', ...doors, partners: Object.fromEntries(partners) as unknown }),
    );
    const words = [join(programFolder, 'gateway/mra.js'), '--config', file, '-o', 'json', 'serve'];
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'] });
    logs.set(config.home, []);
    child.stderr.on('data', (chunk) => logs.get(config.home)?.push(String(chunk)));
    await once(child.stdout, 'data');
    return child;
  }
  const logs = new Map<string, string[]>();
  const stateOf = async ({ gateway, other }: Side): Promise<string | undefined> =>
    (await partnerKeys(gateway.db.sql, other)).find(({ side }) => side === 'ours')?.state;

  /** The fingerprint of the certificate at its door. */
  async function presented({ config }: Side): Promise<string> {
    const { port } = config.exchange;
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
    socket.on('error', () => undefined); // the door ends a connection without a client certificate
    await once(socket, 'secureConnect');
    const certificate = socket.getPeerX509Certificate();
    socket.destroy();
    return certificate === undefined ? '' : fingerprint(certificate);
  }

  it('fail no message, leave no private key that others can read, and none in a log', async () => {
    const from = new Date(Date.now() + 6_000).toISOString();
    for (const { gateway, other } of sides) await sendList(gateway, other, { kind: 'full' });
    for (const { gateway, other } of sides) await beginRollover(gateway, other, { from, graceDays: 30, person: 'Li' });
    const tls = new Map<Side, string>();
    for (const side of sides) {
      // Not before the other side has taken the announcement and admits the certificate.
      const day = new Date(Date.now() + 20_000).toISOString();
      tls.set(side, (await rotateTls(side.gateway, { from: day, person: 'Li' })).fingerprint);
    }
    let sent = 0;
    const afterwards = new Map<Side, number>();
    for (const deadline = Date.now() + 150_000; Date.now() < deadline;) {
      for (const side of sides) {
        await sendList(side.gateway, side.other, { renew: true });
        sent += 1;
        // A command opens its gateway anew.
        if (sent % 20 < 2) await side.gateway.takeSettings(side.config);
        const isNew = (await stateOf(side)) === 'in_use' && (await presented(side)) === tls.get(side);
        if (isNew) afterwards.set(side, (afterwards.get(side) ?? 0) + 1);
      }
      if (sides.every((side) => (afterwards.get(side) ?? 0) >= 5)) break;
      await wait(150);
    }
    for (const side of sides) {
      const { gateway, other, config } = side;
      expect([config.home, await stateOf(side)]).to.deep.equal([config.home, 'in_use']);
      expect(await presented(side)).to.equal(tls.get(side));
      const states = async (): Promise<Record<string, number>> => {
        const rows = await gateway.db.sql
          .selectFrom('message')
          .select('state')
          .where('kind', '!=', 'receipt')
          .execute();
        const counts: Record<string, number> = {};
        for (const { state } of rows) counts[state] = (counts[state] ?? 0) + 1;
        return counts;
      };
      for (const deadline = Date.now() + 40_000; Date.now() < deadline; await wait(50))
        if (Object.keys(await states()).join() === 'ACCEPTED') break;
      expect(Object.keys(await states()), JSON.stringify(await states())).to.deep.equal(['ACCEPTED']);
      const refused = await gateway.db.sql
        .selectFrom('inbox')
        .select('reason')
        .where('state', '=', 'REJECTED')
        .execute();
      expect(refused).to.deep.equal([]);
      const failed = await gateway.db.sql
        .selectFrom('attempt')
        .select('evidence')
        .where('event', '=', 'failed')
        // What was on its way when the TLS key changed goes again over the new connection.
        .where('evidence', '!=', 'UND_ERR_DESTROYED')
        .execute();
      expect(failed).to.deep.equal([]);
      const print = (await partnerKeys(gateway.db.sql, other)).find(
        ({ side: whose }) => whose === 'theirs' && whose.length > 0,
      );
      expect(print?.state).to.equal('accepted');
      for (const name of readdirSync(config.keys).filter((each) => each.endsWith('.key.pem')))
        expect([name, statSync(join(config.keys, name)).mode & 0o777]).to.deep.equal([name, 0o600]);
      expect(logs.get(config.home)?.join('')).to.not.include('PRIVATE KEY');
    }
    expect(sent).to.be.above(20);
  });
});
