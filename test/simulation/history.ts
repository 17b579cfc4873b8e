/**
 * One history: two administrations that decide about operators while commits fail, processes die, messages are lost, doubled and delayed,
 * clocks jump, and stores are restored. All of it follows from the seed. When the faults have ended, both must come to the same.
 */

import { seededRandom } from '../../gateway/model/seeded-random.ts';
import { disorder, Expected, registerOf, waiting } from '../faults/model.ts';
import { simulatedNetwork, type Network } from './network.ts';
import type { CommitFault, Course, SimulatedSide } from './simulated-side.ts';

export interface Administrations {
  readonly us: SimulatedSide;
  readonly them: SimulatedSide;
  /** The codes of the operators of each, which the partner holds at the start, and how it writes them. */
  readonly operators: ReadonlyMap<string, { readonly codes: readonly string[]; identifierOf(code: string): string }>;
  /** Makes the stories follow this course. */
  follow(course: Course): void;
  readonly startsAt: number;
}

export interface Told {
  /** Empty: everything came right. */
  readonly faults: readonly string[];
  readonly lines: readonly string[];
  /** What happened how often. */
  readonly counts: ReadonlyMap<string, number>;
}

/** The decisions of a history, and what the partner must then know. */
const statuses = { reinstate: 'active', suspend: 'suspended', end_consent: 'gone', give_consent: 'active' } as const;
type Decision = keyof typeof statuses;

/** Seconds between the turns after the faults: back-offs last up to an hour, and lists up to some days. */
const pauses = [...Array<number>(20).fill(10), ...Array<number>(40).fill(300), ...Array<number>(60).fill(3 * 3600)];
const minute = 60_000;
/** A day on which every decision counts: clocks that were ahead give days that are still to come. */
const farDay = '2099-01-01';

/** `pretending`: the stores also forget commits, which no store may do: such histories must end with faults. */
export async function runHistory(administrations: Administrations, seed: number, pretending = false): Promise<Told> {
  const history = new History(administrations, seed, pretending);
  await history.disturb();
  await history.settle();
  return history.told();
}

class History {
  readonly #sides: readonly [SimulatedSide, SimulatedSide];
  readonly #operators: Administrations['operators'];
  readonly #random;
  readonly #rates;
  readonly #lines: string[] = [];
  readonly #counts = new Map<string, number>();
  readonly #faults: string[] = [];
  readonly #model = new Map<string, Expected>();
  /** Decisions by side, in their order; those after a copy was kept are taken again when it is restored. */
  readonly #decided = new Map<string, { readonly code: string; readonly decision: Decision }[]>();
  readonly #kept = new Map<string, number>();
  readonly #network: Network;
  /** By stream: each position that was ever published, and the newest that was held. */
  readonly #published = new Map<string, Set<string>>();
  readonly #held = new Map<string, readonly [number, number]>();
  #clock: number;
  readonly #pretending: boolean;
  #disturbed = true;

  constructor({ us, them, operators, follow, startsAt }: Administrations, seed: number, pretending: boolean) {
    this.#pretending = pretending;
    this.#sides = [us, them];
    this.#operators = operators;
    const random = (this.#random = seededRandom(seed));
    this.#clock = startsAt;
    this.#rates = {
      broker: random.next() < 0.5,
      crash: random.next() * 0.06,
      clocks: random.next() < 0.3,
      restores: random.next() < 0.3,
    };
    const { broker } = this.#rates;
    const rates = { lose: random.next() * 0.4, double: random.next() * 0.3, freeze: random.next() < 0.3 ? 0.15 : 0 };
    const disturbed = (): boolean => this.#disturbed;
    this.#network = simulatedNetwork(this.#sides, { random, broker, ...rates }, disturbed, (what) => this.#count(what));
    follow({
      random,
      now: () => this.#clock,
      commitFault: () => this.#commitFault(),
      send: (...args) => this.#network.send(...args),
      tell: (line) => this.#tell(line),
    });
    for (const side of this.#sides) {
      side.copy('from start');
      side.setClock(0);
      side.start();
      const { codes, identifierOf } = this.#of(side);
      const model = new Expected(identifierOf);
      for (const code of codes) model.decided(code, 'active');
      this.#model.set(side.country, model);
      this.#decided.set(side.country, []);
    }
  }

  told(): Told {
    return { faults: this.#faults, lines: this.#lines, counts: this.#counts };
  }

  async disturb(): Promise<void> {
    for (let step = 5 + this.#random.below(9); step > 0; step -= 1) {
      this.#clock += this.#random.pick([1000, 5000, 20_000, minute, 10 * minute]);
      await this.#act(this.#random.pick(this.#sides));
      this.#look();
    }
  }

  /** The faults have ended: nothing waits any more, and both registers are as decided. A restored receiver needs the next list, a renewal at the latest. */
  async settle(): Promise<void> {
    this.#disturbed = false;
    this.#tell('the faults end');
    await this.#network.wake();
    for (const side of this.#sides) {
      side.setClock(0);
      side.start();
    }
    let left: readonly string[] = [];
    for (const seconds of pauses) {
      this.#clock += seconds * 1000;
      for (const side of this.#sides) await side.turn();
      while (await this.#network.arrive());
      this.#look();
      left = await this.#wrong();
      if (left.length === 0) break;
    }
    this.#faults.push(...left);
    for (const [side, other] of this.#both()) this.#faults.push(...(await disorder(side, this.#modelOf(other))));
  }

  #both(): readonly (readonly [SimulatedSide, SimulatedSide])[] {
    const [us, them] = this.#sides;
    return [
      [us, them],
      [them, us],
    ];
  }

  #of(side: SimulatedSide): { readonly codes: readonly string[]; identifierOf(code: string): string } {
    const found = this.#operators.get(side.country);
    if (found === undefined) throw new Error('no operators');
    return found;
  }

  #modelOf(side: SimulatedSide): Expected {
    const found = this.#model.get(side.country);
    if (found === undefined) throw new Error('no model');
    return found;
  }

  #tell(line: string): void {
    this.#lines.push(`${new Date(this.#clock).toISOString()} ${line}`);
  }

