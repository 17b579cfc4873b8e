/**
 * A partner with a broker of its own: its program is in Python with pika and jwcrypto (peer.py), its adapter is xc/. Its account for us may
 * declare nothing. It answers twice, that a list arrived and what became of each record; its lists are upserts.
 */

import { execFileSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { lineTo, type Line } from '../../support/line.ts';
import { startPeer, type PeerProgram } from '../../support/peer-program.ts';
import { amqpUrl, guestUrl } from '../../support/rabbitmq.ts';
import { openProgram, type ServedProgram } from '../../support/served-program.ts';
import { freePort } from '../../support/services.ts';

const here = import.meta.dirname;

describe('a partner with a broker of its own', () => {
  let program: ServedProgram;
  let partner: PeerProgram;
  let line: Line;
  const made = (minute: number): string => new Date(Date.now() - (60 - minute) * 60_000).toISOString();
  const operator = (number: number, state = 'ACT'): object => {
    const left = { ref: `CT00${1000 + number}`, state, since: '2024-05-20' };
    return ['ACT', 'SUS'].includes(state)
      ? { ...left, name: `Castor ${number} Ltd`, from: '2024-05-20', roles: ['EX'] }
      : left;
  };
  const outcomeOf = async (number: number): Promise<unknown> =>
    ((await program.done('check', `CT00${1000 + number}`)) as { outcome: unknown }).outcome;

  before(async () => {
    line = await lineTo(guestUrl());
    program = await openProgram([
      `exchange: { host: 127.0.0.1, port: ${await freePort()} }`,
      `border: { host: 127.0.0.1, port: ${await freePort()} }`,
      `brokers: { xc: { url: '${line.url}' } }`,
      'partners: { XC: { adapter: xc, broker: xc, certificates: { signing: [xc.pem] } } }',
    ]);
    const at = (name: string): string => join(program.folder, name);
    cpSync(join(here, 'xc'), at('adapters/xc'), { recursive: true });
    const request = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=Castoria'];
    const usage = ['-addext', 'keyUsage=critical,digitalSignature', '-addext', 'basicConstraints=critical,CA:FALSE'];
    const files = ['-keyout', at('xc.key'), '-out', at('xc.pem'), '-days', '30'];
    execFileSync('openssl', ['req', '-x509', ...request, ...usage, ...files], { stdio: 'ignore' });
    await program.done('key', 'new');
    await program.done('key', 'export', 'XC', '--format', 'jwk', '--out', at('ours.jwk'));
    await program.importOperators(5);
    partner = startPeer(join(here, 'peer.py'), [amqpUrl(), at('xc.key'), at('ours.jwk')]);
    await partner.tells({ event: 'open' });
    await program.serve();
  });
  after(async () => {
    partner.stop();
    program.stop();
    await line.close();
  });

  async function has(fault: string): Promise<void> {
    partner.does({ do: 'fault', kind: fault });
    await partner.tells({ event: 'fault' });
  }
  /** What we answer to its list. */
  async function give(doc: string, minute: number, ...sent: readonly object[]): Promise<unknown> {
    partner.does({ do: 'send', doc, made: made(minute), operators: sent });
    return (await partner.tells({ event: 'answer', about: doc }))['outcome'];
  }

  /** Queues a list, which the gateway that serves sends; its id once the partner has it. */
  async function send(fault?: string): Promise<string> {
    if (fault !== undefined) await has(fault);
    const { result } = await program.mra('list', 'send', 'XC', '--full');
    const { message: id } = result as { readonly message: string };
    await partner.tells({ event: 'list', doc: id, key_matches: true, operators: 5 });
    return id;
  }

  it('confirms that a list arrived, and then answers for each record', async () => {
    const id = await send('one');
    await program.until(id, { state: 'PARTIAL', evidence: 'channel' });
    const { results } = (await program.done('message', 'show', id)) as { results: object[] };
    expect(results).to.have.length(1);
    expect(results[0]).to.include({ code: 'name not clear' });
  });

  it('whose result is missing has confirmed the arrival, and no more', async () => {
    const id = await send('silent');
    await program.until(id, { state: 'HANDED_OVER', progress: 'received' });
    partner.does({ do: 'result', doc: id, outcome: 'DONE' });
    await program.until(id, { state: 'ACCEPTED' });
  });

  it('whose answers were lost knows the list when it comes again', async () => {
    const id = await send('lost');
    await program.mra('message', 'resend', id);
    await partner.tells({ event: 'list', doc: id });
    await program.until(id, { state: 'ACCEPTED', verdictDetail: 'duplicate' });
  });

  it('that lost a list gets it again, and takes it', async () => {
    const id = await send('dropped');
    await program.mra('message', 'resend', id);
    await partner.tells({ event: 'list', doc: id, operators: 5 });
    await program.until(id, { state: 'ACCEPTED', verdictDetail: 'applied' });
  });

  it('holds a list and takes it days later, or refuses it and gets a full one', async () => {
    const held = await send('hold');
    await program.until(held, { progress: 'held' });
    partner.does({ do: 'result', doc: held, outcome: 'DONE' });
    await program.until(held, { state: 'ACCEPTED' });
    const refused = await send('refuse');
    await program.until(refused, { state: 'REJECTED' });
    await partner.tells({ event: 'list', fault: null, operators: 5 });
    await program.until((await program.newest('XC'))['id'], { state: 'ACCEPTED' });
  });

  it('gets what changed, and a week after the whole list the whole again', async () => {
    await program.importOperators(5, 1);
    const { result } = await program.mra('list', 'send', 'XC');
    const { message: changed } = result as { readonly message: string };
    await partner.tells({ event: 'list', doc: changed, operators: 1 });
    await program.until(changed, { state: 'ACCEPTED' });
    const whole = await program.sendAt(new Date(Date.now() + 8 * 24 * 3600_000), 'XC');
    await partner.tells({ event: 'list', doc: whole, operators: 5 });
    await program.until(whole, { state: 'ACCEPTED', evidence: 'channel' });
  });

  it('sends what changed, the first time too, and operators that left by their status', async () => {
    expect(await give('C-1', 10, operator(1), operator(2), operator(3))).to.equal('DONE');
    expect(await give('C-2', 20, operator(2, 'SUS'), operator(3, 'REV'))).to.equal('DONE');
    expect([await outcomeOf(1), await outcomeOf(2), await outcomeOf(3)]).to.deep.equal([
      ...['recognised', 'suspended', 'revoked'],
    ]);
    // C-3 is lost, unseen; an older list is a step back; the whole list sets it right.
    expect(await give('C-4', 40, operator(4))).to.equal('DONE');
    expect(await give('C-5', 30, operator(1, 'SUS'))).to.equal('NONE');
    expect(await outcomeOf(1)).to.equal('recognised');
    expect(await give('C-6', 50, ...[1, 2, 4, 5].map((number) => operator(number)), operator(3, 'REV'))).to.equal(
      'DONE',
    );
    expect([await outcomeOf(2), await outcomeOf(5)]).to.deep.equal(['recognised', 'recognised']);
  });

  it('that lost our answer sends the list again, and gets the same', async () => {
    await has('deaf');
    partner.does({ do: 'send', doc: 'C-6a', made: made(51), operators: [operator(2)] });
    await partner.tells({ event: 'answer lost' });
    const applied = program.count('in', 'APPLIED');
    partner.does({ do: 'again', doc: 'C-6a' });
    expect(await partner.tells({ event: 'answer', about: 'C-6a' })).to.include({ outcome: 'DONE' });
    expect(program.count('in', 'APPLIED')).to.equal(applied);
  });

  it('gets our answer though the connection to its broker ends as we answer, and the list counts once', async () => {
    let isCut = false;
    const applied = program.count('in', 'APPLIED');
    line.cutWhen(() => !isCut && (isCut = program.count('in', 'APPLIED') > applied));
    expect(await give('C-6b', 52, operator(2, 'SUS'))).to.equal('DONE');
    partner.does({ do: 'again', doc: 'C-6b' });
    expect(await partner.tells({ event: 'answer', about: 'C-6b' })).to.include({ outcome: 'DONE' });
    expect([isCut, program.count('in', 'APPLIED'), await outcomeOf(2)]).to.deep.equal([true, applied + 1, 'suspended']);
  });

  it('gets the same answer to the same list', async () => {
    partner.does({ do: 'again', doc: 'C-6' });
    expect(await partner.tells({ event: 'answer', about: 'C-6' })).to.include({ outcome: 'DONE' });
  });

  it('whose list we hold gets our second answer when two people have decided', async () => {
    const many = Array.from({ length: 40 }, (_, i) => operator(100 + i));
    partner.does({ do: 'send', doc: 'C-7', made: made(55), operators: many });
    expect(await partner.tells({ event: 'answer', about: 'C-7' })).to.include({ outcome: 'WAIT' });
    for (const person of ['li', 'wang']) await program.mra('list', 'release', 'C-7', '--as', person);
    expect(await partner.tells({ event: 'answer', about: 'C-7' })).to.include({ outcome: 'DONE' });
  });
});
