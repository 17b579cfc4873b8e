/** Names of files with values in them, and what lint says of conversations by files that contradict themselves. */

import { expect } from 'chai';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lintAdapter } from '../../gateway/adapter/check/lint.ts';
import { loadAdapter } from '../../gateway/adapter/load.ts';
import type { FileNames } from '../../gateway/adapter/conversation/files.ts';
import { adapterTools } from '../support/adapter-tools.ts';
import { fileTemplate, writeFileAdapters } from '../support/file-partner.ts';
import { temporaryFolder } from '../support/pki.ts';

type Changes = Parameters<typeof writeFileAdapters>[1];
const name = (pattern: string, more = ''): string => `{ name: '${pattern}', put: rename${more} }`;
const received = (pattern: string): string => `{ name: '${pattern}', ready: stable, then: keep }`;
const document = 'template: ack.csv, schema: ack.schema.json';
const log = "kind: log, file: '{file}.log', line: 'read {ack.taken}'";
const fills = (message: string): string => `{ message: { kind: { is: full }, ${message} } }`;
const head = {
  id: 'm-1',
  kind: 'full',
  from: 'CN',
  to: 'IL',
  issuedAt: '2026-07-01T00:00:00.000Z',
  position: {},
} as const;
const others = 'from: channel, to: channel, nextBy: { from: issuedAt, add: maxAge }';

const withChanges = fileTemplate
  .replace('HDR,AEOLIST', 'HDR,{message.kind},{message.position.sequence|number}')
  .replace('END,', '#each departures\nDEP,{identifier},{reason},{since}\nEND,');

/** What is wrong, the parts of the conversation, other changes of adapter.yaml, and a text of the reported line. */
const contradictions: readonly (readonly [string, Changes, readonly (readonly [string | RegExp, string])[], string])[] =
  [
    ['files and a transport without files', {}, [['transport: folder', 'transport: https']], 'send:'],
    ['a transport by files and no files', {}, [[/^ {2}(?:send|receive):.*$/gmu, '']], 'transport: folder'],
    [
      'a file put directly without a marker',
      { send: "{ name: 'A_{message.issuedAt|zoned:yyyyMMdd}', put: direct }" },
      [],
      'send:',
    ],
    ['a day that the name does not carry', { send: name('LIST.csv') }, [], 'fills:'],
    [
      'a number that only one name carries',
      { fills: fills(`id: file, issuedAt: received, number: file, ${others}`) },
      [],
      'fills:',
    ],
    [
      'changes whose names are alike',
      {
        stream: '{ discipline: numbered }',
        fills: `{ message: { id: file, issuedAt: file, ${others} } }`,
        list: withChanges,
      },
      [['kinds: [full]', 'kinds: [full, delta]']],
      'send:',
    ],
    [
      'a name that comes again each year',
      {
        stream: '{ discipline: numbered, restart: year, max: 9999 }',
        fills: fills(`id: [from, to, period, number], number: file, ${others}`),
        list: fileTemplate.replace('HDR,AEOLIST', 'HDR,{message.issuedAt}'),
        send: name('LIST_{message.position.sequence|pad:4}.csv'),
        receive: received('LIST_{message.position.sequence|pad:4}.csv'),
      },
      [],
      'send:',
    ],
    [
      'the fill file and a transport without files',
      { send: undefined, receive: undefined },
      [['transport: folder', 'transport: https']],
      'fills:',
    ],
    ['an answer by a document in no file', { answer: `{ kind: document, ${document} }` }, [], 'send:'],
    ['our answer in no file', { receiveAnswer: `{ ${document} }` }, [], 'receive:'],
    [
      'an answer that has the name of the marker',
      { answer: `{ kind: document, file: '{file}.ok', ${document} }` },
      [],
      'send:',
    ],
    [
      'our answer with statuses',
      { receiveAnswer: `{ file: '{file}.ack', statuses: { held: 200 }, ${document} }` },
      [],
      'receive:',
    ],
    ['an HTTP status as the answer to a file', { answer: '{ kind: status }' }, [], 'send:'],
    ['a line of a log without a value', { answer: `{ ${log.replace('{ack.taken}', 'some')} }` }, [], 'send:'],
    [
      'values of a name that cannot be told apart',
      { send: name('{message.position.sequence}{message.issuedAt|zoned:yyyyMMdd}') },
      [],
      'send:',
    ],
    ['a value that names cannot have', { receive: received('A{message.nextBy}.csv') }, [], 'receive:'],
    [
      'a marker that is the file itself',
      { send: name('A_{message.issuedAt|zoned:yyyyMMdd}', ", marker: '{file}'") },
      [],
      'send:',
    ],
  ];

describe('a conversation by files', () => {
  for (const [what, changes, edits, line] of contradictions)
    it(`is refused with ${what}: E-020 conversation_unfit`, async () => {
      const folder = temporaryFolder();
      writeFileAdapters(folder, changes);
      const file = join(folder, 'il', 'adapter.yaml');
      const before = readFileSync(file, 'utf8');
      const text = edits.reduce((edited, [from, to]) => edited.replace(from, to), before);
      writeFileSync(file, text);
      const found = (await lintAdapter(join(folder, 'il'), adapterTools)).filter(
        ({ severity }) => severity === 'error',
      );
      expect(found.map(({ rule }) => rule)).to.deep.equal(['conversation_unfit']);
      expect(text.split('\n')[(found[0]?.line ?? 0) - 1]).to.include(line);
    });

  it('without a contradiction is accepted', async () => {
    const folder = temporaryFolder();
    writeFileAdapters(folder);
    const found = await lintAdapter(join(folder, 'il'), adapterTools);
    expect(found.filter(({ severity }) => severity === 'error')).to.deep.equal([]);
  });

  async function namesOf(pattern: string): Promise<FileNames> {
    const folder = temporaryFolder();
    const both = { send: name(pattern), receive: received(pattern) };
    writeFileAdapters(folder, { ...both, fills: fills(`id: file, issuedAt: received, ${others}`) });
    const names = (await loadAdapter(join(folder, 'il'), adapterTools)).exchange.send?.file?.names;
    if (names === undefined) throw new Error('no names');
    return names;
  }

  it('writes values into names and reads them back', async () => {
    const names = await namesOf(
      '{message.from}-{message.to}_{message.position.sequence|pad:6}_{message.issuedAt|zoned:yyyyMMdd}.csv',
    );
    const values = { from: 'CN', to: 'IL', position: { sequence: 42 }, issuedAt: '2026-07-01T22:30:00.000Z' };
    expect(names.nameOf({ ...head, ...values })).to.equal('CN-IL_000042_20260702.csv');
    expect(names.read('CN-IL_000042_20260702.csv')).to.deep.equal({ ...values, issuedAt: '2026-07-01T21:00:00.000Z' });
    for (const other of ['CN-IL_42_20260702.csv', 'CN-IL_000042_20260732.csv', 'CN-IL_000042_20260702.csv.bak', 'x'])
      expect(names.read(other)).to.equal(undefined);
  });

  it('refuses a value that would leave the folder', async () => {
    const names = await namesOf('{message.id}.csv');
    for (const id of ['../up', '.hidden', 'a\u0000b', 'n'.repeat(300)])
      expect(() => names.nameOf({ ...head, id }))
        .to.throw()
        .with.property('code', 'E_VALUE_INVALID');
  });
});
