/** `mra doctor`: checks openssl, keys, store, clock, rights of files, disk, broker, adapters, partners; prints a fix for each problem. */

import { execFile } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import type { Command } from 'commander';
import { behindLastCommit } from '../app/clock-watch.ts';
import { lintAdapter } from '../adapter/check/lint.ts';
import type { BrokerConfig } from '../app/config.ts';
import type { Partner } from '../gateway.ts';
import { asGatewayError } from '../model/errors.ts';
import { present } from '../model/present.ts';
import { sqliteFile, tryWriting } from '../store/database.ts';
import { clockJumps, lastEvent } from '../store/events.ts';
import { filesOf } from '../store/sqlite-file.ts';
import { examineBroker, type BrokerNames } from '../wire/transport/amqp-connection.ts';
import { deadLetterQueueName, exchangeName } from '../wire/transport/amqp-topology.ts';
import { withGateway, type CliContext, type OpenGateway } from './context.ts';
import { examinePartner } from './doctor-partner.ts';
import { dayMs, examineEnd, fail, ok, warn, type Finding } from './finding.ts';
import { exitCodes } from './output.ts';

const clockWarningDays = 7;
const leastFreeBytes = 1024 ** 3;

export function doctorCommand(program: Command, context: CliContext): void {
  program
    .command('doctor')
    .description('check the installation and the connections to partners; prints a fix for each problem')
    .action(async () => {
      const findings = await examine(context);
      const { out } = context;
      out.result(
        findings,
        findings.map(({ check, result, detail, fix = '' }) => ({ check, result, detail, fix })),
      );
      const failed = findings.some(({ result }) => result === 'fail');
      if (failed) context.exit(exitCodes.findings);
      out.next(failed ? 'fix what failed, then mra doctor' : 'mra serve');
    });
}

async function examine(context: CliContext): Promise<readonly Finding[]> {
  const findings = [await examineOpenssl()];
  let gateway: OpenGateway;
  try {
    gateway = await context.open(undefined, 'examining');
  } catch (error) {
    return [...findings, notOpened(error)];
  }
  await withGateway({ open: () => Promise.resolve(gateway) }, async () => {
    for (const [code, reason] of gateway.stopped)
      findings.push(fail(`partner ${code}`, reason, `Correct partners.${code} in the settings, or what it names.`));
    findings.push(...examinePrivacy(gateway), await examineStore(gateway), await examineClock(gateway));
    findings.push(await examineDisk(gateway), ...examineKeys(gateway), ...(await examineBrokers(gateway)));
    for (const partner of gateway.partners.values())
      findings.push(await examineAdapter(context, partner), ...(await examinePartner(gateway, partner)));
  });
  return findings;
}

function notOpened(error: unknown): Finding {
  const { code, detail, at, fix } = asGatewayError(error);
  const place = at === undefined ? '' : ` (${at})`;
  const check = 'configuration, keys, store';
  return present({ check, result: 'fail', detail: `${code}: ${detail}${place}`, fix } as const);
}

async function examineOpenssl(): Promise<Finding> {
  return promisify(execFile)('openssl', ['version']).then(
    ({ stdout }) => ok('openssl', stdout.trim()),
    () => warn('openssl', 'not found: only certificates registered one by one are accepted', 'Install openssl.'),
  );
}

async function examineStore({ config, db }: OpenGateway): Promise<Finding> {
  const file = sqliteFile(config.store);
  if (file !== undefined && !existsSync(file)) return ok('store', 'none yet; the first command that writes makes it');
  try {
    await tryWriting(config.store);
    return ok('store', `${db.engine}, durable, can be written`);
  } catch (error) {
    const { code, detail, fix } = asGatewayError(error);
    return fail('store', `${code}: ${detail}`, fix ?? 'Look at the log.');
  }
}

/** Names of operators are in the store, and keys beside it: no other account of the machine may read them. */
function examinePrivacy({ config }: OpenGateway): readonly Finding[] {
  if (process.platform === 'win32') return []; // it has no such bits
  const file = sqliteFile(config.store);
  const files = file === undefined ? [] : filesOf(file).filter((name) => existsSync(name));
  const folders = new Set([config.data, ...(file === undefined ? [] : [dirname(file)])]);
  const open = [...[...folders].filter((name) => existsSync(name)), ...files].filter(
    (path) => (statSync(path).mode & 0o077) !== 0,
  );
  const fix = `Run chmod go-rwx ${open.join(' ')}`;
  return [
    open.length === 0
      ? ok('privacy', 'only this account can enter the data folder')
      : fail('privacy', `other accounts can read ${open.join(', ')}`, fix),
  ];
}

