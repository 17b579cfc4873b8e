/** What a serving gateway does beside its border door: it keeps the register in memory current, and signs checkpoints of the log. */

import { openRegisterIndex, type RegisterIndex } from '../store/register-index.ts';
import { faultFields } from '../wire/log.ts';
import type { OpenGateway } from './composition.ts';
import { repeat, type Repeated } from './repeat.ts';

/** Meanwhile, partners whose register has changed are answered from the store. */
const betweenLooksMs = 100;
/** For so long at most, an entry of the log is covered by no checkpoint. */
const betweenCheckpointsMs = 5_000;

export interface BorderWork extends Repeated {
  readonly index: RegisterIndex;
}

export function startBorderWork({ db, sealer, log }: OpenGateway): BorderWork {
  const index = openRegisterIndex(db);
  const indexing = repeat(() => index.bringUp(), {
    ...{ everyMs: betweenLooksMs, afterFailureMs: 2_000 },
    report: (error) => log.warn('the register cannot be read into memory', faultFields(error)),
  });
  const sealing = repeat(() => sealer.seal(), {
    ...{ everyMs: betweenCheckpointsMs, afterFailureMs: 60_000 },
    report: (error) => log.error('no checkpoint of the log was signed', faultFields(error)),
  });
  return {
    index,
    async stop() {
      await Promise.all([indexing.stop(), sealing.stop()]);
    },
  };
}
