/** Runs `mra adapter …` on a folder of adapters, without a process of its own. */

import { Command } from 'commander';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { adapterCommands } from '../../gateway/cli/adapter.ts';
import type { CliContext } from '../../gateway/cli/context.ts';
import { makeOutput, type Format } from '../../gateway/cli/output.ts';
import { loadConfig } from '../../gateway/app/config.ts';
import { adapterTools, adaptersFolder } from './adapter-tools.ts';
import { temporaryFolder } from './pki.ts';

const never = (): never => {
  throw new Error('no gateway is needed here');
};

/** A temporary folder of adapters with the home profile alone. */
export function adaptersOfHome(): string {
  const adapters = temporaryFolder();
  cpSync(join(adaptersFolder, 'cn'), join(adapters, 'cn'), { recursive: true });
  return adapters;
}

/** Runs one command line on a folder of adapters. `open`: for commands that look at stored operators. */
export async function runAdapter(
  adapters: string,
  words: readonly string[],
  format: Format = 'json',
  open: CliContext['open'] = never,
): Promise<{ stdout: string; stderr: string; exit: number }> {
  const streams = { stdout: new PassThrough(), stderr: new PassThrough() };
  let exit = 0;
  const program = new Command().exitOverride();
  adapterCommands(program, {
    out: makeOutput({ ...streams, format }),
    tools: adapterTools,
    config: () => ({ ...loadConfig({ data: join(adapters, 'data') }), adapters }),
    open,
    serve: never,
    exit: (code) => {
      exit = code;
    },
  });
  await program.parseAsync(['adapter', ...words], { from: 'user' });
  const read = (stream: PassThrough): string => {
    let text = '';
    for (let part = stream.read() as Buffer | null; part !== null; part = stream.read() as Buffer | null)
      text += String(part);
    return text;
  };
  return { stdout: read(streams.stdout), stderr: read(streams.stderr), exit };
}
