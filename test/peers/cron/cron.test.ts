/** A partner whose system is a job in bash, with curl and xmlsec1 (cron.sh): it has no server, fetches our lists and sends its own. */

import { spawn } from 'node:child_process';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { connectPeer, type ConnectedPeer, type Shown } from '../../support/connected-peer.ts';
import { lineTo, type Line } from '../../support/line.ts';
import { temporaryFolder } from '../../support/pki.ts';

const here = import.meta.dirname;
const year = new Date().getUTCFullYear();
const operators = (from: number, count: number): string => Array.from({ length: count }, (_, i) => from + i).join(' ');

describe('a partner with a nightly job', () => {
  let gateway: ConnectedPeer;
  let line: Line;
  const folder = temporaryFolder();
  const file = (name: string): string => join(folder, name);

  /** One run of the job; what it printed. */
  async function night(): Promise<string[]> {
    const job = spawn('bash', [join(here, 'cron.sh'), folder, line.url.replace(/\/$/u, '')]);
    const [stdout, stderr] = await Promise.all([text(job.stdout), text(job.stderr)]);
    expect(stderr).to.equal('');
    return stdout
      .trimEnd()
      .split('\n')
      .map((each) => each.trimEnd());
  }
  /** One run in which our answer is lost, as soon as we have brought one more message to this state. */
  async function nightWithLostAnswer(direction: 'in' | 'out', state: string): Promise<void> {
    const before = gateway.count(direction, state);
    line.cutWhen(() => gateway.count(direction, state) > before);
    const job = spawn('bash', [join(here, 'cron.sh'), folder, line.url.replace(/\/$/u, '')]);
    const [, stderr] = await Promise.all([text(job.stdout), text(job.stderr)]);
    line.cutWhen(() => false);
    expect(stderr).to.match(/^curl: /u);
  }
  /** Puts a list into its folder: the kind, the moment of issue, the operators. */
  const put = (number: number, list: string): void => writeFileSync(file(`outbox/${number}.list`), `${list}\n`);
  const order = async (...words: readonly string[]): Promise<unknown> => {
    await gateway.mra('list', 'send', 'XA', ...words);
    return (await gateway.newest('XA'))['id'];
  };

  /** The gateway makes a full list by itself, in this night or before the next one. */
  async function untilPrinted(wanted: string, printed: string[] = []): Promise<void> {
    for (const deadline = Date.now() + 90_000; !printed.includes(wanted) && Date.now() < deadline;)
      printed.push(...(await night()));
    expect(printed).to.include(wanted);
  }

  before(async () => {
    gateway = await connectPeer(join(here, 'xa'), false);
    cpSync(gateway.keys, file('keys'), { recursive: true });
    await gateway.importOperators(30);
    await gateway.serve();
    line = await lineTo(`https://127.0.0.1:${gateway.door}`);
  });
  after(async () => {
    gateway.stop();
    await line.close();
  });

  it('has an adapter in which lint finds no error', async () => {
    const { findings } = (await gateway.done('adapter', 'lint', 'xa')) as { findings: Shown[] };
    expect(findings.filter(({ severity }) => severity === 'error')).to.deep.equal([]);
  });

  it('fetches our full list and our changes, and its answers settle them', async () => {
    const full = await order('--full');
    expect(await night()).to.deep.equal(['list 1 F 30 OK', 'acknowledged 1 OK 204']);
    await gateway.until(full, { state: 'ACCEPTED', evidence: 'channel' });
    await gateway.importOperators(30, 2);
    const changes = await order();
    expect(await night()).to.deep.equal(['list 2 C 2 OK', 'acknowledged 2 OK 204']);
    await gateway.until(changes, { state: 'ACCEPTED' });
    expect(await night()).to.deep.equal(['']);
  });

  it('that ends before it answers fetches the list again', async () => {
    const id = await order('--full');
    writeFileSync(file('crash'), '');
    expect(await night()).to.deep.equal(['list 3 F 30 OK']);
    await gateway.until(id, { state: 'HANDED_OVER' });
    expect(await night()).to.deep.equal(['list 3 F 30 DUP', 'acknowledged 3 DUP 204']);
    await gateway.until(id, { state: 'ACCEPTED', evidence: 'channel' });
  });

  it('whose acknowledgement we took, and which did not hear so, sends it again: it is known', async () => {
    const id = await order('--full');
    await nightWithLostAnswer('out', 'ACCEPTED');
    await gateway.until(id, { state: 'ACCEPTED' });
    expect(await night()).to.deep.equal(['acknowledged 4 OK 204']);
    await gateway.until(id, { state: 'ACCEPTED', evidence: 'channel' });
  });

  it('that looks at a list says on another night that it is in use, or refuses it, and a full one follows', async () => {
    const printed: string[] = [];
    for (const [number, verdict, state] of [
      [5, 'OK', 'ACCEPTED'],
      [6, 'NOK', 'REJECTED'],
    ] as const) {
      const id = await order('--full');
      writeFileSync(file('look'), '');
      expect(await night()).to.deep.equal([`list ${number} F 30 WAIT`, `acknowledged ${number} WAIT 204`]);
      await gateway.until(id, { state: 'HANDED_OVER', progress: 'held' });
      rmSync(file('look'));
      writeFileSync(file('decided'), `${number} ${verdict}\n`);
      printed.push(...(await night()));
      expect(printed).to.include(`acknowledged ${number} ${verdict} 204`);
      await gateway.until(id, { state });
    }
    await untilPrinted('list 7 F 30 OK', printed);
  });

  it('that lost a list of ours refuses the changes after it, and gets a full one', async () => {
    rmSync(file(`taken/${year}-7.xml`));
    await gateway.importOperators(30, 3);
    const changes = await order();
    expect(await night()).to.include.members(['list 8 C 1 NOK', 'acknowledged 8 NOK 204']);
    await gateway.until(changes, { state: 'REJECTED' });
    await untilPrinted('list 9 F 30 OK');
    await gateway.until((await gateway.newest('XA'))['id'], { state: 'ACCEPTED' });
  });

  it('gets our changes under number 1 in a new year', async () => {
    await gateway.importOperators(30, 4);
    const id = await gateway.sendAt(new Date(Date.UTC(year + 1, 0, 1, 12)), 'XA');
    expect(await night()).to.deep.equal(['list 1 C 1 OK', 'acknowledged 1 OK 204']);
    await gateway.until(id, { state: 'ACCEPTED', evidence: 'channel' });
  });

  it('sends the last list of a year, begins again at 1, and cannot continue the old year', async () => {
    const lastYear = `${year - 1}-12-31T10:00:00Z`;
    put(417, `F ${lastYear} ${operators(10_001, 20)}`);
    expect(await night()).to.deep.equal(['answered 417 200 OK']);
    put(1, `F now ${operators(10_001, 20)}`);
    expect(await night()).to.deep.equal(['answered 1 200 OK']);
    put(418, `C ${lastYear} 10030`);
    expect(await night()).to.deep.equal(['answered 418 422 NOK E_SEQUENCE_ROLLBACK']);
  });

  it('sends signed lists, full and changes; a gap is refused until a full one comes', async () => {
    put(2, 'C now 10030 -10001');
    expect(await night()).to.deep.equal(['answered 2 200 OK']);
    put(4, 'C now 10031');
    expect(await night()).to.deep.equal(['answered 4 422 NOK E_SEQUENCE_GAP']);
    put(5, `F now ${operators(10_002, 20)}`);
    expect(await night()).to.deep.equal(['answered 5 200 OK']);
    expect(await gateway.done('check', 'AR10007')).to.include({ outcome: 'recognised' });
  });

  it('that sends a list again gets its answer again, and one with a changed operator does not count', async () => {
    const before = readFileSync(file('answers/5.xml'));
    put(5, 'the same');
    expect(await night()).to.deep.equal(['answered 5 200 OK']);
    expect(readFileSync(file('answers/5.xml')).equals(before)).to.equal(true);
    const signed = readFileSync(file('sent/5.xml'), 'utf8');
    writeFileSync(file('sent/6.xml'), signed.replace('number="5"', 'number="6"').replace('status="A"', 'status="S"'));
    put(6, 'forged');
    expect(await night()).to.deep.equal(['answered 6 422 NOK E_SIGNATURE_INVALID']);
    expect(await gateway.done('check', 'AR10007')).to.include({ outcome: 'recognised' });
    rmSync(file('sent/6.xml'));
  });

  it('whose list we applied, and which did not hear so, sends it again and hears it', async () => {
    put(6, `F now ${operators(10_002, 21)}`);
    await nightWithLostAnswer('in', 'APPLIED');
    expect(await night()).to.deep.equal(['answered 6 200 OK']);
    expect(gateway.count('in', 'APPLIED')).to.equal(5);
  });

  it('whose list we hold learns on another night what two people decided', async () => {
    put(7, `F now ${operators(10_002, 5)}`);
    expect(await night()).to.deep.equal(['answered 7 202 WAIT list_shrinks']);
    const lists = (await gateway.done('message', 'list', '--partner', 'XA')) as Shown[];
    const { id } = lists.find(({ state }) => state === 'HELD') ?? {};
    await gateway.mra('list', 'release', String(id), '--as', 'li');
    await gateway.mra('list', 'release', String(id), '--as', 'wang');
    expect(await night()).to.deep.equal(['answered 7 200 OK']);
  });
});
