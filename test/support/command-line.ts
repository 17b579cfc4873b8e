/** Runs one command of the program in this process. */

import { run } from '../../gateway/main.ts';
import { memoryStream } from '../cli/memory.ts';

export interface Ran {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The environment holds nothing but `env`. */
export async function runCommand(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ran> {
  const [stdout, stderr] = [memoryStream(), memoryStream()];
  const exit = await run(['node', 'mra', ...args], { stdout, stderr, env });
  return { exit, stdout: stdout.text(), stderr: stderr.text() };
}
