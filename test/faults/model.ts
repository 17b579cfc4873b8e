/**
 * What both registers must hold in the end: a small model of its own, that knows nothing of the program but its tables. It is told what was
 * decided about each operator, and finds what was lost, done twice, or done out of order.
 */

/** A row of a store, as its engine returns it. */
export type Row = Readonly<Record<string, string | number | null>>;

/** The store of a side, past the program. */
export interface Held {
  readonly partner: string;
  rows(sql: string): Promise<readonly Row[]> | readonly Row[];
}

type Status = 'active' | 'suspended' | 'gone';

/** The operators of one administration, as its partner must know them. */
export class Expected {
  readonly #operators = new Map<string, { readonly status: Status; readonly changes: number }>();
  /** How the partner writes the identifier of an operator. */
  readonly #identifierOf: (code: string) => string;

  constructor(identifierOf: (code: string) => string) {
    this.#identifierOf = identifierOf;
  }

  decided(code: string, status: Status): void {
    const identifier = this.#identifierOf(code);
    const changes = (this.#operators.get(identifier)?.changes ?? 0) + 1;
    this.#operators.set(identifier, { status, changes });
  }

  copy(): Expected {
    const copy = new Expected(this.#identifierOf);
    for (const [identifier, operator] of this.#operators) copy.#operators.set(identifier, operator);
    return copy;
  }

  /** Forgets what was decided since that copy. */
  take(earlier: Expected): void {
    for (const [identifier, operator] of earlier.#operators) this.#operators.set(identifier, operator);
  }

  /** How a register differs from the model; empty: not at all. */
  differences(register: ReadonlyMap<string, Status>): string[] {
    const wrong = [...this.#operators].flatMap(([identifier, { status }]) => {
      const held = register.get(identifier) ?? 'gone';
      return held === status ? [] : [`${identifier} is ${held} and not ${status}`];
    });
    const strangers = [...register.keys()].filter((identifier) => !this.#operators.has(identifier));
    return [...wrong, ...strangers.map((identifier) => `${identifier} was never published`)];
  }

  /** An operator has one version for each time that something was decided about it, at most. */
  mostChanges(identifier: string): number {
    return this.#operators.get(identifier)?.changes ?? 0;
  }
}

/** What a side knows of its partner's operators on a day. */
export async function registerOf(side: Held, day: string): Promise<ReadonlyMap<string, Status>> {
  const rows = await side.rows(
    `select identifier, status from register_version where partner = '${side.partner}' and to_list = 2147483647
     and valid_from <= '${day}' and valid_to > '${day}'`,
  );
  const known = rows.map(({ identifier, status }): [string, Status] => {
    const listed = status === 'active' || status === 'suspended';
    return [String(identifier), listed ? status : 'gone'];
  });
  return new Map(known);
}

/** Messages of a side that still wait: to be sent, or for the answer to them. Receipts get no answer. */
export async function waiting({ rows, partner }: Held): Promise<readonly Row[]> {
  return await rows(
    `select id, kind, state, hold_reason from message where partner = '${partner}'
     and (state = 'SEALED' or (state = 'HANDED_OVER' and kind <> 'receipt'))`,
  );
}

/** What was done twice or out of order at a side, in the lists that it received. */
export async function disorder(side: Held, expected: Expected): Promise<string[]> {
  const { partner } = side;
  const lists = await side.rows(
    `select message_id, epoch_no, sequence from list where partner = '${partner}' and direction = 'in' order by ordinal`,
  );
  const versions = await side.rows(
    `select identifier, count(distinct source_message) as n from register_version where partner = '${partner}' group by identifier`,
  );
  return [
    ...outOfOrder(lists),
    ...repeated(lists, ({ message_id }) => String(message_id)).map((id) => `${id} was applied twice`),
    ...versions
      .filter(({ identifier, n }) => Number(n) > expected.mostChanges(String(identifier)))
      .map(({ identifier, n }) => `${String(identifier)} was changed ${String(n)} times`),
  ];
}

/** The same for what a side sent: each number of an epoch once, each content under one number, one verdict for each. */
export async function doubleNumbers(side: Held): Promise<string[]> {
  const sent = await side.rows(
    `select id, digest, epoch_id, sequence from message where partner = '${side.partner}' and kind = 'list' order by created_at`,
  );
  return [
    ...repeated(sent, ({ epoch_id, sequence }) => `${String(epoch_id)}/${String(sequence)}`).map(
      (number) => `the number ${number} was given twice`,
    ),
    ...repeated(sent, ({ digest }) => String(digest)).map((digest) => `${digest} has two numbers`),
  ];
}

function outOfOrder(lists: readonly Row[]): string[] {
  return lists.slice(1).flatMap((list, i) => {
    const before = lists[i];
    const [epoch, was] = [Number(list['epoch_no']), Number(before?.['epoch_no'])];
    const [number, last] = [Number(list['sequence']), Number(before?.['sequence'])];
    const follows = epoch > was || (epoch === was && number > last);
    return follows ? [] : [`list ${String(epoch)}/${String(number)} came after ${String(was)}/${String(last)}`];
  });
}

function repeated(rows: readonly Row[], keyOf: (row: Row) => string): string[] {
  const keys = rows.map(keyOf);
  return keys.filter((key, i) => keys.indexOf(key) !== i);
}
