/**
 * An import by two people: one proposes a file, the other approves its changes. The file is checked again on approval, against the current
 * records.
 */

import type { Gateway } from '../gateway.ts';
import { momentOf } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import { hiddenIn } from '../model/shown-text.ts';
import { present } from '../model/present.ts';
import { getBytes, keepBytes } from '../store/bodies.ts';
import type { Tx } from '../store/database.ts';
import { appendEvents } from '../store/events.ts';
import { addDraft, findDraft, settleDraft, type ImportDraft } from '../store/import-drafts.ts';
import type { TableEncoding } from '../wire/files/file-content.ts';
import { checkReason } from './change-operator.ts';
import { importOperators, type ImportOptions, type ImportReport } from './import.ts';

type DraftGateway = Pick<Gateway, 'home' | 'db' | 'now' | 'newId'>;

/** How to read the file. */
type ReadingOptions = Pick<ImportOptions, 'sheet' | 'asOf'> & { readonly encoding?: TableEncoding };

interface ProposedFile extends ReadingOptions {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly person: string;
}

/**
 * Stores the file and returns its id. Throws what importOperators throws for an unreadable file, and E_IMPORT_STATE (the same file is
 * already pending).
 */
export async function proposeImport(gateway: DraftGateway, file: ProposedFile): Promise<string> {
  const { name, bytes, person, ...reading } = file;
  checkName(name);
  const { counts } = await dryRun(gateway, file, reading);
  const [id, at] = [gateway.newId(), momentOf(gateway.now())];
  await gateway.db.transaction(async (tx) => {
    const digest = await keepBytes(tx, bytes);
    if (!(await addDraft(tx, { id, digest, name, options: JSON.stringify(reading), person, at })))
      throw new GatewayError('E_IMPORT_STATE', 'the same file waits for approval already');
    await appendEvents(tx, [
      { kind: 'import_proposed', ref: id, at, detail: { person, digest, name, rows: counts.rows } },
    ]);
  });
  return id;
}

const mostCharactersOfName = 200;

/** The name is shown to the people who decide, and stays in the event log. */
function checkName(name: string): void {
  const fault = name.length > mostCharactersOfName ? `it has ${name.length} characters` : hiddenIn(name);
  if (fault === undefined) return;
  throw new GatewayError('E_REQUEST_INVALID', `the name of the file cannot be shown: ${fault}`, {
    at: 'file',
    fix: `Rename the file: at most ${mostCharactersOfName} characters, none of them hidden.`,
  });
}

async function dryRun(
  gateway: DraftGateway,
  { name, bytes, person }: Pick<ProposedFile, 'name' | 'bytes' | 'person'>,
  reading: ReadingOptions,
): Promise<ImportReport> {
  return await importOperators(gateway, { name, bytes }, { ...reading, person, dryRun: true });
}

/** Throws E_IMPORT_UNKNOWN. */
export async function existingDraft({ db }: Pick<Gateway, 'db'>, id: string): Promise<ImportDraft> {
  const draft = await findDraft(db.sql, id);
  if (draft !== undefined) return draft;
  throw new GatewayError('E_IMPORT_UNKNOWN', 'no file was proposed under this number');
}

/** The changes that a pending file would make now; undefined if it was decided. */
export async function reviewImport(gateway: DraftGateway, draft: ImportDraft): Promise<ImportReport | undefined> {
  if (draft.state !== 'waiting') return undefined;
  const bytes = await getBytes(gateway.db.sql, draft.digest);
  return await dryRun(gateway, { ...draft, bytes }, JSON.parse(draft.options) as ReadingOptions);
}

export interface ImportDecision {
  readonly decision: 'approve' | 'refuse';
  readonly person: string;
  readonly reason: string;
  /** Whether rows may lift a suspension, a revocation or a withdrawal. */
  readonly lift: boolean;
}

/**
 * A person other than the proposer decides. Returns undefined if the file is refused. In the transaction of the decision, `allowed` throws
 * if the person may not decide. Throws E_APPROVAL_REPEATED (the same person), E_IMPORT_UNKNOWN, E_IMPORT_STATE (already decided). If the
 * report is `stopped`, nothing was saved or decided.
 */
export async function decideImport(
  gateway: DraftGateway,
  id: string,
  { decision, person, reason, lift }: ImportDecision,
  allowed: (tx: Tx) => Promise<unknown>,
): Promise<ImportReport | undefined> {
  checkReason(reason);
  const draft = await existingDraft(gateway, id);
  const { name, digest, options } = draft;
  const also = async (tx: Tx): Promise<void> => {
    await allowed(tx);
    if (draft.person === person)
      throw new GatewayError('E_APPROVAL_REPEATED', 'who proposes a file does not decide about it');
    const at = momentOf(gateway.now());
    const state = decision === 'approve' ? 'saved' : 'refused';
    if (!(await settleDraft(tx, draft, { state, decided_by: person, decided_at: at, reason })))
      throw new GatewayError('E_IMPORT_STATE', 'somebody decided about this file meanwhile');
    const detail = present({ person, reason, proposed_by: draft.person, digest, lift: lift || undefined });
    await appendEvents(tx, [
      { kind: decision === 'approve' ? 'import_approved' : 'import_refused', ref: id, at, detail },
    ]);
  };
  if (decision === 'refuse') {
    await gateway.db.transaction(also);
    return undefined;
  }
  if (draft.state !== 'waiting') throw new GatewayError('E_IMPORT_STATE', 'somebody has decided about this file');
  const bytes = await getBytes(gateway.db.sql, digest);
  const reading = JSON.parse(options) as ReadingOptions;
  return await importOperators(gateway, { name, bytes }, { ...reading, person: draft.person, lift, also });
}
