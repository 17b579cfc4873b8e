/** Kinds of faults that tests inject into a real exchange: servers, addresses, certificates, stored rows, settings. */

import { spawn, type ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { type ServerResponse } from 'node:http';
import { createServer, type ServerOptions } from 'node:https';
import { createServer as createSocketServer } from 'node:net';
import { join } from 'node:path';
import { connect } from 'amqplib';
import type { OpenGateway } from '../../gateway/app/composition.ts';
import type { Cause } from '../../gateway/app/health/causes.ts';
import type { PartnerConfig } from '../../gateway/app/config.ts';
import { receiveMessage } from '../../gateway/inbound/receive-message.ts';
import { deliverDue } from '../../gateway/outbound/delivery.ts';
import { makeAllDue } from '../../gateway/outbound/dispatcher.ts';
import { sendList } from '../../gateway/outbound/send-list.ts';
import { openMessages } from '../../gateway/store/message-list.ts';
import { resendNow } from '../../gateway/store/outbox.ts';
import { deadLetterQueueName } from '../../gateway/wire/transport/amqp-topology.ts';
import { httpsTransport } from '../../gateway/wire/transport/https.ts';
import type { Transport } from '../../gateway/wire/transport/transport.ts';
import { listed } from '../store/samples.ts';
import { operator, testBroker, type OpenAdministration } from './administrations.ts';
import { sound, type Identity } from './alarm-fault-certificates.ts';
import { fillList } from './clearance-fixture.ts';
import { temporaryFolder } from './pki.ts';
import { freePort, isListening, untilReady } from './services.ts';
import { listen, shut } from './tls.ts';

export interface Scene {
  readonly us: OpenAdministration;
  readonly them: OpenAdministration;
}

/** What the fault changes of the gateway that is examined, and how it ends. */
interface Injected {
  readonly view?: Partial<OpenGateway>;
  end(): Promise<void>;
}

export interface AlarmFault {
  readonly fault: string;
  readonly cause: Cause;
  inject(scene: Scene): Promise<Injected>;
}

const dayMs = 24 * 3600 * 1000;
let counter = 100;

/** What waits for the partner goes, as a gateway that serves sends it. */
export async function delivered({ us }: Scene): Promise<void> {
  const { gateway } = us;
  for (const { id, state } of await openMessages(gateway.db.sql, {}))
    if (state === 'held') await gateway.db.transaction((tx) => resendNow(tx, id, gateway.now().toISOString()));
  await makeAllDue(gateway, ['KR']);
  await deliverDue(gateway, 'KR');
  await deliverDue(gateway, 'KR');
}

/** A new operator is sent to the partner through a transport of its own. */
export async function sentThrough({ us: { gateway, save } }: Scene, transport: Transport): Promise<void> {
  const partner = gateway.partners.get('KR');
  if (partner === undefined) throw new Error('no partner');
  counter += 1;
  await save(operator(counter));
  await sendList(gateway, 'KR');
  await deliverDue({ ...gateway, partners: new Map([['KR', { ...partner, transport }]]) }, 'KR');
  await transport.close();
}

interface To {
  readonly url: string;
  readonly ca?: string;
  readonly own?: Identity;
  readonly totalMs?: number;
}

export function transportTo({ us }: Scene, { url, ca = sound.ca, own, totalMs = 600 }: To): Transport {
  const tls = { ...us.gateway.keyring.tls, ...(own && { cert: own.cert, key: own.key }), ca: [ca] };
  return httpsTransport({ url, tls, from: 'CN', timeouts: { connectMs: 250, totalMs } });
}

/** A server at the address of the partner, as it answers or breaks off. */
export function server(
  fault: string,
  cause: Cause,
  respond: (response: ServerResponse) => unknown,
  options: ServerOptions = sound,
): AlarmFault {
  return {
    fault,
    cause,
    async inject(scene) {
      const partner = createServer(options, (request, response) => {
        request.resume().on('end', () => respond(response));
      });
      const port = await listen(partner);
      await sentThrough(
        scene,
        transportTo(scene, { url: `https://127.0.0.1:${port}`, ca: String(options.ca ?? sound.ca) }),
      );
      await shut(partner);
      return { end: () => delivered(scene) };
    },
  };
}

export const answers = (
  fault: string,
  cause: Cause,
  status: number,
  headers: Record<string, string> = {},
): AlarmFault => server(fault, cause, (response) => response.writeHead(status, headers).end());

export const address = (fault: string, cause: Cause, url: () => Promise<string>, totalMs = 600): AlarmFault => ({
  fault,
  cause,
  async inject(scene) {
    await sentThrough(scene, transportTo(scene, { url: await url(), totalMs }));
    return { end: () => delivered(scene) };
  },
});

/** Takes connections and says nothing. */
export async function silentAddress(): Promise<string> {
  const silent = createSocketServer((socket) => void socket.on('error', () => undefined).unref());
  silent.unref();
  return `https://127.0.0.1:${await listen(silent)}`;
}

/** OpenSSL's own server, which refuses our certificate with the alert of TLS. */
export const refusingServer = (
  fault: string,
  cause: Cause,
  ours: () => { own?: Identity; authority: string },
): AlarmFault => ({
  fault,
  cause,
  async inject(scene) {
    const { own, authority } = ours();
    const folder = temporaryFolder();
    const files = { cert: sound.cert, key: sound.key, CAfile: authority };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const port = await freePort();
    const named = Object.keys(files).flatMap((name) => [`-${name}`, join(folder, name)]);
    const args = [
      's_server',
      '-accept',
      `127.0.0.1:${port}`,
      ...named,
      '-Verify',
      '1',
      '-verify_return_error',
      '-www',
      '-tls1_2',
    ];
    const child: ChildProcess = spawn('openssl', args, { stdio: 'ignore' });
    try {
      await untilReady('openssl s_server', child, () => isListening(port));
      await sentThrough(scene, transportTo(scene, { url: `https://127.0.0.1:${port}`, ...(own && { own }) }));
    } finally {
      child.kill('SIGKILL');
    }
    return { end: () => delivered(scene) };
  },
});

type Columns = Readonly<Record<string, string | null>>;

export const changeList = async ({ us }: Scene, direction: string, columns: Columns): Promise<void> => {
  await us.gateway.db.transaction(async (tx) => {
    await tx.updateTable('list').set(columns).where('direction', '=', direction).execute();
  });
};

export const changeNewest = async ({ us: { gateway } }: Scene, columns: Columns): Promise<void> => {
  await gateway.db.transaction(async (tx) => {
    const newest = tx.selectFrom('message').select('id').orderBy('created_at', 'desc').orderBy('id', 'desc').limit(1);
    await tx.updateTable('message').set(columns).where('id', '=', newest).execute();
  });
};

/** The partner takes a message, and says nothing more; the message is changed in the store. */
export const takenAnd = (fault: string, cause: Cause, columns: () => Columns, restored: Columns = {}): AlarmFault => {
  const taken = answers(fault, cause, 202);
  return {
    ...taken,
    async inject(scene) {
      await taken.inject(scene);
      await changeNewest(scene, columns());
      return {
        async end() {
          if (Object.keys(restored).length > 0) await changeNewest(scene, restored);
          const due = { receipt_due_at: new Date(Date.now() - 1000).toISOString() };
          await changeNewest(scene, due);
          await delivered(scene);
        },
      };
    },
  };
};

/** What a test changes in the settings of the partner. */
export const configured = (
  fault: string,
  cause: Cause,
  change: () => Partial<PartnerConfig['certificates']>,
): AlarmFault => ({
  fault,
  cause,
  inject({ us }) {
    const { KR } = us.gateway.config.partners;
    if (KR === undefined) throw new Error('no partner');
    const partners = { KR: { ...KR, certificates: { ...KR.certificates, ...change() } } };
    return Promise.resolve({ view: { config: { ...us.gateway.config, partners } }, end: () => Promise.resolve() });
  },
});

export const received = (fault: string, cause: Cause, bytes: string, change: Columns = {}): AlarmFault => ({
  fault,
  cause,
  async inject({ us: { gateway } }) {
    const receivedAt = gateway.now().toISOString();
    await receiveMessage(gateway, { partner: 'KR', via: 'https', bytes: Buffer.from(bytes), receivedAt });
    if (Object.keys(change).length > 0)
      await gateway.db.transaction(async (tx) => {
        await tx.updateTable('inbox').set(change).where('state', '=', 'REJECTED').execute();
      });
    return { end: () => newList(gateway) };
  },
});

/** A list of the partner that is applied. */
export async function newList({ db }: OpenGateway): Promise<void> {
  counter += 1;
  const at = new Date(Date.now() + 1).toISOString();
  await fillList(db, { partner: 'KR', records: [listed(`A${counter}`)], sequence: counter, issuedAt: at });
  const next = new Date(Date.now() + 30 * dayMs).toISOString();
  await db.transaction(async (tx) => {
    await tx.updateTable('list').set({ next_by: next }).where('direction', '=', 'in').execute();
  });
}

export const brokerAt = (fault: string, cause: Cause, url: () => string): AlarmFault => ({
  fault,
  cause,
  inject({ us }) {
    const broker = { url: url(), realm: 'alarms', temporary: false };
    const { KR } = us.gateway.config.partners;
    if (KR === undefined) throw new Error('no partner');
    const config = { ...us.gateway.config, broker, partners: { KR: { ...KR, transport: 'amqp' as const } } };
    return Promise.resolve({ view: { config }, end: () => Promise.resolve() });
  },
});

export const credentials = (user: string): string => {
  const url = new URL(testBroker());
  url.username = user;
  return url.href;
};

export const deadLetter: AlarmFault = {
  fault: 'a message was laid aside in the dead-letter queue of the broker',
  cause: 'dead_letters',
  async inject(scene) {
    const { view } = await brokerAt('', 'dead_letters', testBroker).inject(scene);
    const model = await connect(testBroker());
    const channel = await model.createConfirmChannel();
    const queue = deadLetterQueueName({ from: 'KR', to: 'CN' }, { name: 'alarms', temporary: false });
    await channel.assertQueue(queue, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
    channel.sendToQueue(queue, Buffer.from('a list'));
    await channel.waitForConfirms();
    const end = async (): Promise<void> => {
      await channel.deleteQueue(queue);
      await model.close();
    };
    return { ...(view && { view }), end };
  },
};

export const ourKey = (fault: string, cause: Cause, days: number): AlarmFault => ({
  fault,
  cause,
  inject({ us: { gateway } }) {
    const notAfter = new Date(Date.now() + days * dayMs).toISOString();
    const keyring = { ...gateway.keyring, list: () => [{ ...gateway.keyring.list()[0], name: 'tls', notAfter }] };
    return Promise.resolve({ view: { keyring } as Partial<OpenGateway>, end: () => Promise.resolve() });
  },
});

export const past = (days: number): string => new Date(Date.now() - days * dayMs).toISOString();

export const partnerList = (fault: string, cause: Cause, columns: () => Columns): AlarmFault => ({
  fault,
  cause,
  async inject(scene) {
    await changeList(scene, 'in', columns());
    return { end: () => newList(scene.us.gateway) };
  },
});
