/** The program: the command line, and a gateway that serves, composed of doors, dispatcher, fetchers and consumers. */

import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { Writable } from 'node:stream';
import { Command, CommanderError, Option } from 'commander';
import about from '../package.json' with { type: 'json' };
import { adapterTools, openGateway, schemas, type OpenGateway } from './app/composition.ts';
import { adapterCommands } from './cli/adapter.ts';
import { checkCommand } from './cli/check.ts';
import { completionCommand } from './cli/completion.ts';
import { conformanceCommands } from './cli/conformance.ts';
import type { CliContext, Serving } from './cli/context.ts';
import { demoCommand } from './cli/demo.ts';
import { doctorCommand } from './cli/doctor.ts';
import { entryCommands } from './cli/entry.ts';
import { explainCommand } from './cli/explain.ts';
import { keyCommands } from './cli/key.ts';
import { listCommands } from './cli/list.ts';
import { messageCommands } from './cli/message.ts';
import { operatorCommands } from './cli/operator.ts';
import { exitCodes, makeOutput, type ExitCode, type Format, type Output } from './cli/output.ts';
import { serveCommand } from './cli/serve.ts';
import { simulateCommand } from './cli/simulate.ts';
import { loadConfig, type Config, type ConfigOptions } from './app/config.ts';
import { runDispatcher } from './outbound/delivery.ts';
import { borderDoor } from './doors/border.ts';
import { exchangeDoor, type ExchangeRoute } from './doors/exchange.ts';
import { getPartner } from './gateway.ts';
import { receiveAcknowledgement } from './outbound/settle.ts';
import { answerPoll } from './outbound/answer-poll.ts';
import { runPolling } from './inbound/poll-partners.ts';
import { receiveMessage, type ReceiveResult } from './inbound/receive-message.ts';
import { largeMessageBytes } from './app/large-message-worker.ts';
import { asGatewayError, GatewayError } from './model/errors.ts';
import type { RawMessage } from './model/message.ts';
import { certificatesIn, readPem } from './app/partners.ts';
import { watchClock } from './app/clock-watch.ts';
import { openAdapterReloader } from './app/reload.ts';
import { openServer } from './app/servers.ts';
import type { PostedReply, PostedRequest } from './model/clearance/posted-request.ts';
import type { DoorHooks } from './rehearsal/simulator.ts';
import { fingerprint } from './wire/signature/certificates.ts';
import { exchangeServerOptions } from './wire/transport/https.ts';

/** A server that stops waits so long for requests in progress. */
const openRequestsMs = 8_000;

/** A whole request must arrive within half a minute: a drop every few seconds is no progress. */
const borderServerOptions = { headersTimeout: 15_000, requestTimeout: 30_000, connectionsCheckingInterval: 5_000 };

type Receive = (raw: RawMessage) => Promise<ReceiveResult>;

/** Opens the doors, consumes from the broker, and starts dispatching and polling. `hooks`: what a rehearsal puts in front of them. */
export async function serve(gateway: OpenGateway, hooks: DoorHooks = {}): Promise<Serving> {
  const { config, log } = gateway;
  const adapters = await openAdapterReloader(gateway);
  const receiveAnySize: Receive = (raw) =>
    raw.bytes.length < largeMessageBytes ? receiveMessage(gateway, raw) : adapters.receive(raw);
  const receive: Receive = (raw) => hooks.receive?.(raw, receiveAnySize) ?? receiveAnySize(raw);
  const answerLarge = (posted: PostedRequest): Promise<PostedReply> => adapters.answer(posted);
  const borderListener = borderDoor({ ...gateway, schemas, hosts: config.border.hosts, answerLarge });
  const exchange = await openServer(exchangeServer(gateway, receive, hooks), 'exchange', config);
  const borderServer = createHttpServer(borderServerOptions, borderListener);
  const border = await openServer(borderServer, 'border', config).catch(async (error: unknown) => {
    await exchange.close(0); // an open door keeps the process alive
    throw error;
  });
  const consumers = await consumeAll(gateway, receive);
  const stopping = new AbortController();
  const dispatching = runDispatcher(gateway, stopping.signal, hooks.heals);
  const polling = runPolling(gateway, receive, stopping.signal);
  const watching = watchClock(gateway, () => performance.now(), stopping.signal);
  log.info('doors open', { host: config.exchange.host, port: exchange.port });
  return {
    exchangeUrl: `https://${config.exchange.host}:${exchange.port}`,
    borderUrl: `http://${config.border.host}:${border.port}`,
    reload: (folders) => adapters.reload(folders),
    async stop() {
      stopping.abort();
      const doors = [exchange.close(openRequestsMs), border.close(openRequestsMs)];
      await Promise.all([...doors, ...consumers.map((consumer) => consumer.stop())]);
      await Promise.all([dispatching, polling, watching]);
      await adapters.close();
    },
  };
}

