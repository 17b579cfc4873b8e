/** The program before the newest migration, and this one: a store goes from one to the other, and both serve on one store at one time. */

import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { programFolder } from '../gateway/app/config.ts';
import { migrationsFor } from '../gateway/store/migrations.ts';
import { csvOf } from './cli/operator-command.ts';
import { code } from './support/administrations.ts';
import { freshUrl } from './store/engines.ts';
import { heldByPartner, openServedPair, partnerSends, positionOf, type ServedPair } from './support/served-pair.ts';
import { freePort } from './support/services.ts';
import { temporaryFolder } from './support/pki.ts';

const git = (...words: string[]): Buffer =>
  execFileSync('git', ['-C', programFolder, ...words], { maxBuffer: 2 ** 28, stdio: ['ignore', 'pipe', 'ignore'] });

/** The program at the commit before the newest migration, in a folder of its own; undefined where the history is not here. */
function programBefore(): string | undefined {
  const newest = Object.keys(migrationsFor('sqlite')).at(-1) ?? '';
  const folder = temporaryFolder();
  try {
    const added = git('log', '--format=%H', `-S'${newest}'`, '--', 'gateway/store/migrations.ts').toString().trim();
    const commit = `${added.split('\n').at(-1) ?? ''}^`;
    const files = git('archive', commit, 'gateway', 'schemas', 'adapters', 'package.json');
    execFileSync('tar', ['-x', '-C', folder], { input: files });
  } catch {
    return undefined; // no repository, or a part of its history
  }
  symlinkSync(join(programFolder, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

/** One command of another version; the code of its error, if it failed. */
async function commandOf(program: string, file: string, ...words: readonly string[]): Promise<string | undefined> {
  const all = [join(program, 'gateway/mra.js'), '--config', file, '-o', 'json', ...words];
  const { stdout } = await promisify(execFile)(process.execPath, all).catch(
    (error: unknown) => error as { stdout: string },
  );
  return (JSON.parse(stdout) as { error?: { code: string } }).error?.code;
}

for (const engine of ['sqlite', 'postgres'] as const)
  describe(`the program before the newest migration, and this one (${engine})`, function () {
    this.timeout(180_000);
    let older: string;
    let pair: ServedPair;
    const ends: (() => Promise<void>)[] = [];
    let second: ChildProcess | undefined;

    before(async function () {
      const found = programBefore();
      if (found === undefined) return this.skip();
      older = found;
      const { url, remove } = await freshUrl(engine);
      ends.push(remove);
      pair = await openServedPair('KR', url);
      ends.push(() => pair.close());
      const operators = join(temporaryFolder(), 'operators.csv');
      writeFileSync(operators, csvOf(...[1, 2, 3, 4].map((number) => ({ code: code(number) }))));
      expect(await commandOf(older, pair.file, 'operator', 'import', operators)).to.equal(undefined);
      await pair.serve(older);
      expect(await commandOf(older, pair.file, 'list', 'send', 'KR')).to.equal(undefined);
      await untilHeld(1);
      await partnerSends(pair, 1);
    });
    after(async () => {
      second?.kill('SIGKILL');
      for (const end of ends.toReversed()) await end();
    });

    const untilHeld = (sequence: number): Promise<true> =>
      pair.until(async () => ((await heldByPartner(pair))?.sequence === sequence ? true : undefined));
    const untilReceived = (count: number): Promise<true> =>
      pair.until(async () => ((await positionOf(pair.config.store, 'KR', 'in'))?.count === count ? true : undefined));

    /** One more gateway of this version on the store, with a data folder and doors of its own. */
    async function serveSecond(): Promise<void> {
      const data = temporaryFolder();
      cpSync(join(pair.config.data, 'keys'), join(data, 'keys'), { recursive: true });
      const settings = JSON.parse(readFileSync(pair.file, 'utf8')) as Record<string, object>;
      const [exchange, border] = [await freePort(), await freePort()];
      const doors = {
        exchange: { ...settings['exchange'], port: exchange },
        border: { ...settings['border'], port: border },
      };
      const file = join(data, 'gateway.yaml');
      writeFileSync(file, JSON.stringify({ ...settings, data, ...doors }));
      const words = [join(programFolder, 'gateway/mra.js'), '--config', file, '-o', 'json', 'serve'];
      second = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
      await once(second.stdout ?? process, 'data');
    }

    if (engine === 'postgres')
      it('serve at one time: what this one decides, the one before sends; and it applies the lists of a partner', async () => {
        await serveSecond();
        await pair.done('operator', 'suspend', code(2), '--reason', 'audit');
        await untilHeld(2);
        second?.kill('SIGKILL');
        await pair.done('operator', 'suspend', code(3), '--reason', 'audit');
        await untilHeld(3);
        await partnerSends(pair, 2);
        await untilReceived(2);
      });

    it('go on with one store, one after the other; then the one before refuses it', async () => {
      const held = (await heldByPartner(pair))?.sequence ?? 0;
      await pair.stop();
      const received = (await positionOf(pair.config.store, 'KR', 'in'))?.count ?? 0;
      await pair.serve();
      await pair.done('operator', 'suspend', code(4), '--reason', 'audit');
      await untilHeld(held + 1);
      await partnerSends(pair, 3);
      await untilReceived(received + 1);
      await pair.stop();
      expect(await commandOf(older, pair.file, 'operator', 'list')).to.equal('E_STORE_SCHEMA');
    });
  });
