/** Faults that are injected into a real exchange, the cause that an alarm must name, and who must act. docs/alarms.md has the table of them. */

import { chmodSync, statSync, writeFileSync } from 'node:fs';
import { createServer as createPlainServer } from 'node:http';
import { join } from 'node:path';
import { keepSample } from '../../gateway/app/health/disk-growth.ts';
import { decideHeld, receiveMessage } from '../../gateway/inbound/receive-message.ts';
import { sendList } from '../../gateway/outbound/send-list.ts';
import { heldMessages } from '../../gateway/store/held-messages.ts';
import { requireFullList } from '../../gateway/store/streams.ts';
import { freePort } from './services.ts';
import { listen, shut } from './tls.ts';
import { certificateFile, identity, sound } from './alarm-fault-certificates.ts';
import {
  silentAddress,
  address,
  answers,
  brokerAt,
  changeNewest,
  configured,
  credentials,
  deadLetter,
  delivered,
  newList,
  ourKey,
  partnerList,
  past,
  received,
  refusingServer,
  sentThrough,
  server,
  takenAnd,
  transportTo,
  type AlarmFault,
} from './alarm-fault-kinds.ts';

const others: readonly AlarmFault[] = [
  {
    fault: 'a list of the partner would change too much',
    cause: 'list_held',
    async inject({ us: { gateway }, them }) {
      const built = await sendList(them.gateway, 'CN', { kind: 'full' }); // without operators
      const bytes = built?.sealed.bytes ?? new Uint8Array();
      await receiveMessage(gateway, { partner: 'KR', via: 'https', bytes, receivedAt: gateway.now().toISOString() });
      const [held] = await heldMessages(gateway.db.sql, 'KR');
      const end = async (): Promise<void> => {
        for (const person of ['M. One', 'M. Two'])
          await decideHeld(gateway, held?.messageId ?? '', { decision: 'refuse', person });
        await newList(gateway);
      };
      return { end };
    },
  },
  {
    fault: 'the partner does not state its numbers of a month',
    cause: 'numbers_missing',
    async inject({ us: { gateway } }) {
      const first = {
        partner: 'KR',
        direction: 'out',
        message_id: 'first',
        kind: 'full',
        epoch_no: 0,
        sequence: 0,
        count: 0,
      };
      const dates = { issued_at: past(62), applied_at: past(62), next_by: past(61), ordinal: 0 };
      await gateway.db.transaction((tx) =>
        tx
          .insertInto('list')
          .values({ ...first, ...dates })
          .execute(),
      );
      const end = async (): Promise<void> => {
        await gateway.db.transaction((tx) => tx.deleteFrom('list').where('message_id', '=', 'first').execute());
      };
      return { end };
    },
  },
  {
    fault: 'the partner rejected our list',
    cause: 'list_rejected',
    async inject(scene) {
      const { gateway } = scene.us;
      await gateway.db.transaction((tx) => requireFullList(tx, 'KR'));
      const end = async (): Promise<void> => {
        await sendList(gateway, 'KR', { kind: 'full' });
        await delivered(scene);
      };
      return { end };
    },
  },
  {
    fault: 'the partner took our list and refused some operators',
    cause: 'records_refused',
    async inject(scene) {
      await changeNewest(scene, { state: 'PARTIAL' });
      return { end: () => changeNewest(scene, { state: 'ACCEPTED' }) };
    },
  },
  {
    fault: 'a stored message was altered',
    cause: 'message_altered',
    async inject(scene) {
      await changeNewest(scene, { hold_reason: 'altered', state: 'SEALED', state_rank: '10' });
      return { end: () => changeNewest(scene, { hold_reason: null, state: 'ACCEPTED', state_rank: '100' }) };
    },
  },
  {
    fault: 'other accounts can enter the data folder',
    cause: 'files_exposed',
    inject({ us: { config } }) {
      const { mode } = statSync(config.data);
      chmodSync(config.data, 0o755);
      return Promise.resolve({ end: () => Promise.resolve(chmodSync(config.data, mode & 0o777)) });
    },
  },
  {
    fault: 'the disk is full within days',
    cause: 'disk_full',
    inject({ us: { config } }) {
      const data = config.data;
      writeFileSync(join(data, 'disk-samples.json'), '[]');
      keepSample(data, { at: Date.now() - 2 * 86_400_000, free: 1e15 });
      return Promise.resolve({ end: () => Promise.resolve(writeFileSync(join(data, 'disk-samples.json'), '[]')) });
    },
  },
  {
    fault: 'the settings of the partner name a file that is not there',
    cause: 'settings_faulty',
    inject: () =>
      Promise.resolve({ view: { stopped: new Map([['KR', 'E_KEY_MISSING']]) }, end: () => Promise.resolve() }),
  },
  {
    fault: 'the clock of the partner is five minutes ahead',
    cause: 'clock_of_partner',
    inject({ us: { gateway } }) {
      const partner = gateway.partners.get('KR');
      if (partner?.transport === undefined) throw new Error('no partner');
      const transport = { ...partner.transport, clockAhead: () => 300_000 };
      const partners = new Map([['KR', { ...partner, transport }]]);
      return Promise.resolve({ view: { partners }, end: () => Promise.resolve() });
    },
  },
];

