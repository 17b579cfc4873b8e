/**
 * Answers a status query from a snapshot, by the rules of the border door, with the time of the snapshot as knowledge date. This file runs
 * in Node and in a browser.
 */

import { suggestIdentifier } from '../clearance/identifier-suggestions.ts';
import type { Answer, CheckRequest, RegisterFact } from '../model/clearance/answer.ts';
import { decide } from '../model/clearance/check.ts';
import { issuerOf } from '../model/clearance/check-identifier.ts';
import { registeredAs } from '../model/clearance/names.ts';
import { momentAt, partnerOf, registrationOf } from '../model/clearance/query-reading.ts';
import type { PartnerTerms, StatusQuery } from '../model/clearance/query.ts';
import { dayAt, momentOf } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import { readIdentifier } from '../model/identifier.ts';
import { present } from '../model/present.ts';
import type { Day } from '../model/record/record.ts';
import type { RegisterView } from '../store/register-view.ts';
import { compareIdentifiers, factOfLine, identifierOfLine, registeredOfLine, termsOfData } from './snapshot.ts';
import type { SnapshotHead, SnapshotLines } from './snapshot.ts';

/** A verified snapshot to answer from. */
export interface OpenSnapshot {
  readonly head: SnapshotHead;
  readonly terms: readonly PartnerTerms[];
  readonly viewOf: (partner: string) => RegisterView;
  /** Operators whose identifier or name contains the text, ordered by identifier. */
  search(text: string, most: number): readonly (RegisterFact & { readonly partner: string })[];
  /** The same search by name and address. */
  findRegistered(partner: string, day: Day, test: ReturnType<typeof registeredAs>): readonly RegisterFact[];
}

export function openSnapshot(head: SnapshotHead, lines: SnapshotLines): OpenSnapshot {
  const linesOf = (partner: string): readonly string[] => lines.get(partner) ?? [];
  const views = new Map(
    head.partners.map(({ terms: { partner }, list }) => [partner, viewOf(list, linesOf(partner))] as const),
  );
  const view = (partner: string): RegisterView => views.get(partner) ?? viewOf(undefined, []);
  return {
    head,
    terms: head.partners.map(({ terms }) => termsOfData(terms)),
    viewOf: view,
    search(text, most) {
      const found: (RegisterFact & { readonly partner: string })[] = [];
      const wanted = text.toUpperCase();
      // Lines of other partners are not signed.
      for (const { partner } of head.partners.map(({ terms }) => terms))
        for (const line of linesOf(partner)) {
          // The raw text of a line contains the name, so most lines are skipped without parsing.
          if (found.length >= most || !line.toUpperCase().includes(wanted)) continue;
          const fact = factOfLine(line);
          const shown = [fact.identifier, fact.name ?? '', fact.otherName ?? ''].join('\n').toUpperCase();
          if (shown.includes(wanted)) found.push({ partner, ...fact });
        }
      return found;
    },
    findRegistered(partner, day, test) {
      const newest = new Map<string, string>();
      for (const line of linesOf(partner))
        if (factOfLine(line).validFrom <= day) newest.set(identifierOfLine(line), line);
      const passes = (line: string): boolean => {
        const registered = registeredOfLine(line);
        return registered !== undefined && test(registered);
      };
      return [...newest.values()].filter(passes).map(factOfLine);
    },
  };
}

/** In the shape of the store (store/register.ts: findStatus, findStatuses). */
function viewOf(list: RegisterView['list'], lines: readonly string[]): RegisterView {
  const versionsOf = (identifier: string): readonly RegisterFact[] => {
    let [low, high] = [0, lines.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareIdentifiers(identifierOfLine(lines[middle] ?? ''), identifier) < 0) low = middle + 1;
      else high = middle;
    }
    const versions: RegisterFact[] = [];
    for (let fact; lines[low] !== undefined; low += 1) {
      fact = factOfLine(lines[low] ?? '');
      if (fact.identifier !== identifier) break;
      versions.push(fact);
    }
    return versions.sort((a, b) => (a.validFrom < b.validFrom ? -1 : 1));
  };
  const newestBy = (identifier: string, day: Day): RegisterFact | undefined =>
    versionsOf(identifier).findLast(({ validFrom }) => validFrom <= day);
  return {
    list,
    status: (identifier, day) => newestBy(identifier, day) ?? versionsOf(identifier)[0],
    statuses(identifiers, day) {
      const found = identifiers.map((identifier) => [identifier, newestBy(identifier, day)] as const);
      return new Map(found.flatMap(([identifier, fact]) => (fact === undefined ? [] : [[identifier, fact]])));
    },
  };
}

/** Throws E_SNAPSHOT_EXPIRED after the last day, and if the clock shows a time before the snapshot was made. */
export function requireInDate({ head }: Pick<OpenSnapshot, 'head'>, now: Date): void {
  const { created_at: created, last_day: last, time_zone: zone } = head;
  if (dayAt(now, zone) > last)
    throw new GatewayError('E_SNAPSHOT_EXPIRED', `its last day was ${last}`, { fix: 'Get a new snapshot.' });
  if (momentOf(now) < created)
    throw new GatewayError('E_SNAPSHOT_EXPIRED', `the clock shows a time before ${created}, when it was made`, {
      fix: 'Set the clock.',
    });
}

/** Throws E_SNAPSHOT_EXPIRED, and the same errors as answerQuery of the border door. */
export async function answerOffline(snapshot: OpenSnapshot, request: CheckRequest, clock: Date): Promise<Answer> {
  requireInDate(snapshot, clock);
  const { head, terms: all } = snapshot;
  const now = momentOf(clock);
  const terms = partnerOf(all, request.partner);
  const at = request.at === undefined ? now : momentAt(request.at, '/at');
  const view = snapshot.viewOf(terms.partner);
  const day = dayAt(at, terms.timeZone);
  const { home, policy, differing_names: differingNames } = head;
  const known = { home, policy, differingNames, list: view.list, at, knownAt: head.created_at, now };
  const query = { ...known, terms, request, ...(await findOperator(snapshot, view, { terms, request, day })) };
  const decided = decide(query);
  const viewOf = (partner: string): Promise<RegisterView> => Promise.resolve(snapshot.viewOf(partner));
  const suggestion = await suggestIdentifier({ all: () => all, viewOf }, query, decided);
  const answer = { ...decided, freshness: { ...decided.freshness, source: 'snapshot' as const } };
  return present({ ...answer, would_change_answer: suggestion });
}

interface Asked {
  readonly terms: PartnerTerms;
  readonly request: CheckRequest;
  readonly day: Day;
}

async function findOperator(
  snapshot: OpenSnapshot,
  view: RegisterView,
  { terms, request, day }: Asked,
): Promise<Pick<StatusQuery, 'identifier' | 'fact' | 'namesakes'>> {
  if (request.identifier !== undefined) {
    const identifier = readIdentifier(request.identifier, issuerOf(terms, request.partner));
    return { identifier, fact: await view.status(identifier.value, day) };
  }
  const found = snapshot.findRegistered(terms.partner, day, registeredAs(registrationOf(terms, request)));
  const only = found.length === 1 ? found[0] : undefined;
  return { identifier: { value: only?.identifier ?? '', changes: [] }, fact: only, namesakes: found.length };
}
