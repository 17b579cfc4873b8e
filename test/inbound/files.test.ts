/** Lists that travel as files in a folder: put whole, taken whole, whatever ends the gateway between two steps. */

import { expect } from 'chai';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pollPartner } from '../../gateway/inbound/poll-partners.ts';
import { decideHeld, receiveMessage } from '../../gateway/inbound/receive-message.ts';
import { deliverDue } from '../../gateway/outbound/delivery.ts';
import { buildList, sendList } from '../../gateway/outbound/send-list.ts';
import { findReceived } from '../../gateway/store/inbox.ts';
import { findMessage } from '../../gateway/store/outbox.ts';
import { findStream, listInForce } from '../../gateway/store/streams.ts';
import { connectFolders, dropFolders, writeFileAdapters } from '../support/file-partner.ts';
import { operator, operators, prepareOnce, type OpenAdministrations } from '../support/administrations.ts';
import { temporaryFolder } from '../support/pki.ts';
import { makeLog } from '../../gateway/wire/log.ts';

describe('lists that travel as files', () => {
  let open: OpenAdministrations;
  let folders: ReturnType<typeof dropFolders>;
  const day = (shift = 0): string => new Date(Date.now() + shift * 24 * 3600 * 1000).toISOString().slice(0, 10);
  const nameOf = (on: string): string => `AEO_IL_${on.replaceAll('-', '')}.csv`;

  const adapters = temporaryFolder();
  let opens: () => Promise<OpenAdministrations>;
  before(async () => {
    writeFileAdapters(adapters);
    opens = await prepareOnce({ partners: ['IL'], adapters });
  });

  async function begin(conversation: Parameters<typeof writeFileAdapters>[1] = {}): Promise<void> {
    writeFileAdapters(adapters, conversation);
    open = await opens();
    folders = dropFolders();
    connectFolders(open.home, 'IL', { folders: { ...folders, answers: folders.out }, pollSeconds: 1 });
    await open.home.save(...operators(5));
    const codes = ['510000011', '510000029', '510000037'];
    await open.of('IL').save(...codes.map((code) => ({ ...operator(1), code, grade: 'aeo' })));
  }
  afterEach(() => open.close());

  const poll = (): Promise<boolean> =>
    pollPartner(open.home.gateway, 'IL', (raw) => receiveMessage(open.home.gateway, raw));
  const inForce = () => listInForce(open.home.gateway.db.sql, 'IL');
  const putList = async (name: string): Promise<void> => {
    const built = await buildList(open.of('IL').gateway, 'CN', { kind: 'full' });
    writeFileSync(join(folders.in, name), built?.sealed.bytes ?? '');
  };
  const mark = (name: string): void => writeFileSync(join(folders.in, `${name}.ok`), '');

  it('is read back by name and size, its marker comes last, and that is the evidence', async () => {
    await begin();
    const built = await sendList(open.home.gateway, 'IL');
    await deliverDue(open.home.gateway, 'IL');
    const message = await findMessage(open.home.gateway.db.sql, built?.list.id ?? '');
    expect(message).to.include({ state: 'CLOSED', evidence: 'custody' });
    const name = readdirSync(folders.out).find((each) => each.endsWith('.csv')) ?? '';
    expect(name).to.match(/^AEO_CN_\d{8}\.csv$/u);
    expect(readdirSync(folders.out).sort()).to.deep.equal([name, `${name}.ok`]);
    expect(readFileSync(join(folders.out, name))).to.deep.equal(Buffer.from(built?.sealed.bytes ?? []));
  });

  it('takes a file once its marker stands, with the day in its name, and archives it', async () => {
    await begin();
    const name = nameOf(day());
    await putList(name);
    expect(await poll(), 'there is no marker yet').to.equal(false);
    expect(await inForce()).to.equal(undefined);
    mark(name);
    expect(await poll()).to.equal(true);
    expect((await inForce())?.issuedAt.slice(0, 13)).to.be.oneOf([`${day(-1)}T21`, `${day(-1)}T22`]);
    expect([readdirSync(folders.in), readdirSync(folders.archive)]).to.deep.equal([[], [name]]);
    const [row] = await findReceived(open.home.gateway.db.sql, name);
    expect(row).to.include({ state: 'APPLIED', via: 'folder' });
  });

  it('puts aside at the next look what a gateway that was killed had begun to, and leaves the marker of a newer file', async () => {
    await begin();
    const [name, newer] = [nameOf(day(-1)), nameOf(day())];
    writeFileSync(join(folders.in, `${name}.taken`), 'old');
    mark(name);
    writeFileSync(join(folders.in, `${newer}.taken`), 'old');
    await putList(newer);
    mark(newer);
    writeFileSync(join(folders.in, 'strange.taken'), '');
    while (await poll());
    expect((await inForce())?.issuedAt.slice(0, 10)).to.equal(day(-1)); // midnight in the zone of the partner
    expect([readdirSync(folders.in), readdirSync(folders.archive)]).to.deep.equal([['strange.taken'], [name, newer]]);
  });

  it('takes the same bytes of the next day as the list of that day, and of the same day once', async () => {
    await begin();
    const [first, second] = [nameOf(day(-1)), nameOf(day())];
    await putList(first);
    mark(first);
    await poll();
    const before = await inForce();
    const bytes = readFileSync(join(folders.archive, first));
    for (const name of [second, first, second]) {
      writeFileSync(join(folders.in, name), bytes);
      mark(name);
      await poll();
    }
    expect(((await inForce())?.issuedAt ?? '') > (before?.issuedAt ?? '')).to.equal(true);
    expect((await findStream(open.home.gateway.db.sql, 'IL', 'in'))?.position.sequence).to.equal(2);
    const [row] = await findReceived(open.home.gateway.db.sql, second);
    expect(row).to.include({ state: 'APPLIED', deliveries: 4 });
  });

  it('leaves files of other names alone, counts each once in the log, and logs no name, which may be that of an operator', async () => {
    await begin();
    const lines: string[] = [];
    Object.assign(open.home.gateway, {
      log: makeLog({ level: 'info', destination: { write: (line) => lines.push(line) } }),
    });
    writeFileSync(join(folders.in, 'README.txt'), 'not a list');
    writeFileSync(join(folders.in, 'AEO_IL_20261399.csv'), 'no such day');
    mark('AEO_IL_20261399.csv');
    writeFileSync(join(folders.in, 'EXAMPLE TRADING.csv'), 'not a list');
    expect([await poll(), await poll()]).to.deep.equal([true, false]);
    expect(readdirSync(folders.in)).to.have.length(4);
    expect(lines.map((line) => (JSON.parse(line) as { count?: number }).count)).to.deep.equal([3]);
    expect(lines.join('')).to.not.match(/EXAMPLE|README|AEO_IL/u);
  });

  it('takes a file without a marker only when it no longer changes', async () => {
    await begin({ receive: "{ name: 'OUT_{message.issuedAt|zoned:yyyyMMdd}.csv', ready: stable, then: delete }" });
    const name = `OUT_${day().replaceAll('-', '')}.csv`;
    await putList(name);
    const whole = readFileSync(join(folders.in, name));
    writeFileSync(join(folders.in, name), whole.subarray(0, 100));
    expect(await poll()).to.equal(false);
    writeFileSync(join(folders.in, name), whole);
    expect(await poll(), 'it has grown').to.equal(false);
    expect(await poll()).to.equal(true);
    expect(await inForce()).to.not.equal(undefined);
    expect(readdirSync(folders.in)).to.deep.equal([]);
  });

  it('keeps files where that is agreed, and takes each once', async () => {
    await begin({ receive: "{ name: 'OUT_{message.issuedAt|zoned:yyyyMMdd}.csv', ready: '{stem}.ok', then: keep }" });
    for (const on of [day(-1), day()]) {
      await putList(`OUT_${on.replaceAll('-', '')}.csv`);
      writeFileSync(join(folders.in, `OUT_${on.replaceAll('-', '')}.ok`), '');
    }
    expect([await poll(), await poll(), await poll()]).to.deep.equal([true, true, false]);
    // After a start nothing is known of what was kept.
    connectFolders(open.home, 'IL', { folders });
    expect([await poll(), await poll(), await poll()]).to.deep.equal([true, true, false]);
    expect((await findStream(open.home.gateway.db.sql, 'IL', 'in'))?.position.sequence).to.equal(2);
    expect(readdirSync(folders.in)).to.have.length(4);
  });

  it('waits for the line of a log: its number of records settles the list, and another one holds it', async () => {
    const line = 'read {ack.taken} records';
    await begin({ answer: `{ kind: log, file: '{stem}.log', line: '${line}', within: 6h }` });
    const built = await sendList(open.home.gateway, 'IL');
    await deliverDue(open.home.gateway, 'IL');
    const state = () => findMessage(open.home.gateway.db.sql, built?.list.id ?? '');
    expect(await state()).to.include({ state: 'HANDED_OVER' });
    const log = join(folders.out, (readdirSync(folders.out)[0] ?? '').replace('.csv', '.log'));
    writeFileSync(log, '02:00 begun\n');
    await poll();
    await poll();
    expect(await state()).to.include({ state: 'HANDED_OVER' });
    writeFileSync(log, '02:00 begun\n02:01 read 4 records\n');
    await poll();
    await poll();
    expect(await state()).to.include({ state: 'HANDED_OVER', holdReason: 'count' });
    await open.home.save(operator(6));
    const second = await sendList(open.home.gateway, 'IL');
    await deliverDue(open.home.gateway, 'IL');
    expect(existsSync(log), 'the log of the earlier file of this name does not speak for this one').to.equal(false);
    writeFileSync(log, 'read 6 records\n');
    await poll();
    await poll();
    const last = await findMessage(open.home.gateway.db.sql, second?.list.id ?? '');
    expect(last).to.include({ state: 'ACCEPTED', evidence: 'channel' });
  });

  it('is put again after an unknown outcome only where it is not there', async () => {
    await begin({ answer: "{ kind: log, file: '{stem}.log', line: 'read {ack.taken} records' }" });
    const built = await sendList(open.home.gateway, 'IL');
    const transport = open.home.gateway.partners.get('IL')?.transport;
    const sealed = { ...built?.sealed, at: built?.list.issuedAt } as Parameters<
      NonNullable<typeof transport>['send']
    >[0];
    await transport?.send(sealed);
    const path = join(folders.out, readdirSync(folders.out)[0] ?? '');
    rmSync(`${path}.ok`);
    const log = path.replace('.csv', '.log');
    writeFileSync(log, 'read 5 records');
    await transport?.send(sealed);
    expect(readdirSync(folders.out), 'the marker stands again, and the answer stays').to.have.length(3);
    renameSync(path, join(folders.archive, 'taken'));
    await transport?.send(sealed);
    expect(readdirSync(folders.out).some((name) => name.endsWith('.csv'))).to.equal(true);
  });

  const document = 'template: ack.csv, schema: ack.schema.json';
  const answerIn = (name: string): string => readFileSync(join(folders.out, `${name}.ack`), 'utf8').trim();

  it('is answered in a file, a repeated one by the same bytes, and one that nobody can read by its name', async () => {
    await begin({ receiveAnswer: `{ file: '{file}.ack', ${document} }` });
    const name = nameOf(day());
    await putList(name);
    const bytes = readFileSync(join(folders.in, name));
    mark(name);
    await poll();
    expect(readdirSync(folders.out), 'the answer waits in the outbox').to.deep.equal([]);
    await deliverDue(open.home.gateway, 'IL');
    const first = answerIn(name);
    expect(first).to.match(/^ACK,OK,AEO_IL_\d{8}\.csv,$/u);
    rmSync(join(folders.out, `${name}.ack`));
    writeFileSync(join(folders.in, name), bytes);
    mark(name);
    await poll();
    expect(answerIn(name)).to.equal(first);
    writeFileSync(join(folders.in, name), 'HDR,SOMETHING ELSE\r\n');
    mark(name);
    await poll();
    await deliverDue(open.home.gateway, 'IL');
    expect(answerIn(name)).to.match(new RegExp(`^ACK,NOK,${RegExp.escape(name)},E_`, 'u'));
    expect(readdirSync(folders.in)).to.deep.equal([]);
  });

  it('gets the second word in the file of the first, once two people decided', async () => {
    await begin({ receiveAnswer: `{ file: '{file}.ack', ${document} }` });
    const [first, second] = [nameOf(day(-1)), nameOf(day())];
    await putList(first);
    mark(first);
    await poll();
    await open.of('IL').save({ ...operator(1), code: '510000011', grade: 'aeo', consent: false });
    await putList(second);
    mark(second);
    await poll();
    await deliverDue(open.home.gateway, 'IL');
    expect(answerIn(second)).to.match(/^ACK,WAIT,/u);
    const [held] = await findReceived(open.home.gateway.db.sql, second);
    for (const person of ['a', 'b'])
      await decideHeld(open.home.gateway, held?.messageId ?? '', { decision: 'release', person });
    await deliverDue(open.home.gateway, 'IL');
    expect(answerIn(second)).to.match(/^ACK,OK,/u);
    expect((await inForce())?.number).to.equal('IL/1/00002');
  });

  it('is settled by the file in which the partner answers, and put again where it is busy', async () => {
    await begin({ answer: `{ kind: document, file: '{file}.ack', ${document}, within: 6h }` });
    const state = async (id = '') => await findMessage(open.home.gateway.db.sql, id);
    const built = await sendList(open.home.gateway, 'IL');
    await deliverDue(open.home.gateway, 'IL');
    const [name = ''] = readdirSync(folders.out);
    const answer = async (line: string): Promise<void> => {
      writeFileSync(join(folders.out, `${name}.ack`), `${line}\r\n`);
      await poll();
      await poll();
    };
    for (const [line, expected] of [
      ['ACK,BUSY,,', { state: 'HANDED_OVER' }],
      ['ACK,OK,another.csv,', { state: 'HANDED_OVER' }],
      ['ACK,WAIT,,', { state: 'HANDED_OVER', evidence: 'channel' }],
      [`ACK,NOK,${name},E-17`, { state: 'REJECTED', evidence: 'channel' }],
    ] as const) {
      await answer(line);
      expect(await state(built?.list.id), line).to.include(expected);
    }
    expect((await findStream(open.home.gateway.db.sql, 'IL', 'out'))?.resyncWanted).to.equal(true);
  });

  it('takes the place of a list of the same name that was not answered', async () => {
    await begin({ answer: `{ kind: document, file: '{file}.ack', ${document} }` });
    const first = await sendList(open.home.gateway, 'IL');
    await deliverDue(open.home.gateway, 'IL');
    await open.home.save(operator(6));
    await sendList(open.home.gateway, 'IL');
    expect(await findMessage(open.home.gateway.db.sql, first?.list.id ?? '')).to.include({ state: 'SUPERSEDED' });
    expect(await deliverDue(open.home.gateway, 'IL')).to.equal(1);
  });
});
