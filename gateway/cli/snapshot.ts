/** `mra snapshot …`: signed copies of the register for posts without a network, and what was answered with them. */

import { join } from 'node:path';
import type { Command } from 'commander';
import { schemas } from '../app/adapter-tools.ts';
import { isClientName } from '../model/client.ts';
import { GatewayError, isGatewayError } from '../model/errors.ts';
import { present } from '../model/present.ts';
import { snapshotFile, verifyPage, type FileOrder } from '../offline/border-page.ts';
import { readDelta, readSnapshot } from '../offline/read-snapshot.ts';
import { reconcile, type OfflineConsultation } from '../offline/reconcile.ts';
import type { SnapshotHead } from '../offline/snapshot.ts';
import { parseStrictJson } from '../wire/files/json.ts';
import { jsonValidator } from '../wire/xsd/schema.ts';
import { withGateway, type CliContext } from './context.ts';
import { readInput, wholeNumber, writeOutput } from './input.ts';
import { exitCodes } from './output.ts';

interface FileOptions extends FileOrder {
  readonly out: string;
}

export function snapshotCommands(program: Command, context: CliContext): void {
  const snapshot = program.command('snapshot').description('answer at posts without a network, from signed copies');
  const days = (text: string): number => wholeNumber('--days', 1, 31)(text); // as border.snapshotDays
  snapshot
    .command('get')
    .description('a signed copy of the register, or what changed since an earlier one')
    .requiredOption('--out <file>', 'where to write it')
    .option('--from <id>', 'id of the copy that is there already: only what changed since')
    .option('--days <n>', 'days after today on which it still answers', days)
    .action((options: FileOptions) => makeFile(context, options, 'mra snapshot verify FILE --key FILE'));
  snapshot
    .command('page')
    .description('the border in one file: a page for a browser, with a copy of the register in it')
    .requiredOption('--out <file>', 'where to write it')
    .option('--client <name>', 'the client whose answers they will be', ofCommands)
    .option('--days <n>', 'days after today on which it still answers', days)
    .action(({ client, ...options }: FileOptions & { readonly client: string }) =>
      makeFile(context, { ...options, pageOf: clientOf(client) }, 'mra snapshot reconcile FILE'),
    );
  snapshot
    .command('apply <held> <delta>')
    .description('bring a copy up to date with what changed, without a store or a network')
    .requiredOption('--key <file>', 'file with the public key of the log (mra audit key)')
    .requiredOption('--out <file>', 'where to write the whole copy')
    .action((held: string, delta: string, options: { readonly key: string; readonly out: string }) =>
      apply(context, [held, delta], options),
    );
  snapshot
    .command('verify <file>')
    .description('verify a copy or a page, without a store or a network')
    .requiredOption('--key <file>', 'file with the public key of the log (mra audit key), from a source you trust')
    .action((file: string, { key }: { readonly key: string }) => verify(context, file, key));
  snapshot
    .command('reconcile <file>')
    .description('record the answers that a page saved')
    .action((file: string) => bringBack(context, file));
}

const ofCommands = 'command-line';

function clientOf(name: string): string {
  if (name === ofCommands || isClientName(name)) return name;
  throw new GatewayError('E_REQUEST_INVALID', 'no client has such a name', { at: '--client', fix: 'mra client list' });
}

async function makeFile(context: CliContext, { out: file, ...order }: FileOptions, next: string): Promise<void> {
  await withGateway(context, async (gateway) => {
    const { id, bytes } = await snapshotFile(gateway, { days: gateway.config.border.snapshotDays, ...order });
    writeOutput(file, bytes);
    context.out.result({ id, file, bytes: bytes.length }, [{ file, bytes: bytes.length, id }]);
    context.out.next(next);
  });
}

function apply(
  { out }: CliContext,
  [held, delta]: readonly [held: string, delta: string],
  { key: keyFile, out: file }: { readonly key: string; readonly out: string },
): void {
  const key = readInput(keyFile).toString();
  const { head, bytes } = readDelta(readSnapshot(readInput(held), key), readInput(delta), key);
  writeOutput(file, bytes);
  out.result({ file, ...shown(head) }, [{ file, ...shown(head) }]);
}

function verify({ out }: CliContext, file: string, keyFile: string): void {
  const [bytes, key] = [readInput(file), readInput(keyFile).toString()];
  const head = bytes[0] === 0x1f ? readSnapshot(bytes, key).head : verifyPage(bytes.toString(), key);
  out.result(shown(head), [shown(head)]);
}

function shown({ id, created_at, last_day, home, partners }: SnapshotHead) {
  const records = partners.reduce((sum, { lines }) => sum + lines, 0);
  return { home, created_at, last_day, partners: partners.length, records, id };
}

async function bringBack(context: CliContext, file: string): Promise<void> {
  const validator = jsonValidator<{ readonly consultations: readonly OfflineConsultation[] }>(
    join(schemas, 'offline-consultations.schema.json'),
  );
  const verdict = validator(parseStrictJson(readInput(file)));
  if (!verdict.ok)
    throw new GatewayError('E_REQUEST_INVALID', 'not a file that a border page saved', {
      at: `${file}${verdict.errors[0]?.pointer ?? ''}`,
    });
  await withGateway(context, async (gateway) => {
    const { consultations } = verdict.value;
    const results = await reconcile(gateway, { consultations, client: ofCommands, ownOnly: false });
    const rows = results.map((result, i) => {
      const number = consultations[i]?.answer.proof.consultation_number ?? '';
      if (isGatewayError(result)) return { number, result: 'refused', code: result.code, detail: result.detail };
      return present({ number, result: result.result, outcome_expected: result.outcome_expected });
    });
    context.out.result(rows, rows);
    if (rows.some(({ result }) => result === 'refused')) context.exit(exitCodes.findings);
    context.out.next('mra audit verify');
  });
}
