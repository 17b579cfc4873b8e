/** The exit codes of commands that send, against a partner that is down, and one that takes a message and never answers. */

import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { runCommand } from '../support/command-line.ts';
import { temporaryFolder } from '../support/pki.ts';
import { shut, tlsParty } from '../support/tls.ts';

interface Sent {
  readonly message: string | null;
  readonly state: string;
}

interface Resent {
  readonly sent: boolean;
  readonly messages: readonly Sent[];
}

describe('a command that sends', () => {
  const folder = temporaryFolder();
  const settings = ['--config', join(folder, 'gateway.yaml')];

  async function sends(exit: number, ...args: string[]): Promise<Sent> {
    const ran = await runCommand([...settings, '-o', 'json', ...args]);
    expect(ran.exit, ran.stdout + ran.stderr).to.equal(exit);
    return JSON.parse(ran.stdout) as Sent;
  }

  function connectTo(port: number): void {
    const certificates = '{ tls: [hk.pem], anchors: [hk-ca.pem] }';
    const partner = `{ transport: https, url: 'https://127.0.0.1:${port}', certificates: ${certificates} }`;
    writeFileSync(join(folder, 'gateway.yaml'), `data: data\nlog: silent\npartners: { HK: ${partner} }\n`);
  }

  it('exits 5 while the partner is down, also where no list is new, and 8 where the outcome is unknown', async () => {
    const { cert, key, ca } = await tlsParty('HK');
    writeFileSync(join(folder, 'hk.pem'), cert);
    writeFileSync(join(folder, 'hk-ca.pem'), ca);
    const server = createServer({ cert, key }, (request) => request.on('end', () => request.socket.destroy()).resume());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;

    connectTo(1); // nobody listens there
    const first = await sends(5, 'list', 'send', 'HK');
    expect(first.state).to.equal('SEALED');
    const again = await sends(5, 'list', 'send', 'HK');
    expect(again).to.include({ message: null, reason: 'nothing_changed', state: 'SEALED' });
    await sends(5, 'message', 'resend', first.message ?? '');

    connectTo(port);
    await sends(8, 'message', 'resend', first.message ?? '');
    await shut(server);
  });

  it('shows the open messages of a choice, and sends them again only when asked to', async () => {
    connectTo(1);
    const file = join(folder, 'gateway.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replace('data: data', 'data: several'));
    const { message } = await sends(5, 'list', 'send', 'HK');
    const [scheduled] = (await sends(0, 'schedule', 'HK')) as unknown as { next: string; waits: string }[];
    expect(scheduled).to.include({ next: 'renewal', waits: 'not_delivered' });
    const chosen = async (exit: number, ...options: string[]): Promise<[boolean, (string | null)[]]> => {
      const ran = (await sends(exit, 'message', 'resend', ...options)) as unknown as Resent;
      return [ran.sent, ran.messages.map((each) => each.message)];
    };
    const attempts = async (): Promise<number> =>
      ((await sends(0, 'message', 'show', message ?? '')) as unknown as { attempts: unknown[] }).attempts.length;
    expect(await chosen(0, '--partner', 'HK', '--since', '2026-01-01')).to.deep.equal([false, [message]]);
    expect(await chosen(0, '--state', 'held')).to.deep.equal([false, []]);
    expect(await chosen(0, '--since', '9999-01-01', '--yes')).to.deep.equal([true, []]);
    const before = await attempts();
    expect(await chosen(6, '--state', 'SEALED', '--yes')).to.deep.equal([true, [message]]);
    expect(await attempts()).to.equal(before + 1);
    const ran = await runCommand([...settings, 'message', 'resend', message ?? '', '--partner', 'HK']);
    expect(ran.exit).to.equal(2);
  });

  it('exits 0 with one document where nothing changed and nothing waits', async () => {
    writeFileSync(join(folder, 'gateway.yaml'), 'data: files\nlog: silent\npartners: { KR: { transport: file } }\n');
    const out = ['--out', join(folder, 'kr.xml')];
    expect((await sends(0, 'list', 'send', 'KR', ...out)).message).to.match(/^m-/u);
    for (const command of ['send', 'build'])
      expect((await sends(0, 'list', command, 'KR', ...out)).message, command).to.equal(null);
  });
});
