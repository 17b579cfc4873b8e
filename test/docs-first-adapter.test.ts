/** The guide for the first adapter: its commands run in order in a copy of the program, and print what it shows. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { expect } from 'chai';
import { programFolder } from '../gateway/app/config.ts';
import { copyOfProgram } from './support/program-copy.ts';

const pages = join(programFolder, 'docs', 'adapters');
const guide = readFileSync(join(pages, 'first-adapter.md'), 'utf8');

interface Fence {
  /** The word behind the back-ticks, and what follows it. */
  readonly kind: string;
  readonly mark: string;
  readonly text: string;
}

const fences = [...guide.matchAll(/^```(\w+) ?(.*)\n([\s\S]*?)^```$/gmu)].map(
  ([, kind = '', mark = '', text = '']): Fence => ({ kind, mark, text }),
);

/** The text as shown: a line `…` stands for any lines, `…` within a line for anything in it. */
function shown(text: string): RegExp {
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => (line === '…' ? '(?:.*\\n)*?' : `${line.split('…').map(RegExp.escape).join('.*')} *\\n`));
  return new RegExp(`^${lines.join('')}$`, 'u');
}

interface Ended {
  readonly code: number | null;
  readonly printed: string;
}

/** A copy of the program, with `mra` as npm link installs it. */
function linkedProgram(): string {
  const folder = copyOfProgram('docs/adapters/first-adapter');
  mkdirSync(join(folder, 'bin'));
  chmodSync(join(folder, 'gateway', 'mra.js'), 0o755);
  symlinkSync(join(folder, 'gateway', 'mra.js'), join(folder, 'bin', 'mra'));
  return folder;
}

/** Both outputs of a script in the order of printing; an exit code other than 0 as a last line. `seen`: everything so far. */
async function run(folder: string, script: string, seen: (printed: string, stop: () => void) => void): Promise<Ended> {
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith('MRA_'));
  const path = [join(folder, 'bin'), dirname(process.execPath), process.env['PATH']].join(delimiter);
  const child = spawn('sh', ['-ec', `exec 2>&1\n${script}`], {
    cwd: folder,
    env: { ...Object.fromEntries(others), PATH: path },
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
    // A negative number is the group: whatever was started.
    seen(printed, () => process.kill(-(child.pid ?? 0), 'SIGTERM'));
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, printed: code === 0 ? printed : `${printed}exit code ${code}\n` };
}

const ignore = (): void => undefined;

describe('docs/adapters/first-adapter.md', () => {
  let folder: string;
  before(() => {
    folder = linkedProgram();
  });

  for (const [kind, file] of [
    ['xml', 'list.xml'],
    ['yaml', 'answers.yaml'],
  ] as const) {
    it(`shows ${file} as it is`, () => {
      const text = fences.find((fence) => fence.kind === kind)?.text ?? '';
      const whole = readFileSync(join(pages, 'first-adapter', file), 'utf8');
      expect(whole).to.match(shown(`…\n${text}`));
    });
  }

  let running: { readonly stop: () => void; readonly ended: Promise<Ended> } | undefined;
  after(() => running?.stop());

  for (const [i, { kind, mark, text }] of fences.entries()) {
    if (kind !== 'sh') continue;
    const output = shown(fences[i + 1]?.text ?? '');

    it(text.trim().split('\n').join(', '), async () => {
      expect(fences[i + 1]?.kind, 'what one sees').to.equal('text');
      if (mark === 'another terminal') {
        running = await begin(folder, text, output);
        return;
      }
      expect((await run(folder, text, ignore)).printed).to.match(output);
      const other = running;
      running = undefined;
      if (other === undefined) return;
      other.stop();
      expect((await other.ended).code, 'exit code of the other terminal').to.equal(0);
    });
  }
});

/** Starts what goes on running, and waits until it printed what is shown. */
async function begin(
  folder: string,
  script: string,
  output: RegExp,
): Promise<{ stop: () => void; ended: Promise<Ended> }> {
  let ended: Promise<Ended> | undefined;
  const stop = await new Promise<() => void>((resolve, reject) => {
    // In place of the shell: the exit code is that of the command.
    ended = run(folder, `exec ${script}`, (printed, end) => {
      if (output.test(printed)) resolve(end);
    });
    ended.then(({ printed }) => reject(new Error(`it ended, and printed\n${printed}`)), reject);
  });
  if (ended === undefined) throw new Error('nothing was started');
  return { stop, ended };
}
