/** A copy of the program with settings of its own: commands run in this process, `serve` in one of its own. */

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { columnValues } from '../../gateway/model/record/record-text.ts';
import { writeCsv } from '../../gateway/wire/files/csv.ts';
import { memoryStream } from '../cli/memory.ts';
import { sampleHome } from '../model/sample-home.ts';
import { sampleRecord } from '../model/sample-records.ts';
import { copyOfProgram } from './program-copy.ts';

export interface ServedProgram {
  readonly folder: string;
  /** A file of the copied program, as a module. */
  part<T>(file: string): Promise<T>;
  /** One command; its document. */
  mra(...words: readonly string[]): Promise<{ readonly exit: number; readonly result: unknown }>;
  /** One command that ends with exit code 0. */
  done(...words: readonly string[]): Promise<unknown>;
  /** Imports so many operators of the highest grade; the first `suspended` of them are suspended. */
  importOperators(count: number, suspended?: number): Promise<void>;
  /** With more variables of the environment; resolves with the process once its doors are open. */
  serve(more?: NodeJS.ProcessEnv): Promise<ChildProcess>;
  /** What the store holds, past the program. */
  rows(sql: string): readonly Readonly<Record<string, string | number | null>>[];
  /** Queues what would be sent to a partner at a moment to come; its id. */
  sendAt(at: Date, partner: string, full?: 'full'): Promise<string>;
  /** How many messages of a direction are in this state, past the program. */
  count(direction: 'in' | 'out', state: string): number;
  /** Our newest message to a partner. */
  newest(partner: string): Promise<Record<string, unknown>>;
  /** Once the gateway that serves has come so far with a message. */
  until(id: unknown, wanted: Readonly<Record<string, unknown>>): Promise<void>;
  stop(): void;
}

export async function openProgram(settings: readonly string[]): Promise<ServedProgram> {
  const folder = copyOfProgram();
  const file = join(folder, 'gateway.yaml');
  writeFileSync(file, `${['home: CN', 'log: silent', ...settings].join('\n')}\n`);
  const part = async <T>(name: string): Promise<T> =>
    (await import(pathToFileURL(join(folder, 'gateway', name)).href)) as T;
  const { run } = await part<typeof import('../../gateway/main.ts')>('main.ts');
  let serving: ChildProcess | undefined;
  const program: ServedProgram = {
    folder,
    part,
    async mra(...words) {
      const [stdout, stderr] = [memoryStream(), memoryStream()];
      const exit = await run(['node', 'mra', '--config', file, '-o', 'json', ...words], { stdout, stderr, env: {} });
      return { exit, result: stdout.text() === '' ? undefined : JSON.parse(stdout.text()) };
    },
    async done(...words) {
      const { exit, result } = await program.mra(...words);
      expect([words.join(' '), exit, exit === 0 ? '' : result]).to.deep.equal([words.join(' '), 0, '']);
      return result;
    },
    async importOperators(count, suspended = 0) {
      const titles = Object.entries(sampleHome.columns);
      const rows = Array.from({ length: count }, (_, i) => {
        const code = `44031${String(10000 + i)}`;
        const status = i < suspended ? ({ status: 'suspended', statusSince: '2026-06-02' } as const) : {};
        const record = { ...sampleRecord, code, grade: 'advanced', ...status };
        const cells: Partial<Record<string, string>> = columnValues(record);
        return titles.map(([path]) => cells[path] ?? '');
      });
      writeFileSync(join(folder, 'operators.csv'), writeCsv([titles.map(([, title]) => title), ...rows]));
      await program.done('operator', 'import', join(folder, 'operators.csv'));
    },
    async serve(more) {
      const args = [join(folder, 'gateway/mra.js'), '--config', file, '-o', 'json', 'serve'];
      const stdio = ['ignore', 'pipe', 'inherit'] as const;
      const started = spawn(process.execPath, args, { stdio: [...stdio], env: { ...process.env, ...more } });
      serving = started;
      await once(started.stdout, 'data');
      return started;
    },
    rows(sql) {
      const store = new DatabaseSync(join(folder, 'data/mra.db'), { readOnly: true, timeout: 5000 });
      try {
        return store.prepare(sql).all() as Readonly<Record<string, string | number | null>>[];
      } finally {
        store.close();
      }
    },
    async sendAt(at, partner, kind) {
      const { openGateway } = await part<typeof import('../../gateway/app/composition.ts')>('app/composition.ts');
      const { adapterTools } = await part<typeof import('../../gateway/app/adapter-tools.ts')>('app/adapter-tools.ts');
      const { loadConfig } = await part<typeof import('../../gateway/app/config.ts')>('app/config.ts');
      const { sendList } = await part<typeof import('../../gateway/outbound/send-list.ts')>('outbound/send-list.ts');
      const gateway = await openGateway(loadConfig({ config: file }), adapterTools());
      const built = await sendList({ ...gateway, now: () => at }, partner, { kind });
      await gateway.close();
      return built?.list.id ?? '';
    },
    count(direction, state) {
      const table = direction === 'in' ? 'inbox' : 'message';
      return program.rows(`select 1 from ${table} where state = '${state}'`).length;
    },
    async newest(partner) {
      const messages = (await program.done('message', 'list', '--partner', partner)) as Record<string, unknown>[];
      return messages.find(({ direction }) => direction === 'out') ?? {};
    },
    async until(id, wanted) {
      for (const deadline = Date.now() + 90_000; ;) {
        const shown = (await program.done('message', 'show', String(id))) as Record<string, unknown>;
        const found = Object.fromEntries(Object.keys(wanted).map((name) => [name, shown[name]]));
        if (JSON.stringify(found) === JSON.stringify(wanted)) return;
        if (Date.now() > deadline) expect(found).to.deep.equal(wanted);
      }
    },
    stop() {
      serving?.kill('SIGKILL');
    },
  };
  return program;
}
