/** `mra doctor`: looks at everything the gateway stands on, and says what to do about what is not well. */

import { execFile } from 'node:child_process';
import { statfs } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Command } from 'commander';
import { lintAdapter } from '../adapter/check/lint.ts';
import { asGatewayError } from '../model/errors.ts';
import { findStream, listInForce } from '../store/streams.ts';
import { momentOf } from '../model/day.ts';
import { probeBroker } from '../wire/transport/amqp-connection.ts';
import type { CliContext, OpenGateway } from './context.ts';
import { exitCodes } from './output.ts';

interface Finding {
  readonly check: string;
  readonly result: 'ok' | 'warn' | 'fail';
  readonly detail: string;
  readonly fix?: string;
}

const dayMs = 24 * 3600 * 1000;
/** Days before its end at which a certificate is spoken of. */
const certificateWarningDays = 60;
const leastFreeBytes = 1024 ** 3;

export function doctorCommand(program: Command, context: CliContext): void {
  program
    .command('doctor')
    .description('look for what is not well, with the fix')
    .action(async () => {
      const findings = await examine(context);
      const { out } = context;
      if (out.format === 'json') out.json(findings);
      else out.table(findings.map(({ check, result, detail, fix = '' }) => ({ check, result, detail, fix })));
      const failed = findings.some(({ result }) => result === 'fail');
      if (failed) context.exit(exitCodes.findings);
      out.next(failed ? 'mend what failed, then mra doctor' : 'mra serve');
    });
}

async function examine(context: CliContext): Promise<Finding[]> {
  const findings: Finding[] = [await examineOpenssl()];
  const gateway = await attempt('configuration, keys, store', findings, () => context.open());
  if (gateway === undefined) return findings;
  try {
    findings.push({ check: 'store', result: 'ok', detail: `${gateway.db.engine}, durable` });
    findings.push(await examineDisk(gateway), ...examineKeys(gateway), ...(await examineBroker(gateway)));
    for (const { code, adapter } of gateway.partners.values()) {
      findings.push(await examineAdapter(context, code, adapter.folder), await examinePartner(gateway, code));
    }
  } finally {
    await gateway.close();
  }
  return findings;
}

async function attempt<T>(check: string, findings: Finding[], work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    const { detail, fix, at, code } = asGatewayError(error);
    const place = at === undefined ? '' : ` (${at})`;
    findings.push({
      check,
      result: 'fail',
      detail: `${code}: ${detail}${place}`,
      ...(fix === undefined ? {} : { fix }),
    });
    return undefined;
  }
}

async function examineOpenssl(): Promise<Finding> {
  const version = await promisify(execFile)('openssl', ['version']).then(
    ({ stdout }) => stdout.trim(),
    () => undefined,
  );
  if (version !== undefined) return { check: 'openssl', result: 'ok', detail: version };
  return {
    check: 'openssl',
    result: 'warn',
    detail: 'not found: certificates count only where registered one by one',
    fix: 'Install openssl.',
  };
}

async function examineDisk({ config }: OpenGateway): Promise<Finding> {
  const { bavail, bsize } = await statfs(config.data);
  const free = bavail * bsize;
  const detail = `${(free / 1024 ** 3).toFixed(1)} GiB free at ${config.data}`;
  return free > leastFreeBytes
    ? { check: 'disk', result: 'ok', detail }
    : { check: 'disk', result: 'fail', detail, fix: 'Make room: nothing is accepted that cannot be kept.' };
}

function examineKeys(gateway: OpenGateway): Finding[] {
  return gateway.keyring.list().map(({ name, notAfter }) => {
    const days = Math.floor((Date.parse(notAfter) - gateway.now().getTime()) / dayMs);
    const check = `key ${name}`;
    if (days < 0)
      return {
        check,
        result: 'fail',
        detail: 'expired',
        fix: 'Make a new key and send its certificate to the partners.',
      };
    const detail = `${days} days left`;
    return days < certificateWarningDays
      ? { check, result: 'warn', detail, fix: 'Agree a new key with the partners now.' }
      : { check, result: 'ok', detail };
  });
}

async function examineBroker({ config }: OpenGateway): Promise<Finding[]> {
  if (config.broker === undefined) return [];
  const answers = await probeBroker(config.broker.url, 3000);
  if (answers) return [{ check: 'broker', result: 'ok', detail: 'answers' }];
  return [
    {
      check: 'broker',
      result: 'fail',
      detail: 'does not answer',
      fix: 'Start the broker or correct broker.url; messages wait in the outbox meanwhile.',
    },
  ];
}

async function examineAdapter({ tools }: CliContext, code: string, folder: string): Promise<Finding> {
  const faults = (await lintAdapter(folder, tools)).filter(({ severity }) => severity === 'error');
  const check = `adapter ${code}`;
  const [first] = faults;
  if (first === undefined) return { check, result: 'ok', detail: 'manifest, templates and schemas agree' };
  return {
    check,
    result: 'fail',
    detail: `${faults.length} faults, the first: ${first.detail}`,
    fix: `mra adapter lint ${code.toLowerCase()}`,
  };
}

async function examinePartner(gateway: OpenGateway, code: string): Promise<Finding> {
  const check = `partner ${code}`;
  const partner = gateway.partners.get(code);
  if (partner?.trust.certificates.length === 0) {
    return {
      check,
      result: 'warn',
      detail: 'no signing certificate registered: nothing of theirs can be taken',
      fix: `Put it under certs/ and name it at partners.${code}.certificates.signing.`,
    };
  }
  const now = momentOf(gateway.now());
  const [list, out] = await Promise.all([
    listInForce(gateway.db.sql, code, now),
    findStream(gateway.db.sql, code, 'out'),
  ]);
  if (out?.resyncWanted === true)
    return { check, result: 'warn', detail: 'the last list was refused', fix: `mra list send ${code} --full` };
  if (list === undefined)
    return { check, result: 'warn', detail: 'no list received yet', fix: 'Ask the partner for its full list.' };
  const age = (Date.parse(now) - Date.parse(list.issuedAt)) / 1000;
  const limit = partner?.adapter.arrangement.maxAgeSeconds ?? 0;
  const detail = `list ${list.number} is ${Math.round(age / 3600)} h old, the limit is ${Math.round(limit / 3600)} h`;
  return age > limit
    ? {
        check,
        result: 'fail',
        detail,
        fix: 'Ask the partner for its newest list; answers are undetermined until then.',
      }
    : { check, result: 'ok', detail };
}
