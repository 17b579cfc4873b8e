/**
 * A partner with a file server: its night job (peer.py, in Python) puts and takes one file a day in folders of OpenSSH's server, and we come
 * by SFTP. Its adapter is xd/. Nothing is signed: the account and the host key show who sends.
 */

import { expect } from 'chai';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileTransport } from '../../../gateway/app/file-partners.ts';
import { checkTools } from '../../../gateway/app/adapter-checks.ts';
import { testAdapter } from '../../../gateway/adapter/check/test-adapter.ts';
import { pollPartner } from '../../../gateway/inbound/poll-partners.ts';
import { decideHeld, receiveMessage } from '../../../gateway/inbound/receive-message.ts';
import { deliverDue } from '../../../gateway/outbound/delivery.ts';
import { sendList } from '../../../gateway/outbound/send-list.ts';
import { findReceived } from '../../../gateway/store/inbox.ts';
import { attemptsOf, findMessage, makeDue, resendNow, type MessageRow } from '../../../gateway/store/outbox.ts';
import { findStream, listInForce } from '../../../gateway/store/streams.ts';
import { adapterTools, adaptersFolder } from '../../support/adapter-tools.ts';
import {
  code,
  openAdministrations,
  operator,
  operators,
  type OpenAdministrations,
} from '../../support/administrations.ts';
import { connectFolders } from '../../support/file-partner.ts';
import { startPeer, type PeerProgram } from '../../support/peer-program.ts';
import { temporaryFolder } from '../../support/pki.ts';
import { startSshd, type SftpServer } from '../../support/sshd.ts';

const here = new URL('.', import.meta.url).pathname;
const dayMs = 24 * 3600 * 1000;

type Row = readonly [code: string, name: string, city: string, status: string, since: string];
const rows = (count: number, status = '1'): Row[] =>
  Array.from({ length: count }, (_, i) => [`HD00${1000 + i}`, `해동물산 ${i + 1}`, '부산', status, '20240520']);

