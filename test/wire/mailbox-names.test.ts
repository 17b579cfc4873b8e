/** The names in a partner's list of messages that wait: what of it is read on the main thread. */

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
    it(`keeps the main thread for less than 50 ms: ${title}`, async () => {
      const before = process.threadCpuUsage();
      const listed = await namesInList(bytes, place);
      const { user, system } = process.threadCpuUsage(before);
      expect(listed?.names.length).to.equal(length);
      expect((user + system) / 1000).to.be.lessThan(50);
    });
  }

  it('gives each name once, and counts those that cannot be asked for', async () => {
    const listed = await namesInList(Buffer.from('\uFEFFb\n\na\r\nb\n..\n'), 'lines');
    expect(listed).to.deep.equal({ names: ['b', 'a'], found: 4 });
  });
});