  #count(what: string): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
    this.#tell(what);
  }

  #commitFault(): CommitFault {
    if (!this.#disturbed || this.#random.next() >= this.#rates.crash) return 'none';
    if (this.#pretending) return 'pretended';
    const fault = this.#random.pick([
      'crash before',
      'crash after',
      'unknown and stored',
      'unknown and lost',
      'away',
    ] as const);
    this.#count(`commit ${fault}`);
    return fault;
  }

  async #act(side: SimulatedSide): Promise<void> {
    const dice = this.#random.below(100);
    if (!side.isUp()) {
      if (dice < 60) side.start();
    } else if (dice < 25) await this.#decide(side);
    else if (dice < 60) await this.#turn(side);
    else if (dice < 80) await this.#network.arrive();
    else if (dice < 84) side.crash();
    else if (dice < 88) await this.#network.wake();
    else if (dice < 92 && this.#rates.clocks) {
      this.#count('clock set');
      side.setClock(this.#random.pick([0, -90 * minute, 3 * minute, 26 * 60 * minute]));
    } else if (dice < 96 && this.#rates.restores) await this.#restore(side);
    else if (dice < 98 && this.#rates.broker) {
      this.#count('broker emptied');
      this.#network.empty();
      for (const each of this.#sides) each.crash(); // the connection is new: as a start
    }
  }

  async #decide(side: SimulatedSide): Promise<void> {
    const code = this.#random.pick(this.#of(side).codes);
    const decision = this.#next(side, code);
    this.#tell(`${side.country}: ${decision} ${code}`);
    await this.#decideFor(side, code, decision);
    this.#decided.get(side.country)?.push({ code, decision });
    this.#modelOf(side).decided(code, statuses[decision]);
  }

  /** What can be decided now about an operator that is active, suspended, or without consent. */
  #next(side: SimulatedSide, code: string): Decision {
    const last = this.#decided.get(side.country)?.findLast((each) => each.code === code)?.decision;
    if (last === 'suspend') return 'reinstate';
    if (last === 'end_consent') return 'give_consent';
    return this.#random.pick(['suspend', 'end_consent'] as const);
  }

  /** A person repeats the command until it has succeeded. */
  async #decideFor(side: SimulatedSide, code: string, decision: Decision): Promise<void> {
    while ((await side.decide(code, decision)) === undefined) if (!side.isUp()) side.start();
  }

  /** Where the turn stands still, another process takes over. */
  async #turn(side: SimulatedSide): Promise<void> {
    if (!(await this.#network.turn(side))) return;
    this.#count('sender frozen');
    this.#clock += 20_000;
    side.start();
  }

  /** Keeps a copy of the store, or brings it back; then a person decides again what was decided since. */
  async #restore(side: SimulatedSide): Promise<void> {
    const decided = this.#decided.get(side.country) ?? [];
    if (this.#random.next() < 0.4) {
      this.#kept.set(side.country, decided.length);
      side.copy('keep');
      return;
    }
    this.#count('store restored');
    side.copy(this.#kept.has(side.country) ? 'restore' : 'from start');
    this.#held.delete(side.country);
    side.start();
    for (const { code, decision } of decided.slice(this.#kept.get(side.country) ?? 0)) {
      await this.#decideFor(side, code, decision);
      this.#modelOf(side).decided(code, statuses[decision]);
    }
  }

  async #wrong(): Promise<readonly string[]> {
    const open: string[] = [];
    for (const side of this.#sides)
      open.push(...(await waiting(side)).map((row) => `${side.country}: ${JSON.stringify(row)} waits`));
    if (open.length > 0) return open;
    const found: string[] = [];
    for (const [side, other] of this.#both())
      found.push(...this.#modelOf(side).differences(await registerOf(other, farDay)));
    return found;
  }

  /** What is held was published under that number, and no number is held after a higher one. */
  #look(): void {
    for (const [side, other] of this.#both()) {
      const key = `${side.country} to ${other.country}`;
      const published = this.#published.get(key) ?? new Set();
      this.#published.set(key, published);
      for (const { epoch_id, sequence, root } of side.rows(positions('out')))
        published.add(`${String(epoch_id)}/${String(sequence)}/${String(root)}`);
      for (const { epoch_no, epoch_id, sequence, root } of other.rows(positions('in'))) {
        const position = `${String(epoch_id)}/${String(sequence)}/${String(root)}`;
        if (!published.has(position)) this.#faults.push(`${key}: ${position} is held and was never published`);
        const [epoch, number] = this.#held.get(other.country) ?? [0, 0];
        if (Number(epoch_no) < epoch || (Number(epoch_no) === epoch && Number(sequence) < number))
          this.#faults.push(`${key}: ${String(sequence)} is held after ${String(number)}`);
        this.#held.set(other.country, [Number(epoch_no), Number(sequence)]);
      }
    }
  }
}

const positions = (direction: 'in' | 'out'): string =>
  `select epoch_no, epoch_id, sequence, root from stream where direction = '${direction}'`;
