/**
 * A partner specified on two pages, with files in GB18030 whose columns are bytes: its adapter is drafted from samples and answers alone. Its program
 * (peer.py, in Python) has its folders on OpenSSH's server, and both sides exchange lists with what goes wrong between two systems.
 */

import { expect } from 'chai';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pollPartner } from '../../../gateway/inbound/poll-partners.ts';
import { decideHeld, receiveMessage } from '../../../gateway/inbound/receive-message.ts';
import { deliverDue } from '../../../gateway/outbound/delivery.ts';
import { sendList } from '../../../gateway/outbound/send-list.ts';
import { findReceived } from '../../../gateway/store/inbox.ts';
import { findMessage, resendNow } from '../../../gateway/store/outbox.ts';
import { findStream, listInForce } from '../../../gateway/store/streams.ts';
import type { DomesticRecord } from '../../../gateway/model/record/record.ts';
import { adaptersOfHome, runAdapter } from '../../support/adapter-command.ts';
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

const here = import.meta.dirname;
const given = (name: string): string => join(here, name);
const answers = ['ok', 'wait', 'no', 'dup', 'busy'];

type Row = readonly [code: string, name: string, town: string, state: '1' | '2', since: string];
const row = (number: number, name = `𠮷野贸易 ${number}`): Row => [
  `BL48${2000 + number}`,
  name,
  '北陆市',
  '1',
  '20240520',
];
const rows = (count: number): Row[] => Array.from({ length: count }, (_, i) => row(i));

