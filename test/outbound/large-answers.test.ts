/** Large answers of partners to our messages, however they come: a thread takes them, so that nobody else waits. */

import { expect } from 'chai';
import {
  largeAnswers,
  openLargeMessageWorker,
  type LargeMessageWorker,
} from '../../gateway/app/large-message-worker.ts';
import type { PartnerAnswer } from '../../gateway/gateway.ts';
import { receiveDelivered } from '../../gateway/inbound/receive-acknowledgement.ts';
import { momentOf } from '../../gateway/model/day.ts';
import { GatewayError } from '../../gateway/model/errors.ts';
import { deliverDue } from '../../gateway/outbound/delivery.ts';
import { sendList } from '../../gateway/outbound/send-list.ts';
import { findMessage } from '../../gateway/store/outbox.ts';
import { authenticatedChannel } from '../../gateway/wire/signature/channel.ts';
import { openAdministrations, operators, type OpenAdministrations } from '../support/administrations.ts';
import { ack, adaptersWith, numberedByYear, openOtherMake, type OtherMake } from '../support/other-make.ts';

const conversation = `${numberedByYear}
  send:
    request: { path: /ws/aeo }
    answer: { kind: document, template: ack.xml, schema: ack.xsd }
  receive:
    path: /partners/sg/aeo
    acknowledgements: /partners/sg/acks
    answer: { template: ack.xml, schema: ack.xsd }
`;
const longText = 'x'.repeat(40_000);

describe('a large answer of a partner', () => {
  let open: OpenAdministrations;
  let peer: OtherMake;
  let worker: LargeMessageWorker;
  const passed: PartnerAnswer['came']['by'][] = [];

  before(async () => {
    open = await openAdministrations({ partners: ['SG'], adapters: adaptersWith(conversation) });
    await open.home.save(...operators(3));
    peer = await openOtherMake(open);
    worker = openLargeMessageWorker(open.home.config);
  });
  after(async () => {
    peer.close();
    await worker.close();
    await open.close();
  });
  beforeEach(() => passed.splice(0));

  async function send(body: string): Promise<string> {
    const elsewhere = (answer: PartnerAnswer): Promise<boolean> | undefined => {
      const taken = largeAnswers(worker)(answer);
      if (taken !== undefined) passed.push(answer.came.by);
      return taken;
    };
    const gateway = { ...open.home.gateway, elsewhere };
    peer.answers = [{ status: 200, body }];
    const built = await sendList(gateway, 'SG', { kind: 'full', renew: true });
    await deliverDue(gateway, 'SG');
    return built?.list.id ?? '';
  }
  const stateOf = async (id: string) => (await findMessage(open.home.gateway.db.sql, id))?.state;

  it('in the response to our list settles it in the thread, and a small one here', async () => {
    expect([await stateOf(await send(ack('OK', 1, 'short'))), passed]).to.deep.equal(['ACCEPTED', []]);
    expect([await stateOf(await send(ack('OK', 2, longText))), passed]).to.deep.equal(['ACCEPTED', ['response']]);
  });

  it('that is no answer leaves the list waiting, and one that comes later settles it at our door', async () => {
    const flood = `<Ack xmlns="urn:sg:ack">${'<x/>'.repeat(200_000)}</Ack>`;
    const id = await send(flood);
    expect([await stateOf(id), passed]).to.deep.equal(['HANDED_OVER', ['response']]);
    await open.home.openDoors();
    expect((await peer.post('/partners/sg/acks', flood)).status).to.be.within(400, 499);
    expect((await peer.post('/partners/sg/acks', ack('OK', 3, longText))).status).to.equal(204);
    expect(await stateOf(id)).to.equal('ACCEPTED');
  });
});

describe('an answer that another thread takes', () => {
  let open: OpenAdministrations;
  beforeEach(
    async () => (open = await openAdministrations({ partners: ['SG'], adapters: adaptersWith(conversation) })),
  );
  afterEach(() => open.close());

  it('is passed on as it came: from a queue or a mailbox with its properties, and its refusal comes back by its code', async () => {
    const passed: PartnerAnswer[] = [];
    const elsewhere = (answer: PartnerAnswer): Promise<boolean> => {
      passed.push(answer);
      return Promise.reject(new GatewayError('E_RECEIPT_UNMATCHED', 'no message of that id'));
    };
    const { gateway } = open.home;
    const bytes = Buffer.from(ack('OK', 1));
    const channel = authenticatedChannel('broker-account', 'aeo, queue xc.to.us');
    const raw = { partner: 'SG', via: 'amqp', bytes, receivedAt: momentOf(new Date()), channel } as const;
    await receiveDelivered({ ...gateway, elsewhere }, raw, { correlationId: 'm-1', headers: { k: 'v' } });
    expect(passed).to.deep.equal([
      { partner: 'SG', bytes, came: { by: 'message', properties: { correlationId: 'm-1', headers: { k: 'v' } } } },
    ]);
    const kept = await gateway.db.sql.selectFrom('inbox').select(['state', 'reason']).execute();
    expect(kept).to.deep.equal([{ state: 'REJECTED', reason: 'E_RECEIPT_UNMATCHED' }]);
  });
});