const expired = identity(-1);

export const alarmFaults: readonly AlarmFault[] = [
  address(
    'nothing listens at the address of the partner',
    'partner_down',
    async () => `https://127.0.0.1:${await freePort()}`,
  ),
  address('the name of the partner’s host is not known', 'network_down', () =>
    Promise.resolve('https://gateway.invalid'),
  ),
  address('a firewall lets nothing through to the partner', 'network_down', silentAddress, 5_000),
  server('the partner breaks the connection off', 'partner_down', (response) => response.destroy()),
  server('the partner does not answer', 'partner_down', () => undefined),
  answers('the partner answers with an error of its own (500)', 'partner_down', 500),
  answers('the partner is under maintenance (503)', 'partner_busy', 503, { 'retry-after': '60' }),
  answers('the partner has too many requests (429)', 'partner_busy', 429),
  answers('a proxy does not reach the partner (502)', 'network_down', 502),
  answers('a proxy waits for the partner in vain (504)', 'network_down', 504),
  answers('a proxy asks for a password (407)', 'network_down', 407),
  answers('the partner does not know our certificate (403)', 'not_registered', 403),
  answers('the partner refuses our password or token (401)', 'access_refused', 401),
  answers('the path at the partner is wrong (404)', 'address_wrong', 404),
  answers('the partner has moved (302)', 'address_wrong', 302, { location: 'https://other.example/' }),
  answers('the message is too large for the partner (413)', 'message_refused', 413),
  answers('the partner cannot read the request (400)', 'message_refused', 400),
  {
    fault: 'what answers at the address speaks no TLS',
    cause: 'address_wrong',
    async inject(scene) {
      const plain = createPlainServer((_, response) => response.end());
      const port = await listen(plain);
      await sentThrough(scene, transportTo(scene, { url: `https://127.0.0.1:${port}` }));
      await shut(plain);
      return { end: () => delivered(scene) };
    },
  },
  server('the partner’s certificate has ended', 'partner_certificate', () => undefined, expired),
  server(
    'the partner’s certificate is for another host',
    'partner_certificate',
    () => undefined,
    identity(300, ['other.example']),
  ),
  server('the partner’s certificate comes from another authority', 'certificate_untrusted', () => undefined, {
    ...identity(),
    ca: sound.ca,
  }),
  refusingServer('the partner does not trust the authority of our certificate (TLS 1.2)', 'not_registered', () => ({
    authority: sound.ca,
  })),
  refusingServer('our certificate has ended (TLS 1.2)', 'our_certificate', () => ({
    own: expired,
    authority: expired.ca,
  })),
  takenAnd('the partner took the list and sends no receipt', 'no_answer', () => ({ receipt_due_at: past(1) })),
  takenAnd('a gateway died while it sent', 'lease_expired', () => ({ lease_owner: 'ended', lease_until: past(1) }), {
    lease_owner: null,
    lease_until: null,
  }),
  received('the partner does not sign its list', 'signature_rejected', '<list/>'),
  received('the partner’s list is cut off', 'message_rejected', '<list'),
  received('the partner’s signing certificate comes from another authority', 'path_rejected', '<list />', {
    reason: 'E_CERTIFICATE_PATH',
  }),
  partnerList('the partner’s next list was due and did not come', 'list_due', () => ({ next_by: past(1) })),
  partnerList('the partner’s list is too old', 'list_stale', () => ({ issued_at: past(4), next_by: past(3) })),
  configured('the partner’s certificate ends in three days', 'certificate_expiring', () => ({
    tls: [certificateFile(3)],
  })),
  configured('the partner’s certificate has ended, without a successor', 'certificate_expired', () => ({
    signing: [certificateFile(-1)],
  })),
  configured('a certificate file of the partner is missing', 'certificate_unreadable', () => ({ tls: ['/none.pem'] })),
  ourKey('a key of ours ends in three days', 'key_expiring', 3),
  ourKey('a key of ours has ended', 'key_expired', -1),
  brokerAt('nothing listens at the address of the broker', 'broker_down', () => 'amqp://127.0.0.1:1'),
  brokerAt('the name of the broker’s host is not known', 'broker_network', () => 'amqp://broker.invalid'),
  brokerAt('the broker refuses our account', 'broker_access', () => credentials('nobody')),
  deadLetter,
  ...others,
];
