/** What lies between the two sides of a history: connections or a broker, on which messages are lost, doubled and late; and a sender that stands still. */

import type { SealedMessage } from '../../gateway/model/message.ts';
import type { SeededRandom } from '../../gateway/model/seeded-random.ts';
import type { SendOutcome } from '../../gateway/wire/transport/transport.ts';
import type { SimulatedSide } from './simulated-side.ts';

export interface Network {
  send(from: SimulatedSide, message: SealedMessage, alive: () => boolean): Promise<SendOutcome>;
  /** The oldest message that is on the way arrives. It stays there until it is settled. False: none could. */
  arrive(): Promise<boolean>;
  /** All that is on the way is gone. */
  empty(): void;
  /** A turn, which may stand still in the middle of sending: true. Then it goes on at `wake`. */
  turn(side: SimulatedSide): Promise<boolean>;
  wake(): Promise<void>;
}

interface Terms {
  readonly random: SeededRandom;
  readonly broker: boolean;
  /** How often messages and answers are lost and doubled, and senders stand still: from 0 to 1. */
  readonly lose: number;
  readonly double: number;
  readonly freeze: number;
}

interface InFlight {
  readonly from: SimulatedSide;
  readonly message: SealedMessage;
}

const cut = { kind: 'unknown', evidence: 'cut', unreachable: true } as const;

/** `disturbed`: faults still happen. */
export function simulatedNetwork(
  [one, other]: readonly [SimulatedSide, SimulatedSide],
  { random, broker, ...rates }: Terms,
  disturbed: () => boolean,
  count: (what: string) => void,
): Network {
  let inFlight: readonly InFlight[] = [];
  /** Of a turn that stands still in the middle of sending. */
  let wake: (() => void) | undefined;
  let frozenTurn: Promise<void> | undefined;
  let stand: (() => void) | undefined;
  const happens = (rate: number): boolean => disturbed() && random.next() < rate;
  const otherOf = (side: SimulatedSide): SimulatedSide => (side === one ? other : one);
  const add = (from: SimulatedSide, message: SealedMessage): void => void (inFlight = [...inFlight, { from, message }]);

  async function answered(to: SimulatedSide, message: SealedMessage): Promise<SendOutcome> {
    if (!to.isUp()) return { kind: 'refused', evidence: 'ECONNREFUSED', unreachable: true };
    const receipt = await to.receive(message);
    if (receipt === 'down' || happens(rates.lose)) return cut;
    if (receipt === 'later') return { kind: 'refused', evidence: 'HTTP 503' };
    if (receipt === undefined) return { kind: 'custody', evidence: 'HTTP 204' };
    return { kind: 'receipt', bytes: receipt.bytes, evidence: 'HTTP 200' };
  }
  return {
    async send(from, message, alive) {
      if (wake === undefined && stand !== undefined && happens(rates.freeze)) {
        const { promise, resolve } = Promise.withResolvers<undefined>();
        wake = () => resolve(undefined);
        stand();
        await promise;
      }
      if (!alive() || happens(rates.lose)) return cut;
      if (happens(rates.double)) {
        count('message doubled');
        add(from, message);
      }
      if (!broker) return await answered(otherOf(from), message);
      add(from, message);
      return happens(rates.lose) ? cut : { kind: 'custody', evidence: 'confirmed' };
    },
    async arrive() {
      const [first] = inFlight;
      if (first === undefined) return false;
      const to = otherOf(first.from);
      const receipt = to.isUp() ? await to.receive(first.message) : 'down';
      if (receipt === 'down' || receipt === 'later') return false;
      const isAcknowledged = !happens(rates.lose);
      if (isAcknowledged) inFlight = inFlight.filter((each) => each !== first);
      if (receipt !== undefined && broker && !happens(rates.lose)) add(to, receipt);
      return true;
    },
    empty: () => void (inFlight = []),
    async turn(side) {
      const standing = Promise.withResolvers<true>();
      stand = () => standing.resolve(true);
      const turn = side.turn();
      const frozen = await Promise.race([turn, standing.promise]);
      stand = undefined;
      if (frozen === true) frozenTurn = turn;
      return frozen === true;
    },
    async wake() {
      const [go, turn] = [wake, frozenTurn];
      [wake, frozenTurn] = [undefined, undefined];
      go?.();
      await turn;
    },
  };
}
