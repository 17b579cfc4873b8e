/** One status query, answered from the register; queries put together are answered as of one moment. */

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

/** Of a partner's adapter, the answers need its terms and no message. */
export type ClearanceTerms = Pick<
  Adapter,
  'partner' | 'name' | 'timeZone' | 'arrangement' | 'identifiers' | 'memorandum'
>;

/** What an answer needs. A Gateway is one of these. */
export interface Clearance {
  readonly home: HomeProfile;
  readonly db: Database;
  readonly answers: AnswerLog;
  /** The register in memory; absent: all answers come from the store. */
  readonly index?: Pick<RegisterIndex, 'current'>;
  readonly partners: ReadonlyMap<string, { readonly adapter: ClearanceTerms }>;
  /** Name of the policy the advice follows; part of every answer. */
  readonly policy: string;
  /** What it advises where names differ; absent: the default. */
  readonly differingNames?: DifferingNames;
  /** Partners whose changed adapter was rejected, and why: the previous one answers. */
  readonly rejectedAdapters?: ReadonlyMap<string, string>;
  /** Partners whose new settings are faulty, and why: answers rest on the lists held. */
  readonly stopped?: ReadonlyMap<string, string>;
  now(): Date;
  random(bytes: number): Uint8Array;
}

/** The terms of every partner whose operators are recognised: an agency at home has none. */
export function termsOf({ partners }: Pick<Clearance, 'partners'>): readonly ClearanceTerms[] {
  return [...partners.values()].flatMap(({ adapter }) => (adapter.memorandum === undefined ? adapter : []));
}

/** Most queries name a partner by its own code: then the terms of the others are not looked at. Throws E_PARTNER_UNKNOWN. */
function termsFor(clearance: Clearance, code: string): ClearanceTerms {
  const adapter = clearance.partners.get(code)?.adapter;
  return adapter !== undefined && adapter.memorandum === undefined ? adapter : partnerOf(termsOf(clearance), code);
}

/** Queries that are answered as of one moment. What the register holds of a partner is determined once. */
interface QueryBatch {
  readonly clearance: Clearance;
  readonly now: Moment;
  readonly views: Map<string, Promise<RegisterView>>;
  answered: number;
}

export function openQueryBatch(clearance: Clearance): QueryBatch {
  return { clearance, now: momentOf(clearance.now()), views: new Map(), answered: 0 };
}

/** After so many queries other work gets its turn; an answer from the embedded store takes about a tenth of a millisecond. */
const queriesPerTurn = 50;

/**
 * Throws E_PARTNER_UNKNOWN, E_REQUEST_INVALID (a moment that no clock shows, no operator named, half of a character), and as the store where that is away and
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
  // Nothing is known from the future: a clock of the caller that is ahead of ours must not matter.
  const past = asKnown < now ? asKnown : undefined;

  // 2. The list in force: the one committed last, whatever the clock shows, unless the past is asked about; and the operator as of it.
  const viewOf = (partner: string): Promise<RegisterView> => findView(batch, partner, past);
  const view = await viewOf(terms.partner);
  const { list, isStoreAway } = view;
  const day = dayAt(at, terms.timeZone);
  const found = await findOperator(view, terms, request, { reader: db.sql, day });

  // 3. Decided; and where no operator was found, the identifier that may have been meant.
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

/** Memory holds what is true now; the past is read from the store, and so is what memory does not have yet. */
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
