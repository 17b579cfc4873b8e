/**
 * What a serving gateway does beside its border door: it keeps the register in memory current, records what was answered without the store,
 * and signs checkpoints of the log.
 */

import { join } from 'node:path';
import { openAnswerLog, type AnswerLog } from '../clearance/answer-log.ts';
import { openAnswerSpool } from '../clearance/answer-spool.ts';
import { makeSearchable } from '../store/answer-search.ts';
import { openRegisterIndex, type RegisterIndex } from '../store/register-index.ts';
import { openRegisterLoader } from '../store/register-loader.ts';
import { openPackingThread } from '../store/register-thread.ts';
import { requireBroker } from './brokers.ts';
import { faultFields } from '../wire/log.ts';
import type { OpenGateway } from './composition.ts';
import { sendNews, topicReceiver, webhookReceiver, type NewsReceiver } from './news.ts';
import { repeat, type Repeated } from './repeat.ts';

/** Meanwhile, partners whose register has changed are answered from the store. */
const betweenLooksMs = 100;
/** For so long at most, an entry of the log is covered by no checkpoint. */
const betweenCheckpointsMs = 5_000;

/** A hundred entries of the log become searchable in one round. While more are left, rounds take a tenth of the time. */
const searchableRhythm = { everyMs: 100, shareWhileLeft: 0.1, afterFailureMs: 5_000 };

/** Answers given while the store was away, or written by another, are recorded after so long at most. */
const betweenDrainsMs = 1_000;

/** A change waits so long at most before it is posted. */
const betweenNewsMs = 500;

interface BorderWork extends Repeated {
  readonly index: RegisterIndex;
  readonly answers: AnswerLog;
}

export function startBorderWork(gateway: OpenGateway): BorderWork {
  const { db, home, sealer, log, config, now } = gateway;
  const receivers = receiversOf(gateway);
  const answers = openAnswerLog(db, home, openAnswerSpool(db, join(config.data, 'spool'), now));
  const indexing = startIndexing(gateway);
  const sealing = repeat(() => sealer.seal(), {
    ...{ everyMs: betweenCheckpointsMs, afterFailureMs: 60_000 },
    report: (error) => log.error('no checkpoint of the log was signed', faultFields(error)),
  });
  const searching = repeat(() => makeSearchable(db), {
    ...searchableRhythm,
    report: (error) => log.warn('answers are not searchable yet', faultFields(error)),
  });
  const recording = repeat(recordSpooled, {
    everyMs: betweenDrainsMs,
    report: (error) => log.warn('answers given without the store are not recorded yet', faultFields(error)),
  });
  const informing = startNews(gateway, receivers);
  async function recordSpooled(): Promise<void> {
    const count = await answers.recordSpooled();
    if (count > 0) log.warn('answers were given while the store could not be written', { count, state: 'recorded' });
  }
  return {
    index: indexing.index,
    answers,
    async stop() {
      await Promise.all([
        indexing.stop(),
        sealing.stop(),
        searching.stop(),
        recording.stop(),
        ...informing.map((each) => each.stop()),
      ]);
    },
  };
}

/** The register in memory follows the store, and is kept in a file for the next start. */
function startIndexing({ db, log, config }: OpenGateway): Repeated & { readonly index: RegisterIndex } {
  const thread = openPackingThread(config.store);
  const loader = openRegisterLoader(db, {
    kept: {
      file: join(config.data, 'register.snapshot'),
      unusable: (error) => log.warn('the register is read anew: its snapshot was not used', faultFields(error)),
    },
    packMany: thread.packMany,
  });
  const index = openRegisterIndex(db, loader);
  const keep = (): Promise<void> =>
    loader.keep().catch((error: unknown) => log.warn('no snapshot of the register was written', faultFields(error)));
  const indexing = repeat(() => index.bringUp().then(keep), {
    ...{ everyMs: betweenLooksMs, afterFailureMs: 500 },
    report: (error) => log.warn('the register cannot be read into memory', faultFields(error)),
  });
  return {
    index,
    async stop() {
      await indexing.stop();
      await thread.close();
    },
  };
}

/** Each receiver has turns of its own: one that is slow holds nobody else back. */
type Receivers = readonly (readonly [name: string, receiver: NewsReceiver])[];

/** Throws E_CONFIG_INVALID for a broker that is not set up. */
function receiversOf({ home, config, brokers }: OpenGateway): Receivers {
  const { webhooks = {}, topics = {} } = config.border;
  return [
    ...Object.entries(webhooks).map(([name, webhook]) => [name, webhookReceiver({ home }, name, webhook)] as const),
    ...Object.entries(topics).map(([name, topic]) => {
      const broker = requireBroker(brokers, topic.broker, `border.topics.${name}.broker`);
      return [name, topicReceiver({ home }, topic, broker)] as const;
    }),
  ];
}

function startNews({ db, home, log, now, owner }: OpenGateway, receivers: Receivers): readonly Repeated[] {
  return receivers.map(([name, receiver]) =>
    repeat(() => sendNews({ db, home, log, now, owner }, name, receiver), {
      ...{ everyMs: betweenNewsMs, afterFailureMs: 5_000 },
      report: (error) => log.warn('a receiver of changes cannot be informed', { kind: name, ...faultFields(error) }),
    }),
  );
}
