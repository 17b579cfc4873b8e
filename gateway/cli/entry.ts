/** `mra entry assess FILE…`: assesses declarations from files, as JSON or as XML of a known profile. */

import { basename, join } from 'node:path';
import type { Command } from 'commander';
import { assess, type Clearance } from '../clearance/requests.ts';
import { programFolder } from '../app/config.ts';
import type { Assessment, AssessedParty } from '../model/clearance/assessment.ts';
import { shownConsultationNumber } from '../model/clearance/number-form.ts';
import { asGatewayError } from '../model/errors.ts';
import { loadEntryFormats, readEntry, type EntryFormats } from '../wire/files/entry-formats.ts';
import type { ReadEntry } from '../wire/files/entry-reader.ts';
import { withGateway, type CommandContext } from './context.ts';
import { readInput } from './input.ts';
import { exitCodes, failureOf, type Output, type Row } from './output.ts';

interface AssessOptions {
  readonly profile?: string;
}

export function entryCommands(program: Command, context: CommandContext<Clearance>): void {
  const entry = program.command('entry').description('declarations at the border');
  entry
    .command('assess <file...>')
    .description('assess declarations: JSON, or XML of a profile in schemas/entry-profiles')
    .option('--profile <name>', 'the format; by default found from the document')
    .action((files: string[], options: AssessOptions) =>
      withGateway(context, (clearance) => run(context, clearance, files, options)),
    );
}

/** A faulty file is reported, and the run continues with the next; a fault of ours ends the run. */
async function run(
  context: CommandContext<Clearance>,
  clearance: Clearance,
  files: readonly string[],
  { profile }: AssessOptions,
): Promise<void> {
  const { out } = context;
  const formats = loadEntryFormats(join(programFolder, 'schemas'));
  const results: {
    readonly file: string;
    readonly assessment?: Assessment;
    readonly code?: string;
    readonly error?: unknown;
  }[] = [];
  for (const path of files) {
    const file = basename(path);
    try {
      const assessment = await assess(
        clearance,
        readFile(path, formats, { profile, timeZone: clearance.home.timeZone }),
        'command-line',
      );
      results.push({ file, assessment });
      if (out.format === 'table') show(out, file, assessment);
    } catch (thrown) {
      const error = asGatewayError(thrown);
      if (['internal', 'configuration', 'transport'].includes(error.kind.category)) throw thrown;
      if (out.format === 'table') {
        out.note(`${file}:`);
        out.fail(error);
      }
      results.push({ file, code: error.code, error: failureOf(error) });
    }
  }
  if (out.format === 'json') out.json(results);
  const failed = results.filter(({ code }) => code !== undefined).length;
  if (failed > 0) context.exit(failed === files.length ? exitCodes.findings : exitCodes.partly);
  if (failed < files.length) out.next('keep the numbers with the entries');
}

function readFile(file: string, formats: EntryFormats, options: Parameters<typeof readEntry>[3]): ReadEntry {
  const bytes = readInput(file);
  // The first characters of UTF-16 are read with zero bytes between them.
  const isXml = /^[^\w[{]*</u.test(bytes.toString('latin1', 0, 64));
  return readEntry(bytes, isXml ? 'application/xml' : 'application/json', formats, options);
}

function show(out: Output, file: string, assessment: Assessment): void {
  const { decision, entry, benefits, parties, warnings, valid_until: until } = assessment;
  const entryText = entry === undefined ? '' : `, entry ${entry}`;
  out.print(`${decision.replaceAll('_', ' ').toUpperCase()}  ${file}${entryText}`);
  for (const { code, name, because } of benefits) out.print(`  ${code} ${name} (${because.join(', ')})`);
  if (until !== undefined) out.print(`  valid until ${until}`);
  out.table(parties.map(rowOf));
  for (const warning of warnings) out.note(`  ${warning}`);
  for (const { n, warnings: found = [] } of parties)
    for (const { code, text } of found) out.note(`  party ${n}: ${code} ${text}`);
  out.print(`  ${assessment.assessment}`);
}

function rowOf(party: AssessedParty): Row {
  const { n, role, partner, outcome, not_checked: why = '', consultation_number: number } = party;
  return {
    n,
    role,
    partner,
    outcome: outcome ?? `not checked: ${why.replaceAll('_', ' ')}`,
    counts: party.counts_for_benefit ? 'yes' : 'no',
    number: number === undefined ? undefined : shownConsultationNumber(number),
  };
}
