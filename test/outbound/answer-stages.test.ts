/** Answers in stages: a technical and a business one, results of records, silence, none, and what follows when an answer does not come. */

import { expect } from 'chai';
import { deliverDue } from '../../gateway/outbound/delivery.ts';
import { sendList } from '../../gateway/outbound/send-list.ts';
import { openMessagesTo } from '../../gateway/store/message-list.ts';
import { attemptsOf, findMessage, resendNow, resultsOf } from '../../gateway/store/outbox.ts';
import { findStream } from '../../gateway/store/streams.ts';
import { loadAdapter } from '../../gateway/adapter/load.ts';
import { adapterTools } from '../support/adapter-tools.ts';
import { operators, prepareOnce, type OpenAdministrations } from '../support/administrations.ts';
import {
  ack,
  adaptersWith,
  numberedByYear,
  openOtherMake,
  type HttpAnswer,
  type OtherMake,
} from '../support/other-make.ts';

const hours = 3_600_000;

function conversation(send: string): string {
  return `${numberedByYear}
  send:
    request: { path: /ws/aeo, headers: { X-Ref: '{message.id}' } }
    statuses: { read: [200, 202, 400], later: [503] }
${send}
  receive:
    path: /partners/sg/aeo
    acknowledgements: /partners/sg/acks
    answer: { template: ack.xml, schema: ack.xsd }
`;
}

interface Bench {
  readonly open: OpenAdministrations;
  readonly peer: OtherMake;
  /** Sends a list, with the partner's answer in the response; returns its id. */
  send(answer: HttpAnswer | 'lost'): Promise<string>;
  message(id: string): Promise<NonNullable<Awaited<ReturnType<typeof findMessage>>>>;
  /** What the dispatcher does once so many hours have passed. */
  after(hoursLater: number): Promise<void>;
}

const opened = new Map<string, ReturnType<typeof prepareOnce>>();

/** Runs a test with a partner whose answers are these. */
async function withAnswers(send: string, work: (bench: Bench) => Promise<void>): Promise<void> {
  const opening = opened.get(send) ?? prepareOnce({ partners: ['SG'], adapters: adaptersWith(conversation(send)) });
  opened.set(send, opening);
  const open = await (await opening)();
  const { gateway } = open.home;
  await open.home.save(...operators(3));
  const peer = await openOtherMake(open);
  try {
    await work({
      open,
      peer,
      async send(answer) {
        peer.answers = [answer];
        const built = await sendList(gateway, 'SG', { renew: true });
        await deliverDue(gateway, 'SG');
        return built?.list.id ?? '';
      },
      async message(id) {
        const found = await findMessage(gateway.db.sql, id);
        if (found === undefined) throw new Error(`no message ${id}`);
        return found;
      },
      async after(hoursLater) {
        const now = (): Date => new Date(gateway.now().getTime() + hoursLater * hours);
        await deliverDue({ ...gateway, now }, 'SG');
      },
    });
  } finally {
    peer.close();
    await open.close();
  }
}

const accepted = { status: 202, body: '' };
const results = (subject: string, ...rows: readonly (readonly [string, string])[]): string =>
  JSON.stringify({ ref: subject, rows: rows.map(([id, code]) => ({ id, code, why: 'unknown there' })) });

describe('answers in stages', () => {
  const stages = `    answers:
      - { kind: document, template: ack.xml, schema: ack.xsd, says: technical, within: 10m }
      - { kind: document, template: results.json, schema: results.schema.json, mode: async, per: record, within: 24h, then: alarm }`;

  it('a technical answer settles nothing, and the results of records that follow do', () =>
    withAnswers(stages, async ({ open, peer, send, message, after }) => {
      await open.home.openDoors();
      const id = await send({ status: 200, body: ack('OK', 1) });
      expect(await message(id)).to.include({ state: 'HANDED_OVER', progress: 'received', evidence: 'channel' });
      await after(23);
      expect(peer.received).to.have.length(1);
      const rows = [['CN4403100001', '0'] as const, ['CN4403100002', '9'] as const];
      expect((await peer.post('/partners/sg/acks', results(id, ...rows))).status).to.equal(204);
      expect(await message(id)).to.include({ state: 'PARTIAL', evidence: 'channel' });
      expect((await message(id)).progress).to.equal(undefined);
      expect(await resultsOf(open.home.gateway.db.sql, 'SG', id)).to.deep.equal([
        { identifier: 'CN4403100002', code: 'unknown there', detail: '' },
      ]);
      // The technical answer again, late: the verdict stays.
      expect((await peer.post('/partners/sg/acks', ack('OK', 1))).status).to.equal(204);
      expect((await message(id)).state).to.equal('PARTIAL');
    }));

  it('a technical refusal settles the message, and the next list is a full one', () =>
    withAnswers(stages, async ({ open, send, message }) => {
      const id = await send({ status: 400, body: ack('NOK', 1, 'no XML') });
      expect(await message(id)).to.include({ state: 'REJECTED', verdictDetail: 'rejected: no XML' });
      expect((await findStream(open.home.gateway.db.sql, 'SG', 'out'))?.resyncWanted).to.equal(true);
    }));

  it('a business answer that does not come in time is an alarm, and one that comes after it counts', () =>
    withAnswers(stages, async ({ open, peer, send, message, after }) => {
      await open.home.openDoors();
      const id = await send({ status: 200, body: ack('OK', 1) });
      await after(25);
      await after(200);
      expect(await message(id)).to.include({ state: 'HANDED_OVER', progress: 'overdue' });
      expect(peer.received).to.have.length(1);
      const { gateway } = open.home;
      expect((await openMessagesTo(gateway.db.sql, 'SG', gateway.now().toISOString())).overdue).to.equal(1);
      expect((await peer.post('/partners/sg/acks', results(id))).status).to.equal(204);
      expect((await message(id)).state).to.equal('ACCEPTED');
    }));

  it('without the technical answer the same bytes are sent again', () =>
    withAnswers(stages, async ({ peer, send, message, after }) => {
      const id = await send({ status: 200, body: ack('BUSY', 1) });
      peer.answers = [{ status: 200, body: ack('DUP', 1) }];
      await after(0.2);
      expect(peer.received).to.have.length(2);
      expect((await message(id)).progress).to.equal('received');
    }));
});

