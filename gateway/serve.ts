/** A gateway that serves, composed of doors, dispatcher, fetchers and consumers. */

import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { schemas } from './app/adapter-tools.ts';
import type { OpenGateway } from './app/composition.ts';
import type { Serving } from './cli/context.ts';
import { consumeEntries } from './app/border-queues.ts';
import { startBorderWork } from './app/border-work.ts';
import { keepOutcomes } from './app/kept-outcomes.ts';
import { longWorkIn } from './app/long-work.ts';
import { consumeAll } from './app/brokers.ts';
import type { Config } from './app/config.ts';
import { proxyOf, proxyServers } from './app/exchange-proxy.ts';
import { countArrivals, runDispatcher, type DispatchTerms } from './outbound/dispatcher.ts';
import { officeServers, officeUrl } from './console/serve-office.ts';
import { borderDoor } from './doors/border.ts';
import { openAnswers } from './doors/border-posts.ts';
import { openCallers } from './doors/border-callers.ts';
import { borderServer } from './doors/border-server.ts';
import { exchangeDoor, type ExchangeDoor } from './doors/exchange.ts';
import { exchangeRoutes } from './doors/exchange-routes.ts';
import { getPartner, type Gateway } from './gateway.ts';
import { takeAnswer } from './outbound/take-answer.ts';
import { answerPoll } from './outbound/answer-poll.ts';
import { numbersForPartner } from './outcomes/agreed-numbers.ts';
import { statusForAgency } from './outbound/status-for-agency.ts';
import { runPolling } from './inbound/poll-partners.ts';
import { listHeld, receiveAtDoor } from './inbound/receive-at-door.ts';
import { receiveMessage, type ReceiveResult } from './inbound/receive-message.ts';
import { largeAnswers, takesLong, type LargeMessageWorker } from './app/large-message-worker.ts';
import type { RawMessage } from './model/message.ts';
import { watchClock } from './app/clock-watch.ts';
import { logTaken, warnOfWeakEvidence, watchPartners } from './app/partner-watch.ts';
import { takeTurns } from './app/turns.ts';
import { openAdapterReloader } from './app/reload.ts';
import { retireNightly } from './app/retention.ts';
import type { DoorTrust } from './app/settings-reload.ts';
import { openServers } from './app/servers.ts';
import { openMetrics, type Metrics } from './app/health/metrics.ts';
import { requireBrokers } from './app/health/broker-state.ts';
import { watchHealth } from './app/health/watch.ts';
import { readinessReply } from './doors/border-state.ts';
import { monitoredBy, monitoringDoor } from './doors/monitoring.ts';
import { openStoreProbe } from './doors/readiness.ts';
import type { DoorHooks } from './rehearsal/simulator.ts';
import { joinedMessage } from './wire/signature/detached.ts';
import { trackConnections } from './wire/transport/https-connections.ts';
import { exchangeLimits, exchangeServerOptions } from './wire/transport/https.ts';

/** A server that stops waits so long for requests in progress. */
const openRequestsMs = 8_000;

type Receive = (raw: RawMessage) => Promise<ReceiveResult>;

