/** What the office does with files of our own operators, as plain data: a large file takes seconds, and is read in the worker thread. */

import {
  decideImport,
  existingDraft,
  proposeImport,
  reviewImport,
  type ImportDecision,
  type ProposedFile,
} from '../domestic/import-drafts.ts';
import type { ImportReport } from '../domestic/import.ts';
import { requireStill } from '../people/people.ts';
import type { Gateway } from '../gateway.ts';

export interface ImportDesk {
  /** As proposeImport. */
  propose(file: ProposedFile): Promise<string>;
  /** As reviewImport. Throws E_IMPORT_UNKNOWN. */
  review(id: string): Promise<ImportReport | undefined>;
  /** As decideImport; of a person who may approve. Throws E_ROLE_MISSING. */
  decide(id: string, decision: ImportDecision): Promise<ImportReport | undefined>;
}

export type ImportTask = {
  [Act in keyof ImportDesk]: { readonly desk: Act; readonly given: Parameters<ImportDesk[Act]> };
}[keyof ImportDesk];

export type ImportResult = Awaited<ReturnType<ImportDesk[keyof ImportDesk]>>;

export function openImportDesk(gateway: Pick<Gateway, 'home' | 'db' | 'now' | 'newId'>): ImportDesk {
  return {
    propose: (file) => proposeImport(gateway, file),
    review: async (id) => await reviewImport(gateway, await existingDraft(gateway, id)),
    decide: (id, decision) => {
      const { person } = decision;
      return decideImport(gateway, id, decision, (tx) => requireStill(person, 'imports.approve')(tx));
    },
  };
}

/** The same desk in a thread, to which `run` takes a task. */
export function distantImportDesk(
  run: <T extends ImportResult>(task: ImportTask, bytes?: Uint8Array) => Promise<T>,
): ImportDesk {
  return {
    propose: (file) => run({ desk: 'propose', given: [file] }, file.bytes),
    review: (id) => run({ desk: 'review', given: [id] }),
    decide: (id, decision) => run({ desk: 'decide', given: [id, decision] }),
  };
}

/** In the thread. */
export async function runImportTask(desk: ImportDesk, task: ImportTask): Promise<ImportResult> {
  switch (task.desk) {
    case 'propose':
      return await desk.propose(...task.given);
    case 'review':
      return await desk.review(...task.given);
    case 'decide':
      return await desk.decide(...task.given);
  }
}
