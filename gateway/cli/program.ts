/** The command line as a whole: global options, checks that hold for every command, and the commands. */

import type { Writable } from 'node:stream';
import { Command, Option, type CommanderError } from 'commander';
import about from '../../package.json' with { type: 'json' };
import type { ConfigOptions } from '../app/config.ts';
import { GatewayError } from '../model/errors.ts';
import type { CliContext } from './context.ts';
import type { Format } from './output.ts';

export interface ProgramOptions extends ConfigOptions {
  readonly output: Format;
}

/** Where a program writes, and the variables it reads. */
export interface ProgramStreams {
  readonly stdout: NodeJS.WriteStream | Writable;
  readonly stderr: NodeJS.WriteStream | Writable;
  readonly env: NodeJS.ProcessEnv;
}

function requireFormat(command: Command, format: Format): void {
  if (format === 'table' || format === 'json' || command.name() === (format === 'junit' ? 'test' : 'lint')) return;
  throw new GatewayError('E_REQUEST_INVALID', `this command has nothing to say in ${format}`, {
    fix: 'Use -o table or -o json.',
  });
}

/** An empty option or argument is a mistake: as a path it would mean the current folder. */
function refuseEmpty(root: Command, command: Command): void {
  const given = [root, command].flatMap((each) =>
    each.options
      .filter((option) => each.getOptionValueSource(option.attributeName()) === 'cli')
      .map((option) => {
        return { name: option.long ?? option.flags, value: each.getOptionValue(option.attributeName()) as unknown };
      }),
  );
  const operands = command.args.map((value, i) => ({
    name: command.registeredArguments[i]?.name() ?? 'argument',
    value,
  }));
  const empty = [...given, ...operands].find(({ value }) => typeof value === 'string' && value.trim() === '');
  if (empty === undefined) return;
  const fix = `Give a value, or leave ${empty.name} out.`;
  throw new GatewayError('E_REQUEST_INVALID', `${empty.name} is empty`, { at: empty.name, fix });
}

type AddCommands = (program: Command, context: CliContext) => void;

/** What adds commands to a program, by their first word. */
const commands: ReadonlyMap<string, () => Promise<AddCommands>> = new Map([
  ['demo', async () => (await import('./demo.ts')).demoCommand],
  ['serve', async () => (await import('./serve.ts')).serveCommand],
  ['operator', async () => (await import('./operator.ts')).operatorCommands],
  ['list', async () => (await import('./list.ts')).listCommands],
  ['exposure', async () => (await import('./exposure.ts')).exposureCommand],
  ['outcomes', async () => (await import('./outcomes.ts')).outcomesCommands],
  ['news', async () => (await import('./news.ts')).newsCommand],
  ['schedule', async () => (await import('./schedule.ts')).scheduleCommand],
  ['check', async () => (await import('./check.ts')).checkCommand],
  ['entry', async () => (await import('./entry.ts')).entryCommands],
  ['evidence', async () => (await import('./evidence.ts')).evidenceCommands],
  ['snapshot', async () => (await import('./snapshot.ts')).snapshotCommands],
  ['audit', async () => (await import('./audit.ts')).auditCommands],
  ['message', async () => (await import('./message.ts')).messageCommands],
  ['alarm', async () => (await import('./alarm.ts')).alarmCommands],
  ['client', async () => (await import('./client.ts')).clientCommands],
  ['partner', async () => (await import('./partner.ts')).partnerCommands],
  ['person', async () => (await import('./person.ts')).personCommands],
  ['login', async () => (await import('./login.ts')).loginCommands],
  ['logout', async () => (await import('./login.ts')).loginCommands],
  ['adapter', async () => (await import('./adapter.ts')).adapterCommands],
  ['explain', async () => (await import('./explain.ts')).explainCommand],
  ['key', async () => (await import('./key.ts')).keyCommands],
  ['simulate', async () => (await import('./simulate.ts')).simulateCommand],
  ['conformance', async () => (await import('./conformance.ts')).conformanceCommands],
  ['doctor', async () => (await import('./doctor.ts')).doctorCommand],
  ['backup', async () => (await import('./backup.ts')).backupCommands],
  ['restore', async () => (await import('./backup.ts')).backupCommands],
  ['retention', async () => (await import('./retention.ts')).retentionCommand],
  ['completion', async () => (await import('./completion.ts')).completionCommand],
]);

/** Version and help, as programs read them. */
function helpOf(text: string): Readonly<Record<string, string>> {
  return text.trimEnd() === about.version ? { version: about.version } : { help: text.trimEnd() };
}

export function newProgram({ stdout, stderr }: ProgramStreams): Command {
  const program = new Command('mra');
  const forPrograms = (): boolean => program.opts<ProgramOptions>().output === 'json';
  return program
    .configureOutput({
      writeOut: (text) => stdout.write(forPrograms() ? `${JSON.stringify(helpOf(text), null, 2)}\n` : text),
      writeErr: (text) => forPrograms() || stderr.write(text),
      outputError: () => undefined, // run() reports it
    })
    .description(
      'Exchange AEO lists with partner customs administrations, answer entries from them, prove the answers.',
    )
    .version(about.version)
    .option('--config <file>', 'settings (docs/gateway.example.yaml shows all)')
    .option('--data <folder>', 'embedded store and generated keys (default ./data)')
    .option('--home <code>', 'whose gateway this is')
    .addOption(
      new Option('-o, --output <format>', 'for people or for programs')
        .choices(['table', 'json', 'junit', 'sarif'])
        .default('table'),
    )
    .hook('preAction', (root, command) => {
      requireFormat(command, root.opts<ProgramOptions>().output);
      refuseEmpty(root, command);
    })
    .exitOverride();
}

/** `first`: the first word of a command line. Only its commands are loaded and added; all of them where it names none. */
export async function addCommands(program: Command, context: CliContext, first?: string): Promise<void> {
  const named = first === 'completion' || first === undefined ? undefined : commands.get(first);
  const added = await Promise.all((named === undefined ? [...commands.values()] : [named]).map((load) => load()));
  for (const addTo of new Set(added)) addTo(program, context);
}

/** What commander says of a wrong command line. */
export function usageError({ code, message }: CommanderError): GatewayError {
  const detail =
    code === 'commander.help' ? 'no command is named' : message.replace(/^error: /u, '').replaceAll('\n', ' ');
  return new GatewayError('E_REQUEST_INVALID', detail, {
    fix: 'mra --help shows the commands, mra COMMAND --help the options.',
  });
}