describe('a partner with files in GB18030 and columns of bytes', () => {
  let open: OpenAdministrations;
  let server: SftpServer;
  let program: PeerProgram;
  const adapters = adaptersOfHome();
  const folder = temporaryFolder();
  const at = (name: string): string => join(folder, name);
  const peer: PeerProgram['ask'] = (...words) => program.ask(...words);

  /** The day in its zone, before today. */
  const day = (before: number): string =>
    new Date(Date.now() + 8 * 3600_000 - before * 24 * 3600_000).toISOString().slice(0, 10).replaceAll('-', '');
  const sql = () => open.home.gateway.db.sql;

  it('is drafted from its samples, and certified once the questions are answered', async () => {
    const samples = ['whole.lst', 'changes.lst'].flatMap((name) => ['--sample', given(name)]);
    const acknowledgements = answers.flatMap((name) => ['--acknowledgement', given(`${name}.ack`)]);
    const words = ['--transport', 'sftp', '--answers', given('answers.yaml'), '--home-sketch'];
    const drafted = await runAdapter(adapters, ['new', 'xe', ...samples, ...acknowledgements, ...words]);
    expect(JSON.parse(drafted.stdout)).to.deep.include({ asks: [] });
    expect(JSON.parse((await runAdapter(adapters, ['lint', 'xe'])).stdout)).to.deep.include({ findings: [] });
    expect(JSON.parse((await runAdapter(adapters, ['certify', 'xe'])).stdout)).to.include({ certified: true });
  });

  it('is connected to its folders', async () => {
    const folders = { in: at('out'), out: at('in'), archive: at('done') };
    for (const each of Object.values(folders)) mkdirSync(each);
    server = await startSshd(at('ssh'));
    open = await openAdministrations({ partners: ['XE'], adapters, connection: { transport: 'file' } });
    connectFolders(open.home, 'XE', { folders, sftp: server.account }, 'sftp');
    program = startPeer(given('peer.py'), [folder]);
    const examined = await open.home.gateway.partners.get('XE')?.transport?.files?.examine();
    expect(examined).to.equal(undefined);
  });
  after(async () => {
    program.stop();
    await open.close();
    await server.stop();
  });

  describe('gives us lists', () => {
    const poll = (): Promise<boolean> =>
      pollPartner(open.home.gateway, 'XE', (raw) => receiveMessage(open.home.gateway, raw));
    /** What we answer to a list. A file is whole once it did not change between two looks. */
    async function answerTo(name: unknown): Promise<unknown> {
      await poll();
      await poll();
      await deliverDue(open.home.gateway, 'XE');
      return await peer('answer', name);
    }
    const give = async (before: number, number: number, kind: 'F' | 'C', list: readonly Row[], gone: unknown[] = []) =>
      await answerTo(await peer('put', day(before), number, kind, list, gone));
    const operatorOf = async (): Promise<unknown> => (await findStream(sql(), 'XE', 'in'))?.position.count;

    it('of which each is answered by its name, and numbers count in their day', async () => {
      expect(await give(2, 7, 'F', rows(6))).to.deep.equal([`XE_${day(2)}_07`, 'OK', '']);
      expect(await give(1, 1, 'C', [row(9)], [['BL482000', 'B', day(2)]])).to.deep.equal([`XE_${day(1)}_01`, 'OK', '']);
      expect((await listInForce(sql(), 'XE'))?.evidence).to.equal('channel');
      expect([await operatorOf(), readdirSync(at('done')).length]).to.deep.equal([6, 2]);
    });

    it('the same list again has the same answer, and an earlier number of the day is refused', async () => {
      expect(await give(1, 1, 'C', [row(9)], [['BL482000', 'B', day(2)]])).to.deep.equal([`XE_${day(1)}_01`, 'OK', '']);
      expect(await give(2, 8, 'F', rows(6))).to.deep.equal([`XE_${day(2)}_08`, 'NO', 'E_SEQUENCE_ROLLBACK']);
    });

    it('after a gap changes are refused until a whole list comes', async () => {
      expect(await give(1, 3, 'C', [row(10)])).to.deep.equal([`XE_${day(1)}_03`, 'NO', 'E_SEQUENCE_GAP']);
      expect(await give(1, 4, 'F', rows(6))).to.deep.equal([`XE_${day(1)}_04`, 'OK', '']);
      expect(await operatorOf()).to.equal(6);
    });

    it('one with bytes that are no character is refused, and nothing of it counts', async () => {
      const name = await peer('put', day(1), 5, 'F', rows(6), []);
      await peer('damage', name, 19 + 2 * 72 + 20);
      expect(await answerTo(name)).to.deep.equal([`XE_${day(1)}_05`, 'NO', 'E_BYTES_INVALID']);
      expect(await operatorOf()).to.equal(6);
    });

    it('one that lacks most operators waits for two people, and is then answered again', async () => {
      const waits = await give(1, 6, 'F', rows(2));
      expect(waits).to.deep.equal([`XE_${day(1)}_06`, 'WAIT', 'list_shrinks']);
      const name = `XE_${day(1)}_06.lst`;
      const [held] = await findReceived(sql(), name);
      for (const person of ['a', 'b'])
        await decideHeld(open.home.gateway, held?.messageId ?? '', { decision: 'release', person });
      await deliverDue(open.home.gateway, 'XE');
      expect(await peer('answer', name)).to.deep.equal([`XE_${day(1)}_06`, 'OK', '']);
      expect(await operatorOf()).to.equal(2);
    });
  });

  describe('gets our lists', () => {
    const message = async (id: unknown) => await findMessage(sql(), String(id));
    const poll = async (): Promise<void> => {
      for (const _ of [1, 2]) await pollPartner(open.home.gateway, 'XE', () => Promise.reject(new Error('no list')));
    };
    const due = (): Promise<number> => deliverDue(open.home.gateway, 'XE');
    const send = async (...changed: readonly DomesticRecord[]): Promise<string> => {
      await open.home.save(...changed);
      const built = await sendList(open.home.gateway, 'XE');
      await due();
      return built?.list.id ?? '';
    };
    const taken = async (word: 'take' | 'read' = 'take'): Promise<readonly unknown[]> => {
      const [[name, verdict, held] = []] = (await peer(word)) as [string, string, object][];
      return [name, verdict, Object.keys(held ?? {}).length];
    };
    const again = async (id: string): Promise<void> => {
      await open.home.gateway.db.transaction((tx) => resendNow(tx, id, new Date().toISOString()));
      await due();
    };
    const named = (number: number): string => `CN_${day(0)}_0${number}.lst`;

    it('in its columns, and its answer settles them', async () => {
      const id = await send(...operators(6));
      expect(await taken()).to.deep.equal([named(1), 'OK', 6]);
      await poll();
      expect(await message(id)).to.include({ state: 'ACCEPTED', evidence: 'channel' });
      expect(readdirSync(at('in'))).to.deep.equal([]);
    });

    it('whose answer is lost are put again, the same bytes, and are known there', async () => {
      const id = await send(operator(7));
      expect(await taken('read')).to.deep.equal([named(2), 'OK', 7]);
      await poll();
      expect(await message(id)).to.include({ state: 'HANDED_OVER' });
      await again(id);
      expect(await taken()).to.deep.equal([named(2), 'DUP', 7]);
      await poll();
      expect(await message(id)).to.include({ state: 'ACCEPTED', verdictDetail: 'duplicate' });
    });

    it('once its server answers again', async () => {
      server.cutWhen(() => true);
      const id = await send(operator(8));
      expect(await message(id)).to.include({ state: 'SEALED' });
      server.cutWhen(() => false);
      await again(id);
      expect(await taken()).to.deep.equal([named(3), 'OK', 8]);
      await poll();
      expect(await message(id)).to.include({ state: 'ACCEPTED' });
    });

    it('of which it lost one: the next one is refused, and a whole one follows', async () => {
      const lost = await send(operator(9));
      await taken();
      await poll();
      expect(await message(lost)).to.include({ state: 'ACCEPTED' });
      await peer('restore');
      const refused = await send(operator(10));
      expect((await taken()).slice(0, 2)).to.deep.equal([named(5), 'NO']);
      await poll();
      expect(await message(refused)).to.include({ state: 'REJECTED', verdictDetail: 'rejected: changes after a gap' });
      const whole = await send();
      expect(await taken()).to.deep.equal([named(6), 'OK', 10]);
      await poll();
      expect(await message(whole)).to.include({ state: 'ACCEPTED' });
    });

    it('which its people look at, and take', async () => {
      const id = await send(...operators(7).map((each) => ({ ...each, consent: false })));
      expect((await taken()).slice(0, 2)).to.deep.equal([named(7), 'WAIT']);
      await poll();
      expect(await message(id)).to.include({ state: 'HANDED_OVER', progress: 'held' });
      await peer('release', named(7));
      await poll();
      expect(await message(id)).to.include({ state: 'ACCEPTED' });
    });

    it('without an operator whose name GB18030 cannot carry, which stays at home', async () => {
      await open.home.save({ ...operator(20), name: { ...operator(20).name, local: '\u{E7C7}\uFFFD' } });
      const built = await sendList(open.home.gateway, 'XE', { kind: 'full' });
      expect(built?.unencodable.map(({ identifier }) => identifier)).to.deep.equal([`CN${code(20)}`]);
    });

    it('from number 1 again on the next day', async () => {
      const { gateway } = open.home;
      const tomorrow = new Date(Date.now() + 24 * 3600_000);
      const built = await sendList({ ...gateway, now: () => tomorrow }, 'XE', { kind: 'full' });
      expect(built?.list.position.sequence).to.equal(1);
    });
  });
});
