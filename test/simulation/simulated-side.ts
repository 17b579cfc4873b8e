/** One administration of the simulation: the real stories on a real store, of which each commit, and each message, may go wrong. */

import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { OpenGateway } from '../../gateway/app/composition.ts';
import { decideOperator, type OperatorDecision } from '../../gateway/domestic/change-operator.ts';
import { getPartner, type Gateway } from '../../gateway/gateway.ts';
import { receiveMessage } from '../../gateway/inbound/receive-message.ts';
import { momentOf } from '../../gateway/model/day.ts';
import { GatewayError } from '../../gateway/model/errors.ts';
import type { SealedMessage } from '../../gateway/model/message.ts';
import { makeMessageId } from '../../gateway/model/message-id.ts';
import type { SeededRandom } from '../../gateway/model/seeded-random.ts';
import { deliverDue } from '../../gateway/outbound/delivery.ts';
import { makeAllDue } from '../../gateway/outbound/dispatcher.ts';
import { listScheduler } from '../../gateway/outbound/scheduled-lists.ts';
import type { Database, Tx } from '../../gateway/store/database.ts';
import { endEarlierLeases } from '../../gateway/store/outbox.ts';
import type { SendOutcome } from '../../gateway/wire/transport/transport.ts';
import type { Held, Row } from '../faults/model.ts';

/** The process that worked is dead: nothing after this is done by it. */
class Crash extends Error {}

/** Undoes a transaction that is then said to be stored. */
class Pretended extends Error {}

/** What may happen around a commit. `pretended`: it is said to be stored and is not, which no store may do. */
export type CommitFault =
  'none' | 'pretended' | 'crash before' | 'crash after' | 'unknown and stored' | 'unknown and lost' | 'away';

/** What decides the course of a history. */
export interface Course {
  readonly random: SeededRandom;
  /** Milliseconds since 1970 of the one true clock. */
  now(): number;
  commitFault(): CommitFault;
  /** The way of a message from one side to the other. */
  send(from: SimulatedSide, message: SealedMessage, alive: () => boolean): Promise<SendOutcome>;
  tell(line: string): void;
}

export interface SimulatedSide extends Held {
  rows(sql: string): readonly Row[];
  readonly country: string;
  /** Its process runs. */
  isUp(): boolean;
  /** A process starts, on this store; one that was there before is dead, or `frozen`. */
  start(): void;
  crash(): void;
  /** By how many milliseconds its clock is ahead. */
  setClock(ahead: number): void;
  /** One turn of the dispatcher: lists that are due by the schedule, then what is due to be sent. */
  turn(): Promise<void>;
  /** The receipt; 'down' where the process died, 'later' where the store did not take it. Undefined: a receipt, which gets none. */
  receive(message: SealedMessage): Promise<SealedMessage | 'down' | 'later' | undefined>;
  /** Undefined: nobody knows whether it was stored. */
  decide(code: string, decision: OperatorDecision): Promise<true | undefined>;
  /** Keeps a copy of the store, or brings it back. */
  copy(direction: 'from start' | 'keep' | 'restore'): void;
}

interface Incarnation {
  readonly gateway: Gateway;
  alive: boolean;
  begun: boolean;
  readonly schedule: (code: string) => Promise<void>;
}

