/** OpenSSH's server with one account for file transfer, private to a test: own host key, own folder, a port of the loopback interface. */

import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { lineTo, type Line } from './line.ts';
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
  readonly cutWhen: Line['cutWhen'];
  stop(): Promise<void>;
}

/** Between the two stands a line that can be cut. */
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
  const line = await lineTo(`sftp://127.0.0.1:${port}`);
  const [type = '', encoded = ''] = readFileSync(at('host.pub'), 'utf8').split(' ');
  return {
    account: {
      ...{ host: '127.0.0.1', port: Number(new URL(line.url).port), user: userInfo().username },
      ...{ hostKey: `${type} ${encoded}`, key: at('account') },
    },
    cutWhen: line.cutWhen,
    async stop() {
      await line.close();
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
