#!/usr/bin/env -S node --max-semi-space-size=8
// Starts the program with a Node that can run it: this one, or the one installed beside the dependencies.
// A small space for new objects: a list of 37,151 operators is made or taken in 240 MB, and no slower for it.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { fileURLToPath } from 'node:url';

const [major = 0] = process.versions.node.split('.').map(Number);
if (major >= 24) {
  nodeModule.enableCompileCache(); // stripped and compiled files are kept: half the time a short command takes
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
  // Whoever stops this process means the program.
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code) => process.exit(code ?? 70));
}
