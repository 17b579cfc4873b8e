/** Experiments that kill a gateway at each step of the message cycle (docs/message-cycle.md). */

import type { CrashPoint } from './crash-point.ts';
import type { Experiment } from './experiment.ts';
import { within } from './side.ts';
import type { Administration } from './administration.ts';

interface Step extends Omit<CrashPoint, 'signal'> {
  readonly step: string;
}

const inserts = (table: string): string => `insert into "?${table}"?\\b`;

/** The commits of a sender, in their order. */
const sending: readonly Step[] = [
  { step: 'the list is built and not stored', statement: inserts('message'), at: 'before', nth: 1 },
  { step: 'the list is stored and not claimed', statement: inserts('message'), at: 'after', nth: 1 },
  { step: 'the attempt is counted and nothing is sent', statement: inserts('attempt'), at: 'after', nth: 1 },
  { step: 'the message is sent and the outcome not stored', statement: inserts('attempt'), at: 'before', nth: 2 },
  { step: 'the outcome is stored and the receipt not judged', statement: inserts('attempt'), at: 'after', nth: 2 },
  {
    step: 'the receipt is judged and not stored',
    statement: 'update "?message"? set .*"?receipt_digest"? = ',
    at: 'before',
    nth: 1,
  },
  { step: 'the receipt is stored', statement: 'update "?message"? set .*"?receipt_digest"? = ', at: 'after', nth: 1 },
];

/** The commits of a receiver. */
const receiving: readonly Step[] = [
  { step: 'the bytes came and are not stored', statement: inserts('inbox'), at: 'before', nth: 1 },
  { step: 'the bytes are stored and not judged', statement: inserts('inbox'), at: 'after', nth: 1 },
  { step: 'the list is judged and not applied', statement: inserts('register_version'), at: 'before', nth: 1 },
  { step: 'the list is applied and the receipt not sent', statement: inserts('register_version'), at: 'after', nth: 1 },
];

export const crashes: readonly Experiment[] = [
  ...sending.map((step) => killedAt('sender', step)),
  ...receiving.map((step) => killedAt('receiver', step)),
];

function killedAt(role: 'sender' | 'receiver', { step, ...point }: Step): Experiment {
  return {
    fault: `${role} killed (-9) when ${step}`,
    async run({ us, them, causeEnded }) {
      const [victim, other]: readonly [Administration, Administration] = role === 'sender' ? [us, them] : [them, us];
      await other.serve();
      const process = await victim.serve({ crash: { ...point, signal: 'SIGKILL' } });
      await us.decide();
      await within('the crash point', process.ended);
      await them.decide();
      await victim.serve();
      causeEnded();
    },
  };
}
