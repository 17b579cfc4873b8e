/**
 * The program of the gateway that the bench of the office asks: all of `mra serve`, with the settings that arrive as the first message. It
 * sends the addresses of its doors once they are open, and then, when asked, the longest time that its first thread came late since.
 */

import { monitorEventLoopDelay } from 'node:perf_hooks';
import { adapterTools } from '../../gateway/app/adapter-tools.ts';
import { openGateway } from '../../gateway/app/composition.ts';
import type { Config } from '../../gateway/app/config.ts';
import { serve } from '../../gateway/serve.ts';

export interface Doors {
  readonly officeUrl: string;
  readonly borderUrl: string;
}

export interface Observed {
  /** Milliseconds. */
  readonly late: number;
  readonly megabytes: number;
}

const delay = monitorEventLoopDelay({ resolution: 1 });

process.once('message', (config: Config) => {
  void open(config);
});

async function open(config: Config): Promise<void> {
  const gateway = await openGateway(config, adapterTools());
  const { officeUrl = '', borderUrl } = await serve(gateway);
  process.send?.({ officeUrl, borderUrl } satisfies Doors);
  delay.enable();
  process.on('message', () => {
    const megabytes = process.memoryUsage().rss / 1e6;
    process.send?.({ late: delay.max / 1e6, megabytes } satisfies Observed);
    delay.reset();
  });
}
