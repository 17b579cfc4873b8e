#!/usr/bin/env -S node --max-semi-space-size=8
// Starts the program with this Node.js, or with the one that npm installed if this one is too old.
// --max-semi-space-size keeps memory low: a list of 37,151 operators is built or applied in 240 MB, at the same speed.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import * as nodeModule from 'node:module';
import { fileURLToPath } from 'node:url';

const [major = 0] = process.versions.node.split('.').map(Number);
if (major >= 24) {
  // Who changes settings right after the start must not end the service: they are read later than this.
  if (process.argv.includes('serve')) process.on('SIGHUP', () => undefined);
  const { directory } = nodeModule.enableCompileCache(); // halves the time of a short command
  if (directory !== undefined) process.env.NODE_COMPILE_CACHE ??= directory; // and of the start of a thread
  const { main } = await import('./main.ts');
  await main(process.argv);
} else {
  const newer = fileURLToPath(new URL('../node_modules/node/bin/node', import.meta.url));
  if (!existsSync(newer)) {
    console.error(
      `This is Node ${process.versions.node}; 24 or later is needed. Install it, or run npm ci here, which brings one.`,
    );
    process.exit(3);
  }
  const flags = [...process.execArgv, fileURLToPath(import.meta.url), ...process.argv.slice(2)];
  const child = spawn(newer, flags, { stdio: 'inherit' });
  // Signals to this process are meant for the program.
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'])
    process.on(signal, () => {
      // A terminal sends Ctrl-C to both processes; twice would end the program before it has stopped.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
}
