/** How often messages are sent is agreed with each partner: intervals, when it counts as away, and until when a message may be accepted. */

import { appendFileSync, cpSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import type { RetryData } from '../../gateway/adapter/conversation/retry.ts';
import { loadAdapter } from '../../gateway/adapter/load.ts';
import { getPartner, type Gateway } from '../../gateway/gateway.ts';
import { deliverDue, leaseSeconds } from '../../gateway/outbound/delivery.ts';
import { runDispatcher } from '../../gateway/outbound/dispatcher.ts';
import { sendList } from '../../gateway/outbound/send-list.ts';
import { claimDue, findMessage, type MessageRow } from '../../gateway/store/outbox.ts';
import { findStream } from '../../gateway/store/streams.ts';
import type { SendOutcome } from '../../gateway/wire/transport/transport.ts';
import { adaptersFolder, adapterTools } from '../support/adapter-tools.ts';
import { openAdministrations, operators, type OpenAdministrations } from '../support/administrations.ts';
import { refusal } from '../support/expect-code.ts';
import { temporaryFolder } from '../support/pki.ts';

/** Adapters of home and HK, which agreed on this. */
function adaptersWith(retry: RetryData): string {
  const folder = temporaryFolder();
  for (const cc of ['cn', 'hk']) cpSync(join(adaptersFolder, cc), join(folder, cc), { recursive: true });
  appendFileSync(join(folder, 'hk', 'adapter.yaml'), `\nconversation: { send: { retry: ${JSON.stringify(retry)} } }\n`);
  return folder;
}

describe('what was agreed about sending again', () => {
  let administrations: OpenAdministrations;
  let us: Gateway;
  async function open(retry: RetryData): Promise<void> {
    administrations = await openAdministrations({ partners: ['HK'], adapters: adaptersWith(retry) });
    us = administrations.home.gateway;
    await administrations.home.save(...operators(3));
  }
  afterEach(() => administrations.close());

  const ahead = (seconds: number): Gateway => ({ ...us, now: () => new Date(Date.now() + seconds * 1000) });
  const queue = async (): Promise<string> => (await sendList(us, 'HK', { kind: 'full' }))?.list.id ?? '';
  async function message(id: string): Promise<MessageRow> {
    const found = await findMessage(us.db.sql, id);
    if (found === undefined) throw new Error('no such message');
    return found;
  }
  const answering = (...outcomes: readonly SendOutcome[]): Gateway & { readonly sent: string[] } => {
    const sent: string[] = [];
    const send = ({ id }: { readonly id: string }): Promise<SendOutcome> => {
      sent.push(id);
      return Promise.resolve(outcomes[sent.length - 1] ?? { kind: 'custody', evidence: 'HTTP 202' });
    };
    const partner = { ...getPartner(us, 'HK'), transport: { send, close: () => Promise.resolve() } };
    return { ...us, partners: new Map([['HK', partner]]), sent };
  };
  const refused: SendOutcome = { kind: 'refused', evidence: 'HTTP 500' };

  it('sets the time to the next attempt, and to the same bytes again without a receipt', async () => {
    await open({ after: ['40s'], receipt: '2m' });
    const id = await queue();
    const gateway = answering(refused);
    const seconds = (moment: string | undefined): number => (Date.parse(moment ?? '') - Date.now()) / 1000;
    await deliverDue(gateway, 'HK');
    expect(seconds((await message(id)).nextAttemptAt)).to.be.within(10, 40);
    await deliverDue({ ...gateway, now: ahead(60).now }, 'HK');
    expect(seconds((await message(id)).receiptDueAt)).to.be.within(150, 181);
  });

  it('holds a message that was not accepted in time, and the next list is a full one', async () => {
    await open({ expires: '2d' });
    const id = await queue();
    const gateway = answering(refused);
    await deliverDue(gateway, 'HK');
    await deliverDue({ ...gateway, now: ahead(47 * 3600).now }, 'HK');
    expect(gateway.sent).to.deep.equal([id, id]);
    expect((await message(id)).state).to.equal('HANDED_OVER');
    const late = await queue();
    await deliverDue({ ...gateway, now: ahead(49 * 3600).now }, 'HK');
    expect(await message(late)).to.include({ state: 'SEALED', holdReason: 'expired' });
    expect((await findStream(us.db.sql, 'HK', 'out'))?.resyncWanted).to.equal(true);
    expect(gateway.sent).to.not.include(late);
  });

  it('tries one message of a partner that refused some in a row, though none is due, until one is accepted', async () => {
    await open({ after: ['1h'], away: { failures: 1, every: '1s' } });
    const id = await queue();
    const gateway = answering(refused, refused);
    const stop = new AbortController();
    const running = runDispatcher(gateway, stop.signal, { scheduled: false });
    while ((await message(id)).state !== 'HANDED_OVER') await nextTurn();
    stop.abort();
    await running;
    expect(gateway.sent).to.deep.equal([id, id, id]);
  });

  it('sends to a partner that is away as soon as a message of it arrives', async () => {
    await open({ after: ['1h'], away: { every: '1h' } });
    const { home, of } = administrations;
    await home.openDoors();
    const id = await queue();
    await home.until(async () => ((await message(id)).nextAttemptAt !== undefined ? true : undefined));
    await home.until(async () => ((await message(id)).attempts > 0 ? true : undefined));
    await of('HK').save(...operators(3));
    await of('HK').openDoors();
    await of('HK').send(us.home.country);
    expect((await home.answered(id)).state).to.equal('ACCEPTED');
  });

  it('leaves an outcome to the sender that has the lease now: one that stood still writes nothing', async () => {
    await open({ after: ['1h'] });
    const id = await queue();
    const gateway = answering(refused);
    const { transport } = getPartner(gateway, 'HK');
    const slow = {
      ...getPartner(gateway, 'HK'),
      transport: {
        ...transport,
        close: () => Promise.resolve(),
        async send() {
          const now = ahead(60).now().toISOString();
          const leaseUntil = ahead(60 + leaseSeconds)
            .now()
            .toISOString();
          const claim = { owner: 'another', partner: 'HK', now, leaseUntil, limit: 1 };
          expect((await claimDue(us.db, claim)).map((claimed) => claimed.attempt)).to.deep.equal([2]);
          return refused;
        },
      },
    };
    await deliverDue({ ...us, partners: new Map([['HK', slow]]) }, 'HK');
    expect(await message(id)).to.include({ state: 'SEALED', attempts: 2 });
    const events = us.db.sql.selectFrom('event').select('kind').where('ref', '=', id);
    expect((await events.execute()).map(({ kind }) => kind)).to.not.include('delivery_refused');
  });
});

describe('the adapter of a partner', () => {
  it('states intervals of an hour at most', async () => {
    const load = (retry: RetryData) => loadAdapter(join(adaptersWith(retry), 'hk'), adapterTools);
    for (const retry of [{ after: ['5s', '2h'] }, { receipt: '61m' }, { away: { every: '1d' } }])
      expect((await refusal(() => load(retry))).code).to.equal('E_ADAPTER_INVALID');
    for (const retry of [{ after: [] }, { after: ['soon'] }, { away: { failures: 0 } }, { every: '5s' }, {}])
      expect((await refusal(() => load(retry))).code).to.equal('E_ADAPTER_INVALID');
    const { retry, exchange } = await load({ after: ['7s'], expires: '3d' });
    expect(retry).to.deep.include({ afterSeconds: [7], receiptSeconds: 900, expiresSeconds: 259_200 });
    expect(exchange.send).to.equal(undefined);
  });
});
