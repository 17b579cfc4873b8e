/** `mra evidence …`: proof of an answer for somebody who does not trust this gateway. */

import type { Command } from 'commander';
import { evidenceFor, readEvidence } from '../audit/evidence.ts';
import { printedEvidence } from '../audit/printed-evidence.ts';
import { placeOfConsultation } from '../clearance/requests.ts';
import { withGateway, type CliContext } from './context.ts';
import { readInput, writeOutput } from './input.ts';

export function evidenceCommands(program: Command, context: CliContext): void {
  const evidence = program.command('evidence').description('prove an answer to others');
  evidence
    .command('get <number>')
    .description('the evidence for the answer with this consultation number')
    .option('--out <file>', 'write to this file instead of standard output')
    .option('--print', 'a page to print, with a QR code of the evidence')
    .action((number: string, { out: file, print = false }: { readonly out?: string; readonly print?: boolean }) =>
      withGateway(context, async ({ db, answers, sealer }) => {
        const evidence = await evidenceFor(db.sql, sealer, await placeOfConsultation({ answers }, number));
        const text = print ? printedEvidence(evidence) : evidence;
        if (file === undefined) return context.out.print(text.trimEnd());
        writeOutput(file, text);
        context.out.next(`mra evidence verify ${file} --key FILE`);
      }),
    );
  evidence
    .command('verify <file>')
    .description('verify evidence, without a store or a network: a file, a printed page, or the text of its QR code')
    .requiredOption('--key <file>', 'file with the public key of the log (mra audit key), from a source you trust')
    .action((file: string, { key }: { readonly key: string }) => {
      const { proven } = readEvidence(readInput(file).toString(), readInput(key).toString(), file);
      const { identifier = '', name = '', status = '', message = '', advice, ...rest } = proven;
      const advised = [advice.action, ...advice.benefits].join(' ');
      context.out.result(proven, [{ ...rest, identifier, name, status, advice: advised, message }]);
    });
}
