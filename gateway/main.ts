/** The program: the command line, and a gateway that serves, composed of doors, dispatcher, fetchers and consumers. */

import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { CommanderError, type Command } from 'commander';
import { adapterTools, openGateway, schemas, type OpenGateway } from './app/composition.ts';
import type { CliContext, Serving } from './cli/context.ts';
import { addCommands, newProgram, usageError, type ProgramOptions, type ProgramStreams } from './cli/program.ts';
import { exitCodes, makeOutput, type ExitCode, type Output } from './cli/output.ts';
import { consumeAll } from './app/brokers.ts';
import { loadConfig, type Config } from './app/config.ts';
import { secretText } from './app/credentials.ts';
import { runDispatcher } from './outbound/delivery.ts';
import { borderDoor } from './doors/border.ts';
import { exchangeDoor, type ExchangeDoor, type ExchangeRoute } from './doors/exchange.ts';
import { getPartner, type Gateway } from './gateway.ts';
import { receiveAcknowledgement } from './outbound/settle-by-answer.ts';
import { answerPoll } from './outbound/answer-poll.ts';
import { runPolling } from './inbound/poll-partners.ts';
import { receiveAtDoor } from './inbound/receive-at-door.ts';
import { receiveMessage, type ReceiveResult } from './inbound/receive-message.ts';
import { isLarge, takesLong, type LargeMessageWorker } from './app/large-message-worker.ts';
import { sha256 } from './model/canonical-json.ts';
import { asGatewayError } from './model/errors.ts';
import type { RawMessage } from './model/message.ts';
import { watchClock } from './app/clock-watch.ts';
import { logTaken, warnOfWeakEvidence, watchPartners } from './app/partner-watch.ts';
import { takeTurns } from './app/turns.ts';
import { openAdapterReloader } from './app/reload.ts';
import type { DoorTrust } from './app/settings-reload.ts';
import { openServer, openServers } from './app/servers.ts';
import type { PostedReply, PostedRequest } from './model/clearance/posted-request.ts';
import type { DoorHooks } from './rehearsal/simulator.ts';
import { keepRegisterIndex } from './store/register-index.ts';
import { faultFields } from './wire/log.ts';
import { joinedMessage } from './wire/signature/detached.ts';
import { trackConnections } from './wire/transport/https-connections.ts';
import { exchangeLimits, exchangeServerOptions } from './wire/transport/https.ts';

/** A server that stops waits so long for requests in progress. */
const openRequestsMs = 8_000;

/** A whole request must arrive within half a minute: a drop every few seconds is no progress. */
const borderServerOptions = { headersTimeout: 15_000, requestTimeout: 30_000, connectionsCheckingInterval: 5_000 };

type Receive = (raw: RawMessage) => Promise<ReceiveResult>;

/** Opens the doors, consumes from the broker, and starts dispatching and polling. `hooks`: what a rehearsal puts in front of them. */
export async function serve(gateway: OpenGateway, hooks: DoorHooks = {}): Promise<Serving> {
  const { config, log } = gateway;
  const adapters = await openAdapterReloader(gateway);
  const anySize = receiveAnySize(gateway, adapters);
  const receive: Receive = (raw) => hooks.receive?.(raw, anySize) ?? anySize(raw);
  const answerLarge = (posted: PostedRequest): Promise<PostedReply> => adapters.answer(posted);
  const register = keepRegisterIndex(gateway.db, (error) =>
    log.warn('the register cannot be read into memory', faultFields(error)),
  );
  const { index } = register;
  const borderListener = borderDoor({ ...gateway, index, schemas, hosts: config.border.hosts, answerLarge });
  const door = exchangeServer(gateway, { receive, worker: adapters }, hooks);
  const exchange = await openServers(door.servers);
  const borderServer = createHttpServer(borderServerOptions, borderListener);
  const border = await openServer(borderServer, 'border', config.border).catch(async (error: unknown) => {
    await exchange.close(0); // an open door keeps the process alive
    throw error;
  });
  const work = await openWork(gateway, { receive, scheduled: hooks.scheduled, renew: door.renew, adapters });
  log.info('doors open', { host: config.exchange.host, port: exchange.port });
  return {
    ...work,
    exchangeUrl: `https://${config.exchange.host}:${exchange.port}`,
    borderUrl: `http://${config.border.host}:${border.port}`,
    async stop() {
      const doors = [exchange.close(openRequestsMs), border.close(openRequestsMs)];
      await Promise.all([...doors, work.stop(), register.stop()]);
      await adapters.close();
    },
  };
}

