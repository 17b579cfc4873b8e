/** Runs one command of the program in this process. */

import { explained } from '../../gateway/cli/explain.ts';
import { run } from '../../gateway/main.ts';
import { memoryStream } from '../cli/memory.ts';

export interface Ran {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The environment holds nothing but `env`. Fails where the document that it prints has a code that `mra explain` does not know. */
export async function runCommand(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ran> {
  const [stdout, stderr] = [memoryStream(), memoryStream()];
  const exit = await run(['node', 'mra', ...args], { stdout, stderr, env });
  const unknown = codesIn(stdout.text()).filter((code) => explained(code).length === 0);
  if (unknown.length > 0) throw new Error(`mra explain does not know ${unknown.join(', ')} of mra ${args.join(' ')}`);
  return { exit, stdout: stdout.text(), stderr: stderr.text() };
}

/** Values of a JSON document with the form of codes: words joined by `_`, or letters and a number. Names of columns, files and figures have places of their own. */
function codesIn(printed: string): string[] {
  const codes = [...printed.matchAll(/(?:"(\w+)": |^ *)"([a-z]+(?:_[a-z]+)+|[A-Z]+(?:_[A-Z]+)+|[A-Z]-\d{2,3})",?$/gmu)];
  return codes
    .filter(([, member = '']) => !['path', 'name', 'file', 'figure'].includes(member))
    .map(([, , code = '']) => code);
}