/** Opens the doors, consumes from the broker, and starts dispatching and polling. `hooks`: what a rehearsal puts in front of them. */
export async function serve(gateway: OpenGateway, hooks: DoorHooks = {}): Promise<Serving> {
  const { config, log } = gateway;
  const adapters = await openAdapterReloader(gateway);
  const anySize = receiveAnySize(gateway, adapters);
  const { receive, messagesOf } = countArrivals((raw: RawMessage) => hooks.receive?.(raw, anySize) ?? anySize(raw));
  const borderWork = startBorderWork(gateway);
  const metrics = openMetrics(gateway.db);
  const answerLarge: LargeMessageWorker['answer'] = (posted) => adapters.answer(posted);
  const longWork = keepOutcomes(longWorkIn(adapters.run), gateway.now);
  const receiving = { receive, elsewhere: largeAnswers(adapters, hooks.answered), sendLongList: longWork.sendList };
  const door = exchangeServer(gateway, receiving, hooks);
  const servers = await openServers([
    ...door.servers,
    ...borderServers({ ...gateway, ...borderWork, snapshotFile: longWork.snapshotFile }, answerLarge, metrics),
    ...(await officeServers(gateway, longWork)),
  ]);
  const answer = openAnswers({ ...gateway, ...borderWork, schemas, answerLarge });
  const entries = await consumeEntries(gateway, { answer, answered: metrics.countAnswer });
  const work = await openWork(gateway, {
    ...receiving,
    messagesOf,
    metrics,
    scheduled: hooks.scheduled,
    renew: door.renew,
    adapters,
  });
  log.info('doors open', { host: config.exchange.host, port: servers.ports['exchange'] ?? 0 });
  const borderUrl = `http${config.border.tls ? 's' : ''}://${config.border.host}:${servers.ports['border']}`;
  return {
    ...work,
    exchangeUrl: `https://${config.exchange.host}:${servers.ports['exchange']}`,
    borderUrl,
    monitoringUrl: config.monitoring ? `http://${config.monitoring.host}:${servers.ports['monitoring']}` : borderUrl,
    ...officeUrl(config, servers.ports),
    async stop() {
      await Promise.all([servers.close(openRequestsMs), entries.stop(), work.stop(), borderWork.stop()]);
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

/** The border door and, in front of it unless the settings give it an address of its own, the monitoring door. */
function borderServers(
  gateway: OpenGateway & Pick<Parameters<typeof borderDoor>[0], 'index' | 'snapshotFile'>,
  answerLarge: LargeMessageWorker['answer'],
  metrics: Metrics,
): Parameters<typeof openServers>[0] {
  const { border, monitoring } = gateway.config;
  const callerOf = openCallers(border, { ...gateway, clock: () => performance.now() });
  const door = borderDoor({
    ...gateway,
    schemas,
    hosts: border.hosts,
    callerOf,
    answerLarge,
    answered: metrics.countAnswer,
  });
  const tryWriting = openStoreProbe(gateway.db);
  const watching = monitoringDoor({
    ...{ metrics, hosts: (monitoring ?? border).hosts, random: gateway.random },
    ready: {
      border: () => readinessReply({ ...gateway, tryWriting }, false),
      exchange: tryWriting,
      broker: () => requireBrokers(gateway),
    },
  });
  const listener = monitoring === undefined ? monitoredBy(watching, door) : door;
  return [
    [borderServer(listener, border.tls), 'border', border],
    ...(monitoring === undefined ? [] : [[borderServer(watching), 'monitoring', monitoring] as const]),
  ];
}

interface Work {
  /** Starts nothing more; resolves when all is done that was begun. */
  stop(): Promise<void>;
}

interface WorkHow extends DispatchTerms, Receiving {
  readonly metrics: Metrics;
}

/** Dispatching, polling, consuming and watching the clock for the partners of these settings, in place of the work `before`. */
async function startWork(
  gateway: OpenGateway,
  config: Config,
  { receive, elsewhere, sendLongList, metrics, ...rhythm }: WorkHow,
  before?: Work,
): Promise<Work> {
  const ended = before?.stop();
  if (config.environment === 'production') warnOfWeakEvidence(gateway);
  const stopping = new AbortController();
  const working = { ...gateway, elsewhere, sendLongList };
  const dispatching = runDispatcher(working, stopping.signal, rhythm);
  const polling = runPolling(working, receive, stopping.signal);
  const watching = watchClock(gateway, () => performance.now(), stopping.signal);
  const examining = watchHealth(gateway, metrics, stopping.signal);
  const retiring = retireNightly(gateway, config.retention, stopping.signal);
  const consumers = await consumeAll(working, config.partners, receive);
  return {
    async stop() {
      stopping.abort();
      await Promise.all([
        ended,
        dispatching,
        polling,
        watching,
        retiring,
        examining,
        ...consumers.map((consumer) => consumer.stop()),
      ]);
    },
  };
}

interface ExchangeServer {
  /** With TLS, and for a proxy that ends it. */
  readonly servers: Parameters<typeof openServers>[0];
  /** Admits the partners of the present settings only, and ends the connections of all others. */
  renew(): void;
}

/** How what arrives is taken, whatever its size. */
interface Receiving {
  readonly receive: Receive;
  readonly elsewhere: NonNullable<Gateway['elsewhere']>;
  readonly sendLongList: NonNullable<Gateway['sendLongList']>;
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
  { receive, elsewhere, proxy, trust }: Receiving & { readonly proxy: ExchangeDoor['proxy']; trust(): DoorTrust },
): RequestListener {
  const { exchange } = gateway.config;
  return exchangeDoor({
    partnerOf: (print) => trust().partnerOf(print, gateway.now()),
    secrets: () => trust().secrets,
    proxy,
    receive: (raw) => receiveAtDoor(gateway, raw, receive),
    joined: (partner, bytes, headers) => joinedMessage(getPartner(gateway, partner).adapter.seal, bytes, headers),
    ...{ poll: (code) => answerPoll(gateway, code), held: (code) => listHeld(gateway, code) },
    status: (code, identifier) => statusForAgency(gateway, getPartner(gateway, code), identifier),
    numbers: (code, month) => numbersForPartner(gateway, getPartner(gateway, code), month),
    routes: exchangeRoutes(gateway),
    async acknowledge(partner, bytes, headers) {
      await takeAnswer({ ...gateway, elsewhere }, { partner, bytes, came: { by: 'message', properties: { headers } } });
    },
    ...{ now: gateway.now, log: gateway.log, maxBytes: exchange.maxBytes, hosts: exchange.hosts },
  });
}
