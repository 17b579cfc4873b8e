/**
 * A partner without a system: its staff keep the list of operators in a spreadsheet, and get and give workbooks. Its program is in
 * Python with openpyxl (peer.py); its adapter is xf/. Nothing is signed: the connection shows who sends.
 */

import { expect } from 'chai';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import { on } from 'node:events';
import { basename, join } from 'node:path';
import { checkTools } from '../../../gateway/app/adapter-checks.ts';
import { testAdapter } from '../../../gateway/adapter/check/test-adapter.ts';
import { decideHeld } from '../../../gateway/inbound/receive-message.ts';
import { deliverDue } from '../../../gateway/outbound/delivery.ts';
import { sendList } from '../../../gateway/outbound/send-list.ts';
import { lastEvent } from '../../../gateway/store/events.ts';
import { findMessage, resendNow } from '../../../gateway/store/outbox.ts';
import { listInForce } from '../../../gateway/store/streams.ts';
import { adapterTools, adaptersFolder } from '../../support/adapter-tools.ts';
import { code, openAdministrations, operators, type OpenAdministrations } from '../../support/administrations.ts';
import { connectFolders } from '../../support/file-partner.ts';
import { startPeer, type PeerProgram } from '../../support/peer-program.ts';
import { temporaryFolder } from '../../support/pki.ts';

const here = new URL('.', import.meta.url).pathname;
const year = new Date().getUTCFullYear();

type Row = readonly [code: string, name: string, address: string, town: string, status: string, since: string];
const row = (number: number, changes: Partial<Record<'code' | 'name' | 'status' | 'since', string>> = {}): Row => {
  const {
    code = `FE00${1000 + number}`,
    name = `Exemple ${number} SA`,
    status = 'ACTIF',
    since = '2024-05-20',
  } = changes;
  return [code, name, `${number} quai Nord`, 'Port-Neuf', status, since];
};
const rows = (count: number): Row[] => Array.from({ length: count }, (_, i) => row(i + 1));