type Adapters = Awaited<ReturnType<typeof openAdapterReloader>>;

/** Works for the partners of the settings, and of other settings once these are taken: also those that a command has changed in the store. */
async function openWork(
  gateway: OpenGateway,
  { adapters, renew, ...how }: WorkHow & { readonly adapters: Adapters; readonly renew: () => void },
): Promise<Pick<Serving, 'reload' | 'takeSettings' | 'stop'>> {
  let settings = gateway.config;
  let work = await startWork(gateway, settings, how);
  const inTurn = takeTurns();
  const takeSettings: Serving['takeSettings'] = (next) =>
    inTurn(async () => {
      settings = next;
      const { results, inUse } = await gateway.takeSettings(next);
      renew();
      // What is being sent may take minutes; its lease keeps it from being sent twice.
      work = await startWork(gateway, inUse, how, work);
      logTaken(gateway, results);
      await adapters.takeSettings(inUse);
      return [...results, ...(await adapters.reload())];
    });
  const stopping = new AbortController();
  const watching = watchPartners(gateway, () => takeSettings(settings), stopping.signal);
  return {
    reload: (folders) => inTurn(() => adapters.reload(folders)),
    takeSettings,
    async stop() {
      stopping.abort();
      await Promise.all([watching, inTurn(() => work.stop())]);
    },
  };
}

function receiveAnySize(gateway: Gateway, worker: Pick<LargeMessageWorker, 'receive'>): Receive {
  return async (raw) =>
    (await takesLong(gateway, raw)) ? await worker.receive(raw) : await receiveMessage(gateway, raw);
}

interface Work {
  /** Starts nothing more; resolves when all is done that was begun. */
  stop(): Promise<void>;
}

interface WorkHow {
  readonly receive: Receive;
  readonly scheduled: DoorHooks['scheduled'];
}

/** Dispatching, polling, consuming and watching the clock for the partners of these settings, in place of the work `before`. */
async function startWork(
  gateway: OpenGateway,
  config: Config,
  { receive, scheduled }: WorkHow,
  before?: Work,
): Promise<Work> {
  const ended = before?.stop();
  if (config.environment === 'production') warnOfWeakEvidence(gateway);
  const stopping = new AbortController();
  const dispatching = runDispatcher(gateway, stopping.signal, scheduled);
  const polling = runPolling(gateway, receive, stopping.signal);
  const watching = watchClock(gateway, () => performance.now(), stopping.signal);
  const consumers = await consumeAll(gateway, config.partners, receive);
  return {
    async stop() {
      stopping.abort();
      await Promise.all([ended, dispatching, polling, watching, ...consumers.map((consumer) => consumer.stop())]);
    },
  };
}

interface ExchangeServer {
  /** With TLS, and for a proxy that ends it. */
  readonly servers: Parameters<typeof openServers>[0];
  /** Admits the partners of the present settings only, and ends the connections of all others. */
  renew(): void;
}

/** How what arrives at the exchange door is taken, whatever its size. */
interface Receiving {
  readonly receive: Receive;
  readonly worker: Pick<LargeMessageWorker, 'acknowledge'>;
}

