/** The command line as a whole: global options, checks that hold for every command, and the commands. */

import type { Writable } from 'node:stream';
import { Command, Option, type CommanderError } from 'commander';
import about from '../../package.json' with { type: 'json' };
import type { ConfigOptions } from '../app/config.ts';
import { GatewayError } from '../model/errors.ts';
import { adapterCommands } from './adapter.ts';
import { alarmCommands } from './alarm.ts';
import { backupCommands } from './backup.ts';
import { auditCommands } from './audit.ts';
import { checkCommand } from './check.ts';
import { clientCommands } from './client.ts';
import { completionCommand } from './completion.ts';
import { conformanceCommands } from './conformance.ts';
import { demoCommand } from './demo.ts';
import { doctorCommand } from './doctor.ts';
import { evidenceCommands } from './evidence.ts';
import { entryCommands } from './entry.ts';
import { explainCommand } from './explain.ts';
import { keyCommands } from './key.ts';
import { listCommands } from './list.ts';
import { loginCommands } from './login.ts';
import { messageCommands } from './message.ts';
import { operatorCommands } from './operator.ts';
import { outcomesCommands } from './outcomes.ts';
import { partnerCommands } from './partner.ts';
import { personCommands } from './person.ts';
import { retentionCommand } from './retention.ts';
import { exposureCommand } from './exposure.ts';
import { newsCommand } from './news.ts';
import { scheduleCommand } from './schedule.ts';
import { serveCommand } from './serve.ts';
import { simulateCommand } from './simulate.ts';
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

const commands = [
  demoCommand,
  serveCommand,
  operatorCommands,
  listCommands,
  exposureCommand,
  outcomesCommands,
  newsCommand,
  scheduleCommand,
  checkCommand,
  entryCommands,
  evidenceCommands,
  auditCommands,
  messageCommands,
  alarmCommands,
  clientCommands,
  partnerCommands,
  personCommands,
  loginCommands,
  adapterCommands,
  explainCommand,
  keyCommands,
  simulateCommand,
  conformanceCommands,
  doctorCommand,
  backupCommands,
  retentionCommand,
  completionCommand,
];

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

export function addCommands(program: Command, context: CliContext): void {
  for (const addTo of commands) addTo(program, context);
}

/** What commander says of a wrong command line. */
export function usageError({ code, message }: CommanderError): GatewayError {
  const detail =
    code === 'commander.help' ? 'no command is named' : message.replace(/^error: /u, '').replaceAll('\n', ' ');
  return new GatewayError('E_REQUEST_INVALID', detail, {
    fix: 'mra --help shows the commands, mra COMMAND --help the options.',
  });
}
