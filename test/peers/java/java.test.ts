/** A partner whose system is a Java program on the JDK alone (Peer.java): XML signatures in the form of the JDK's tutorial, both ways. */

import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { expect } from 'chai';
import { connectPeer, type ConnectedPeer, type Shown } from '../../support/connected-peer.ts';
import { lineTo, type Line } from '../../support/line.ts';

const here = import.meta.dirname;
const year = new Date().getUTCFullYear();
const operators = (from: number, count: number): string => Array.from({ length: count }, (_, i) => from + i).join(',');

describe('a partner in Java', () => {
  let gateway: ConnectedPeer;
  let line: Line;
  let program: ChildProcessByStdio<Writable, Readable, null>;
  let said: AsyncIterator<string>;

  /** The next line that begins so: the same bytes may arrive twice. */
  async function tells(beginning: string): Promise<string> {
    for (;;) {
      const line = await said.next();
      if (line.done === true) throw new Error('the program ended');
      if (line.value.startsWith(beginning)) return line.value;
    }
  }
  async function does(order: string): Promise<string> {
    program.stdin.write(`${order}\n`);
    return await tells(order.startsWith('fault') ? 'fault' : 'answered');
  }

  /** Our answer is lost, as soon as we have brought one more message to this state. */
  async function hearsNothing(order: string, direction: 'in' | 'out', state: string): Promise<void> {
    const before = gateway.count(direction, state);
    line.cutWhen(() => gateway.count(direction, state) > before);
    expect(await does(order)).to.equal('answered not');
    line.cutWhen(() => false);
  }

  before(async () => {
    gateway = await connectPeer(join(here, 'xb'), true);
    const args = ['-XX:TieredStopAtLevel=1', join(here, 'Peer.java'), String(gateway.port), gateway.keys];
    line = await lineTo(`https://127.0.0.1:${gateway.door}`);
    program = spawn('java', [...args, new URL(line.url).port], { stdio: ['pipe', 'pipe', 'inherit'] });
    said = createInterface({ input: program.stdout })[Symbol.asyncIterator]();
    await gateway.importOperators(30);
    await gateway.serve();
    await tells('open');
  });
  after(async () => {
    gateway.stop();
    await line.close();
    program.kill('SIGKILL');
  });

  it('has an adapter in which lint finds no error', async () => {
    const { findings } = (await gateway.done('adapter', 'lint', 'xb')) as { findings: Shown[] };
    expect(findings.filter(({ severity }) => severity === 'error')).to.deep.equal([]);
  });

  it('verifies our full list and our changes, and its answers settle them', async () => {
    await gateway.mra('list', 'send', 'XB', '--full');
    expect(await tells('list 1 ')).to.equal('list 1 F 30 0 OK CN');
    await gateway.until((await gateway.newest('XB'))['id'], { state: 'ACCEPTED', evidence: 'channel' });
    await gateway.importOperators(30, 2);
    await gateway.mra('list', 'send', 'XB');
    expect(await tells('list 2 ')).to.equal('list 2 C 2 0 OK CN');
    await gateway.until((await gateway.newest('XB'))['id'], { state: 'ACCEPTED' });
  });

  it('whose answer was lost has the list already', async () => {
    await does('fault lost');
    await gateway.mra('list', 'send', 'XB', '--full');
    await tells('list 3 F');
    const { id } = await gateway.newest('XB');
    await gateway.mra('message', 'resend', String(id));
    expect(await tells('list 3 F')).to.equal('list 3 F 30 0 DUP CN');
    await gateway.until(id, { state: 'ACCEPTED' });
  });

  it('that is closed gets the list later', async () => {
    await does('fault closed');
    await gateway.mra('list', 'send', 'XB', '--full');
    await tells('closed');
    const { id } = await gateway.newest('XB');
    await gateway.mra('message', 'resend', String(id));
    await tells('list 4 F');
    await gateway.until(id, { state: 'ACCEPTED' });
  });

  it('that holds a list says later that it is in use, or refuses it, and a full one follows', async () => {
    for (const [number, verdict, state] of [
      [5, 'OK', 'ACCEPTED'],
      [6, 'NOK', 'REJECTED'],
    ] as const) {
      await does('fault look');
      await gateway.mra('list', 'send', 'XB', '--full');
      await tells(`list ${number} F 30 0 WAIT`);
      const { id } = await gateway.newest('XB');
      await gateway.until(id, { state: 'HANDED_OVER', progress: 'held' });
      expect(await does(`ack ${number} ${verdict}`)).to.match(/^answered 204/u);
      await gateway.until(id, { state });
    }
    await tells('list 7 F 30 0 OK');
  });

  it('whose later word we took, and which did not hear so, says it again: it is known', async () => {
    await does('fault look');
    await gateway.mra('list', 'send', 'XB', '--full');
    await tells('list 8 F 30 0 WAIT');
    const { id } = await gateway.newest('XB');
    await hearsNothing('ack 8 OK', 'out', 'ACCEPTED');
    expect(await does('ack 8 OK')).to.match(/^answered 204/u);
    await gateway.until(id, { state: 'ACCEPTED', evidence: 'channel' });
  });

  it('that lost a list of ours refuses the changes after it, and gets a full one', async () => {
    await does('fault forget');
    await gateway.mra('list', 'send', 'XB', '--full');
    await tells('list 9 F 30 0 OK');
    await gateway.until((await gateway.newest('XB'))['id'], { state: 'ACCEPTED' });
    await gateway.importOperators(30, 3);
    await gateway.mra('list', 'send', 'XB');
    await tells('list 10 C 1 0 NOK');
    await tells('list 11 F 30 0 OK');
    await gateway.until((await gateway.newest('XB'))['id'], { state: 'ACCEPTED' });
  });

  it('gets our changes under number 1 in a new year', async () => {
    await gateway.importOperators(30, 4);
    const id = await gateway.sendAt(new Date(Date.UTC(year + 1, 0, 1, 12)), 'XB');
    await tells('list 1 C 1 0 OK');
    await gateway.until(id, { state: 'ACCEPTED', evidence: 'channel' });
  });

  it('sends the last list of a year, begins again at 1, and cannot continue the old year', async () => {
    const lastYear = `${year - 1}-12-31T10:00:00Z`;
    expect(await does(`send 417 F ${operators(10_001, 20)} ${lastYear}`)).to.equal('answered 200 OK ');
    expect(await does(`send 1 F ${operators(10_001, 20)}`)).to.equal('answered 200 OK ');
    expect(await does(`send 418 C 10030 ${lastYear}`)).to.equal('answered 422 NOK E_SEQUENCE_ROLLBACK');
  });

  it('sends signed lists, full and changes; a gap is refused until a full one comes', async () => {
    expect(await does('send 2 C 10030,-10001')).to.equal('answered 200 OK ');
    expect(await does('send 4 C 10031')).to.equal('answered 422 NOK E_SEQUENCE_GAP');
    expect(await does(`send 5 F ${operators(10_002, 20)}`)).to.equal('answered 200 OK ');
    expect(await does('send 3 C 10031')).to.equal('answered 422 NOK E_SEQUENCE_ROLLBACK');
    expect(await gateway.done('check', 'BR10007')).to.include({ outcome: 'recognised' });
  });

  it('that sends a list again gets its answer again, and one with a changed operator does not count', async () => {
    expect(await does('again 5')).to.equal('answered 200 OK ');
    expect(await does(`forge 6 ${operators(10_002, 20)}`)).to.equal('answered 422 NOK E_SIGNATURE_INVALID');
    expect(await gateway.done('check', 'BR10007')).to.include({ outcome: 'recognised' });
  });

  it('whose list we applied, and which did not hear so, sends it again and hears it', async () => {
    await hearsNothing(`send 6 F ${operators(10_002, 21)}`, 'in', 'APPLIED');
    expect(await does('again 6')).to.equal('answered 200 OK ');
    expect(gateway.count('in', 'APPLIED')).to.equal(5);
  });

  it('whose list we hold learns from sending it again what two people decided', async () => {
    expect(await does(`send 7 F ${operators(10_002, 5)}`)).to.match(/^answered 202 WAIT list_shrinks/u);
    const lists = (await gateway.done('message', 'list', '--partner', 'XB')) as Shown[];
    const { id } = lists.find(({ state }) => state === 'HELD') ?? {};
    await gateway.mra('list', 'release', String(id), '--as', 'li');
    await gateway.mra('list', 'release', String(id), '--as', 'wang');
    expect(await does('again 7')).to.equal('answered 200 OK ');
  });
});
