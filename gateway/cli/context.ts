/** What every command receives: the output, the settings, and a way to open gateways. Made in main.ts. */

import type { AdapterTools } from '../adapter/tools.ts';
import type { OpenGateway, Reading } from '../app/composition.ts';
import type { Config } from '../app/config.ts';
import type { Reloaded } from '../app/partners.ts';
import type { DoorHooks } from '../rehearsal/simulator.ts';
import type { Decider } from '../store/approvals.ts';
import { exitCodes, type ExitCode, type Output } from './output.ts';

export type { OpenGateway };

/** A gateway whose doors are open. */
export interface Serving {
  readonly exchangeUrl: string;
  readonly borderUrl: string;
  /** Of metrics and readiness. */
  readonly monitoringUrl: string;
  /** Of the console; absent where the settings have no office. */
  readonly officeUrl?: string;
  /** Closes the doors, waits for requests in progress, stops the dispatcher. The gateway itself stays open. */
  stop(): Promise<void>;
  /** Loads changed adapters, of all folders or of these. A rejected adapter leaves the previous one in use. */
  reload(folders?: readonly string[]): Promise<readonly Reloaded[]>;
  /** Takes partners, certificates, keys and adapters from these settings. What was taken out stops at once, connections included. */
  takeSettings(config: Config): Promise<readonly Reloaded[]>;
}

/** What a command needs that opens a gateway of type G. Tests open smaller ones. */
export interface CommandContext<G> {
  readonly out: Output;
  /** `reading`: nothing is made, migrated or written, in the data folder or in the store. `examining`: nor does a faulty partner matter. */
  open(config?: undefined, reading?: Reading): Promise<G & { close(): Promise<void> }>;
  /** Sets the exit code of the process. */
  exit(code: ExitCode): void;
}

export interface CliContext extends CommandContext<OpenGateway> {
  readonly tools: AdapterTools;
  /** The settings from options, environment and file. */
  config(): Config;
  /** Opens a gateway with these settings; those of `config()` if absent. */
  open(config?: Config, reading?: Reading): Promise<OpenGateway>;
  serve(gateway: OpenGateway, hooks?: DoorHooks): Promise<Serving>;
}

/** Opens a gateway for one command, and closes it even if the command fails. */
export async function withGateway<G, T>(
  { open }: Pick<CommandContext<G>, 'open'>,
  work: (gateway: G) => Promise<T>,
): Promise<T> {
  const gateway = await open();
  try {
    return await work(gateway);
  } finally {
    await gateway.close();
  }
}

/** As withGateway, for a command that changes nothing. */
export async function withReading<G, T>(
  { open }: Pick<CommandContext<G>, 'open'>,
  work: (gateway: G) => Promise<T>,
): Promise<T> {
  return await withGateway({ open: () => open(undefined, true) }, work);
}

/** One of two people has decided. */
export function awaitSecond(
  { out, exit }: Pick<CliContext, 'out' | 'exit'>,
  command: string,
  { counts }: Pick<Decider, 'counts'>,
): void {
  out.note('The decision is recorded. It takes effect when a second person decides the same.');
  exit(exitCodes.not_allowed);
  out.next(counts === undefined ? `${command} --as ANOTHER` : `mra login ANOTHER; ${command}`);
}