/** `files`: of the store, of the copy it begins with, and of one that is kept on the way. */
export function simulatedSide(
  open: OpenGateway,
  partner: string,
  files: { readonly store: string; readonly start: string; readonly kept: string },
  course: () => Course,
): SimulatedSide {
  const { country } = open.home;
  const past = new DatabaseSync(files.store, { enableForeignKeyConstraints: false });
  past.exec(`attach '${files.start}' as start; attach '${files.kept}' as kept`);
  const tables = past.prepare(`select name from start.sqlite_schema where type = 'table' and name not like 'kysely%'`);
  const names = tables.all().map(({ name }) => String(name));
  // Evidence is never deleted, but here each history begins anew.
  for (const schema of ['main', 'kept'])
    for (const { name } of past.prepare(`select name from ${schema}.sqlite_schema where type = 'trigger'`).all())
      past.exec(`drop trigger ${schema}."${String(name)}"`);
  const statements = new Map<string, StatementSync>();
  const prepared = (sql: string): StatementSync => {
    const statement = statements.get(sql) ?? past.prepare(sql);
    statements.set(sql, statement);
    return statement;
  };
  let ahead = 0;
  let processes = 0;
  const now = (): Date => new Date(course().now() + ahead);
  const randomBytes = (count: number): Uint8Array =>
    Uint8Array.from({ length: count }, () => course().random.below(256));

  function incarnation(): Incarnation {
    processes += 1;
    const state = { alive: true, begun: false };
    const alive = (): boolean => state.alive;
    const connected = getPartner(open, partner);
    const transport = {
      send: (message: SealedMessage) => course().send(side, message, alive),
      close: () => Promise.resolve(),
    };
    const gateway: Gateway = {
      ...open,
      ...{ now, random: randomBytes, newId: () => makeMessageId(now(), randomBytes) },
      // Of another data folder each: a process that is frozen keeps its leases.
      owner: `${country}${String(processes)}-1`,
      partners: new Map([[partner, { ...connected, transport }]]),
      db: faulty(open.db, state, course),
    };
    return Object.assign(state, { gateway, schedule: listScheduler(gateway) });
  }
  let present: Incarnation | undefined;
  const running = (): Incarnation => {
    if (present?.alive !== true) throw new Crash();
    return present;
  };
  /** Undefined: the process died. */
  const unlessCrashed = async <T>(work: (process: Incarnation) => Promise<T>): Promise<T | undefined> => {
    try {
      return await work(running());
    } catch (error) {
      if (error instanceof Crash) return undefined;
      throw error;
    }
  };
  const side: SimulatedSide = {
    ...{ country, partner, isUp: () => present?.alive === true },
    rows: (sql) => prepared(sql).all() as Row[],
    start: () => void (present = incarnation()),
    crash() {
      if (present !== undefined) present.alive = false;
    },
    setClock: (milliseconds) => void (ahead = milliseconds),
    async turn() {
      await unlessCrashed(async (process) => {
        const { gateway, schedule } = process;
        try {
          if (!process.begun) {
            await gateway.db.transaction((tx) => endEarlierLeases(tx, partner, gateway.owner));
            await makeAllDue(gateway, [partner]);
          }
          process.begun = true;
          await schedule(partner);
          await deliverDue(gateway, partner);
        } catch (error) {
          if (!(error instanceof GatewayError)) throw error;
          course().tell(`${country}: the turn ends with ${error.code}`);
        }
      });
    },
    async receive({ bytes, id: hintedId }) {
      const received = await unlessCrashed(async ({ gateway }) => {
        const raw = { partner, via: 'https', bytes, receivedAt: momentOf(gateway.now()), hintedId } as const;
        try {
          const result = await receiveMessage(gateway, raw);
          course().tell(`${country}: ${hintedId} is ${result.verdict} ${result.reason ?? ''}`);
          return { receipt: result.receipt };
        } catch (error) {
          if (error instanceof GatewayError) return 'later';
          throw error;
        }
      });
      if (received === undefined || received === 'later') return received ?? 'down';
      return received.receipt;
    },
    async decide(code, decision) {
      try {
        return await unlessCrashed(async ({ gateway }) => {
          await decideOperator(gateway, code, { decision, reason: 'simulated', person: 'simulated' });
          return true as const;
        });
      } catch (error) {
        if (error instanceof GatewayError && error.code !== 'E_OPERATOR_STATE') return undefined;
        throw error;
      }
    },
    copy(direction) {
      const [to, from] = direction === 'keep' ? ['kept', 'main'] : ['main', direction === 'restore' ? 'kept' : 'start'];
      past.exec('begin immediate');
      for (const name of names) {
        prepared(`delete from ${to}."${name}"`).run();
        prepared(`insert into ${to}."${name}" select * from ${from}."${name}"`).run();
      }
      past.exec('commit');
    },
  };
  return side;
}

/** A store that is dead with its process, and of which a commit may fail in each way in which one can. */
function faulty(db: Database, state: { alive: boolean }, course: () => Course): Database {
  const die = (): never => {
    state.alive = false;
    throw new Crash();
  };
  return {
    ...db,
    async transaction<T>(work: (tx: Tx) => Promise<T>) {
      if (!state.alive) throw new Crash();
      const fault = course().commitFault();
      if (fault !== 'none') course().tell(`a commit: ${fault}`);
      if (fault === 'away') throw new GatewayError('E_STORE_UNREACHABLE', 'simulated');
      const values: T[] = [];
      const stored = db.transaction(async (tx) => {
        values.push(await work(tx));
        if (fault === 'crash before') die();
        if (fault === 'unknown and lost') throw new GatewayError('E_OUTCOME_UNKNOWN', 'simulated');
        if (fault === 'pretended') throw new Pretended();
      });
      await stored.catch((error: unknown) => {
        if (!(error instanceof Pretended)) throw error;
      });
      if (fault === 'crash after') die();
      if (fault === 'unknown and stored') throw new GatewayError('E_OUTCOME_UNKNOWN', 'simulated');
      const [value] = values as [T];
      return value;
    },
  };
}
