/** A partner's system in another language, started by a test: JSON lines are its orders and what it tells. */

import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { debianPython } from './python.ts';

export type PeerEvent = Readonly<Record<string, unknown>>;

export interface PeerProgram {
  does(order: PeerEvent): void;
  /** The next that it tells with these members: the same bytes may arrive twice. */
  tells(wanted: PeerEvent): Promise<PeerEvent>;
  /** One order for it, an array of words, and the answer that it tells next. */
  ask(...words: readonly unknown[]): Promise<unknown>;
  stop(): void;
}

export function startPeer(script: string, args: readonly string[]): PeerProgram {
  const child: ChildProcess = spawn(debianPython, [script, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const events = createInterface({ input: child.stdout ?? process.stdin })[Symbol.asyncIterator]();
  const write = (order: unknown): void => void child.stdin?.write(`${JSON.stringify(order)}\n`);
  const next = async (): Promise<unknown> => {
    const line = await events.next();
    if (line.done === true) throw new Error('the partner ended');
    return JSON.parse(line.value) as unknown;
  };
  return {
    does: write,
    ask(...words) {
      write(words);
      return next();
    },
    async tells(wanted) {
      for (;;) {
        const event = (await next()) as PeerEvent;
        if (Object.entries(wanted).every(([name, value]) => event[name] === value)) return event;
      }
    },
    stop() {
      child.kill('SIGKILL');
    },
  };
}
