/** Questions to a person at the terminal. */

import { createInterface, type Interface } from 'node:readline';
import { Writable } from 'node:stream';

/** A person who answers questions. An empty answer accepts the draft, `?` leaves the question open; undefined: the person left. */
export interface Terminal {
  ask(question: string): Promise<string | undefined>;
  /** Whether the person left by Ctrl-C. */
  interrupted?(): boolean;
  close(): void;
}

export type OpenTerminal = () => Terminal;

/** Undefined where nobody can be asked. */
export function terminalHere(): OpenTerminal | undefined {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
  return () => terminalOn(createInterface({ input: process.stdin, output: process.stderr }));
}

/** Ctrl-C and the end of input both mean that the person leaves. Lines that come before they are asked for wait. */
export function terminalOn(lines: Interface): Terminal {
  const given = lines[Symbol.asyncIterator]();
  let [open, interrupted] = [true, false];
  lines.on('close', () => (open = false));
  lines.on('SIGINT', () => {
    interrupted = true;
    lines.close();
  });
  return {
    ask: async (question) => {
      lines.setPrompt(question);
      if (open) lines.prompt();
      const { done, value } = await given.next();
      return done === true ? undefined : value;
    },
    interrupted: () => interrupted,
    close: () => lines.close(),
  };
}

/** A secret that a person types: the terminal does not show it. Undefined: nobody can be asked, or the person left. */
export async function askSecret(question: string): Promise<string | undefined> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
  process.stderr.write(question);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = terminalOn(createInterface({ input: process.stdin, output: nowhere, terminal: true }));
  try {
    return await terminal.ask('');
  } finally {
    terminal.close();
    process.stderr.write('\n');
  }
}
