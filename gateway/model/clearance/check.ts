/** Decides a status query from what the register holds, step by step. */

import type { Answer, ExplanationStep, Freshness, NameComparison, Outcome, RegisterFact, Subject } from './answer.ts';
import { inForce } from '../arrangement.ts';
import { issuingStateOf, judgeIdentifier } from './check-identifier.ts';
import { judgeScope } from './check-scope.ts';
import { addDays, dayAt } from '../day.ts';
import { compareWithNames, nameKey } from './names.ts';
import { present } from '../present.ts';
import { decided, defaultDifferingNames, found } from './query.ts';
import type { Facts, Judgement, Ruling, StatusQuery } from './query.ts';

/** From this part of its allowed age on, a list is called ageing. */
const ageingFrom = 0.8;

/**
 * The answer: what the register says as of `at`, unless an earlier step rules it out. A list that is missing or too old leaves
 * the outcome undetermined; no failure of ours ever makes an operator recognised, nor says that it is not.
 */
export function decide(query: StatusQuery): Answer {
  const { request, at, knownAt, now, policy, terms } = query;
  const facts: Facts = { ...query, day: dayAt(at, terms.timeZone), freshness: freshnessOf(query) };
  const { steps, ruling } = judge(facts);
  const { outcome } = ruling;
  const subject = subjectOf(facts, outcome);
  const match = matchName(query, subject);
  const { action, benefits = [], reason } = match === undefined ? ruling : judgeName(query, ruling, match);
  // In the order of canonical JSON, which is then printed at once.
  return present({
    advice: present({ action, benefits, policy, reason }),
    answered_at: now,
    at,
    explanation: match === undefined ? steps : [...steps, nameStep(match)],
    freshness: facts.freshness,
    known_at: knownAt,
    name_match: match,
    outcome,
    reference: request.reference,
    subject,
  });
}

/** The steps in the order in which a customs officer would ask; the first that rules ends them. */
function judge(facts: Facts): Required<Judgement> {
  const steps: ExplanationStep[] = [];
  for (const step of [judgeIdentifier, judgeAgreement, judgeFreshness, judgeStatus]) {
    const judgement = step(facts);
    steps.push(...judgement.steps);
    if (judgement.ruling !== undefined) return { steps, ruling: judgement.ruling };
  }
  const scope = judgeScope(facts);
  return { steps: [...steps, ...scope.steps], ruling: scope.ruling };
}

function judgeAgreement({ home, terms, request, day }: Facts): Judgement {
  const force = inForce(terms.arrangement, day, request.mode);
  const arrangement = `The ${home}-${terms.partner} arrangement is in force`;
  if (force.yes) return found('agreement', ['pass', 'MRA_IN_FORCE', `${arrangement} on ${day}.`]);
  const carriage = request.mode === undefined ? '' : ` for goods by ${request.mode}`;
  const until = force.until === undefined ? '' : ` until ${force.until}`;
  const text = `${arrangement} from ${force.from}${until}${carriage}, not on ${day}.`;
  const ruling = { outcome: 'agreement_not_in_force', action: 'do_not_apply' } as const;
  return decided('agreement', ['fail', 'MRA_NOT_IN_FORCE', text], ruling);
}

const storeAwayNote = 'the store is away: a newer list may have been applied';

/** The age of a list at the later of the two moments in the query: a list is no evidence for a day long after it. */
export function freshnessOf({
  list,
  terms,
  at,
  knownAt,
  isStoreAway = false,
}: Pick<StatusQuery, 'list' | 'terms' | 'at' | 'knownAt' | 'isStoreAway'>): Freshness {
  const limit = terms.arrangement.maxAgeSeconds;
  if (list === undefined) return { max_age_s: limit, source: 'register', state: 'none' };
  const until = Math.max(Date.parse(at), Date.parse(knownAt));
  const notes = [...(list.newerHeld ? ['a newer list is held'] : []), ...(isStoreAway ? [storeAwayNote] : [])];
  const age = Math.max(0, Math.floor((until - Date.parse(list.issuedAt)) / 1000));
  return {
    age_s: age,
    ...(list.evidence === 'signed' ? {} : { evidence: list.evidence }),
    list: list.number,
    list_as_of: list.issuedAt,
    max_age_s: limit,
    ...(notes.length === 0 ? {} : { note: notes.join('; ') }),
    received_at: list.receivedAt,
    source: 'register',
    state: age > limit ? 'stale' : age >= limit * ageingFrom ? 'ageing' : 'fresh',
  };
}

function judgeFreshness({ freshness, terms, list, isStoreAway = false }: Facts): Judgement {
  const { state, age_s: age = 0, max_age_s: limit } = freshness;
  const held = 'A newer list of the partner is held until two people decide.';
  const away = 'The store could not be reached: a newer list of the partner may have been applied.';
  const newer = [
    ...(list?.newerHeld === true ? found('freshness', ['warn', 'NEWER_LIST_HELD', held]).steps : []),
    ...(isStoreAway ? found('freshness', ['warn', 'STORE_AWAY', away]).steps : []),
  ];
  const text = `The list is ${inWords(age)} old; the limit is ${inWords(limit)}.`;
  const undetermined = (code: string, reason: string): Judgement =>
    decided('freshness', ['fail', code, reason], { outcome: 'undetermined', action: 'refer', reason });
  switch (state) {
    case 'fresh':
      return { steps: [...found('freshness', ['pass', 'AGE_OK', text]).steps, ...newer] };
    case 'ageing':
      return { steps: [...found('freshness', ['warn', 'AGEING', text]).steps, ...newer] };
    case 'stale':
      return undetermined('LIST_TOO_OLD', text);
    case 'none':
      return undetermined('NO_LIST', `No list of ${terms.partner} had arrived by then.`);
  }
}

