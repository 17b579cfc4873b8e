/**
 * Work of the office and of the schedule that takes long where there are many operators: files of our own, held lists, outcomes, lists to partners, snapshots. It
 * is plain data in and out, so that the worker thread does it.
 */

import { changeDraft, checkDraft, draftArchive, showDraft, storeDraft } from './adapter-drafts.ts';
import type { DraftChange, DraftChecks, ShownDraft } from './adapter-drafts.ts';
import type { OpenGateway } from './composition.ts';
import { answerTo, type GivenAnswer } from './given-answers.ts';
import { decideImport, existingDraft, proposeImport, reviewImport } from '../domestic/import-drafts.ts';
import type { ImportDecision, ProposedFile } from '../domestic/import-drafts.ts';
import type { ImportReport } from '../domestic/import.ts';
import { receiveBrought, type BroughtFile } from '../inbound/brought-files.ts';
import { reviewHeld, type HeldReview } from '../inbound/held-list.ts';
import { decideHeld, type ReceiveResult } from '../inbound/receive-message.ts';
import type { Bearer } from '../model/message.ts';
import type { ListOptions, QueuedList } from '../model/list/queued-list.ts';
import { snapshotFile, type FileOrder } from '../offline/border-page.ts';
import type { CutSnapshot } from '../offline/cut-snapshot.ts';
import type { Months } from '../outcomes/arrangement-outcome.ts';
import { outcomeForStaff, outcomeReport } from '../outcomes/report.ts';
import type { OutcomeReport, ShownOutcome } from '../outcomes/report.ts';
import { takeBroughtAnswer } from '../outbound/carry-files.ts';
import { sendList } from '../outbound/send-list.ts';
import { requireStill, signedInDecider } from '../people/people.ts';
import { findHeld, type HoldDecision } from '../store/held-messages.ts';

interface PersonalDecision {
  readonly decision: HoldDecision['decision'];
  readonly person: string;
  readonly reason: string;
}

export interface LongWork {
  /** As proposeImport. */
  proposeImport(file: ProposedFile): Promise<string>;
  /** As reviewImport. Throws E_IMPORT_UNKNOWN. */
  reviewImport(id: string): Promise<ImportReport | undefined>;
  /** As decideImport, of a person who may approve. Throws E_ROLE_MISSING. */
  decideImport(id: string, decision: ImportDecision): Promise<ImportReport | undefined>;
  /** As reviewHeld. Throws as findHeld. */
  reviewHeld(idOrDigest: string, most: number): Promise<HeldReview>;
  /** As decideHeld, of a person who may decide. Throws E_ROLE_MISSING. */
  decideHeld(idOrDigest: string, decision: PersonalDecision): Promise<ReceiveResult | undefined>;
  /** As receiveBrought. */
  receiveBrought(partner: string, file: BroughtFile, bearer: Bearer): ReturnType<typeof receiveBrought>;
  /** As answerTo. */
  answerTo(partner: string, digest: string): Promise<GivenAnswer | undefined>;
  /** As takeBroughtAnswer. */
  takeBroughtAnswer(partner: string, answer: Parameters<typeof takeBroughtAnswer>[2]): Promise<void>;
  /** As outcomeForStaff. */
  outcomeForStaff(partner: string, months: Months): Promise<ShownOutcome>;
  /** As outcomeReport. */
  outcomeReport(months: Months, partner: string | undefined): Promise<OutcomeReport>;
  /** As sendList. */
  sendList(partner: string, options: ListOptions): Promise<QueuedList | undefined>;
  /** As snapshotFile. */
  snapshotFile(order: FileOrder): Promise<CutSnapshot>;
  /** As changeDraft. */
  changeDraft(change: DraftChange): Promise<string>;
  /** As showDraft. */
  showDraft(id: string): Promise<ShownDraft>;
  /** As checkDraft. */
  checkDraft(id: string): Promise<DraftChecks>;
  /** As draftArchive. */
  draftArchive(id: string): Promise<Uint8Array>;
  /** As storeDraft. */
  storeDraft(id: string, person: string): Promise<string>;
}

