/** Runs one command line: makes what commands receive, and turns what they throw into output and an exit code. */

import { CommanderError, type Command } from 'commander';
import { adapterTools, openGateway } from '../app/composition.ts';
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
    open: (settings = config(), reading = false) => openGateway(settings, tools, reading),
    serve,
    exit,
  };
}

/** The command line, not parsed yet. `serve`: opens the doors of a gateway. */
export function commandLine(
  serve: CliContext['serve'],
  streams: ProgramStreams,
  exit: CliContext['exit'],
): { program: Command; context: CliContext } {
  const program = newProgram(streams);
  const context = contextOf(program, streams, exit, serve);
  addCommands(program, context);
  return { program, context };
}

/** Runs one command line; returns its exit code. */
export async function runCommandLine(
  serve: CliContext['serve'],
  argv: readonly string[],
  streams: ProgramStreams,
): Promise<ExitCode> {
  let exitCode: ExitCode = exitCodes.done;
  const { program, context } = commandLine(serve, streams, (code) => (exitCode = code));
  // --version and --help print before the options behind them are read.
  if (/\0(?:-o[\0=]?|--output[\0=])json(?:\0|$)/u.test(argv.join('\0'))) program.setOptionValue('output', 'json');
  try {
    await program.parseAsync([...argv]);
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) return context.out.fail(asGatewayError(error));
    if (error.exitCode === 0) return exitCodes.done;
    if (error.code === 'commander.help' && context.out.format !== 'json') return exitCodes.usage;
    return context.out.fail(usageError(error));
  }
}