function exchangeServer(
  gateway: OpenGateway,
  receiving: Receiving,
  { around = (door) => door }: DoorHooks,
): ExchangeServer {
  let trust = gateway.doorTrust();
  const { exchange } = gateway.config;
  const proxy = proxyOf(exchange);
  const open = (): RequestListener => openExchange(gateway, { ...receiving, proxy, trust: () => trust });
  let door = open();
  const options = { ...exchangeServerOptions(trust.identity), rejectUnauthorized: false };
  const listener = around((request, response) => door(request, response));
  const server = createHttpsServer(options, listener);
  const endConnections = trackConnections(server, () => trust.secrets.length === 0);
  return {
    servers: [[server, 'exchange', exchange], ...proxyServers(exchange, createHttpServer(exchangeLimits, listener))],
    renew() {
      const before = trust;
      trust = gateway.doorTrust();
      door = open(); // with the paths of the present partners
      server.setSecureContext(exchangeServerOptions(trust.identity));
      const at = gateway.now();
      endConnections((print) => before.partnerOf(print, at) !== trust.partnerOf(print, at));
    },
  };
}

function openExchange(
  gateway: OpenGateway,
  { receive, worker, proxy, trust }: Receiving & { readonly proxy: ExchangeDoor['proxy']; trust(): DoorTrust },
): RequestListener {
  const { exchange } = gateway.config;
  return exchangeDoor({
    partnerOf: (print) => trust().partnerOf(print, gateway.now()),
    secrets: () => trust().secrets,
    proxy,
    receive: (raw) => receiveAtDoor(gateway, raw, receive),
    joined: (partner, bytes, headers) => joinedMessage(getPartner(gateway, partner).adapter.seal, bytes, headers),
    poll: (code) => answerPoll(gateway, code),
    routes: exchangeRoutes(gateway),
    acknowledge: (partner, bytes, headers) =>
      isLarge({ bytes })
        ? worker.acknowledge({ partner, acknowledgement: bytes, headers })
        : receiveAcknowledgement(gateway, getPartner(gateway, partner), bytes, { headers }),
    now: gateway.now,
    ...{ maxBytes: exchange.maxBytes, hosts: exchange.hosts },
    log: gateway.log,
  });
}

/** Throws E_CONFIG_INVALID where its secret cannot be read. */
function proxyOf({ proxy }: Config['exchange']): ExchangeDoor['proxy'] {
  if (proxy === undefined) return undefined;
  return 'socket' in proxy ? {} : { sha256: sha256(Buffer.from(secretText(proxy.secret, 'exchange.proxy.secret'))) };
}

function proxyServers({ proxy }: Config['exchange'], server: Server): ExchangeServer['servers'] {
  if (proxy === undefined) return [];
  return [[server, 'exchange.proxy', 'socket' in proxy ? proxy : { ...proxy, host: '127.0.0.1' }]];
}

/** The paths that adapters name for partners of another make. */
function exchangeRoutes({ partners }: OpenGateway): ExchangeRoute[] {
  return [...partners.values()].flatMap(({ code: partner, adapter: { exchange } }) => {
    const { method, path, acknowledgements, statuses, mode } = exchange.receive ?? {};
    if (statuses === undefined) return [];
    const messages = { partner, takes: 'message', statuses, mode } as const;
    const later = { partner, takes: 'acknowledgement', statuses } as const;
    return [
      ...(path === undefined ? [] : [{ ...messages, method, path }]),
      ...(typeof acknowledgements === 'string' ? [{ ...later, path: acknowledgements }] : []),
    ];
  });
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

/** The command line, not parsed yet. */
export function programOf(
  streams: ProgramStreams,
  exit: CliContext['exit'],
): { program: Command; context: CliContext } {
  const program = newProgram(streams);
  const context = contextOf(program, streams, exit);
  addCommands(program, context);
  return { program, context };
}

/** Runs one command line; returns its exit code. */
export async function run(argv: readonly string[], streams: ProgramStreams = process): Promise<ExitCode> {
  let exitCode: ExitCode = exitCodes.done;
  const { program, context } = programOf(streams, (code) => (exitCode = code));
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
  const code = await run(argv);
  process.exitCode = lost === undefined ? code : exitCodes.output_lost;
}
