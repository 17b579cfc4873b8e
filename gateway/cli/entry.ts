/** `mra entry assess FILE…`: whole declarations from files, as JSON or as XML of a known profile. */

import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Command } from 'commander';
import { assess, type Clearance } from '../clearance/requests.ts';
import { programFolder } from '../app/config.ts';
import type { Assessment, AssessedParty } from '../model/clearance/assessment.ts';
import { shownConsultationNumber } from '../model/clearance/consultation-number.ts';
import { asGatewayError, GatewayError } from '../model/errors.ts';
import { loadEntryFormats, readEntry, type EntryFormats } from '../wire/files/entry-formats.ts';
import { withClearance, type ClearanceContext } from './check.ts';
import { exitCodes, type Cell } from './output.ts';

interface AssessOptions {
  readonly profile?: string;
}

export function entryCommands(program: Command, context: ClearanceContext): void {
  const entry = program.command('entry').description('declarations at the border');
  entry
    .command('assess <file...>')
    .description('assess whole declarations: JSON, or XML of a profile in schemas/entry-profiles')
    .option('--profile <name>', 'the format; found from the document if absent')
    .action((files: string[], options: AssessOptions) =>
      withClearance(context, (clearance) => run(context, clearance, files, options)),
    );
}

/** Each file by itself: one that cannot be read is told, and the others are assessed. */
async function run(
  context: ClearanceContext,
  clearance: Clearance,
  files: readonly string[],
  options: AssessOptions,
): Promise<void> {
  const { out } = context;
  const formats = loadEntryFormats(join(programFolder, 'schemas'));
  const results: { readonly file: string; readonly assessment?: Assessment; readonly code?: string }[] = [];
  for (const file of files) {
    try {
      const assessment = await assess(clearance, readFile(file, formats, options.profile), 'command-line');
      results.push({ file: basename(file), assessment });
      if (out.format === 'table') show(context, file, assessment);
    } catch (error) {
      const known = asGatewayError(error);
      // What is wrong with the file is told and passed over; what is wrong with us ends the run.
      if (
        known.kind.category === 'internal' ||
        known.kind.category === 'configuration' ||
        known.kind.category === 'transport'
      )
        throw error;
      out.note(`${basename(file)}:`);
      out.fail(known);
      results.push({ file: basename(file), code: known.code });
    }
  }
  if (out.format === 'json') out.json(results);
  const failed = results.filter(({ code }) => code !== undefined).length;
  if (failed > 0) context.exit(failed === files.length ? exitCodes.findings : exitCodes.partly);
  out.next('keep the numbers with the entries');
}

function readFile(file: string, formats: EntryFormats, profile: string | undefined): ReturnType<typeof readEntry> {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (cause) {
    throw new GatewayError('E_FILE_UNREADABLE', 'the file could not be opened', { at: file, cause });
  }
  // The first character that is not blank tells: XML begins with `<`.
  const start = new TextDecoder().decode(bytes.subarray(0, 64)).trimStart();
  return readEntry(bytes, start.startsWith('<') ? 'application/xml' : 'application/json', formats, profile);
}

function show({ out }: ClearanceContext, file: string, assessment: Assessment): void {
  const { decision, entry, benefits, parties, warnings, valid_until: until } = assessment;
  out.print(
    `${decision.replaceAll('_', ' ').toUpperCase()}  ${basename(file)}${entry === undefined ? '' : `, entry ${entry}`}`,
  );
  for (const { code, name, because } of benefits) out.print(`  ${code} ${name} (${because.join(', ')})`);
  if (until !== undefined) out.print(`  holds until ${until}`);
  out.table(parties.map(rowOf));
  for (const warning of warnings) out.note(`  ${warning}`);
  out.print(`  ${assessment.assessment}`);
}

function rowOf(party: AssessedParty): Readonly<Record<string, Cell>> {
  const {
    n,
    role,
    partner,
    outcome,
    not_checked: why,
    counts_for_benefit: counts,
    consultation_number: number,
  } = party;
  return {
    n,
    role,
    partner,
    outcome: outcome ?? `not checked: ${(why ?? '').replaceAll('_', ' ')}`,
    counts: counts ? 'yes' : 'no',
    number: number === undefined ? undefined : shownConsultationNumber(number),
  };
}
