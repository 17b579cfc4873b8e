/** What every command gets: where to write, the settings, and gateways to open. Made in main.ts. */

import type { AdapterTools } from '../adapter/tools.ts';
import type { OpenGateway } from '../app/composition.ts';
import type { Config } from '../app/config.ts';
import type { Reloaded } from '../app/reload.ts';
import type { DoorHooks } from '../rehearsal/simulator.ts';
import type { ExitCode, Output } from './output.ts';

export type { OpenGateway };

/** A gateway whose doors are open. */
export interface Serving {
  readonly exchangeUrl: string;
  readonly borderUrl: string;
  /** Closes the doors, lets what is under way end, stops dispatching. The gateway itself stays open. */
  stop(): Promise<void>;
  /** Takes the adapters that changed; `folders`: only these. One with a fault is not taken, and the old one stays in force. */
  reload(folders?: readonly string[]): Promise<readonly Reloaded[]>;
}

export interface CliContext {
  readonly out: Output;
  readonly tools: AdapterTools;
  /** The settings the options, the environment and the file give. */
  config(): Config;
  /** The gateway of these settings, or of others. */
  open(config?: Config): Promise<OpenGateway>;
  serve(gateway: OpenGateway, hooks?: DoorHooks): Promise<Serving>;
  /** The exit code of the process, once the command is done. */
  exit(code: ExitCode): void;
}
