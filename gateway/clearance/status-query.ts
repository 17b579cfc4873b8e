/** Answers one status query from the register. Queries of one batch are answered as of the same moment. */

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AnsweredQuery, AnswerLog } from './answer-log.ts';
import type { Adapter } from '../adapter/adapter.ts';
import type { CheckRequest } from '../model/clearance/answer.ts';
import { issuerOf } from '../model/clearance/check-identifier.ts';
import { decide } from '../model/clearance/check.ts';
import { dayAt, momentOf } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import type { HomeProfile } from '../model/home.ts';
import { readIdentifier } from '../model/identifier.ts';
import { present } from '../model/present.ts';
import { registeredAs } from '../model/clearance/names.ts';
import { momentAt, partnerOf, registrationOf } from '../model/clearance/query-reading.ts';
import type { DifferingNames, StatusQuery } from '../model/clearance/query.ts';
import type { Day, Moment } from '../model/record/record.ts';
import { suggestIdentifier } from './identifier-suggestions.ts';
import type { Database, Reader } from '../store/database.ts';
import { findRecords } from '../store/register-search.ts';
import type { RegisterIndex } from '../store/register-index.ts';
import { storedView, type RegisterView } from '../store/register-view.ts';

/** The part of an adapter that answers need: its terms, without its messages. */
export type ClearanceTerms = Pick<
  Adapter,
  'partner' | 'name' | 'timeZone' | 'arrangement' | 'identifiers' | 'memorandum'
>;

/** The dependencies of an answer. A Gateway satisfies this interface. */
export interface Clearance {
  readonly home: HomeProfile;
  readonly db: Database;
  readonly answers: AnswerLog;
  /** The register in memory; absent: all answers come from the store. */
  readonly index?: Pick<RegisterIndex, 'current'>;
  readonly partners: ReadonlyMap<string, { readonly adapter: ClearanceTerms }>;
  /** Name of the policy behind the advice; part of every answer. */
  readonly policy: string;
  /** The advice of the policy for differing names; absent: the default. */
  readonly differingNames?: DifferingNames;
  /** Partners whose changed adapter was rejected, and why. The previous adapter stays in use. */
  readonly rejectedAdapters?: ReadonlyMap<string, string>;
  /** Partners whose new settings are faulty, and why. Answers rest on the lists already held. */
  readonly stopped?: ReadonlyMap<string, string>;
  now(): Date;
  random(bytes: number): Uint8Array;
}

/** The terms of every partner whose operators are recognised, which excludes domestic agencies. */
export function termsOf({ partners }: Pick<Clearance, 'partners'>): readonly ClearanceTerms[] {
  return [...partners.values()].flatMap(({ adapter }) => (adapter.memorandum === undefined ? adapter : []));
}

/** Most queries name a partner by its own code, which needs no search. Throws E_PARTNER_UNKNOWN. */
function termsFor(clearance: Clearance, code: string): ClearanceTerms {
  const adapter = clearance.partners.get(code)?.adapter;
  return adapter !== undefined && adapter.memorandum === undefined ? adapter : partnerOf(termsOf(clearance), code);
}

/** Queries answered as of one moment. The view of each partner's register is opened once. */
interface QueryBatch {
  readonly clearance: Clearance;
  readonly now: Moment;
  readonly views: Map<string, Promise<RegisterView>>;
  answered: number;
}

export function openQueryBatch(clearance: Clearance): QueryBatch {
  return { clearance, now: momentOf(clearance.now()), views: new Map(), answered: 0 };
}

/** After this many queries, yield to other work; an answer from the embedded store takes about 0.1 ms. */
const queriesPerTurn = 50;

/**
 * Throws E_PARTNER_UNKNOWN, E_REQUEST_INVALID (an impossible moment, no operator named, a lone surrogate), and the errors of the store if
 * memory does not suffice; every other finding is an answer.
 */
export async function answerQuery(batch: QueryBatch, request: CheckRequest): Promise<AnsweredQuery> {
  const { clearance, now } = batch;
  const { home, policy, differingNames, db } = clearance;
  batch.answered += 1;
  if (batch.answered % queriesPerTurn === 0) await nextTurn();
  requireWellFormed(request);

  // 1. The partner, the legal moment, and the moment as of which the register is read.
  const terms = termsFor(clearance, request.partner);
  const at = request.at === undefined ? now : momentAt(request.at, '/at');
  const asKnown = request.known_at === undefined ? now : momentAt(request.known_at, '/known_at');
  // A `known_at` in the future counts as now: the caller's clock may be ahead of ours.
  const past = asKnown < now ? asKnown : undefined;

  // 2. The list in force: the one committed last, unless the query asks about the past; and the operator as of it.
  const viewOf = (partner: string): Promise<RegisterView> => findView(batch, partner, past);
  const view = await viewOf(terms.partner);
  const { list, isStoreAway } = view;
  const day = dayAt(at, terms.timeZone);
  const found = await findOperator(view, terms, request, { reader: db.sql, day });

  // 3. Decide, and if no operator was found, suggest the identifier that may have been meant.
  const query = {
    home: home.country,
    terms,
    request,
    ...found,
    list,
    at,
    knownAt: past ?? now,
    now,
    policy,
    differingNames,
    isStoreAway,
  };
  const answer = decide(query);
  const suggestion = await suggestIdentifier({ all: () => termsOf(clearance), viewOf }, query, answer);
  const given = suggestion === undefined ? answer : { ...answer, would_change_answer: suggestion };
  return present({ request, answer: given, isStoreAway });
}

/** A lone surrogate has no canonical JSON (RFC 8785, 3.2.2.2), so an answer with it could not be proven. */
function requireWellFormed(request: CheckRequest): void {
  const found = Object.entries(request).find(([, value]) => typeof value === 'string' && !value.isWellFormed());
  if (found === undefined) return;
  const fix = 'Send it as text of whole Unicode characters.';
  throw new GatewayError('E_REQUEST_INVALID', 'a text holds half of a character', { at: `/${found[0]}`, fix });
}

function findView({ clearance, views }: QueryBatch, partner: string, past: Moment | undefined): Promise<RegisterView> {
  const key = `${partner} ${past ?? 'now'}`;
  let view = views.get(key);
  if (view === undefined) views.set(key, (view = openView(clearance, partner, past)));
  return view;
}

/** Memory holds the current register. The past is read from the store, and so are partners that memory does not hold yet. */
async function openView({ db, index }: Clearance, partner: string, past?: Moment): Promise<RegisterView> {
  const inMemory = past === undefined ? await index?.current() : undefined;
  return inMemory?.(partner) ?? (await storedView(db.sql, partner, past));
}

/** The operator of a query, found by its identifier or, if the arrangement allows it, by its name and address. */
async function findOperator(
  view: RegisterView,
  terms: ClearanceTerms,
  request: CheckRequest,
  { reader, day }: { readonly reader: Reader; readonly day: Day },
): Promise<Pick<StatusQuery, 'identifier' | 'fact' | 'namesakes'>> {
  const { partner } = terms;
  if (request.identifier !== undefined) {
    const identifier = readIdentifier(request.identifier, issuerOf(terms, request.partner));
    return { identifier, fact: await view.status(identifier.value, day) };
  }
  const asOf = { day, list: view.list?.ordinal ?? 0 };
  const found = await findRecords(reader, partner, asOf, registeredAs(registrationOf(terms, request)));
  const only = found.length === 1 ? found[0] : undefined;
  return { identifier: { value: only?.identifier ?? '', changes: [] }, fact: only, namesakes: found.length };
}
