/** Assembles the house: settings, keys, store, adapters and partners become a gateway; doors and commands are opened on it. */

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Command, CommanderError, Option } from 'commander';
import type { AdapterTools } from './adapter/tools.ts';
import type { Manifest } from './adapter/manifest.ts';
import { adapterCommands } from './cli/adapter.ts';
import { checkCommand } from './cli/check.ts';
import type { CliContext, OpenGateway, Serving } from './cli/context.ts';
import { demoCommand } from './cli/demo.ts';
import { doctorCommand } from './cli/doctor.ts';
import { entryCommands } from './cli/entry.ts';
import { keyCommands } from './cli/key.ts';
import { listCommands } from './cli/list.ts';
import { messageCommands } from './cli/message.ts';
import { operatorCommands } from './cli/operator.ts';
import { exitCodes, makeOutput, type Format, type Output } from './cli/output.ts';
import { serveCommand } from './cli/serve.ts';
import { loadConfig, programFolder, type Config, type ConfigOptions } from './config.ts';
import { runDispatcher } from './delivery.ts';
import { borderDoor } from './doors/border.ts';
import { exchangeDoor } from './doors/exchange.ts';
import { receiveMessage } from './inbound.ts';
import { asGatewayError } from './model/errors.ts';
import type { HomeProfile } from './model/home.ts';
import { makeMessageId } from './model/message-id.ts';
import { brokerAt, certificatesIn, joinPartner, openKeys, partnerConfigs, readPem, type Broker } from './partners.ts';
import { openDatabase } from './store/database.ts';
import { fingerprint } from './wire/certificates.ts';
import { exchangeServerOptions } from './wire/https.ts';
import { parseStrictJson } from './wire/json.ts';
import { makeLog } from './wire/log.ts';
import { jsonValidator, loadSchema } from './wire/schema.ts';
import { readXml } from './wire/xml-events.ts';
import { placeInYaml, readYaml } from './wire/yaml.ts';

const schemas = join(programFolder, 'schemas');

export function adapterTools(): AdapterTools {
  return {
    readXml,
    readJson: (text) => parseStrictJson(text),
    readYaml,
    placeInYaml,
    validateManifest: jsonValidator<Manifest>(join(schemas, 'adapter.schema.json')),
    validateHome: jsonValidator<HomeProfile>(join(schemas, 'home.schema.json')),
  };
}

/** Opens everything a gateway stands on. Throws what is wrong with settings, keys, adapters or store. */
export async function openGateway(config: Config, tools: AdapterTools): Promise<OpenGateway> {
  const { home, keyring } = await openKeys(config, tools);
  const log = makeLog({ level: config.logLevel ?? 'error' });
  const broker = config.broker === undefined ? undefined : brokerAt(config.broker, log);
  const db = await openDatabase(config.store);
  const joined = await Promise.all(
    Object.entries(partnerConfigs(config)).map(([code, settings]) =>
      joinPartner({ code, settings, config, home, keyring, broker, tools }),
    ),
  );
  return {
    config,
    keyring,
    broker,
    home,
    db,
    partners: new Map(joined.map((partner) => [partner.code, partner])),
    receiptSchema: loadSchema(join(schemas, 'receipt.xsd')),
    policy: config.policy,
    owner: randomBytes(8).toString('hex'),
    log,
    now: () => new Date(),
    newId: () => makeMessageId(new Date(), randomBytes),
    random: (bytes) => randomBytes(bytes),
    async close() {
      for (const { transport } of joined) await transport?.close();
      await broker?.close();
      await db.close();
    },
  };
}

/** Opens the doors, listens to the broker, starts dispatching. */
export async function serve(gateway: OpenGateway): Promise<Serving> {
  const { config, keyring, log } = gateway;
  const fingerprints = new Map<string, string>();
  const anchors: string[] = [];
  for (const [code, { certificates }] of Object.entries(config.partners)) {
    for (const certificate of certificatesIn(certificates.tls)) fingerprints.set(fingerprint(certificate), code);
    for (const file of certificates.anchors) anchors.push(readPem(file));
  }
  const { cert, key } = keyring.tls;
  const exchange = createHttpsServer(
    exchangeServerOptions({ cert, key, ca: anchors }),
    exchangeDoor({
      partnerOf: (print) => fingerprints.get(print),
      receive: (raw) => receiveMessage(gateway, raw),
      now: gateway.now,
      maxBytes: config.exchange.maxBytes,
      log,
    }),
  );
  const border = createHttpServer(borderDoor({ ...gateway, schemas }));
  const exchangePort = await listen(exchange, config.exchange);
  const borderPort = await listen(border, config.border);
  const consumers = await consumeAll(gateway, gateway.broker);
  const stopping = new AbortController();
  const dispatching = runDispatcher(gateway, stopping.signal);
  log.info('doors open', { host: config.exchange.host, port: exchangePort });
  return {
    exchangeUrl: `https://${config.exchange.host}:${exchangePort}`,
    borderUrl: `http://${config.border.host}:${borderPort}`,
    async stop() {
      stopping.abort();
      await Promise.all([closeServer(exchange), closeServer(border), ...consumers.map((consumer) => consumer.stop())]);
      await dispatching;
    },
  };
}

async function listen(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<number> {
  server.listen(port, host);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  await closed;
}

/** One consumer for each partner that sends over the broker. A receipt goes back the way the message came; if it is lost, the partner asks again. */
async function consumeAll(
  gateway: OpenGateway,
  broker: Broker | undefined,
): Promise<readonly { stop(): Promise<void> }[]> {
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
        const { receipt } = await receiveMessage(gateway, raw);
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

function contextOf(program: Command): CliContext {
  const tools = adapterTools();
  const options = (): ProgramOptions => program.opts();
  const config = (): Config => loadConfig(options());
  let out: Output | undefined;
  return {
    // Made when first used: the options are known by then.
    get out() {
      return (out ??= makeOutput({ stdout: process.stdout, stderr: process.stderr, format: options().output }));
    },
    tools,
    config,
    open: (settings = config()) => openGateway(settings, tools),
    serve,
    exit: (code) => {
      process.exitCode = code;
    },
  };
}

/** Runs one command line. */
export async function main(argv: readonly string[]): Promise<void> {
  const program = new Command('mra')
    .description(
      'Exchange AEO lists with partner customs administrations, answer entries from them, prove the answers.',
    )
    .option('--config <file>', 'settings (docs/gateway.example.yaml shows all)')
    .option('--data <folder>', 'embedded store and generated keys (default ./data)')
    .option('--home <code>', 'whose gateway this is')
    .addOption(
      new Option('-o, --output <format>', 'for people or for programs').choices(['table', 'json']).default('table'),
    )
    .showHelpAfterError('mra --help shows the commands.')
    .exitOverride();
  const context = contextOf(program);
  for (const commands of [
    demoCommand,
    serveCommand,
    operatorCommands,
    listCommands,
    checkCommand,
    entryCommands,
    messageCommands,
    adapterCommands,
    keyCommands,
    doctorCommand,
  ]) {
    commands(program, context);
  }
  try {
    await program.parseAsync([...argv]);
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
    else process.exitCode = context.out.fail(asGatewayError(error));
  }
}
