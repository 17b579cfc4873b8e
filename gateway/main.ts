/** The program: one command line, from its words to its exit code. */

import type { CliContext } from './cli/context.ts';
import { exitCodes, type ExitCode } from './cli/output.ts';
import type { ProgramStreams } from './cli/program.ts';
import { runCommandLine } from './cli/run.ts';
import { faultFields, makeLog } from './wire/log.ts';

/** Loaded when doors open: most commands need neither doors nor the console. */
const serve: CliContext['serve'] = async (gateway, hooks) => {
  const service = await import('./serve.ts');
  return await service.serve(gateway, hooks);
};

/** Runs one command line; returns its exit code. */
export const run = (argv: readonly string[], streams: ProgramStreams = process): Promise<ExitCode> =>
  runCommandLine(serve, argv, streams);

/** Runs one command line and sets the exit code of the process. */
export async function main(argv: readonly string[]): Promise<void> {
  let lost: NodeJS.ErrnoException | undefined;
  // If the reader has gone (`| head`), the command completes all the same. A full disk is an error, said once.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE' || lost !== undefined) return;
    lost = error;
    process.stderr.write(`The result could not be written to standard output (${error.code ?? 'unknown'}).\n`);
    process.exitCode = exitCodes.output_lost;
  });
  process.stderr.on('error', () => undefined); // there is no other place to report it
  // A defect: what was in memory cannot be relied on any more, and the store survives it as a crash.
  process.on('uncaughtException', (error) => {
    makeLog({ level: 'error' }).error('ended by a defect', faultFields(error));
    process.exit(exitCodes.internal_error);
  });
  const code = await run(argv);
  process.exitCode = lost === undefined ? code : exitCodes.output_lost;
}
