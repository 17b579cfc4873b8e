/** Alarms of a real exchange: one for each cause, closed by itself, brought to people by webhook and mail. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { Webhook } from 'standardwebhooks';
import { openAlarms } from '../../../gateway/app/health/alarms.ts';
import { examineGateway } from '../../../gateway/app/health/checks.ts';
import { alarmWays, type AlarmWays } from '../../../gateway/app/health/notices.ts';
import type { OpenGateway } from '../../../gateway/app/composition.ts';
import { deliverDue } from '../../../gateway/outbound/delivery.ts';
import { sendList } from '../../../gateway/outbound/send-list.ts';
import { listAlarms, takeDuty } from '../../../gateway/store/alarms.ts';
import { probeStore } from '../../../gateway/store/database.ts';
import { makeLog } from '../../../gateway/wire/log.ts';
import { onBothEngines } from '../../store/engines.ts';
import { eachTestWithKorea, operators, type OpenAdministration } from '../../support/administrations.ts';
import { runCommand } from '../../support/command-line.ts';
import { temporaryFolder } from '../../support/pki.ts';
import { debianPython } from '../../support/python.ts';
import { freePort, isListening, untilReady } from '../../support/services.ts';

const secret = `whsec_${Buffer.from('a secret of thirty-two characters').toString('base64')}`;

type Posted = readonly [id: string, type: string, cause: string, who: string];

describe('an alarm', () => {
  let us: OpenAdministration;
  let them: OpenAdministration;
  let folder: string;
  eachTestWithKorea(async (home, korea) => {
    [us, them] = [home, korea];
    folder = temporaryFolder();
    writeFileSync(join(folder, 'secret'), secret);
    await us.save(...operators(3));
  });

  /** Our gateway, whose clock may be moved. */
  let ahead: number;
  let gateway: OpenGateway;
  beforeEach(() => {
    ahead = 0;
    gateway = { ...us.gateway, now: () => new Date(Date.now() + ahead) };
  });

  /** Causes and subjects of the open alarms after some examinations. */
  async function examined(times: number, ways: AlarmWays = new Map()): Promise<readonly (readonly string[])[]> {
    const take = openAlarms(gateway, ways);
    for (let round = 0; round < times; round += 1)
      await take(await examineGateway(gateway, () => probeStore(gateway.db)));
    return (await listAlarms(gateway.db.sql)).map(({ cause, subject }) => [cause, subject]);
  }
  async function failToDeliver(): Promise<void> {
    await sendList(gateway, 'KR');
    await deliverDue(gateway, 'KR');
  }
  async function recover(): Promise<void> {
    await them.openDoors();
    ahead += 25_000;
    await deliverDue(gateway, 'KR');
  }

  it('is opened once for a partner that cannot be reached, whatever follows from it, and closed when it is back', async () => {
    await failToDeliver();
    expect(await examined(1), 'not for what may pass at once').to.deep.equal([]);
    expect(await examined(4)).to.deep.equal([['partner_down', 'KR']]);
    await recover();
    expect(await examined(1)).to.deep.equal([['partner_down', 'KR']]);
    expect(await examined(3)).to.deep.equal([]);
    const all = await listAlarms(gateway.db.sql, { all: true });
    expect(all.map(({ n, cause, closedAt }) => [n, cause, closedAt === undefined])).to.deep.equal([
      [1, 'partner_down', false],
    ]);
  });

  it('is in the log as an error or as a warning, as severe as it is', async () => {
    const lines: string[] = [];
    const destination = { write: (line: string) => void lines.push(line) };
    gateway = { ...gateway, log: makeLog({ level: 'warn', destination }) };
    const take = openAlarms(gateway, new Map());
    const about = { check: 'partner KR', detail: 'a problem', fix: 'mra doctor' } as const;
    const findings = [
      { ...about, result: 'warn', cause: 'list_held' },
      { ...about, result: 'fail', cause: 'key_expired' },
    ] as const;
    for (let round = 0; round < 2; round += 1) await take(findings);
    const logged = lines.map((line) => JSON.parse(line) as { level: number; kind: string });
    expect(logged.map(({ level, kind }) => [level, kind])).to.have.deep.members([
      [40, 'list_held'],
      [50, 'key_expired'],
    ]);
  });

  it('is posted to a webhook, signed, under the same id until it is taken, and once more when it closes', async () => {
    const posted: Posted[] = [];
    let status = 500;
    const server = createServer((request, response) => {
      void text(request).then((body) => {
        const { type, data } = new Webhook(secret).verify(body, request.headers as Record<string, string>) as {
          type: string;
          data: { cause: string; who_must_act: string };
        };
        posted.push([String(request.headers['webhook-id']), type, data.cause, data.who_must_act]);
        response.writeHead(status).end();
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const { port } = server.address() as AddressInfo;
      const ways = alarmWays({
        webhook: { url: `http://127.0.0.1:${port}/x`, secret: { file: join(folder, 'secret') } },
      });
      await failToDeliver();
      await examined(2, ways);
      await examined(1, ways); // not due yet
      status = 204;
      ahead += 31_000;
      await examined(1, ways);
      await recover();
      await examined(2, ways);
      expect(posted).to.deep.equal([
        ['alarm-1-opened', 'alarm.opened', 'partner_down', 'partner'],
        ['alarm-1-opened', 'alarm.opened', 'partner_down', 'partner'],
        ['alarm-1-closed', 'alarm.closed', 'partner_down', 'partner'],
      ]);
    } finally {
      server.close();
    }
  });

  it('is sent by mail: all that is due in one, with who must act, what happens by itself and a command', async () => {
    const port = await freePort();
    const args = [
      '-u',
      '-m',
      'aiosmtpd',
      '-n',
      '-l',
      `127.0.0.1:${port}`,
      '-c',
      'aiosmtpd.handlers.Debugging',
      'stdout',
    ];
    const smtp = spawn(debianPython, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let mails = '';
    smtp.stdout.on('data', (chunk) => (mails += String(chunk)));
    try {
      await untilReady('aiosmtpd', smtp, () => isListening(port));
      const server = `smtp://127.0.0.1:${port}`;
      const ways = alarmWays({ mail: { server, from: 'mra@customs.example', to: ['duty@customs.example'] } });
      await failToDeliver();
      await examined(2, ways);
      while (!mails.includes('END MESSAGE')) await once(smtp.stdout, 'data');
      expect(mails.replaceAll(/=\n/gu, '')).to.match(
        /To: duty@customs\.example[^]*Alarm 1 opened: partner_down \(KR\)[^]*The partner must act:[^]*Next by itself:[^]*Command: mra /u,
      );
      await examined(2, ways);
      expect(mails.match(/END MESSAGE/gu), 'and not again').to.have.length(1);
    } finally {
      smtp.kill('SIGKILL');
    }
  });

  it('is listed, shown and acknowledged, closes all the same, and cannot be acknowledged afterwards', async () => {
    await failToDeliver();
    await examined(2);
    writeFileSync(join(folder, 'cn.yaml'), `home: CN\ndata: ${us.config.data}\nstore: '${us.config.store}'\n`);
    const mra = async (...words: string[]): Promise<{ exit: number; result: unknown }> => {
      const { exit, stdout } = await runCommand(['--config', join(folder, 'cn.yaml'), '-o', 'json', 'alarm', ...words]);
      return { exit, result: JSON.parse(stdout) as unknown };
    };
    const { result } = await mra('list');
    expect(result).to.have.length(1);
    const shown = (await mra('show', '1')).result as Record<string, string>;
    expect([shown['cause'], shown['who_must_act'], shown['partners']]).to.deep.equal([
      'partner_down',
      'partner',
      ['KR'],
    ]);
    expect(shown['command']).to.equal('mra message list --partner KR');
    expect((await mra('acknowledge', '1', '--as', 'M. Duty')).exit).to.equal(0);
    expect(((await mra('list')).result as Record<string, unknown>[])[0]?.['acknowledged_by']).to.equal('M. Duty');
    await recover();
    await examined(2);
    expect((await mra('list')).result).to.deep.equal([]);
    expect((await mra('list', '--all')).result).to.have.length(1);
    for (const words of [
      ['acknowledge', '1'],
      ['show', '7'],
      ['show', 'x'],
    ]) {
      const refused = await mra(...words);
      expect([refused.exit, (refused.result as { error: { code: string } }).error.code]).to.deep.equal([
        2,
        'E_ALARM_UNKNOWN',
      ]);
    }
  });
});

onBothEngines('the duty to evaluate alarms', (store) => {
  it('is that of one gateway, which renews it, and passes to another when it has run out', async () => {
    const at = (second: number): string => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
    const take = (owner: string, second: number): Promise<boolean> =>
      store().write((tx) => takeDuty(tx, { name: 'alarms', owner, now: at(second), until: at(second + 45) }));
    expect(await take('a', 0)).to.equal(true);
    expect(await take('b', 10)).to.equal(false);
    expect(await take('a', 30)).to.equal(true);
    expect(await take('b', 50)).to.equal(false);
    expect(await take('b', 80)).to.equal(true);
    expect(await take('a', 81)).to.equal(false);
  });
});