describe('the spreadsheet partner', () => {
  let open: OpenAdministrations;
  let program: PeerProgram;
  const folder = temporaryFolder();
  const at = (name: string): string => join(folder, name);

  before(async () => {
    for (const [cc, from] of [
      ['cn', join(adaptersFolder, 'cn')],
      ['xf', join(here, 'xf')],
    ] as const)
      cpSync(from, join(folder, 'adapters', cc), { recursive: true });
    open = await openAdministrations({ partners: ['XF'], adapters: at('adapters') });
    await open.home.save(...operators(4));
    for (const name of ['from-us', 'to-us', 'done']) mkdirSync(at(name));
    const folders = { in: at('to-us'), out: at('from-us'), archive: at('done'), account: 'ferralia' };
    connectFolders(open.home, 'XF', { folders, pollSeconds: 0.1 });
    await open.home.openDoors();
    program = startPeer(join(here, 'peer.py'), [at('from-us'), at('to-us'), at('book.json')]);
  });
  after(async () => {
    program.stop();
    await open.close();
  });

  /** What the partner's clerk does. */
  const peer: PeerProgram['ask'] = (...words) => program.ask(...words);

  const cellsOf = async (book: string): Promise<unknown[][]> => (await peer('show', book)) as unknown[][];

  async function write(number: number, list: readonly Row[], day = `${year}-01-0${number} 08:00:00`): Promise<string> {
    const book = at(`list-${number}.xlsx`);
    await peer('write', book, number, day, list);
    return book;
  }

  /** What is looked for in the folder of our files, as soon as it is there. */
  async function appears<T>(look: () => T | undefined): Promise<T> {
    const watcher = watch(at('from-us'));
    const changes = on(watcher, 'change', { signal: AbortSignal.timeout(30_000) });
    try {
      for (;;) {
        const found = look();
        if (found !== undefined) return found;
        await changes.next();
      }
    } finally {
      watcher.close();
    }
  }

  /** The bytes of a file once it stands there. */
  const standing = (name: string): Promise<Buffer> =>
    appears(() => (existsSync(at(name)) ? readFileSync(at(name)) : undefined));

  /** Puts a workbook into the folder as the clerk does; the answer's head and its rows. */
  async function give(book: string) {
    const stem = `OEA_${year}0101_${/\d+/u.exec(basename(book))?.[0] ?? ''}`;
    const answer = `from-us/${stem}_resultat.xlsx`;
    rmSync(at(answer), { force: true });
    await peer('give', book, `${stem}.xlsx`);
    const bytes = await standing(answer);
    const [[, number, , verdict] = [], [, text, , reason, , place] = [], , , ...results] = await cellsOf(at(answer));
    return { number, verdict, text, reason, place, results, bytes };
  }

  const inForce = async (): Promise<string | undefined> => (await listInForce(open.home.gateway.db.sql, 'XF'))?.number;

  it('has its adapter tested like every other', async () => {
    const { cases } = await testAdapter(join(here, 'xf'), checkTools(adapterTools), {
      runs: 30,
      seed: 1,
      clock: () => 0,
    });
    expect(cases.filter(({ ok }) => !ok)).to.deep.equal([]);
  });

  describe('gives us lists', () => {
    it('the last one of a year, after which numbers begin again at 1', async () => {
      const answer = await give(await write(417, rows(7), `${year - 1}-12-31 08:00:00`));
      expect(answer).to.include({ number: 417, verdict: 'ACCEPTÉ' });
      expect(await inForce()).to.equal(`XF/${year - 1}/00417`);
    });

    it('and gets a verdict on each row, with the reason in its language', async () => {
      const answer = await give(await write(1, [...rows(7), row(8, { code: 'FE00108' })]));
      expect(answer).to.include({ number: 1, verdict: 'ACCEPTÉ' });
      expect(answer.results.slice(0, 7).map((each) => each.slice(0, 3))).to.deep.equal(
        rows(7).map(([identifier], i) => [i + 1, identifier, 'ACCEPTÉ']),
      );
      expect(answer.results[7]?.slice(0, 3)).to.deep.equal([8, 'FE00108', 'REFUSÉ']);
      expect(answer.results[7]?.[4]).to.equal('identifier_malformed');
      expect(answer.results[7]?.[3]).to.match(/forme convenue/u);
      expect(await inForce()).to.equal(`XF/${year}/00001`);
    });

    it('and learns of every faulty cell of a list at once; nothing of it counts', async () => {
      const faulty = [row(1), row(2, { status: 'OUI' }), row(3), row(4, { since: '' })];
      const answer = await give(await write(2, faulty));
      expect(answer).to.include({ verdict: 'REFUSÉ', reason: 'E_CODE_UNKNOWN', place: 'F4' });
      expect(answer.text).to.match(/code/u);
      expect(answer.results.map((each) => [each[0], each[2], each[4], each[5]])).to.deep.equal([
        [2, 'REFUSÉ', 'E_CODE_UNKNOWN', 'F4'],
        [4, 'REFUSÉ', 'E_ELEMENT_MISSING', 'G6'],
      ]);
      expect(await inForce()).to.equal(`XF/${year}/00001`);
    });

    it('the same file again is answered by the same bytes, and the same cells saved again by the same verdict', async () => {
      const book = await write(3, rows(7));
      const first = await give(book);
      expect((await give(book)).bytes.equals(first.bytes)).to.equal(true);
      const before = readFileSync(book);
      const again = await give(await write(3, rows(7)));
      expect(readFileSync(book).equals(before)).to.equal(false);
      expect(again).to.include({ verdict: 'ACCEPTÉ', number: 3 });
      expect(again.results).to.deep.equal(first.results);
    });

    it('other cells under a number that was used, and an earlier number, are refused', async () => {
      expect(await give(await write(3, rows(6)))).to.include({ verdict: 'REFUSÉ', reason: 'E_SEQUENCE_FORK' });
      expect(await give(await write(1, rows(6)))).to.include({ verdict: 'REFUSÉ' });
      expect(await inForce()).to.equal(`XF/${year}/00003`);
    });

    it('an operator that stands twice, and one of another administration, are named by their rows', async () => {
      for (const [list, reason, at] of [
        [[row(1), row(2), row(3), row(2)], 'E_RECORD_REPEATED', [2, 4]],
        [[row(1), row(2, { code: 'XX001002' })], 'E_RECORD_SCOPE', [2]],
      ] as const) {
        const answer = await give(await write(4, list));
        expect(answer).to.include({ verdict: 'REFUSÉ', reason });
        expect(answer.results.map((each) => [each[0], each[4]])).to.deep.equal(at.map((no) => [no, reason]));
      }
    });

    it('after a gap the next full list counts', async () => {
      expect(await give(await write(6, rows(7)))).to.include({ verdict: 'ACCEPTÉ' });
      expect(await inForce()).to.equal(`XF/${year}/00006`);
    });

    it('one that lacks more operators than agreed is held until two people decide, and then answered anew', async () => {
      const book = await write(7, rows(3));
      const held = await give(book);
      expect(held).to.include({ verdict: 'EN EXAMEN', reason: 'list_shrinks' });
      expect(held.text).to.match(/deux personnes/u);
      const { gateway } = open.home;
      const id = `XF-CN-${year}-7`;
      await decideHeld(gateway, id, { decision: 'release', person: 'one' });
      expect(await inForce()).to.equal(`XF/${year}/00006`);
      const sheet = `from-us/OEA_${year}0101_7_resultat.xlsx`;
      rmSync(at(sheet));
      await decideHeld(gateway, id, { decision: 'release', person: 'two' });
      await standing(sheet);
      const [head, , , , ...results] = await cellsOf(at(sheet));
      expect([head?.[3], results.length]).to.deep.equal(['ACCEPTÉ', 3]);
      expect(await give(book)).to.include({ verdict: 'ACCEPTÉ' });
      const { detail } = (await lastEvent(gateway.db.sql, id)) ?? {};
      expect(JSON.parse(detail ?? '{}')).to.include({ evidence: 'channel' });
    });
  });

  describe('gets our lists', () => {
    const message = async (id: string) => await findMessage(open.home.gateway.db.sql, id);
    const settled = (id: string, state: string): Promise<unknown> =>
      open.home.until(async () => {
        const found = await message(id);
        return found?.state === state ? found : undefined;
      });
    const taken = (): { readonly number: number; readonly operators: readonly string[] } =>
      JSON.parse(readFileSync(at('book.json'), 'utf8')) as { number: number; operators: string[] };
    const newest = (): string => {
      const names = readdirSync(at('from-us')).filter((name) => /^AEO_\d+_\d+\.xlsx$/u.test(name));
      return names.sort((a, b) => Number(/\d+(?=\.)/u.exec(a)) - Number(/\d+(?=\.)/u.exec(b))).at(-1) ?? '';
    };

    /** Sends a list; its id, and the name of its file once that stands in the folder. */
    async function send(): Promise<{ readonly id: string; readonly name: string }> {
      const built = await sendList(open.home.gateway, 'XF', { renew: true });
      const id = built?.list.id ?? '';
      // The gateway that serves may be the one that delivers it.
      await deliverDue(open.home.gateway, 'XF');
      await settled(id, 'HANDED_OVER');
      return { id, name: newest() };
    }

    it('in a workbook whose identifiers are texts and whose days are days', async () => {
      const { id, name } = await send();
      await peer('take', name);
      await settled(id, 'ACCEPTED');
      expect(await message(id)).to.include({ evidence: 'channel' });
      const [, , first] = await cellsOf(at(`from-us/${name}`));
      expect(first?.[1]).to.equal(`CN${code(1)}`);
      expect(first?.[6]).to.match(/^\d{4}-\d\d-\d\d 00:00:00$/u);
      expect(taken()).to.deep.include({ number: 1, operators: operators(4).map((each) => `CN${each.code}`) });
    });

    it('one whose answer is lost goes again, the same bytes, and is known there already', async () => {
      const { id, name } = await send();
      const before = readFileSync(at(`from-us/${name}`));
      // It reads the list, and its answer never reaches the folder.
      const answer = at(`to-us/${name.replace('.xlsx', '_resultat.xlsx.part')}`);
      mkdirSync(answer);
      expect(await peer('take', name)).to.equal('IsADirectoryError');
      rmSync(answer, { recursive: true });
      rmSync(at(`from-us/${name}`));
      await open.home.gateway.db.transaction((tx) => resendNow(tx, id, new Date().toISOString()));
      await deliverDue(open.home.gateway, 'XF');
      expect((await standing(`from-us/${name}`)).equals(before)).to.equal(true);
      await peer('take', name);
      await settled(id, 'ACCEPTED');
      expect((await message(id))?.verdictDetail).to.equal('duplicate');
    });

    it('one that it refuses is followed by a full one with the next number', async () => {
      const { number } = taken();
      // Its staff took a list by hand, under a number of ours.
      writeFileSync(at('book.json'), JSON.stringify({ ...taken(), number: number + 1 }));
      const { id, name } = await send();
      await peer('take', name);
      await settled(id, 'REJECTED');
      expect((await message(id))?.verdictDetail).to.match(/déjà reçue/u);
      const { name: next } = await send();
      expect(next).to.not.equal(name);
      await peer('take', next);
      expect(taken()).to.include({ number: number + 2 });
      expect(taken().operators).to.have.length(4);
    });

    it('one that it holds counts once its people released it, in an answer of its own', async () => {
      const gone = operators(4).slice(1);
      await open.home.save(...gone.map((each) => ({ ...each, consent: false })));
      const { id, name } = await send();
      await peer('take', name);
      await open.home.until(async () => (await message(id))?.receiptDigest);
      expect((await message(id))?.state).to.equal('HANDED_OVER');
      await peer('release', name);
      await settled(id, 'ACCEPTED');
      expect(await message(id)).to.include({ evidence: 'channel' });
      expect(taken().operators).to.have.length(1);
    });

    it('under number 1 in a new year', async () => {
      const gateway = { ...open.home.gateway, now: () => new Date(Date.UTC(year + 1, 0, 1, 12)) };
      const built = await sendList(gateway, 'XF', { renew: true });
      expect(built?.list.position.sequence).to.equal(1);
      await deliverDue(gateway, 'XF');
      const [, , first] = await cellsOf(at(`from-us/AEO_${year + 1}0101_1.xlsx`));
      expect(first?.[1]).to.match(/^CN/u);
    });
  });
});
