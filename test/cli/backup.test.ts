/** A gateway is backed up while it serves, killed, restored and goes on: real processes, on both engines. */

import { copyFileSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { sqliteFile } from '../../gateway/store/database.ts';
import { numbersFile } from '../../gateway/store/given-numbers.ts';
import { filesOf } from '../../gateway/store/sqlite-file.ts';
import { code } from '../support/administrations.ts';
import { temporaryFolder } from '../support/pki.ts';
import { heldByPartner, openServedPair, partnerSends, positionOf, type ServedPair } from '../support/served-pair.ts';
import { freshUrl, type FreshStore } from '../store/engines.ts';
import { csvOf } from './operator-command.ts';

type Document = Readonly<Record<string, unknown>>;

const codeOf = (result: unknown): unknown => ((result as Document)['error'] as Document)['code'];

/** The numbers of our lists that the partner applied. */
async function numbersApplied({ partner }: ServedPair): Promise<readonly string[]> {
  const lists = partner.db.sql.selectFrom('list').select(['epoch_no', 'sequence']).where('direction', '=', 'in');
  return (await lists.orderBy('ordinal').execute()).map(({ epoch_no, sequence }) => `${epoch_no}/${sequence}`);
}

/** Four operators of ours that the partner holds, and one of its own that we hold. */
async function exchangeFirstLists(pair: ServedPair, operators: string): Promise<void> {
  await pair.done('operator', 'import', operators);
  await pair.serve();
  await pair.done('list', 'send', 'KR');
  await pair.until(async () => ((await heldByPartner(pair))?.count === 4 ? true : undefined));
  await partnerSends(pair, 1);
}

for (const engine of ['sqlite', 'postgres'] as const) {
  describe(`a gateway that is restored from its backup (${engine})`, function () {
    const folder = temporaryFolder();
    const [file, passphrase, operators] = ['gateway.backup', 'passphrase.txt', 'operators.csv'].map((name) =>
      join(folder, name),
    ) as [string, string, string];
    let store: FreshStore | undefined;
    let pair: ServedPair;
    let [number, logKey] = ['', ''];
    /** An empty place for a gateway: its data folder, its settings, and what ends it. */
    async function emptyPlace(): Promise<{ data: string; settings: string; remove: () => Promise<void> }> {
      const data = temporaryFolder();
      const target = engine === 'postgres' ? await freshUrl('postgres') : undefined;
      const settings = join(data, 'anew.yaml');
      writeFileSync(settings, JSON.stringify({ home: 'CN', data, ...(target && { store: target.url }) }));
      return { data, settings, remove: async () => target?.remove() };
    }

    before(async () => {
      if (engine === 'postgres') store = await freshUrl(engine);
      pair = await openServedPair('KR', store?.url);
      writeFileSync(passphrase, 'correct horse battery staple\n');
      writeFileSync(operators, csvOf(...[1, 2, 3, 4].map((number) => ({ code: code(number) }))));
    });
    after(async () => {
      await pair.close();
      await store?.remove();
    });

    it('loses nothing, doubles nothing and gives no number twice', async () => {
      await exchangeFirstLists(pair, operators);
      const answer = (await pair.done('check', 'KR1234567')) as { proof: { consultation_number: string } };
      number = answer.proof.consultation_number;
      await pair.done('audit', 'checkpoint');
      logKey = String(((await pair.done('audit', 'key')) as Document)['key']);
      const made = (await pair.done('backup', file, '--keys', passphrase)) as Document;
      expect(statSync(file).mode & 0o077).to.equal(0);
      expect(statSync(`${file}.keys`).mode & 0o077).to.equal(0);
      expect(readFileSync(`${file}.sha256`, 'utf8')).to.equal(`${String(made['sha256'])}  gateway.backup\n`);

      // Not in the backup: a suspension that the partner holds, and a list of the partner.
      await pair.done('operator', 'suspend', code(2), '--reason', 'audit');
      await pair.until(async () => ((await heldByPartner(pair))?.sequence === 2 ? true : undefined));
      await partnerSends(pair, 2);
      await pair.kill();
      if (engine === 'postgres') {
        await store?.remove();
        store = await freshUrl('postgres');
        pair.changeStore(store.url);
      }
      const restored = (await pair.done('restore', file)) as Document;
      expect(restored['streams']).to.deep.equal([{ name: 'KR/out', epoch: 1, sequence: 1 }]);
      expect(restored['lost']).to.deep.include({ name: 'KR/out', epoch: 1, sequence: 2 });

      // No list goes before a person has repeated the suspension: it would take it back.
      const refused = await pair.mra('list', 'send', 'KR');
      expect([refused.exit, codeOf(refused.result)]).to.deep.equal([7, 'E_STORE_OLDER']);
      const checks = (await pair.mra('doctor')).result as Document[];
      const schedule = checks.find(({ check }) => check === 'partner KR, schedule');
      expect(schedule?.['fix'], 'a command that is not refused').to.include('mra list resume');
      await pair.serve();
      await pair.done('operator', 'suspend', code(2), '--reason', 'audit');
      await pair.done('list', 'resume', '--as', 'Li');
      await pair.until(async () => ((await heldByPartner(pair))?.epoch === 2 ? true : undefined));
      await partnerSends(pair, 3);
      await pair.until(async () => {
        const ours = await positionOf(pair.config.store, 'KR', 'in');
        return ours?.count === 3 ? true : undefined;
      });

      const [sent, held] = [await positionOf(pair.config.store, 'KR', 'out'), await heldByPartner(pair)];
      expect(held).to.deep.equal(sent);
      const numbers = await numbersApplied(pair);
      expect(new Set(numbers).size).to.equal(numbers.length);
      expect(numbers).to.include.members(['1/1', '1/2', '2/1']);
    });

    it('is not restored over a store that serves, nor from a backup that was changed', async () => {
      const changed = join(folder, 'changed.backup');
      copyFileSync(file, changed);
      copyFileSync(`${file}.sha256`, `${changed}.sha256`);
      writeFileSync(changed, readFileSync(file).fill(0x20, 200, 300));
      expect(codeOf((await pair.mra('restore', file)).result)).to.equal('E_DATA_IN_USE');
      await pair.kill();
      expect(codeOf((await pair.mra('restore', changed)).result)).to.equal('E_BACKUP_INVALID');
      rmSync(`${changed}.sha256`);
      if (engine === 'postgres') expect(codeOf((await pair.mra('restore', file)).result)).to.equal('E_STORE_OCCUPIED');
      expect(codeOf((await pair.mra('backup', file)).result)).to.equal('E_FILE_UNWRITABLE');
    });

    it('gets its keys back in an empty place, by the passphrase alone', async () => {
      const { data, settings, remove } = await emptyPlace();
      const wrong = join(folder, 'wrong.txt');
      writeFileSync(wrong, 'another passphrase\n');
      const refused = await pair.mra('--config', settings, 'restore', file, '--keys', wrong);
      expect(codeOf(refused.result)).to.equal('E_BACKUP_INVALID');
      await pair.done('--config', settings, 'restore', file, '--keys', passphrase);
      for (const name of ['keys/signing-rsa.key', 'keys/tls.pem', 'log/key.pem'])
        if (existsSync(join(pair.config.data, name)))
          expect(readFileSync(join(data, name))).to.deep.equal(readFileSync(join(pair.config.data, name)));

      // Evidence of an answer of before, made now, is proven by the key that was published then.
      const [evidence, published] = [join(data, 'evidence.json'), join(data, 'log-key.txt')];
      writeFileSync(published, `${logKey}\n`);
      expect((await pair.mra('--config', settings, 'evidence', 'get', number, '--out', evidence)).exit).to.equal(0);
      await pair.done('evidence', 'verify', evidence, '--key', published);
      await remove();
    });

    it('makes no other key under the name of its log where the key was not put back', async () => {
      const { settings, remove } = await emptyPlace();
      await pair.done('--config', settings, 'restore', file);
      for (const command of ['audit verify', `evidence get ${number}`]) {
        const refused = await pair.mra('--config', settings, ...command.split(' '));
        expect(codeOf(refused.result), command).to.equal('E_KEY_MISSING');
      }
      const checks = (await pair.mra('--config', settings, 'doctor')).result as Document[];
      expect(checks.find(({ check }) => check === 'log')).to.include({ result: 'fail' });
      await remove();
    });
  });
}

describe('an older copy of the store in its place', () => {
  const operators = join(temporaryFolder(), 'operators.csv');
  let pair: ServedPair;
  before(async () => {
    pair = await openServedPair('KR');
    writeFileSync(operators, csvOf(...[1, 2, 3, 4].map((number) => ({ code: code(number) }))));
  });
  after(() => pair.close());

  it('is found at the start, and the stream goes on in a new epoch where no change of ours was lost', async () => {
    const path = sqliteFile(pair.config.store) ?? '';
    await exchangeFirstLists(pair, operators);
    await pair.kill();
    await pair.done('schedule'); // reads what the log has
    await pair.done('list', 'send', 'KR', '--full');
    const copy = join(temporaryFolder(), 'copy.db');
    copyFileSync(path, copy);
    await pair.done('list', 'send', 'KR', '--full', '--renew');
    for (const each of filesOf(path)) rmSync(each, { force: true });
    copyFileSync(copy, path);

    const [found] = ((await pair.mra('doctor')).result as Document[]).filter(({ check }) => check === 'store, age');
    expect(found).to.include({ result: 'fail' });
    expect(existsSync(numbersFile(pair.config.store, pair.config.data))).to.equal(true);
    await pair.serve();
    await pair.until(async () => ((await heldByPartner(pair))?.epoch === 2 ? true : undefined));
    const numbers = await numbersApplied(pair);
    expect(new Set(numbers).size).to.equal(numbers.length);
    expect(await heldByPartner(pair)).to.deep.equal(await positionOf(pair.config.store, 'KR', 'out'));
  });

  it('is found by asking the partner where the numbers were put back with the store', async () => {
    await pair.stop();
    const path = sqliteFile(pair.config.store) ?? '';
    const files = [path, numbersFile(pair.config.store, pair.config.data)];
    const folder = temporaryFolder();
    await pair.done('list', 'send', 'KR', '--full');
    for (const [i, file] of files.entries()) copyFileSync(file, join(folder, String(i)));
    await pair.done('list', 'send', 'KR', '--full', '--renew');
    const before = await heldByPartner(pair);
    for (const file of [...filesOf(path), ...filesOf(files[1] ?? '')]) rmSync(file, { force: true });
    for (const [i, file] of files.entries()) copyFileSync(join(folder, String(i)), file);

    await pair.serve();
    await pair.until(async () => {
      const now = await heldByPartner(pair);
      return now?.epoch === (before?.epoch ?? 0) + 1 ? true : undefined;
    });
    const refused = pair.partner.db.sql.selectFrom('inbox').select('reason').where('state', '=', 'REJECTED');
    expect(await refused.execute(), 'no number was tried again').to.deep.equal([]);
    const numbers = await numbersApplied(pair);
    expect(new Set(numbers).size).to.equal(numbers.length);
  });
});
