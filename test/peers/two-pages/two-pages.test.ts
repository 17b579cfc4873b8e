/**
 * A partner specified on two pages, with a system in another language: connected by the commands of docs/adapters.md alone, it exchanges lists
 * both ways, with what goes wrong between two systems.
 */

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { columnValues } from '../../../gateway/model/record/record-text.ts';
import { writeCsv } from '../../../gateway/wire/files/csv.ts';
import { memoryStream } from '../../cli/memory.ts';
import { sampleHome } from '../../model/sample-home.ts';
import { sampleRecord } from '../../model/sample-records.ts';
import { copyOfProgram } from '../../support/program-copy.ts';
import { debianPython } from '../../support/python.ts';
import { freePort } from '../../support/services.ts';
import { tlsParty } from '../../support/tls.ts';

const given = import.meta.dirname;
const notes = ['taken', 'looked-at', 'returned', 'had-it'];

type Event = Readonly<Record<string, unknown>>;

/** The partner's system: what its staff do, and what it tells. */
class Weskar {
  private readonly child: ChildProcess;
  private readonly events: AsyncIterator<string>;
  constructor(args: readonly string[]) {
    this.child = spawn(debianPython, [join(given, 'peer.py'), ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface({ input: this.child.stdout ?? process.stdin });
    this.events = lines[Symbol.asyncIterator]();
  }
  /** The next that it tells with these members: the same bytes may arrive twice. */
  async tells(wanted: Event): Promise<Event> {
    for (;;) {
      const line = await this.events.next();
      if (line.done === true) throw new Error('the partner ended');
      const event = JSON.parse(line.value) as Event;
      if (Object.entries(wanted).every(([name, value]) => event[name] === value)) return event;
    }
  }
  async does(order: Event): Promise<Event> {
    this.child.stdin?.write(`${JSON.stringify(order)}\n`);
    return await this.tells({ event: order['do'] === 'fault' ? 'fault' : 'answered' });
  }
  stop(): void {
    this.child.kill('SIGKILL');
  }
}

describe('a partner specified on two pages', function () {
  this.timeout(60_000);
  let folder: string;
  let run: typeof import('../../../gateway/main.ts').run;
  let partner: Weskar;
  let serving: ChildProcess;

  /** A part of the copied program. */
  async function part<T>(file: string): Promise<T> {
    return (await import(pathToFileURL(join(folder, 'gateway', file)).href)) as T;
  }
  /** One command; its document. */
  async function mra(...words: readonly string[]): Promise<{ readonly exit: number; readonly result: unknown }> {
    const [stdout, stderr] = [memoryStream(), memoryStream()];
    const settings = ['--config', join(folder, 'gateway.yaml'), '-o', 'json'];
    const exit = await run(['node', 'mra', ...settings, ...words], { stdout, stderr, env: {} });
    return { exit, result: stdout.text() === '' ? undefined : JSON.parse(stdout.text()) };
  }
  const done = async (...words: readonly string[]): Promise<unknown> => {
    const { exit, result } = await mra(...words);
    expect([words.join(' '), exit, exit === 0 ? '' : result]).to.deep.equal([words.join(' '), 0, '']);
    return result;
  };
  const newest = async (): Promise<Record<string, unknown>> => {
    const [first = {}] = (await done('message', 'list', '--partner', 'XW')) as Record<string, unknown>[];
    return first;
  };
  /** Once the gateway that serves has come so far. */
  const until = async (id: unknown, wanted: Event): Promise<void> => {
    for (const deadline = Date.now() + 20_000; ;) {
      const shown = (await done('message', 'show', String(id))) as Record<string, unknown>;
      const found = Object.fromEntries(Object.keys(wanted).map((name) => [name, shown[name]]));
      if (JSON.stringify(found) === JSON.stringify(wanted)) return;
      if (Date.now() > deadline) expect(found).to.deep.equal(wanted);
    }
  };
  const traders = (count: number): readonly (readonly [string, string])[] =>
    Array.from({ length: count }, (_, i) => [`WK-${10000 + i}`, 'G']);

  before(async () => {
    folder = copyOfProgram();
    ({ run } = await part<typeof import('../../../gateway/main.ts')>('main.ts'));
    const [port, ours, border] = [await freePort(), await freePort(), await freePort()];
    const party = await tlsParty('XW');
    for (const name of ['cert', 'key', 'ca'] as const) writeFileSync(join(folder, `xw-${name}.pem`), party[name]);
    const lines = [
      'home: CN',
      'log: silent',
      `exchange: { host: 127.0.0.1, port: ${ours} }`,
      `border: { host: 127.0.0.1, port: ${border} }`,
      'partners:',
      '  XW:',
      '    adapter: xw',
      `    url: https://127.0.0.1:${port}`,
      '    certificates: { tls: [xw-cert.pem], anchors: [xw-ca.pem] }',
    ];
    writeFileSync(join(folder, 'gateway.yaml'), `${lines.join('\n')}\n`);
    await done('key', 'new');
    await done('key', 'export', 'XW', '--purpose', 'ca', '--out', join(folder, 'our-ca.pem'));
    const files = ['xw-cert.pem', 'xw-key.pem', 'our-ca.pem'].map((file) => join(folder, file));
    partner = new Weskar([String(port), ...files, String(ours)]);
    await partner.tells({ event: 'open' });
  });
  after(() => {
    partner.stop();
    serving.kill('SIGKILL');
  });

  it('is drafted from its samples, and certified once the questions are answered', async () => {
    const samples = ['--sample', join(given, 'register.xml')];
    const answers = notes.flatMap((name) => ['--acknowledgement', join(given, `${name}.xml`)]);
    const drafted = await done(
      'adapter',
      'new',
      'xw',
      ...samples,
      ...answers,
      '--answers',
      join(given, 'answers.yaml'),
    );
    expect(drafted).to.deep.include({ asks: [] });
    expect(await done('adapter', 'lint', 'xw')).to.deep.include({ findings: [] });
    await done('adapter', 'preview', 'xw');
    expect(await done('adapter', 'certify', 'xw')).to.include({ certified: true });
  });

  it('is served with its data, settings and certificates', async () => {
    const titles = Object.entries(sampleHome.columns);
    const rows = Array.from({ length: 30 }, (_, i) => {
      const code = `44031${String(10000 + i)}`;
      const cells: Partial<Record<string, string>> = columnValues({ ...sampleRecord, code, grade: 'advanced' });
      return titles.map(([path]) => cells[path] ?? '');
    });
    writeFileSync(join(folder, 'operators.csv'), writeCsv([titles.map(([, title]) => title), ...rows]));
    await done('operator', 'import', join(folder, 'operators.csv'));
    const args = [join(folder, 'gateway/mra.js'), '--config', join(folder, 'gateway.yaml'), '-o', 'json', 'serve'];
    serving = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(serving.stdout ?? process, 'data');
  });

  it('takes our list under its number and headers, and its note settles it', async () => {
    await mra('list', 'send', 'XW', '--full');
    await partner.tells({ number: 1, verdict: 'TAKEN', sender: 'CN', traders: 30 });
    await until((await newest())['id'], { state: 'ACCEPTED', evidence: 'channel' });
  });

  it('whose note was lost has the list already', async () => {
    await partner.does({ do: 'fault', kind: 'lost' });
    await mra('list', 'send', 'XW', '--full');
    await partner.tells({ number: 2, verdict: 'TAKEN' });
    const { id } = await newest();
    await mra('message', 'resend', String(id));
    await partner.tells({ number: 2, verdict: 'HAD-IT' });
    await until(id, { state: 'ACCEPTED', evidence: 'channel' });
  });

  it('that is closed gets the list when it is open again', async () => {
    await partner.does({ do: 'fault', kind: 'closed' });
    await mra('list', 'send', 'XW', '--full');
    await partner.tells({ event: 'closed' });
    const { id } = await newest();
    await mra('message', 'resend', String(id));
    await partner.tells({ number: 3, verdict: 'TAKEN' });
    await until(id, { state: 'ACCEPTED' });
  });

  it('that looks at a list says more later: it is in use, or it is returned and a full one follows', async () => {
    for (const [number, verdict, state] of [
      [4, 'TAKEN', 'ACCEPTED'],
      [5, 'RETURNED', 'REJECTED'],
    ] as const) {
      await partner.does({ do: 'fault', kind: 'look' });
      await mra('list', 'send', 'XW', '--full');
      await partner.tells({ number, verdict: 'LOOKED-AT' });
      const { id } = await newest();
      await until(id, { state: 'HANDED_OVER', progress: 'held' });
      expect(await partner.does({ do: 'note', number, verdict, remark: 'by our people' })).to.include({ status: 204 });
      await until(id, { state });
    }
    await partner.tells({ number: 6, verdict: 'TAKEN' });
  });

  it('sends its lists, leaves numbers out, and begins again at 1 in a new year', async () => {
    const made = `31.12.${new Date().getUTCFullYear() - 1} 10:00:00`;
    const sent = async (number: number, more: Event = {}): Promise<Event> =>
      await partner.does({ do: 'send', number, traders: traders(30), ...more });
    expect(await sent(417, { made })).to.include({ status: 200, verdict: 'TAKEN', register: '417' });
    expect(await sent(1)).to.include({ status: 200, verdict: 'TAKEN', register: '1' });
    expect(await sent(5)).to.include({ status: 200, verdict: 'TAKEN' });
    expect(await sent(4)).to.include({ status: 422, verdict: 'RETURNED', register: '4' });
    expect(await partner.does({ do: 'again', number: 5 })).to.include({ status: 200, verdict: 'TAKEN', register: '5' });
    const answer = (await done('check', 'WK-10007')) as { outcome: string; freshness: Event };
    expect([answer.outcome, answer.freshness['evidence']]).to.deep.equal(['recognised', 'channel']);
  });

  it('whose list we hold gets our second note when two people have decided', async () => {
    const held = await partner.does({ do: 'send', number: 6, traders: traders(3) });
    expect(held).to.include({ status: 202, verdict: 'LOOKED-AT' });
    const lists = (await done('message', 'list', '--partner', 'XW')) as Record<string, unknown>[];
    const { id } = lists.find(({ state }) => state === 'HELD') ?? {};
    await mra('list', 'release', String(id), '--as', 'li');
    await mra('list', 'release', String(id), '--as', 'wang');
    await partner.tells({ event: 'note', register: '6', verdict: 'TAKEN' });
  });

  it('gets our lists from number 1 again in a new year', async () => {
    const { openGateway, adapterTools } =
      await part<typeof import('../../../gateway/app/composition.ts')>('app/composition.ts');
    const { loadConfig } = await part<typeof import('../../../gateway/app/config.ts')>('app/config.ts');
    const { sendList } = await part<typeof import('../../../gateway/outbound/send-list.ts')>('outbound/send-list.ts');
    const gateway = await openGateway(loadConfig({ config: join(folder, 'gateway.yaml') }), adapterTools());
    const newYear = new Date(Date.UTC(new Date().getUTCFullYear() + 1, 0, 1, 12));
    const built = await sendList({ ...gateway, now: () => newYear }, 'XW', { kind: 'full' });
    await gateway.close();
    await partner.tells({ number: 1, verdict: 'TAKEN', traders: 30 });
    await until(built?.list.id, { state: 'ACCEPTED' });
  });
});