describe('an answer that is named by a header of the message that carries it', () => {
  const one = `    answers:
      - { kind: document, template: ack.xml, schema: ack.xsd, mode: async, correlate: { header: X-Ref }, within: 2h, then: hold }`;

  it('settles that message; without the header it names none', () =>
    withAnswers(one, async ({ open, peer, send, message }) => {
      await open.home.openDoors();
      const id = await send(accepted);
      expect(await message(id)).to.include({ state: 'HANDED_OVER' });
      const unnamed = '<Ack xmlns="urn:sg:ack"><Code>OK</Code></Ack>';
      expect((await peer.post('/partners/sg/acks', unnamed)).status).to.be.within(400, 499);
      expect((await peer.post('/partners/sg/acks', unnamed, { 'X-Ref': id })).status).to.equal(204);
      expect((await message(id)).state).to.equal('ACCEPTED');
    }));

  it('and does not come in time holds the message, which staff can send again', () =>
    withAnswers(one, async ({ open, peer, send, message, after }) => {
      const id = await send(accepted);
      await after(3);
      expect(await message(id)).to.include({ state: 'HANDED_OVER', holdReason: 'unanswered' });
      expect(peer.received).to.have.length(1);
      peer.answers = [accepted];
      const { db, now } = open.home.gateway;
      await db.transaction((tx) => resendNow(tx, id, now().toISOString()));
      await after(0);
      expect(peer.received).to.have.length(2);
      expect((await message(id)).holdReason).to.equal(undefined);
    }));
});

describe('a partner that answers with refusals only', () => {
  const silence = '    answers: [{ kind: silence, template: ack.xml, schema: ack.xsd, within: 6h }]';

  it('has taken a message when it was silent for the agreed time, which nothing proves, and may still refuse it', () =>
    withAnswers(silence, async ({ open, peer, send, message, after }) => {
      await open.home.openDoors();
      const id = await send(accepted);
      await after(5);
      expect((await message(id)).state).to.equal('HANDED_OVER');
      await after(7);
      expect(await message(id)).to.include({ state: 'CLOSED', evidence: 'assumed' });
      expect(peer.received).to.have.length(1);
      expect((await peer.post('/partners/sg/acks', ack('NOK', 1, 'bad'))).status).to.equal(204);
      expect(await message(id)).to.include({ state: 'REJECTED', evidence: 'channel' });
      expect((await findStream(open.home.gateway.db.sql, 'SG', 'out'))?.resyncWanted).to.equal(true);
    }));
});

describe('a partner that never answers', () => {
  it('has taken a message as far as its server said', () =>
    withAnswers('    answers: [{ kind: none }]', async ({ send, message }) => {
      expect(await message(await send(accepted))).to.include({ state: 'CLOSED', evidence: 'transport' });
    }));
});

describe('a partner that may take a message twice', () => {
  const unsafe = '    resend: unsafe\n    answer: { kind: document, template: ack.xml, schema: ack.xsd }';

  it('is not sent a message again whose outcome is unknown until staff act', () =>
    withAnswers(unsafe, async ({ open, peer, send, message, after }) => {
      const id = await send('lost');
      expect(await message(id)).to.include({ state: 'SEALED', holdReason: 'outcome_unknown' });
      await after(2);
      expect(peer.received).to.have.length(1);
      peer.answers = [{ status: 200, body: ack('OK', 1) }];
      const { db, now } = open.home.gateway;
      await db.transaction((tx) => resendNow(tx, id, now().toISOString()));
      await after(0);
      expect((await message(id)).state).to.equal('ACCEPTED');
      expect(await attemptsOf(db.sql, id)).to.have.length(2);
    }));
});

describe('the answers of an adapter', () => {
  it('are one with its defaults, or several in their order', async () => {
    const loaded = async (send: string) => {
      const folder = `${adaptersWith(conversation(send))}/sg`;
      return (await loadAdapter(folder, adapterTools)).exchange.send?.stages.map(
        ({ kind, mode, says, per, withinSeconds, then }) => [kind, mode, says, per, withinSeconds, then],
      );
    };
    expect(await loaded('    answer: { kind: status }')).to.deep.equal([
      ['status', 'sync', 'business', 'message', 900, 'resend'],
    ]);
    expect(await loaded('    answers: [{ kind: silence, within: 2d }]')).to.deep.equal([
      ['silence', 'async', 'business', 'message', 172_800, 'settle'],
    ]);
  });
});
