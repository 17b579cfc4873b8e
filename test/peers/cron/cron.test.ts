/** A partner whose system is a job in bash, with curl and xmlsec1 (cron.sh): it has no server, fetches our lists and sends its own. */

import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { connectPeer, type ConnectedPeer, type Shown } from '../../support/connected-peer.ts';
import { temporaryFolder } from '../../support/pki.ts';

const here = import.meta.dirname;
const operators = (from: number, count: number): string => Array.from({ length: count }, (_, i) => from + i).join(' ');

describe('a partner with a nightly job', () => {
  let gateway: ConnectedPeer;
  const folder = temporaryFolder();
  const file = (name: string): string => join(folder, name);

  /** One run of the job; what it printed. */
  function night(): string[] {
    const door = `https://127.0.0.1:${gateway.door}`;
    const { stdout, stderr } = spawnSync('bash', [join(here, 'cron.sh'), folder, door], { encoding: 'utf8' });
    expect(stderr).to.equal('');
    return stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.trimEnd());
  }
  const put = (number: number, list: string): void => writeFileSync(file(`outbox/${number}.list`), `${list}\n`);
  const order = async (...words: readonly string[]): Promise<unknown> => {
    await gateway.mra('list', 'send', 'XA', ...words);
    return (await gateway.newest())['id'];
  };

  before(async () => {
    gateway = await connectPeer(join(here, 'xa'), false);
    cpSync(gateway.keys, file('keys'), { recursive: true });
    await gateway.importOperators(30);
    await gateway.serve();
  });
  after(() => gateway.stop());

  it('has an adapter in which lint finds no error', async () => {
    const { findings } = (await gateway.done('adapter', 'lint', 'xa')) as { findings: Shown[] };
    expect(findings.filter(({ severity }) => severity === 'error')).to.deep.equal([]);
  });

  it('fetches our full list and our changes, and its answers settle them', async () => {
    const full = await order('--full');
    expect(night()).to.deep.equal(['list 1 F 30 OK', 'acknowledged 1 OK 204']);
    await gateway.until(full, { state: 'ACCEPTED', evidence: 'channel' });
    await gateway.importOperators(30, 2);
    const changes = await order();
    expect(night()).to.deep.equal(['list 2 C 2 OK', 'acknowledged 2 OK 204']);
    await gateway.until(changes, { state: 'ACCEPTED' });
    expect(night()).to.deep.equal(['']);
  });

  it('that ends before it answers fetches the list again', async () => {
    const id = await order('--full');
    writeFileSync(file('crash'), '');
    expect(night()).to.deep.equal(['list 3 F 30 OK']);
    await gateway.until(id, { state: 'HANDED_OVER' });
    expect(night()).to.deep.equal(['list 3 F 30 DUP', 'acknowledged 3 DUP 204']);
    await gateway.until(id, { state: 'ACCEPTED', evidence: 'channel' });
  });

  it('that looks at a list says on another night that it is in use, or refuses it, and a full one follows', async () => {
    const printed: string[] = [];
    for (const [number, verdict, state] of [
      [4, 'OK', 'ACCEPTED'],
      [5, 'NOK', 'REJECTED'],
    ] as const) {
      const id = await order('--full');
      writeFileSync(file('look'), '');
      expect(night()).to.deep.equal([`list ${number} F 30 WAIT`, `acknowledged ${number} WAIT 204`]);
      await gateway.until(id, { state: 'HANDED_OVER', progress: 'held' });
      rmSync(file('look'));
      writeFileSync(file('decided'), `${number} ${verdict}\n`);
      printed.push(...night());
      expect(printed).to.include(`acknowledged ${number} ${verdict} 204`);
      await gateway.until(id, { state });
    }
    // The gateway makes the full list by itself, in this night or before the next one.
    for (const deadline = Date.now() + 90_000; !printed.includes('list 6 F 30 OK') && Date.now() < deadline;)
      printed.push(...night());
    expect(printed).to.include('list 6 F 30 OK');
  });

  it('sends signed lists, full and changes; a gap is refused until a full one comes', async () => {
    put(1, `F ${operators(10_001, 20)}`);
    put(2, 'C 10030 -10001');
    expect(night()).to.deep.equal(['answered 1 200 OK', 'answered 2 200 OK']);
    put(4, 'C 10031');
    expect(night()).to.deep.equal(['answered 4 422 NOK E_SEQUENCE_GAP']);
    put(5, `F ${operators(10_002, 20)}`);
    expect(night()).to.deep.equal(['answered 5 200 OK']);
    expect(await gateway.done('check', 'AR10007')).to.include({ outcome: 'recognised' });
  });

  it('that sends a list again gets its answer again, and one with a changed operator does not count', async () => {
    const before = readFileSync(file('answers/5.xml'));
    put(5, 'the same');
    expect(night()).to.deep.equal(['answered 5 200 OK']);
    expect(readFileSync(file('answers/5.xml')).equals(before)).to.equal(true);
    const signed = readFileSync(file('sent/5.xml'), 'utf8');
    writeFileSync(file('sent/6.xml'), signed.replace('number="5"', 'number="6"').replace('status="A"', 'status="S"'));
    put(6, 'forged');
    expect(night()).to.deep.equal(['answered 6 422 NOK E_SIGNATURE_INVALID']);
    expect(await gateway.done('check', 'AR10007')).to.include({ outcome: 'recognised' });
    rmSync(file('sent/6.xml'));
  });

  it('whose list we hold learns on another night what two people decided', async () => {
    put(6, `F ${operators(10_002, 5)}`);
    expect(night()).to.deep.equal(['answered 6 202 WAIT list_shrinks']);
    const lists = (await gateway.done('message', 'list', '--partner', 'XA')) as Shown[];
    const { id } = lists.find(({ state }) => state === 'HELD') ?? {};
    await gateway.mra('list', 'release', String(id), '--as', 'li');
    await gateway.mra('list', 'release', String(id), '--as', 'wang');
    expect(night()).to.deep.equal(['answered 6 200 OK']);
  });
});
