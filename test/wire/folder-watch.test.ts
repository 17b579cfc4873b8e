import { expect } from 'chai';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { watchFolder } from '../../gateway/wire/files/folder-watch.ts';
import { temporaryFolder } from '../support/pki.ts';

describe('a watched folder', () => {
  it('reports changes below it, once for each burst, until the signal aborts', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'kr'));
    const told: (readonly string[])[] = [];
    const first = Promise.withResolvers<undefined>();
    const stopping = new AbortController();
    const watching = watchFolder(folder, {
      quietMs: 20,
      signal: stopping.signal,
      changed: (names) => {
        told.push(names);
        first.resolve(undefined);
        return Promise.resolve();
      },
    });
    let written = 0;
    const writeBurst = (): void => {
      for (let i = 0; i < 3; i += 1) writeFileSync(join(folder, 'kr', 'list.xml'), String((written += 1)));
    };
    // The watch begins some time after it was asked for: bursts of three are written, far enough apart, until it reports one.
    const writing = setInterval(writeBurst, 300);
    try {
      await first.promise;
    } finally {
      clearInterval(writing);
      stopping.abort();
      await watching;
    }
    expect(told[0]).to.deep.equal([join('kr', 'list.xml')]);
    expect(told.length).to.be.lessThan(written);
  });

  it('that does not exist is an error', async () => {
    const { signal } = new AbortController();
    const nothing = (): Promise<void> => Promise.resolve();
    const error: unknown = await watchFolder(join(temporaryFolder(), 'none'), {
      quietMs: 1,
      signal,
      changed: nothing,
    }).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).to.have.property('code', 'ENOENT');
  });
});