/** The last commit is dated ahead of the clock, or a gateway that served recorded a jump. */
async function examineClock(gateway: OpenGateway): Promise<Finding> {
  const fix =
    'Let NTP set the clock. Answers rest on the list stored last; compare the times of lists: mra list show PARTNER.';
  const behind = await behindLastCommit(gateway);
  if (behind !== 0) return fail('clock', `${inSeconds(-behind)} behind the last commit`, fix);
  const jump = await lastEvent(gateway.db.sql, clockJumps);
  if (jump === undefined || gateway.now().getTime() - Date.parse(jump.at) > clockWarningDays * dayMs)
    return ok('clock', `no jump in ${clockWarningDays} days`);
  const { milliseconds } = JSON.parse(jump.detail ?? '{}') as { readonly milliseconds: number };
  const way = milliseconds < 0 ? 'backwards' : 'forwards';
  return warn('clock', `jumped ${inSeconds(Math.abs(milliseconds))} ${way} at ${jump.at}`, fix);
}

const inSeconds = (milliseconds: number): string => `${Math.ceil(milliseconds / 1000)} s`;

async function examineDisk({ config }: OpenGateway): Promise<Finding> {
  let folder = config.data;
  while (!existsSync(folder)) folder = dirname(folder); // it is made by the first command that writes
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const detail = `${(free / 1024 ** 3).toFixed(1)} GiB free at ${config.data}`;
  if (free > leastFreeBytes) return ok('disk', detail);
  return fail('disk', detail, 'Free some space: the gateway accepts nothing that it cannot store.');
}

function examineKeys({ keyring, now }: OpenGateway): readonly Finding[] {
  if (keyring.list().length === 0) return [warn('keys', 'there are none yet', 'Make them: mra key new.')];
  const fix = 'Create a new key, and exchange its certificate with the partners.';
  return keyring.list().map(({ name, notAfter }) => examineEnd(`key ${name}`, new Date(notAfter), now(), fix));
}

async function examineBrokers(gateway: OpenGateway): Promise<readonly Finding[]> {
  const { broker, brokers } = gateway.config;
  const named = Object.entries({ ...(broker && { '': broker }), ...brokers });
  return (await Promise.all(named.map(([name, settings]) => examineOne(gateway, name, settings)))).flat();
}

async function examineOne(gateway: OpenGateway, name: string, broker: BrokerConfig): Promise<readonly Finding[]> {
  const check = name === '' ? 'broker' : `broker ${name}`;
  try {
    const { declared, blocked, missing, deadLetters } = await examineBroker(
      broker,
      namesAt(gateway, name, broker),
      3000,
    );
    if (blocked !== undefined)
      return [fail(check, `has an alarm and takes no messages: ${blocked}`, 'Free memory or disk of the broker.')];
    if (missing.length > 0)
      return [fail(check, `has no ${missing.join(', ')}`, 'Ask the operator of the broker, or correct the adapter.')];
    if (deadLetters.length > 0) return deadLetters.map((found) => laidAside(check, found));
    return [ok(check, declared ? 'answers, no alarm, may be written' : 'answers; mra serve declares its exchange')];
  } catch (error) {
    const { code, detail, fix = 'Correct its url.' } = asGatewayError(error);
    return [fail(check, `${code}: ${detail}`, `${fix} Messages wait in the outbox.`)];
  }
}

function laidAside(check: string, { queue, count }: { readonly queue: string; readonly count: number }): Finding {
  const fix = `Look for the cause in the log, then let the operator of the broker move them from ${queue} to the queue of that name without .dead.`;
  return fail(check, `${count} messages that could not be taken lie in ${queue}`, fix);
}

/** What the partners of a broker need there: the names that their adapters state, or those of this program. */
function namesAt({ config, partners, home }: OpenGateway, name: string, { realm, ...rest }: BrokerConfig): BrokerNames {
  const using = [...partners.values()].filter(({ code, adapter }) => {
    const { broker = '', transport = adapter.transport } = config.partners[code] ?? {};
    return broker === name && transport === 'amqp';
  });
  const agreed = using.map(({ adapter: { exchange } }) => exchange);
  const own = using.find(({ adapter }) => adapter.exchange.send?.publish === undefined);
  const ours = own !== undefined || using.length === 0;
  return {
    ours: ours ? exchangeName({ name: realm, ...rest }, { from: home.country, to: own?.code ?? '' }) : undefined,
    exchanges: agreed.flatMap(({ send, receive }) =>
      [send?.publish, receive?.publish].flatMap((form) =>
        form === undefined || form.declare === true ? [] : [form.exchange],
      ),
    ),
    deadLetterQueues: using
      .filter(({ adapter }) => adapter.exchange.receive?.consume === undefined)
      .map(({ code }) => deadLetterQueueName({ from: code, to: home.country }, { name: realm, ...rest })),
    queues: agreed.flatMap(({ receive }) =>
      receive?.consume === undefined || receive.consume.declare === true ? [] : [receive.consume.queue],
    ),
  };
}

async function examineAdapter({ tools }: CliContext, { code, adapter }: Partner): Promise<Finding> {
  const faults = (await lintAdapter(adapter.folder, tools)).filter(({ severity }) => severity === 'error');
  const check = `adapter ${code}`;
  const [first] = faults;
  if (first === undefined) return ok(check, 'no lint errors');
  return fail(
    check,
    `${faults.length} lint errors; the first: ${first.detail}`,
    `mra adapter lint ${code.toLowerCase()}`,
  );
}
