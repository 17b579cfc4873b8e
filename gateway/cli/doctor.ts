/** `mra doctor`: examines what serve examines, and openssl and the adapters; prints a fix for each problem. */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Command } from 'commander';
import { lintAdapter } from '../adapter/check/lint.ts';
import { examineGateway } from '../app/health/checks.ts';
import { fail, ok, warn, type Finding } from '../app/health/finding.ts';
import type { Partner } from '../gateway.ts';
import { asGatewayError } from '../model/errors.ts';
import { present } from '../model/present.ts';
import { tryWriting } from '../store/database.ts';
import { withGateway, type CliContext, type OpenGateway } from './context.ts';
import { exitCodes } from './output.ts';

export function doctorCommand(program: Command, context: CliContext): void {
  program
    .command('doctor')
    .description('check the installation and the connections to partners; prints a fix for each problem')
    .action(async () => {
      const findings = await examine(context);
      const { out } = context;
      out.result(
        findings.map(({ measures: _, ...finding }) => finding),
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
    findings.push(...(await examineGateway(gateway, () => tryWriting(gateway.config.store))));
    for (const partner of gateway.partners.values()) findings.push(await examineAdapter(context, partner));
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
