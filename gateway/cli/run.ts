/** Runs one command line: makes what commands receive, and turns what they throw into output and an exit code. */

import { CommanderError, type Command } from 'commander';
import { adapterTools } from '../app/adapter-tools.ts';
import { loadConfig, type Config } from '../app/config.ts';
import { asGatewayError } from '../model/errors.ts';
import type { CliContext } from './context.ts';
import { exitCodes, makeOutput, type ExitCode, type Output } from './output.ts';
import { addCommands, newProgram, usageError, type ProgramOptions, type ProgramStreams } from './program.ts';

function contextOf(
  program: Command,
  { stdout, stderr, env }: ProgramStreams,
  exit: CliContext['exit'],
  serve: CliContext['serve'],
): CliContext {
  const tools = adapterTools();
  const options = (): ProgramOptions => program.opts();
  const config = (): Config => loadConfig(options(), env);
  let out: Output | undefined;
  return {
    // Created on first use, after the options are parsed.
    get out() {
      return (out ??= makeOutput({ stdout, stderr, format: options().output }));
    },
    tools,
    config,
    async open(settings = config(), reading = false) {
      // Loaded when a gateway opens: it has twice as many modules as the rest of the program.
      const { openGateway } = await import('../app/composition.ts');
      return await openGateway(settings, tools, reading);
    },
    serve,
    exit,
  };
}

/** Runs one command line; returns its exit code. `serve`: opens the doors of a gateway. */
export async function runCommandLine(
  serve: CliContext['serve'],
  argv: readonly string[],
  streams: ProgramStreams,
): Promise<ExitCode> {
  let exitCode: ExitCode = exitCodes.done;
  const program = newProgram(streams);
  const context = contextOf(program, streams, (code) => (exitCode = code), serve);
  // --version and --help print before the options behind them are read.
  if (/\0(?:-o[\0=]?|--output[\0=])json(?:\0|$)/u.test(argv.join('\0'))) program.setOptionValue('output', 'json');
  try {
    const [first] = program.parseOptions(argv.slice(2)).operands;
    await addCommands(program, context, first);
    await program.parseAsync([...argv]);
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) return context.out.fail(asGatewayError(error));
    if (error.exitCode === 0) return exitCodes.done;
    if (error.code === 'commander.help' && context.out.format !== 'json') return exitCodes.usage;
    return context.out.fail(usageError(error));
  }
}
