/** Acknowledgements that state a number and no period, of a partner whose numbers begin again each day. */

import { expect } from 'chai';
import { deliverDue } from '../../gateway/outbound/delivery.ts';
import { sendList } from '../../gateway/outbound/send-list.ts';
import { receiveAcknowledgement } from '../../gateway/outbound/settle-by-answer.ts';
import type { Partner } from '../../gateway/gateway.ts';
import { findMessage } from '../../gateway/store/outbox.ts';
import { openAdministrations, operators, type OpenAdministrations } from '../support/administrations.ts';
import { refusal } from '../support/expect-code.ts';
import { ack, adaptersWith, numberedByYear, openOtherMake, type OtherMake } from '../support/other-make.ts';

const conversation = `${numberedByYear.replace('restart: year', 'restart: day')}
  send:
    request: { path: /ws/aeo }
    answer: { kind: document, template: ack.xml, schema: ack.xsd, within: 7d }
  receive:
    path: /partners/sg/aeo
    acknowledgements: /partners/sg/acks
    answer: { template: ack.xml, schema: ack.xsd }
`;
const day = 86_400_000;

describe('an acknowledgement with a number that two days have', () => {
  let open: OpenAdministrations;
  let peer: OtherMake;

  beforeEach(async () => {
    open = await openAdministrations({ partners: ['SG'], adapters: adaptersWith(conversation) });
    await open.home.save(...operators(3));
    peer = await openOtherMake(open);
  });
  afterEach(async () => {
    peer.close();
    await open.close();
  });

  const at = (ahead: number): OpenAdministrations['home']['gateway'] => ({
    ...open.home.gateway,
    now: () => new Date(Date.now() + ahead),
  });

  /** The first list of a day. */
  async function queue(ahead: number): Promise<string> {
    const built = await sendList(at(ahead), 'SG', { kind: 'full', renew: true });
    expect(built?.list.position.sequence).to.equal(1);
    return built?.list.id ?? '';
  }

  /** Sends the first list of a day, which is answered with a code. */
  async function send(ahead: number, code: string): Promise<string> {
    const id = await queue(ahead);
    peer.answers = [{ status: 200, body: ack(code, 1) }];
    await deliverDue(at(ahead), 'SG');
    return id;
  }

  async function acknowledge(code: string): Promise<void> {
    const partner = open.home.gateway.partners.get('SG') as Partner;
    await receiveAcknowledgement(at(day), partner, Buffer.from(ack(code, 1)));
  }

  const states = async (...ids: readonly string[]) =>
    await Promise.all(ids.map(async (id) => (await findMessage(open.home.gateway.db.sql, id))?.state));

  it('settles neither while both wait for a verdict', async () => {
    const ids = [await send(0, 'WAIT'), await send(day, 'WAIT')];
    expect((await refusal(() => acknowledge('NOK'))).code).to.equal('E_RECEIPT_UNMATCHED');
    expect(await states(...ids)).to.deep.equal(['HANDED_OVER', 'HANDED_OVER']);
  });

  it('settles neither while the earlier one waits and the later one has its verdict', async () => {
    const ids = [await send(0, 'WAIT'), await send(day, 'OK')];
    expect((await refusal(() => acknowledge('OK'))).code).to.equal('E_RECEIPT_UNMATCHED');
    expect(await states(...ids)).to.deep.equal(['HANDED_OVER', 'ACCEPTED']);
  });

  it('settles the later one once the earlier one has its verdict', async () => {
    const ids = [await send(0, 'OK'), await send(day, 'WAIT')];
    await acknowledge('OK');
    expect(await states(...ids)).to.deep.equal(['ACCEPTED', 'ACCEPTED']);
  });

  it('settles the earlier one while the later one was not sent yet', async () => {
    const ids = [await send(0, 'WAIT'), await queue(day)];
    await acknowledge('OK');
    expect(await states(...ids)).to.deep.equal(['ACCEPTED', 'SEALED']);
  });
});