function judgeStatus({ fact, day, freshness }: Facts): Judgement {
  const list = freshness.list ?? '';
  const refused = (outcome: Outcome, code: string, text: string): Judgement =>
    decided('status', ['fail', code, text], { outcome, action: 'do_not_apply' });
  const absent = `Not on list ${list} on ${day}`;
  if (fact === undefined) return refused('not_on_list', 'NOT_ON_LIST', `${absent}.`);
  const { status, validFrom, validTo } = fact;
  if (day < validFrom) return refused('not_on_list', 'NOT_ON_LIST', `${absent}: its first day is ${validFrom}.`);
  switch (status) {
    case 'revoked':
      return refused('revoked', 'REVOKED', `Revoked on ${validFrom}.`);
    case 'left':
    case 'withdrawn':
      return refused('not_on_list', 'LEFT_LIST', `No longer on the list since ${validFrom}${again(fact)}.`);
    case 'suspended':
    case 'active':
      if (validTo !== undefined && validTo < day) return refused('expired', 'EXPIRED', `Valid until ${validTo}.`);
      if (status === 'suspended') return refused('suspended', 'SUSPENDED', `Suspended since ${validFrom}.`);
      return found('status', ['pass', 'ACTIVE', `On list ${list} as active; no suspension known.`]);
  }
}

/** An absence with an end: the list states a later first day. */
function again({ validTo }: RegisterFact): string {
  return validTo === undefined ? '' : `; its next first day is ${addDays(validTo, 1)}`;
}

function subjectOf(facts: Facts, outcome: Outcome): Subject {
  const { request, identifier, terms, fact, namesakes } = facts;
  const { partner } = terms;
  const isNamed = outcome !== 'identifier_malformed' && (namesakes === undefined || namesakes === 1);
  const shown = isNamed && fact !== undefined ? shownOf(facts, fact, outcome) : {};
  return present({
    identifier: isNamed ? identifier.value : null,
    identifier_as_sent: request.identifier,
    issuer: issuingStateOf(facts),
    last_known_at: shown.last_known_at,
    last_known_status: shown.last_known_status,
    name: shown.name,
    partner,
    programme: shown.programme,
    roles: shown.roles,
    status: shown.status,
    valid_from: shown.valid_from,
    valid_to: shown.valid_to,
  });
}

/** What an answer shows of an operator in the register. */
function shownOf({ terms, list, day }: Facts, fact: RegisterFact, outcome: Outcome): Partial<Subject> {
  const { name, roles, status, validFrom, validTo: valid_to } = fact;
  if (outcome === 'agreement_not_in_force') return {};
  if (outcome === 'undetermined')
    return list === undefined || day < validFrom ? {} : { last_known_at: list.receivedAt, last_known_status: status };
  // Of an operator that left, only the identifier may be shown: it may have withdrawn its consent.
  if (outcome === 'not_on_list') return { status, valid_from: validFrom };
  const { programme } = terms.arrangement;
  return present({ name, programme, roles, status, valid_from: validFrom, valid_to });
}

/** The name sent with the name the answer shows; an operator found by its name would only be compared with itself. */
function matchName({ request, namesakes, fact }: StatusQuery, { name }: Subject): NameComparison | undefined {
  if (namesakes !== undefined || request.name === undefined || name === undefined) return undefined;
  // Marks alone are no name.
  if (nameKey(request.name) === '') return undefined;
  return compareWithNames(request.name, fact?.otherName === undefined ? [name] : [name, fact.otherName]);
}

/** A name never grants. Where it is another than the one held, the policy may have a person look before benefits are given. */
function judgeName(
  { differingNames = defaultDifferingNames }: StatusQuery,
  ruling: Ruling,
  { result, shares_word: shares }: NameComparison,
): Ruling {
  const grants = ruling.action === 'apply' || ruling.action === 'apply_with_limits';
  const rule = shares ? differingNames.partly : differingNames.wholly;
  if (result === 'match' || !grants || rule === 'warn') return ruling;
  const reason = `The name sent and the name held differ${shares ? '' : ' and have no significant word in common'}: compare them.`;
  return { outcome: ruling.outcome, action: 'refer', reason };
}

function nameStep({ result, score, shares_word: shares }: NameComparison): ExplanationStep {
  const words = shares ? '' : ', and no significant word is in both';
  const text = `The name sent and the name held agree to ${Math.round(score * 100)} of 100${words}.`;
  return result === 'match'
    ? { code: 'NAME_MATCHES', result: 'pass', step: 'name', text }
    : { code: 'NAME_DIFFERS', result: 'warn', step: 'name', text };
}

/** Minutes below an hour, hours below three days, days above. */
function inWords(seconds: number): string {
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return seconds < 3 * 86_400 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} d`;
}
