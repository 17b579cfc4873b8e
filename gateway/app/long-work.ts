/**
 * Work of the office and of the schedule that takes long where there are many operators: files of our own, held lists, outcomes, lists to partners, snapshots. It
 * is plain data in and out, so that the worker thread does it.
 */

import { changeDraft, checkDraft, draftArchive, showDraft, storeDraft } from './adapter-drafts.ts';
import type { OpenGateway } from './composition.ts';
import { answerTo } from './given-answers.ts';
import {
  decideImport,
  existingDraft,
  proposeImport,
  reviewImport,
  type ImportDecision,
} from '../domestic/import-drafts.ts';
import { receiveBrought } from '../inbound/brought-files.ts';
import { reviewHeld } from '../inbound/held-list.ts';
import { decideHeld } from '../inbound/receive-message.ts';
import type { ListOptions, QueuedList } from '../model/list/queued-list.ts';
import { snapshotFile, type FileOrder } from '../offline/border-page.ts';
import { outcomeForStaff, outcomeReport } from '../outcomes/report.ts';
import { takeBroughtAnswer } from '../outbound/carry-files.ts';
import { sendList } from '../outbound/send-list.ts';
import { requireStill, signedInDecider } from '../people/people.ts';
import { findHeld, type HoldDecision } from '../store/held-messages.ts';

interface PersonalDecision {
  readonly decision: HoldDecision['decision'];
  readonly person: string;
  readonly reason: string;
}

/** The work by its names: the functions that do it, of a person who may still decide where one decides. */
const works = {
  proposeImport,
  reviewImport: async (gateway: OpenGateway, id: string) =>
    await reviewImport(gateway, await existingDraft(gateway, id)),
  decideImport: (gateway: OpenGateway, id: string, decision: ImportDecision) =>
    decideImport(gateway, id, decision, requireStill(decision.person, 'imports.approve')),
  reviewHeld: async (gateway: OpenGateway, idOrDigest: string, most: number) =>
    await reviewHeld(gateway, await findHeld(gateway.db.sql, idOrDigest), most),
  decideHeld: (gateway: OpenGateway, idOrDigest: string, { decision, person, reason }: PersonalDecision) =>
    decideHeld(gateway, idOrDigest, { decision, ...signedInDecider(person, 'lists.decide', reason) }),
  receiveBrought,
  answerTo,
  takeBroughtAnswer,
  outcomeForStaff,
  outcomeReport,
  async sendList(gateway: OpenGateway, partner: string, options: ListOptions): Promise<QueuedList | undefined> {
    const built = await sendList(gateway, partner, options);
    if (built === undefined) return undefined;
    const { list, records, departures } = built;
    return { id: list.id, records, departures };
  },
  snapshotFile: (gateway: OpenGateway, order: FileOrder) =>
    snapshotFile(gateway, { days: gateway.config.border.snapshotDays, ...order }),
  changeDraft,
  showDraft,
  checkDraft,
  draftArchive,
  storeDraft,
};

type Works = typeof works;
type Given<Act extends keyof Works> = Works[Act] extends (gateway: never, ...given: infer All) => unknown ? All : never;

/** Each takes what its function takes after the gateway, and throws as that. */
export type LongWork = { readonly [Act in keyof Works]: (...given: Given<Act>) => ReturnType<Works[Act]> };
export type LongTask = {
  [Act in keyof Works]: { readonly act: Act; readonly given: Given<Act> };
}[keyof Works];
export type LongResult = Awaited<ReturnType<Works[keyof Works]>>;

function longWork(run: (task: LongTask) => Promise<LongResult>): LongWork {
  const calls = Object.keys(works).map((act) => [act, (...given: unknown[]) => run({ act, given } as LongTask)]);
  return Object.fromEntries(calls) as LongWork;
}

export function longWorkHere(gateway: OpenGateway): LongWork {
  return longWork((task) => runLongTask(gateway, task));
}

/** The same in a thread, to which `run` takes a task. */
export function longWorkIn(run: (task: LongTask, bytes?: Uint8Array) => Promise<LongResult>): LongWork {
  return longWork((task) => run(task, fileIn(task)));
}

/** The bytes of the file that a task carries. */
function fileIn({ act, given }: LongTask): Uint8Array | undefined {
  if (act === 'proposeImport') return given[0].bytes;
  if (act === 'receiveBrought' || act === 'takeBroughtAnswer') return given[1].bytes;
  return act === 'changeDraft' ? given[0].sample?.bytes : undefined;
}

/** In the thread of the gateway. */
export async function runLongTask(gateway: OpenGateway, { act, given }: LongTask): Promise<LongResult> {
  return (await Reflect.apply(works[act], undefined, [gateway, ...given])) as LongResult;
}