export type LongTask = {
  [Act in keyof LongWork]: { readonly act: Act; readonly given: Parameters<LongWork[Act]> };
}[keyof LongWork];

export type LongResult = Awaited<ReturnType<LongWork[keyof LongWork]>>;

export function longWorkHere(gateway: OpenGateway): LongWork {
  const { sql } = gateway.db;
  return {
    proposeImport: (file) => proposeImport(gateway, file),
    reviewImport: async (id) => await reviewImport(gateway, await existingDraft(gateway, id)),
    decideImport: (id, decision) =>
      decideImport(gateway, id, decision, requireStill(decision.person, 'imports.approve')),
    reviewHeld: async (idOrDigest, most) => await reviewHeld(gateway, await findHeld(sql, idOrDigest), most),
    decideHeld: (idOrDigest, { decision, person, reason }) =>
      decideHeld(gateway, idOrDigest, { decision, ...signedInDecider(person, 'lists.decide', reason) }),
    receiveBrought: (...given) => receiveBrought(gateway, ...given),
    answerTo: (...given) => answerTo(gateway, ...given),
    takeBroughtAnswer: (...given) => takeBroughtAnswer(gateway, ...given),
    outcomeForStaff: (partner, months) => outcomeForStaff(gateway, partner, months),
    outcomeReport: (months, partner) => outcomeReport(gateway, months, partner),
    async sendList(partner, options) {
      const built = await sendList(gateway, partner, options);
      if (built === undefined) return undefined;
      const { list, records, departures } = built;
      return { id: list.id, records, departures };
    },
    snapshotFile: (order) => snapshotFile(gateway, { days: gateway.config.border.snapshotDays, ...order }),
    changeDraft: (change) => changeDraft(gateway, change),
    showDraft: (id) => showDraft(gateway, id),
    checkDraft: (id) => checkDraft(gateway, id),
    draftArchive: (id) => draftArchive(gateway, id),
    storeDraft: (id, person) => storeDraft(gateway, id, person),
  };
}

/** The same in a thread, to which `run` takes a task. */
export function longWorkIn(run: <T extends LongResult>(task: LongTask, bytes?: Uint8Array) => Promise<T>): LongWork {
  return {
    proposeImport: (file) => run({ act: 'proposeImport', given: [file] }, file.bytes),
    reviewImport: (...given) => run({ act: 'reviewImport', given }),
    decideImport: (...given) => run({ act: 'decideImport', given }),
    reviewHeld: (...given) => run({ act: 'reviewHeld', given }),
    decideHeld: (...given) => run({ act: 'decideHeld', given }),
    receiveBrought: (...given) => run({ act: 'receiveBrought', given }, given[1].bytes),
    answerTo: (...given) => run({ act: 'answerTo', given }),
    takeBroughtAnswer: (...given) => run({ act: 'takeBroughtAnswer', given }, given[1].bytes),
    outcomeForStaff: (...given) => run({ act: 'outcomeForStaff', given }),
    outcomeReport: (...given) => run({ act: 'outcomeReport', given }),
    sendList: (...given) => run({ act: 'sendList', given }),
    snapshotFile: (...given) => run({ act: 'snapshotFile', given }),
    changeDraft: (change) => run({ act: 'changeDraft', given: [change] }, change.sample?.bytes),
    showDraft: (...given) => run({ act: 'showDraft', given }),
    checkDraft: (...given) => run({ act: 'checkDraft', given }),
    draftArchive: (...given) => run({ act: 'draftArchive', given }),
    storeDraft: (...given) => run({ act: 'storeDraft', given }),
  };
}

/** In the thread. */
export async function runLongTask(work: LongWork, { act, given }: LongTask): Promise<LongResult> {
  return (await Reflect.apply(work[act], work, given)) as LongResult;
}