function exchangeServer(gateway: OpenGateway, receive: Receive, { around = (door) => door }: DoorHooks): Server {
  const { config, keyring, log } = gateway;
  const fingerprints = new Map<string, string>();
  const ca: string[] = [];
  for (const [code, { certificates }] of Object.entries(config.partners)) {
    for (const certificate of certificatesIn(certificates.tls)) fingerprints.set(fingerprint(certificate), code);
    ca.push(...certificates.anchors.map(readPem));
  }
  const door = exchangeDoor({
    partnerOf: (print) => fingerprints.get(print),
    receive,
    poll: (code) => answerPoll(gateway, code),
    routes: exchangeRoutes(gateway),
    acknowledge: (code, bytes) => receiveAcknowledgement(gateway, getPartner(gateway, code), bytes),
    now: gateway.now,
    maxBytes: config.exchange.maxBytes,
    hosts: config.exchange.hosts,
    log,
  });
  const { cert, key } = keyring.tls;
  return createHttpsServer(exchangeServerOptions({ cert, key, ca }), around(door));
}

/** The paths that adapters name for partners of another make. */
function exchangeRoutes({ partners }: OpenGateway): ExchangeRoute[] {
  return [...partners.values()].flatMap(({ code: partner, adapter: { exchange } }) => {
    if (exchange.receive === undefined) return [];
    const { path, acknowledgements, statuses } = exchange.receive;
    const messages = { partner, path, takes: 'message', statuses } as const;
    const later = { partner, takes: 'acknowledgement', statuses } as const;
    return acknowledgements === undefined ? [messages] : [messages, { ...later, path: acknowledgements }];
  });
}

/** One consumer for each partner that sends over the broker. The receipt returns the same way; if it is lost, the partner sends again. */
async function consumeAll(gateway: OpenGateway, receive: Receive): Promise<readonly { stop(): Promise<void> }[]> {
  const { broker } = gateway;
  if (broker === undefined) return [];
  const partners = [...gateway.partners.values()].filter(
    ({ code, adapter }) => (gateway.config.partners[code]?.transport ?? adapter.transport) === 'amqp',
  );
  const link = await broker.link();
  return await Promise.all(
    partners.map(({ code, transport }) =>
      link.consume({ from: code, to: gateway.home.country }, async ({ bytes, messageId }) => {
        const raw = {
          partner: code,
          via: 'amqp',
          bytes,
          receivedAt: gateway.now().toISOString(),
          ...(messageId === undefined ? {} : { hintedId: messageId }),
        } as const;
        const { receipt } = await receive(raw);
        if (receipt === undefined || transport === undefined) return;
        const { kind, evidence } = await transport.send(receipt);
        gateway.log.info('receipt sent', { partner: code, messageId: receipt.id, state: kind, evidence });
      }),
    ),
  );
}

interface ProgramOptions extends ConfigOptions {
  readonly output: Format;
}

/** Where a program writes, and the variables it reads. */
interface ProgramStreams {
  readonly stdout: NodeJS.WriteStream | Writable;
  readonly stderr: NodeJS.WriteStream | Writable;
  readonly env: NodeJS.ProcessEnv;
}

function contextOf(program: Command, { stdout, stderr, env }: ProgramStreams, exit: CliContext['exit']): CliContext {
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
  checkCommand,
  entryCommands,
  messageCommands,
  adapterCommands,
  explainCommand,
  keyCommands,
  simulateCommand,
  conformanceCommands,
  doctorCommand,
  completionCommand,
];

function newProgram({ stdout, stderr }: ProgramStreams): Command {
  const program = new Command('mra');
  const forPrograms = (): boolean => program.opts<ProgramOptions>().output === 'json';
  return program
    .configureOutput({
      writeOut: (text) => stdout.write(text),
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

/** The command line, not parsed yet. */
export function programOf(
  streams: ProgramStreams,
  exit: CliContext['exit'],
): { program: Command; context: CliContext } {
  const program = newProgram(streams);
  const context = contextOf(program, streams, exit);
  for (const addTo of commands) addTo(program, context);
  return { program, context };
}

/** Runs one command line; returns its exit code. */
export async function run(argv: readonly string[], streams: ProgramStreams = process): Promise<ExitCode> {
  let exitCode: ExitCode = exitCodes.done;
  const { program, context } = programOf(streams, (code) => (exitCode = code));
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

function usageError({ code, message }: CommanderError): GatewayError {
  const detail =
    code === 'commander.help' ? 'no command is named' : message.replace(/^error: /u, '').replaceAll('\n', ' ');
  return new GatewayError('E_REQUEST_INVALID', detail, {
    fix: 'mra --help shows the commands, mra COMMAND --help the options.',
  });
}

/** Runs one command line and sets the exit code of the process. */
export async function main(argv: readonly string[]): Promise<void> {
  process.exitCode = await run(argv);
}
