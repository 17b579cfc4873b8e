/** The transport by files, ended between any two of its steps: both sides then see whole files only, and nothing is lost. */

import { expect } from 'chai';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SealedMessage } from '../../gateway/model/message.ts';
import type { FileStore } from '../../gateway/wire/transport/file-store.ts';
import { filesTransport, type FilesOptions } from '../../gateway/wire/transport/files.ts';
import { folderStore } from '../../gateway/wire/transport/folder-store.ts';
import type { FilePoll, Transport } from '../../gateway/wire/transport/transport.ts';
import { temporaryFolder } from '../support/pki.ts';

class Killed extends Error {}

/** A store that works for so many steps, and then never again. `after` is called after each step. */
function endsAfter(steps: number, after: () => void): FileStore {
  let left = steps;
  const store = folderStore();
  return new Proxy(store, {
    get(target, name: keyof FileStore) {
      const method = target[name] as ((...values: unknown[]) => unknown) | undefined;
      if (method === undefined || name === 'isOpen' || name === 'close') return method;
      return async (...values: unknown[]) => {
        if (left === 0) throw new Killed();
        left -= 1;
        const result = await method(...values);
        after();
        return result;
      };
    },
  });
}

function folders(): { in: string; out: string; archive: string } {
  const root = temporaryFolder();
  const made = { in: join(root, 'in'), out: join(root, 'out'), archive: join(root, 'archive') };
  for (const folder of Object.values(made)) mkdirSync(folder);
  return made;
}

const bytes = Buffer.from('a list of many lines\n'.repeat(50));
const message: SealedMessage = {
  ...{ id: 'm-1', partner: 'XD', kind: 'list', contentType: 'text/csv', file: 'a.csv', bytes, digest: 'd' },
};
const most = 30;

function transport(
  where: ReturnType<typeof folders>,
  store: FileStore,
  changes: Partial<FilesOptions> = {},
): Transport {
  return filesTransport({
    ...{ via: 'folder', folders: where, seconds: 1, maxBytes: 1_000_000, open: () => Promise.resolve(store) },
    send: {
      direct: false,
      marker: (name) => `${name}.ok`,
      answers: [(name) => `${name}.log`],
    },
    receive: {
      belongs: (name) => name.endsWith('.ok'),
      order: (name) => (name.endsWith('.csv') ? name : undefined),
      marker: (name) => `${name}.ok`,
      then: 'archive',
    },
    ...changes,
  });
}

describe('the transport by files', () => {
  for (const direct of [false, true])
    it(`shows whole files only and delivers, ended after any step (${direct ? 'put directly' : 'renamed'})`, async () => {
      let ended = 0;
      for (let steps = 0; steps < most; steps += 1) {
        const where = folders();
        const send = { direct, marker: (name: string) => `${name}.ok`, answers: [] };
        const path = join(where.out, 'a.csv');
        writeFileSync(path, 'the list of this name before');
        writeFileSync(`${path}.ok`, '');
        const isWhole = (): void => {
          const shown = direct ? existsSync(`${path}.ok`) : existsSync(path);
          if (shown) expect(readFileSync(path, 'utf8')).to.be.oneOf(['the list of this name before', bytes.toString()]);
        };
        const first = await transport(where, endsAfter(steps, isWhole), { send })
          .send(message)
          .catch((error: unknown) => error);
        if (first instanceof Killed) ended += 1;
        const again = await transport(where, endsAfter(most, isWhole), { send }).send(message);
        expect(again).to.include({ kind: 'custody' });
        expect(readdirSync(where.out).sort()).to.deep.equal(['a.csv', 'a.csv.ok']);
        expect(readFileSync(path)).to.deep.equal(bytes);
      }
      expect(ended).to.be.within(6, most - 10);
    });

  it('gives a file until it was taken away, ended after any step', async () => {
    for (let steps = 0; steps < most; steps += 1) {
      const where = folders();
      writeFileSync(join(where.in, 'b.csv'), bytes);
      writeFileSync(join(where.in, 'b.csv.ok'), '');
      const received: string[] = [];
      const take = async (store: FileStore): Promise<FilePoll | undefined> => {
        const found = await transport(where, store).files?.next();
        if (found?.kind !== 'file') return found;
        received.push(Buffer.from(found.bytes).toString());
        await found.finish();
        return found;
      };
      await take(endsAfter(steps, () => undefined)).catch((error: unknown) => {
        if (!(error instanceof Killed)) throw error;
      });
      await take(folderStore());
      expect(received[0]).to.equal(bytes.toString());
      expect(received.length).to.be.within(1, 2);
      const names = readdirSync(where.in);
      expect(names, 'a marker never stands without its file').to.not.include('b.csv.ok');
      expect([...names, ...readdirSync(where.archive)]).to.deep.equal(['b.csv']);
    }
  });

  it('leaves a file that the partner replaced while it was received, and gives the new one', async () => {
    const where = folders();
    writeFileSync(join(where.in, 'b.csv'), bytes);
    writeFileSync(join(where.in, 'b.csv.ok'), '');
    const { files } = transport(where, folderStore());
    const first = await files?.next();
    writeFileSync(join(where.in, 'b.csv'), 'a later list');
    if (first?.kind === 'file') await first.finish();
    const second = await files?.next();
    expect(second?.kind === 'file' && Buffer.from(second.bytes).toString()).to.equal('a later list');
  });

  it('gives one byte more than is allowed of a file that is too large', async () => {
    const where = folders();
    writeFileSync(join(where.in, 'b.csv'), bytes);
    writeFileSync(join(where.in, 'b.csv.ok'), '');
    const found = await transport(where, folderStore(), { maxBytes: 100 }).files?.next();
    expect(found?.kind === 'file' && found.bytes.length).to.equal(101);
  });

  it('tries a message again soon where the folder is missing, and reports a folder that cannot be read', async () => {
    const where = { in: '/nonexistent/in', out: '/nonexistent/out', archive: '/nonexistent/done' };
    const lost = transport(where, folderStore());
    expect(await lost.send(message)).to.include({ kind: 'refused', unreachable: true });
    expect(await lost.files?.next()).to.deep.equal({ kind: 'failed', evidence: 'ENOENT at /nonexistent/in' });
  });
});
