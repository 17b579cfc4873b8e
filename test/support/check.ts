/** `npm run check`: types, rules, format and imports, as many at one time as there are processors. Prints what fails. */

import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** By content: a checkout gives every file a new time. */
const format = 'prettier --check --log-level warn --cache --cache-strategy content .';
/** The longest first. Types and format know what did not change since the last run; the rules need the types of all files. */
const checks = ['npm run -s lint', 'npm run -s types', format, 'npm run -s imports'];

/** The exit code; a command that a signal ended has failed too. */
function run(command: string): Promise<number> {
  const child = spawn(command, { shell: true, stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

const waiting = [...checks];
async function work(): Promise<void> {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const code = await run(next);
    if (code === 0) continue;
    console.error(`failed: ${next}`);
    process.exitCode = 1;
  }
}

await Promise.all(Array.from({ length: availableParallelism() }, work));
