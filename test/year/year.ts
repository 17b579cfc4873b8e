/**
 * A year in which nobody looks after a gateway, but for what its alarms name: partners come and go silent, operators change every day,
 * certificates end, processes are restarted, and once an older copy of the store is put in its place. All of it follows from the seed.
 */

import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mock } from 'node:test';
import { join } from 'node:path';
import { loadConfig } from '../../gateway/app/config.ts';
import { runRetention } from '../../gateway/app/retention.ts';
import type { RetentionDays } from '../../gateway/app/retention-settings.ts';
import { check } from '../../gateway/clearance/requests.ts';
import { momentOf } from '../../gateway/model/day.ts';
import type { DomesticRecord } from '../../gateway/model/record/record.ts';
import { seededRandom, type SeededRandom } from '../../gateway/model/seeded-random.ts';
import { sendList } from '../../gateway/outbound/send-list.ts';
import { prepareAdministrations, saveRecords } from '../../gateway/rehearsal/administrations.ts';
import { inventListed } from '../../gateway/rehearsal/simulator.ts';
import { listAlarms, type Alarm } from '../../gateway/store/alarms.ts';
import { restoreBackup, writeBackup } from '../../gateway/store/backup.ts';
import { testPlace } from '../support/memory-folder.ts';
import { adaptersFolder, adapterTools } from '../support/adapter-tools.ts';
import { differences, growthBeyond, messagesOf, repeatedNumbers, sizeOf, type Size } from './end.ts';
import { alarmsOf, doWhatIsNamed, problemsOf } from './person.ts';
import { openSide, type Side } from './side.ts';

export interface YearTerms {
  readonly days: number;
  /** The first of these codes have adapters; of further ones an adapter is copied. */
  readonly partners: readonly string[];
  readonly seed: number;
  readonly retention: RetentionDays;
  readonly tell?: (line: string) => void;
}

export interface Year {
  /** What a person did, by the cause of the alarm that named it. */
  readonly steps: Readonly<Record<string, number>>;
  /** What is wrong at the end: lists that differ, numbers given twice, alarms that are open, tables that grew beyond their retention. */
  readonly faults: readonly string[];
  /** Sent and received, of which the store forgets what is over. */
  readonly messages: number;
  readonly restarts: number;
  /** All alarms that were open at some time. */
  readonly alarms: readonly Pick<Alarm, 'cause' | 'openedAt' | 'closedAt'>[];
  /** Of our store, at the end of each twelfth of the year. */
  readonly sizes: readonly Size[];
}

const dayMs = 24 * 3600 * 1000;
const begins = Date.parse('2026-01-01T00:00:00.000Z');
/** The first keys have so many days left, of the 825 of a TLS certificate. */
const oldKeysDays = 825 - 62;
const home = 'CN';
const operatorsEach = 30;
/** At the end nobody is silent, and nothing changes. */
const quietDays = 3;

