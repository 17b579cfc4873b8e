/** The names in a partner's list of messages that wait: what of it is read on the main thread. */

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect } from 'chai';
import { namesInList } from '../../gateway/wire/transport/mailbox-names.ts';

const megabytes = (text: string): string => text.repeat((4 * 1024 * 1024) / text.length);

describe('a list of names of messages', () => {
  const names = Array.from({ length: 12_000 }, (_, i) => `list-of-a-partner-${i}`);
  const lists = {
    'lines of one letter': [megabytes('a\n'), 'lines', 1],
    'lines of other names': [names.join('\r\n'), 'lines', 10_000],
    'JSON with a million names': [`[${megabytes('"a",')}"a"]`, '/*', 1],
    'JSON with a million arrays': [`[${megabytes('[],')}[]]`, '/*', undefined],
    'JSON that nests deeply': [megabytes('['), '/*/name', undefined],
  } as const;
  for (const [title, [text, place, length]] of Object.entries(lists)) {
    const bytes = Buffer.from(text);
    it(`is read in a thread of its own where it is long: ${title}`, async () => {
      const started = once(process, 'worker') as Promise<[Worker]>;
      const listed = await namesInList(bytes, place);
      expect(listed?.names.length).to.equal(length);
      expect((await started)[0]).to.be.instanceOf(Worker);
    });
  }

  it('gives each name once, and counts those that cannot be asked for', async () => {
    const listed = await namesInList(Buffer.from('\uFEFFb\n\na\r\nb\n..\n'), 'lines');
    expect(listed).to.deep.equal({ names: ['b', 'a'], found: 4 });
  });
});
