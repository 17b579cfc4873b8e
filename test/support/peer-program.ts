/** A partner's system in another language, started by a test: JSON lines are its orders and what it tells. */

import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { debianPython } from './python.ts';

export type PeerEvent = Readonly<Record<string, unknown>>;

export interface PeerProgram {
  does(order: PeerEvent): void;
  /** The next that it tells with these members: the same bytes may arrive twice. */
  tells(wanted: PeerEvent): Promise<PeerEvent>;
  stop(): void;
}

export function startPeer(script: string, args: readonly string[]): PeerProgram {
  const child: ChildProcess = spawn(debianPython, [script, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const events = createInterface({ input: child.stdout ?? process.stdin })[Symbol.asyncIterator]();
  return {
    does(order) {
      child.stdin?.write(`${JSON.stringify(order)}\n`);
    },
    async tells(wanted) {
      for (;;) {
        const line = await events.next();
        if (line.done === true) throw new Error('the partner ended');
        const event = JSON.parse(line.value) as PeerEvent;
        if (Object.entries(wanted).every(([name, value]) => event[name] === value)) return event;
      }
    },
    stop() {
      child.kill('SIGKILL');
    },
  };
}