export async function simulateYear(terms: YearTerms): Promise<Year> {
  const folder = mkdtempSync(join(testPlace(), 'mra-year-'));
  mock.timers.enable({ apis: ['Date'], now: begins - oldKeysDays * dayMs });
  const sides = new Map<string, Side>();
  try {
    const adapters = copyAdapters(join(folder, 'adapters'), terms.partners);
    const config = loadConfig({ data: join(folder, 'data') }, { MRA_BROKER: 'amqp://127.0.0.1:1' });
    const base = { ...config, adapters };
    const request = { base, folder: base.data, partners: terms.partners };
    const { home: us, partners } = await prepareAdministrations(adapterTools, request);
    mock.timers.setTime(begins);
    const sideOf = (country: string): Side => {
      const found = sides.get(country);
      if (found === undefined) throw new Error(`no side ${country}`);
      return found;
    };
    for (const each of [us, ...partners]) sides.set(each.profile.country, await openSide(each, sideOf));
    return await new Course(terms, sides, folder).run();
  } finally {
    for (const side of sides.values()) await side.close();
    mock.timers.reset();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Further partners are copies of one adapter with other letters. */
function copyAdapters(folder: string, partners: readonly string[]): string {
  cpSync(adaptersFolder, folder, { recursive: true });
  for (const code of partners.filter((each) => !existsSync(join(folder, each.toLowerCase())))) {
    const copy = join(folder, code.toLowerCase());
    cpSync(join(folder, 'hk'), copy, { recursive: true });
    for (const name of readdirSync(copy).filter((each) => /\.(yaml|xml|xsd)$/u.test(each))) {
      const file = join(copy, name);
      const text = readFileSync(file, 'utf8').replaceAll(/\bHK/gu, code).replaceAll(':hk:', `:${code.toLowerCase()}:`);
      writeFileSync(file, text);
    }
  }
  return folder;
}

class Course {
  readonly #terms: YearTerms;
  readonly #sides: ReadonlyMap<string, Side>;
  readonly #folder: string;
  readonly #random: SeededRandom;
  readonly #steps = new Map<string, number>();
  readonly #sizes: Size[] = [];
  readonly #silentUntil = new Map<string, number>();
  /** What the domestic systems know: the truth of every list. */
  readonly #truth = new Map<string, Map<string, DomesticRecord>>();
  readonly #alarms = new Map<string, Alarm>();
  #restarts = 0;
  #day = 0;

  constructor(terms: YearTerms, sides: ReadonlyMap<string, Side>, folder: string) {
    this.#terms = terms;
    this.#sides = sides;
    this.#folder = folder;
    this.#random = seededRandom(terms.seed);
  }

  async run(): Promise<Year> {
    await this.#firstLists();
    for (; this.#day < this.#terms.days; this.#day += 1) await this.#oneDay();
    const alarms = [...this.#alarms.values()];
    const [middle, end] = [this.#sizes[this.#sizes.length / 2 - 1], this.#sizes.at(-1)];
    return {
      steps: Object.fromEntries(this.#steps),
      faults: [
        ...(await differences(this.#us, this.#others)),
        ...(await repeatedNumbers(this.#others)),
        ...alarms.flatMap(({ cause, subject, closedAt }) => (closedAt ? [] : [`${cause} (${subject}) is open`])),
        ...(middle === undefined || end === undefined ? [] : growthBeyond(middle, end)),
      ],
      messages: await messagesOf(this.#us),
      ...{ restarts: this.#restarts, alarms, sizes: this.#sizes },
    };
  }

  get #us(): Side {
    const us = this.#sides.get(home);
    if (us === undefined) throw new Error('no home');
    return us;
  }

  get #others(): readonly Side[] {
    return [...this.#sides.values()].filter(({ country }) => country !== home);
  }

  #at(hour: number): void {
    mock.timers.setTime(begins + this.#day * dayMs + hour * 3600 * 1000);
  }

  /** A person decides when a partner receives its first list. */
  async #firstLists(): Promise<void> {
    for (const side of this.#sides.values()) {
      const records = inventListed(side.gateway(), operatorsEach, this.#random.below(1_000_000));
      this.#truth.set(side.country, new Map(records.map((each) => [each.code, each])));
      await saveRecords(side.gateway(), records);
      for (const partner of side.gateway().partners.keys()) await sendList(side.gateway(), partner);
    }
  }

  async #oneDay(): Promise<void> {
    const isQuiet = this.#day >= this.#terms.days - quietDays;
    this.#at(1);
    this.#fallSilent(isQuiet);
    for (const hour of [3, 9, 15, 21]) {
      this.#at(hour);
      if (!isQuiet)
        for (const side of this.#sides.values()) if (hour === 9 || side === this.#us) await this.#change(side);
      if (hour === 3)
        for (const side of this.#sides.values()) if (side === this.#us || this.#day % 7 === 0) await this.#retire(side);
      if (hour === 15 && this.#random.next() < 0.1) {
        this.#restarts += 1;
        await this.#us.restart();
      }
      for (const side of this.#sides.values()) await side.turn();
      await this.#us.turn(); // replies to what partners sent just now
      if (hour === 9) await this.#askAtBorder();
      if (hour % 12 === 9) await this.#us.watch();
    }
    if (this.#day === Math.floor(this.#terms.days / 2)) await this.#putOlderCopy();
    this.#at(22);
    await this.#lookAfter();
    await this.#readAlarms();
    const month = Math.floor((this.#terms.days * (this.#sizes.length + 1)) / 12);
    if (this.#day + 1 === month) this.#sizes.push(await sizeOf(this.#us, month));
  }

  /** Every day, before retention deletes those that were closed long ago. */
  async #readAlarms(): Promise<void> {
    const alarms = await listAlarms(this.#us.gateway().db.sql, { all: true });
    // What an older copy of the store does not know was never opened in it.
    for (const [key, { closedAt }] of this.#alarms) if (closedAt === undefined) this.#alarms.delete(key);
    for (const alarm of alarms) this.#alarms.set(`${String(alarm.n)} ${alarm.openedAt}`, alarm);
  }

  #fallSilent(isQuiet: boolean): void {
    for (const side of this.#others) {
      const until = this.#silentUntil.get(side.country) ?? 0;
      if (!isQuiet && until <= this.#day && this.#random.next() < 0.02)
        this.#silentUntil.set(side.country, this.#day + 1 + this.#random.below(8));
      side.silent = !isQuiet && (this.#silentUntil.get(side.country) ?? 0) > this.#day;
    }
  }

  /** One operator is suspended or active again. */
  async #change(side: Side): Promise<void> {
    const truth = this.#truth.get(side.country) ?? new Map<string, DomesticRecord>();
    const record = truth.get(this.#random.pick([...truth.keys()]));
    if (record === undefined) return;
    const status = record.status === 'active' ? 'suspended' : 'active';
    const changed = { ...record, status, statusSince: momentOf(side.gateway().now()).slice(0, 10) } as const;
    truth.set(record.code, changed);
    await saveRecords(side.gateway(), [changed]);
  }

  async #retire(side: Side): Promise<void> {
    await side.gateway().sealer.thin();
    await runRetention(side.gateway(), { days: this.#terms.retention, pause: () => Promise.resolve() });
  }

  async #askAtBorder(): Promise<void> {
    for (const { country } of this.#others) {
      const partner = this.#us.gateway().partners.get(country);
      const [code] = this.#truth.get(country)?.keys() ?? [];
      const identifier = partner?.adapter.identifiers.theirs.toIdentifier(code ?? '') ?? '';
      await check(this.#us.gateway(), { partner: country, identifier }, 'desk');
    }
  }

  /** The gateway stops, and somebody puts the backup of an earlier hour back; changes since are lost. */
  async #putOlderCopy(): Promise<void> {
    const file = join(this.#folder, `backup-${String(this.#day)}`);
    await writeBackup(this.#us.gateway().config.store, file);
    this.#at(21.5);
    await this.#change(this.#us);
    await this.#us.turn();
    this.#restarts += 1;
    await this.#us.restart(async ({ store }) => {
      await restoreBackup({ store, file, stamp: String(this.#day) }, () => Promise.resolve());
    });
    this.#terms.tell?.(`day ${String(this.#day)}: an older copy of the store`);
  }

  /** A person looks at our gateway every day, and at those of the partners every week. */
  async #lookAfter(): Promise<void> {
    for (const side of this.#sides.values())
      if (side === this.#us || this.#day % 7 === 0)
        await doWhatIsNamed(side, await (side === this.#us ? alarmsOf(side) : problemsOf(side)), {
          records: ({ country }) => [...(this.#truth.get(country)?.values() ?? [])],
          partnersOf: (of) => (of === this.#us ? this.#others : [this.#us]),
          did: (step, detail) => {
            this.#steps.set(step, (this.#steps.get(step) ?? 0) + 1);
            this.#terms.tell?.(`day ${String(this.#day)}: ${step}: ${detail}`);
          },
        });
  }
}
