/** `GET /v1/snapshot`: a copy of the register for posts without a network. `POST /v1/consultations/offline`: the answers given with it. */

import type { Clearance } from '../clearance/requests.ts';
import type { PostedRequest } from '../model/clearance/posted-request.ts';
import { RequestFaults } from '../model/clearance/request-faults.ts';
import { isGatewayError } from '../model/errors.ts';
import type { FileOrder } from '../offline/border-page.ts';
import type { CutSnapshot } from '../offline/cut-snapshot.ts';
import { reconcile, type OfflineConsultation, type ReconcileResults } from '../offline/reconcile.ts';
import type { JsonVerdict } from '../wire/xsd/schema.ts';
import type { Caller } from './border-callers.ts';
import { idempotently, type Reply } from './border-idempotency.ts';
import { requireParameters } from './border-news.ts';
import { faultsOf, validBody, type BorderReply, type FileReply } from './border-requests.ts';
import { problemOf } from './problems.ts';

export type SnapshotFile = (order: FileOrder) => Promise<CutSnapshot>;

/** A file is cut once for all requests within a minute: a million operators take seconds. */
const keptMs = 60_000;
const mostKept = 8;

export function openSnapshots(make: SnapshotFile): SnapshotFile {
  const kept = new Map<string, { readonly until: number; readonly file: Promise<CutSnapshot> }>();
  return async (order) => {
    const now = performance.now();
    for (const [key, { until }] of kept) if (until < now || kept.size > mostKept) kept.delete(key);
    const key = JSON.stringify([order.from, order.pageOf]);
    const known = kept.get(key);
    if (known !== undefined) return await known.file;
    const file = make(order);
    kept.set(key, { until: now + keptMs, file });
    file.catch(() => kept.delete(key));
    return await file;
  };
}

/** Throws RequestFaults, and the same errors as cutSnapshot. */
export async function snapshotReply(
  snapshots: SnapshotFile,
  query: URLSearchParams,
  { accept = '', caller }: { readonly accept: string | undefined; readonly caller: Caller },
): Promise<FileReply> {
  requireParameters(query, ['from']);
  const from = query.get('from') ?? undefined;
  const isPage = accept.includes('text/html');
  if (isPage && from !== undefined)
    throw new RequestFaults([{ pointer: '/from', code: 'FROM', detail: 'The page has a whole snapshot.' }]);
  const { id, bytes } = await snapshots(isPage ? { pageOf: caller.name } : { from });
  const [type, name] = isPage
    ? ['text/html; charset=utf-8', 'border.html']
    : ['application/gzip', 'snapshot.ndjson.gz'];
  const disposition = `attachment; filename="${name}"`;
  const headers = { 'content-type': type, 'content-disposition': disposition, 'mra-snapshot': id, vary: 'accept' };
  return { status: 200, bytes, headers };
}

export interface OfflineDocument {
  readonly consultations: readonly OfflineConsultation[];
}

interface Call {
  readonly door: Clearance;
  readonly readers: { readonly offline: (value: unknown) => JsonVerdict<OfflineDocument> };
  readonly posted: PostedRequest;
}

/** Records answers that the caller gave offline, each independently. */
export async function postOffline(call: Call): Promise<Reply> {
  const { door, readers, posted } = call;
  return await idempotently(call, async (save) => {
    const { consultations } = validBody(posted, readers.offline);
    const reply = (results: ReconcileResults): BorderReply => offlineReply(posted, results);
    const reconciling = { consultations, client: posted.requester, ownOnly: true };
    return reply(await reconcile(door, reconciling, save && ((tx, results) => save(tx, reply(results)))));
  });
}

function offlineReply({ requestId }: PostedRequest, results: ReconcileResults): BorderReply {
  const counts = { recorded: 0, repeated: 0, refused: 0 };
  const shown = results.map((result) => {
    const kind = isGatewayError(result) ? 'refused' : result.result;
    counts[kind] += 1;
    if (!isGatewayError(result)) return result;
    return { result: 'refused', problem: problemOf(result, requestId, faultsOf(result)) };
  });
  return { status: 200, body: { counts, consultations: shown } };
}
