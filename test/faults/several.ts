/** Experiments with a second gateway on one store. */

import type { CrashPoint } from './crash-point.ts';
import type { Experiment } from './experiment.ts';
import { within } from './side.ts';

const server: Pick<Experiment, 'engines'> = { engines: ['PostgreSQL'] };

const claimed: CrashPoint = { statement: 'insert into "?attempt"?', at: 'after', nth: 1, signal: 'SIGKILL' };

/** A process is frozen there and woken after the other one took over: what it then does must count for nothing. */
function frozenAt(crash: CrashPoint): Experiment['run'] {
  return async ({ us, them, causeEnded }) => {
    await them.serve();
    const first = await us.serve({ crash: { ...crash, signal: 'SIGSTOP' } });
    await us.decide();
    await within('the crash point', first.reached);
    await us.serve({ settings: await us.second() });
    causeEnded();
    await us.acknowledged();
    first.signal('SIGCONT');
    await them.decide();
  };
}

export const severalGateways: readonly Experiment[] = [
  {
    fault: 'a second gateway started on the data folder of one that serves',
    async run({ us, them, causeEnded }) {
      await Promise.all([us.serve(), them.serve()]);
      const second = us.start();
      await us.decide();
      const how = await within('the end of the second', second.ended);
      if (how !== 3) throw new Error(`the second ended with ${String(how)}`);
      await them.decide();
      causeEnded();
    },
  },
  {
    fault: 'of two gateways on one store one killed (-9) with the lease of a message, and not started again',
    ...server,
    async run({ us, them, causeEnded }) {
      await them.serve();
      const first = await us.serve({ crash: claimed });
      await us.decide();
      await within('the crash point', first.ended);
      causeEnded();
      await us.serve({ settings: await us.second() });
      await them.decide();
    },
  },
  {
    fault: 'of two gateways on one store one frozen with the lease of a message, and woken after the other took over',
    ...server,
    run: frozenAt(claimed),
  },
  {
    fault: 'of two gateways on one store one frozen in a transaction, and woken after the other took over',
    ...server,
    run: frozenAt({ ...claimed, at: 'before' }),
  },
  {
    fault: 'three gateways on one store while many lists become due',
    ...server,
    async run({ us, them, causeEnded }) {
      await Promise.all([us.serve(), them.serve()]);
      await us.serve({ settings: await us.second() });
      await us.serve({ settings: await us.second() });
      for (let round = 0; round < 4; round += 1) await us.decide();
      await them.decide();
      causeEnded();
    },
  },
];
