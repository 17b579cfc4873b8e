/** `mra adapter certify`: runs all checks of an adapter, and writes its certificate when all pass. */

import { rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Command } from 'commander';
import about from '../../package.json' with { type: 'json' };
import { certificateFile } from '../adapter/certificate.ts';
import { certifyAdapter, type CheckResult } from '../adapter/check/certify.ts';
import { momentOf } from '../model/day.ts';
import { folderOf, schemaChecker } from './adapter-folder.ts';
import type { CliContext } from './context.ts';
import { exitCodes } from './output.ts';

/** Registers the command under `mra adapter`. */
export function certifyCommand(adapter: Command, context: CliContext): void {
  adapter
    .command('certify')
    .argument('<cc>', 'folder under adapters/')
    .description('run all checks; write certificate.json when all pass, else list what failed')
    .action((cc: string) => certify(context, cc));
}

async function certify(context: CliContext, cc: string): Promise<void> {
  const { out, tools } = context;
  const folder = folderOf(context.config().adapters, cc);
  const { checks, certificate } = await certifyAdapter(folder, tools, {
    today: momentOf(new Date()).slice(0, 10),
    program: about.version,
    checkSchema: schemaChecker(),
    clock: () => performance.now(),
  });
  const file = join(folder, certificateFile);
  // A folder that fails must not keep the certificate of an earlier run.
  if (certificate === undefined) await rm(file, { force: true });
  else await writeFile(file, `${JSON.stringify(certificate, null, 2)}\n`);
  const certified = certificate !== undefined;
  if (!certified) context.exit(exitCodes.findings);
  out.result({ adapter: cc, certified, ...certificate, checks }, checks.map(checkRow));
  if (out.format === 'json') return;
  for (const { check, covered, failures } of checks)
    if (covered !== '') for (const failure of failures) out.print(`${check}  ${failure}`);
  out.print(
    certified
      ? `${cc} is certified: ${relative('.', file)} is valid until a file of the folder changes`
      : `${cc} is not certified; production does not take it`,
  );
  const next = certified ? `mra list build ${cc.toUpperCase()} --full --out list` : undefined;
  out.next(next ?? `correct what failed, then mra adapter certify ${cc}`);
}

function checkRow({ check, covered, failures }: CheckResult): { check: string; result: string; covered: string } {
  const result = failures.length === 0 ? 'passed' : covered === '' ? 'not run' : 'failed';
  return { check, result, covered };
}