describe('the partner with a file server', () => {
  let open: OpenAdministrations;
  let server: SftpServer;
  let program: PeerProgram;
  const folder = temporaryFolder();
  const at = (name: string): string => join(folder, name);
  const folders = { in: at('to-partner'), out: at('from-partner'), archive: at('archive') };
  /** The day in Seoul, before today. */
  const day = (before: number): string =>
    new Date(Date.now() + 9 * 3600 * 1000 - before * dayMs).toISOString().slice(0, 10);
  const fileOf = (from: string, before: number): string => `${from}_AEO_${day(before).replaceAll('-', '')}.txt`;

  before(async () => {
    for (const each of Object.values(folders)) mkdirSync(each);
    for (const [cc, from] of [
      ['cn', join(adaptersFolder, 'cn')],
      ['xd', join(here, 'xd')],
    ] as const)
      cpSync(from, join(folder, 'adapters', cc), { recursive: true });
    server = await startSshd(at('ssh'));
    open = await openAdministrations({ partners: ['XD'], adapters: at('adapters'), connection: { transport: 'file' } });
    await open.home.save(...operators(4));
    connectFolders(open.home, 'XD', { folders, sftp: server.account }, 'sftp');
    program = startPeer(join(here, 'peer.py'), [folder]);
  });
  after(async () => {
    await server.stop();
    program.stop();
    await open.close();
  });

  /** What the partner's night job does. */
  const peer: PeerProgram['ask'] = (...words) => program.ask(...words);

  const poll = (): Promise<boolean> =>
    pollPartner(open.home.gateway, 'XD', (raw) => receiveMessage(open.home.gateway, raw));
  const deliver = (): Promise<number> => deliverDue(open.home.gateway, 'XD');
  const inForce = async () => await listInForce(open.home.gateway.db.sql, 'XD');
  const answered = async (): Promise<Record<string, string[]>> => {
    await deliver();
    return (await peer('answers')) as Record<string, string[]>;
  };
  const state = async (id: string | undefined): Promise<MessageRow | undefined> =>
    await findMessage(open.home.gateway.db.sql, id ?? '');

  it('has its adapter tested like every other', async () => {
    const { cases } = await testAdapter(join(here, 'xd'), checkTools(adapterTools), {
      runs: 20,
      seed: 1,
      clock: () => 0,
    });
    expect(cases.filter(({ ok }) => !ok)).to.deep.equal([]);
  });

  it('has its list taken when the marker stands, archived and answered, and is known by account and host key', async () => {
    await peer('half', day(2), rows(6));
    expect(await poll(), 'half a file').to.equal(false);
    const name = (await peer('put', day(2), rows(6))) as string;
    expect(await poll()).to.equal(true);
    expect([readdirSync(folders.in), readdirSync(folders.archive)]).to.deep.equal([[], [name]]);
    expect((await inForce())?.evidence).to.equal('channel');
    const [row] = await findReceived(open.home.gateway.db.sql, name);
    expect(row).to.include({ state: 'APPLIED', via: 'sftp' });
    expect((await answered())[name]?.slice(0, 2)).to.deep.equal(['A', 'OK']);
  });

  it('leaves out a day: the list in force stays, and the next one is taken; the same file again is answered the same', async () => {
    const name = (await peer('put', day(0), rows(6))) as string;
    await poll();
    expect((await inForce())?.issuedAt.slice(0, 10)).to.equal(day(1));
    const first = (await answered())[name];
    await peer('put', day(0), rows(6));
    await poll();
    expect((await answered())[name]).to.deep.equal(first);
    expect((await findStream(open.home.gateway.db.sql, 'XD', 'in'))?.position.count).to.equal(6);
  });

  it('has a list that lacks most of its operators held, and in force once two people release it', async () => {
    const name = (await peer('put', day(0), rows(2))) as string;
    await poll();
    expect((await answered())[name]?.[1]).to.equal('WAIT');
    const [held] = (await findReceived(open.home.gateway.db.sql, name)).filter((each) => each.state === 'HELD');
    for (const person of ['a', 'b'])
      await decideHeld(open.home.gateway, held?.messageId ?? '', { decision: 'release', person });
    expect((await answered())[name]?.[1]).to.equal('OK');
    expect((await findStream(open.home.gateway.db.sql, 'XD', 'in'))?.position.count).to.equal(2);
  });

  it('gets our answer once the connection is back that ended as it was written', async () => {
    await peer('put', day(0), rows(3));
    await poll();
    server.cutWhen(() => readdirSync(folders.out).length > 0);
    await deliver();
    server.cutWhen(() => false);
    await open.home.gateway.db.transaction((tx) => makeDue(tx, 'XD', new Date().toISOString()));
    expect((await answered())[fileOf('XD', 0)]?.[1]).to.equal('OK');
    expect([await peer('answers'), readdirSync(folders.out)]).to.deep.equal([{}, []]);
  });

  it('has a list of an earlier day and one with an unknown status refused, with the reason', async () => {
    const name = (await peer('put', day(3), rows(2, '7'))) as string;
    await poll();
    expect((await answered())[name]?.slice(1)).to.deep.equal(['NOK', name, 'E_CODE_UNKNOWN']);
    await peer('put', day(3), rows(3));
    await poll();
    expect((await answered())[name]?.[1]).to.equal('NOK');
  });

  it('gets our list, and its answer settles it; nothing of it is left on the server', async () => {
    const built = await sendList(open.home.gateway, 'XD');
    await deliver();
    expect(await state(built?.list.id)).to.include({ state: 'HANDED_OVER' });
    const [[name, verdict, held] = []] = (await peer('take')) as [string, string, unknown[]][];
    expect([name, verdict, held?.length]).to.deep.equal([fileOf('CN', 0), 'OK', 4]);
    await poll();
    await poll();
    expect(await state(built?.list.id)).to.include({ state: 'ACCEPTED', evidence: 'channel' });
    expect([readdirSync(folders.in), readdirSync(folders.out)]).to.deep.equal([[], []]);
  });

  it('does not get a list twice where the connection ended after it was put: it is looked for, and only marked', async () => {
    await open.home.save(operator(5));
    const built = await sendList(open.home.gateway, 'XD');
    const name = fileOf('CN', 0);
    server.cutWhen(() => existsSync(join(folders.out, name)));
    await deliver();
    server.cutWhen(() => false);
    expect((await attemptsOf(open.home.gateway.db.sql, built?.list.id ?? '')).at(-1)).to.include({ outcome: 'failed' });
    expect(readdirSync(folders.out)).to.deep.equal([name]);
    const before = readFileSync(join(folders.out, name));
    await open.home.gateway.db.transaction((tx) => resendNow(tx, built?.list.id ?? '', new Date().toISOString()));
    await deliver();
    expect(readdirSync(folders.out).sort()).to.deep.equal([name, `${name}.ok`]);
    expect(readFileSync(join(folders.out, name))).to.deep.equal(before);
    expect(await peer('take')).to.have.length(1);
    await poll();
    await poll();
    expect(await state(built?.list.id)).to.include({ state: 'ACCEPTED' });
  });

  it('holds our list until its people release it', async () => {
    await open.home.save(...[1, 2, 3].map((number) => operator(number, { consent: false })));
    const built = await sendList(open.home.gateway, 'XD');
    await deliver();
    const [[name, verdict] = []] = (await peer('take')) as [string, string][];
    expect(verdict).to.equal('WAIT');
    await poll();
    await poll();
    expect(await state(built?.list.id)).to.include({ state: 'HANDED_OVER', progress: 'held' });
    await peer('release', name ?? '');
    await poll();
    await poll();
    expect(await state(built?.list.id)).to.include({ state: 'ACCEPTED' });
  });

  /** One list of ours at a moment, read by its job; its id and the verdict. */
  async function sent(word: 'take' | 'read', now = new Date()): Promise<readonly [id: string, verdict: unknown]> {
    const gateway = { ...open.home.gateway, now: () => now };
    const built = await sendList(gateway, 'XD');
    await deliverDue(gateway, 'XD');
    const [[, verdict] = []] = (await peer(word)) as unknown[][];
    for (const _ of [1, 2]) await poll();
    return [built?.list.id ?? '', verdict];
  }

  it('refuses our list, and gets the next one whole', async () => {
    await peer('bar', `CN${code(6)}`);
    await open.home.save(operator(6));
    const [refused, no] = await sent('take');
    expect(no).to.equal('NOK');
    expect(await state(refused)).to.include({ state: 'REJECTED', verdictDetail: 'rejected: NUMBER' });
    await peer('bar', '');
    const [whole, yes] = await sent('take');
    expect([yes, (await state(whole))?.state]).to.deep.equal(['OK', 'ACCEPTED']);
  });

  it('whose answer is lost gets the same bytes once more, and knows them', async () => {
    await open.home.save(operator(7));
    const [id] = await sent('read');
    expect(await state(id)).to.include({ state: 'HANDED_OVER' });
    await open.home.gateway.db.transaction((tx) => resendNow(tx, id, new Date().toISOString()));
    await deliver();
    expect(await peer('take')).to.have.length(1);
    for (const _ of [1, 2]) await poll();
    expect(await state(id)).to.include({ state: 'ACCEPTED', verdictDetail: 'duplicate' });
  });

  it('that missed a list takes the one of the next day, and the older one is not put any more', async () => {
    await open.home.save(operator(8));
    const missed = (await sendList(open.home.gateway, 'XD'))?.list.id ?? '';
    await deliver();
    for (const ending of ['', '.ok']) rmSync(join(folders.out, fileOf('CN', 0) + ending));
    await open.home.save(operator(9));
    const [next, verdict] = await sent('take', new Date(`${day(-1)}T00:00:00+09:00`));
    expect([verdict, (await state(next))?.state]).to.deep.equal(['OK', 'ACCEPTED']);
    expect(await state(missed)).to.include({ state: 'SUPERSEDED' });
    await open.home.gateway.db.transaction((tx) => resendNow(tx, missed, new Date().toISOString()));
    expect([await deliver(), readdirSync(folders.out)]).to.deep.equal([0, []]);
  });

  it('is no partner with another host key than the one pinned, with another key of ours, or where nothing answers', async () => {
    const settings = open.home.config.partners['XD'];
    const adapter = open.home.gateway.partners.get('XD')?.adapter;
    if (settings === undefined || adapter === undefined) throw new Error('no partner');
    const { hostKey } = server.account;
    const others = [
      ['has another host key', { ...server.account, hostKey: `${hostKey.slice(0, -6)}AAAAA=` }],
      ['refused the account', { ...server.account, key: at('ssh/host') }],
      ['could not be reached', { ...server.account, port: 1 }],
    ] as const;
    for (const [fault, sftp] of others) {
      const options = { code: 'XD', settings: { ...settings, folders, sftp }, config: open.home.config };
      const transport = fileTransport({ ...options, home: open.home.gateway.home }, adapter, 'sftp');
      expect(await transport?.files?.examine(), fault).to.include(fault);
      await transport?.close();
    }
  });
});
