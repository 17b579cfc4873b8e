/** A simulated partner left to itself: turn by turn it sends a good list or has one of its vices, and mends afterwards. */

import { setTimeout as wait } from 'node:timers/promises';
import { momentOf } from '../model/day.ts';
import { asGatewayError, type ErrorCode } from '../model/errors.ts';
import type { Moment } from '../model/record/domestic-record.ts';
import { seededRandom, type SeededRandom } from '../model/seeded-random.ts';
import { goodList, startAnew } from './sending.ts';
import type { Manner, Simulator } from './simulator.ts';
import { complaint, endingOf, type Sent, type Vice } from './fault.ts';

/** What happened in one turn. */
export interface Turn {
  readonly no: number;
  readonly at: Moment;
  /** Absent: a good list. */
  readonly vice?: string;
  /** Messages that were sent, and how the other side ended them. */
  readonly sent: readonly { readonly id: string; readonly ending: string }[];
  /** How many messages of the other side met the vice. */
  readonly met?: number;
  /** What the other side did not do as it should. */
  readonly complaints: readonly string[];
  /** The turn could not be played. */
  readonly failed?: ErrorCode;
}

export interface Play {
  readonly vices: readonly Vice[];
  /** The order of the vices: the same for the same seed. */
  readonly seed: number;
  /** Milliseconds between two turns, and as long as a vice of answers stands. */
  readonly everyMs: number;
  readonly withinMs: number;
  readonly boundMs: number;
  /** Ends when each vice had its turn; otherwise they come round until stopped. */
  readonly once: boolean;
  readonly stop: AbortSignal;
  tell(turn: Turn): void;
}

/** Plays until stopped or done. The last turn is a good list, so that nothing stays behind. */
export async function playTurns(simulator: Simulator, play: Play): Promise<readonly Turn[]> {
  const turns: Turn[] = [];
  const take = async (vice?: Vice): Promise<void> => {
    const turn = await takeTurn(simulator, play, { no: turns.length + 1, ...(vice === undefined ? {} : { vice }) });
    turns.push(turn);
    play.tell(turn);
  };
  await startAnew(simulator); // a partner that was started before goes on with a whole list
  await take();
  const order = shuffled(play.vices, seededRandom(play.seed));
  for (let round = 0; !play.stop.aborted && !(play.once && round > 0); round += 1) {
    for (const vice of order.length === 0 ? [undefined] : order) {
      if (!(await pause(play))) break;
      await take(vice);
      if (vice !== undefined) await take();
    }
  }
  return turns;
}

/** Waits for the next turn; false when there is none. */
async function pause({ everyMs, stop }: Play): Promise<boolean> {
  try {
    await wait(everyMs, undefined, { signal: stop });
  } catch (error) {
    if (!stop.aborted) throw error;
  }
  return !stop.aborted;
}

async function takeTurn(
  simulator: Simulator,
  play: Play,
  { no, vice }: { readonly no: number; readonly vice?: Vice },
): Promise<Turn> {
  const head = { no, at: momentOf(simulator.gateway.now()), ...(vice === undefined ? {} : { vice: vice.name }) };
  try {
    if (vice === undefined) {
      const { id, state, verdictDetail } = await goodList(simulator, play.withinMs);
      const complaints = state === 'REJECTED' ? ['a good list was refused'] : [];
      return { ...head, sent: [{ id, ending: verdictDetail ?? state }], complaints };
    }
    if (vice.acts === 'answers') return { ...head, ...(await answered(simulator, play, vice)) };
    const sent = await vice.perform(simulator, play.withinMs);
    const complaints = sent.map((one) => complaint(vice, one)).filter((text) => text !== undefined);
    return { ...head, sent: sent.map(ended), complaints };
  } catch (error) {
    await startAnew(simulator); // what was sent and not answered must not stand before the next list
    return { ...head, sent: [], complaints: [], failed: asGatewayError(error).code };
  }
}

const ended = ({ id, answer }: Sent): Turn['sent'][number] => ({ id, ending: endingOf(answer) ?? answer.evidence });

/** The vice stands for one turn, and counts what meets it. */
async function answered(
  simulator: Simulator,
  play: Play,
  vice: Extract<Vice, { acts: 'answers' }>,
): Promise<Pick<Turn, 'sent' | 'met' | 'complaints'>> {
  const { door, receipt } = vice.manner(simulator, play.boundMs);
  let met = 0;
  const counting: Manner = {
    ...(door === undefined
      ? {}
      : {
          door(...call) {
            met += 1;
            door(...call);
          },
        }),
    ...(receipt === undefined
      ? {}
      : {
          receipt(raw, received) {
            if (received.receipt !== undefined) met += 1;
            return receipt(raw, received);
          },
        }),
  };
  simulator.behave(counting);
  try {
    await pause(play);
  } finally {
    simulator.behave();
  }
  return { sent: [], met, complaints: [] };
}

/** Fisher and Yates. */
function shuffled<T>(list: readonly T[], random: SeededRandom): T[] {
  const order = [...list];
  for (let left = order.length; left > 1; left -= 1) {
    const drawn = random.below(left);
    const [one, other] = [order[left - 1], order[drawn]];
    if (one !== undefined && other !== undefined) [order[left - 1], order[drawn]] = [other, one];
  }
  return order;
}
