/** `mra audit …`: the log of this gateway, and whether it was altered. */

import { join } from 'node:path';
import type { Command } from 'commander';
import { checkpointsIn, keyMissing, logKey, publishedKey } from '../audit/seal-log.ts';
import { verifyLog } from '../audit/verify-log.ts';
import { contradicts, witnessedOf, witnessedPartners } from '../audit/witnessed.ts';
import { keyOfVerifier } from '../model/log/checkpoint.ts';
import { withGateway, withReading, type CliContext, type OpenGateway } from './context.ts';
import { readInput } from './input.ts';
import { exitCodes } from './output.ts';

export function auditCommands(program: Command, context: CliContext): void {
  const audit = program.command('audit').description('the log of all that was answered, received and decided');
  audit
    .command('verify')
    .description('compare every entry of the log with its hash and with the signed checkpoints')
    .option('--checkpoints <folder>', 'a copy of the folder log/ of the data folder; by default that folder')
    .option('--key <file>', 'file with the public key of the log (mra audit key), if the folder has none')
    .action((options: VerifyOptions) => verify(context, options));
  addWitnessed(audit, context);
  audit
    .command('key')
    .description('the public key of the log, as verifiers of signed notes take it: publish it')
    .action(() => withReading(context, (gateway) => showKey(context, gateway)));
  audit
    .command('checkpoint')
    .description('sign a checkpoint of the log as it is now, to give to somebody who keeps it')
    .action(() =>
      withGateway(context, async ({ sealer }) => {
        const { origin, size, root, note } = await sealer.seal();
        if (context.out.format === 'json') context.out.json({ origin, size, root, note });
        else context.out.print(note);
      }),
    );
  audit
    .command('restart')
    .description('begin another log, after the store was restored or altered; what was signed before stays on file')
    .requiredOption('--reason <text>', 'why; part of the new log')
    .requiredOption('--as <person>', 'who decides it')
    .action(({ reason, as: person }: { readonly reason: string; readonly as: string }) =>
      withGateway(context, async ({ sealer, now }) => {
        const { origin, size } = await sealer.restart({ person, reason, at: now().toISOString() });
        context.out.result({ origin, size }, [{ origin, size }]);
        context.out.next('mra audit key');
      }),
    );
}

function addWitnessed(audit: Command, context: CliContext): void {
  audit
    .command('witnessed [partner]')
    .description(
      'checkpoints of the logs of partners that came in their receipts; of one partner, as lines for mra audit verify',
    )
    .action((partner?: string) => witnessed(context, partner));
}

async function showKey({ out }: CliContext, { db, config, home }: OpenGateway): Promise<void> {
  const folder = join(config.data, 'log');
  const key = await publishedKey(db, folder, home.country);
  if (key === undefined) throw await keyMissing(db, folder);
  // Alone in its line: what is written to a file is what --key takes.
  if (out.format === 'json') out.json({ key });
  else out.print(key);
}

/** Two checkpoints of a partner that its log cannot both have had. */
async function faultsOfPartners(folder: string) {
  const faults: { readonly fault: string; readonly from: number; readonly to: number; readonly detail: string }[] = [];
  for (const partner of await witnessedPartners(folder)) {
    const kept = await witnessedOf(folder, partner);
    for (const [i, each] of kept.entries()) {
      const other = kept.slice(0, i).find((earlier) => contradicts(earlier, each));
      if (other === undefined) continue;
      const detail = `${partner} signed ${each.origin} otherwise on ${other.at} than on ${each.at}`;
      faults.push({ fault: 'partner_contradicts', from: other.size, to: each.size, detail });
    }
  }
  return faults;
}

async function witnessed({ out, config }: CliContext, partner: string | undefined): Promise<void> {
  const folder = join(config().data, 'log');
  if (partner !== undefined) {
    const kept = await witnessedOf(folder, partner.toUpperCase());
    if (out.format === 'json') return out.json(kept);
    for (const { note } of kept) out.print(JSON.stringify(note));
    return;
  }
  const rows = [];
  for (const code of await witnessedPartners(folder)) {
    const kept = await witnessedOf(folder, code);
    const { origin = '', size = 0, at = '', key = '' } = kept.at(-1) ?? {};
    rows.push({ partner: code, checkpoints: kept.length, origin, size, at, key });
  }
  out.result(rows, rows);
  out.next('mra audit witnessed PARTNER > checkpoints');
}

interface VerifyOptions {
  readonly checkpoints?: string;
  readonly key?: string;
}

async function verify(context: CliContext, options: VerifyOptions): Promise<void> {
  const open = (): Promise<OpenGateway> => context.open(undefined, true);
  await withGateway({ open }, async ({ config, db }) => {
    const folder = options.checkpoints ?? join(config.data, 'log');
    const key = options.key === undefined ? await logKey(folder) : keyOfVerifier(readInput(options.key).toString());
    const { out } = context;
    if (key === undefined) throw await keyMissing(db, folder);
    const report = await verifyLog(db.sql, await checkpointsIn(folder, key));
    const { faults: own, ...counts } = report;
    const faults = [...own, ...(await faultsOfPartners(join(config.data, 'log')))];
    if (out.format === 'json') out.json({ ...report, faults });
    else {
      out.table([counts]);
      out.table(faults.map(({ fault, from, to, detail }) => ({ fault, from, to, detail })));
    }
    if (faults.length > 0) context.exit(exitCodes.findings);
  });
}
