/** OpenSSH's server with one account for file transfer, private to a test: own host key, own folder, a port of the loopback interface. */

import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { endChild, findProgram, freePort, run, untilReady } from './services.ts';

export interface SftpServer {
  /** As the settings of a partner name it. */
  readonly account: {
    readonly host: string;
    readonly port: number;
    readonly user: string;
    readonly hostKey: string;
    readonly key: string;
  };
  /** Before the server's next word is passed on, this is asked: true cuts the connection. */
  cutWhen(isTime: () => boolean): void;
  stop(): Promise<void>;
}

/** Between the two stands a relay that can cut connections. */
export async function startSshd(folder: string): Promise<SftpServer> {
  mkdirSync(folder, { recursive: true });
  mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const at = (name: string): string => join(folder, name);
  for (const name of ['host', 'account'])
    run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', at(name)]);
  writeFileSync(at('authorized'), readFileSync(at('account.pub')), { mode: 0o600 });
  const port = await freePort();
  writeFileSync(
    at('config'),
    `Port ${port}
ListenAddress 127.0.0.1
HostKey ${at('host')}
AuthorizedKeysFile ${at('authorized')}
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
StrictModes no
UsePAM no
PidFile none
Subsystem sftp internal-sftp
`,
  );
  const program = findProgram('sshd') ?? 'sshd';
  const server = spawn(program, ['-D', '-e', '-f', at('config')], { stdio: 'ignore', detached: true });
  await untilReady('sshd', server, () => answers(port));
  const relay = await startRelay(port);
  const [type = '', encoded = ''] = readFileSync(at('host.pub'), 'utf8').split(' ');
  return {
    account: {
      ...{ host: '127.0.0.1', port: relay.port, user: userInfo().username },
      ...{ hostKey: `${type} ${encoded}`, key: at('account') },
    },
    cutWhen: relay.cutWhen,
    async stop() {
      relay.close();
      await endChild(server, 'SIGTERM');
    },
  };
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'data');
    return true;
  } catch {
    return false; // not yet
  } finally {
    socket.destroy();
  }
}

async function startRelay(port: number) {
  let isTime: () => boolean = () => false;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const target = connect(port, '127.0.0.1');
    for (const socket of [client, target]) {
      sockets.add(socket);
      socket.setNoDelay(true); // a request of a few bytes does not wait for an acknowledgement
      socket.on('error', () => undefined); // the other end was cut
      socket.on('close', () => (client.destroy(), target.destroy(), sockets.delete(socket)));
    }
    client.pipe(target);
    target.on('data', (bytes) => (isTime() ? client.destroy() : client.write(bytes)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    cutWhen(is: () => boolean) {
      isTime = is;
    },
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
