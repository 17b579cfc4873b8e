/** Answers one status question from what is known: pure, in the order in which a customs officer would ask. */

import type { Answer, ExplanationStep, Freshness, NameMatch, Outcome, Subject } from './answer.ts';
import { inForce } from '../arrangement.ts';
import { issuingStateOf, judgeIdentifier } from './check-identifier.ts';
import { judgeScope } from './check-scope.ts';
import { dayAt } from '../day.ts';
import { compareNames } from './names.ts';
import type { Facts, Judgement, StatusQuery, Ruling } from './query.ts';

/** From this part of its allowed age on, a list is called ageing. */
const ageingFrom = 0.8;

/**
 * The answer: what the register says as of `at`, unless an earlier step rules it out. A list that is missing or too old leaves
 * the outcome undetermined; no failure of ours ever makes an operator recognised, nor says that it is not.
 */
export function decide(question: StatusQuery): Answer {
  const facts: Facts = {
    ...question,
    day: dayAt(question.at, question.terms.timeZone),
    freshness: freshnessOf(question),
  };
  const { steps, ruling } = walk(facts);
  const nameMatch = compareWithList(facts, ruling.outcome);
  const { request } = question;
  return {
    outcome: ruling.outcome,
    subject: subjectOf(facts, ruling.outcome),
    ...(nameMatch === undefined ? {} : { name_match: nameMatch }),
    at: question.at,
    known_at: question.knownAt,
    answered_at: question.now,
    freshness: facts.freshness,
    advice: {
      action: ruling.action,
      benefits: ruling.benefits ?? [],
      policy: question.policy,
      ...(ruling.reason === undefined ? {} : { reason: ruling.reason }),
    },
    explanation: nameMatch === undefined ? steps : [...steps, nameStep(nameMatch)],
    ...(request.reference === undefined ? {} : { reference: request.reference }),
  };
}

function walk(facts: Facts): { readonly steps: readonly ExplanationStep[]; readonly ruling: Ruling } {
  const steps: ExplanationStep[] = [];
  for (const judge of [judgeIdentifier, judgeAgreement, judgeFreshness, judgeStatus]) {
    const judgement = judge(facts);
    steps.push(...judgement.steps);
    if (judgement.ruling !== undefined) return { steps, ruling: judgement.ruling };
  }
  const scope = judgeScope(facts);
  return { steps: [...steps, scope.step], ruling: scope.ruling };
}

function judgeAgreement({ home, terms, request, day }: Facts): Judgement {
  const pair = `${home}-${terms.partner}`;
  const found = inForce(terms.arrangement, day, request.mode);
  if (found.yes)
    return {
      steps: [
        {
          step: 'agreement',
          result: 'pass',
          code: 'MRA_IN_FORCE',
          text: `The ${pair} arrangement is in force on ${day}.`,
        },
      ],
    };
  const carriage = request.mode === undefined ? '' : ` for goods by ${request.mode}`;
  const until = found.until === undefined ? '' : ` until ${found.until}`;
  const text = `The ${pair} arrangement is in force from ${found.from}${until}${carriage}, not on ${day}.`;
  return {
    steps: [{ step: 'agreement', result: 'fail', code: 'MRA_NOT_IN_FORCE', text }],
    ruling: { outcome: 'agreement_not_in_force', action: 'do_not_apply' },
  };
}

/** A list is as old as the later of the two moments asked about makes it: it says nothing about a day far after it. */
export function freshnessOf({
  list,
  terms,
  at,
  knownAt,
}: Pick<StatusQuery, 'list' | 'terms' | 'at' | 'knownAt'>): Freshness {
  const limit = terms.arrangement.maxAgeSeconds;
  if (list === undefined) return { state: 'none', max_age_s: limit, source: 'register' };
  const until = Math.max(Date.parse(at), Date.parse(knownAt));
  const age = Math.max(0, Math.floor((until - Date.parse(list.issuedAt)) / 1000));
  return {
    state: age > limit ? 'stale' : age >= limit * ageingFrom ? 'ageing' : 'fresh',
    list: list.number,
    list_as_of: list.issuedAt,
    received_at: list.receivedAt,
    age_s: age,
    max_age_s: limit,
    source: 'register',
    ...(list.newerHeld ? { note: 'a newer list is held' } : {}),
  };
}

function judgeFreshness({ freshness, terms }: Facts): Judgement {
  const { state, age_s: age = 0, max_age_s: limit } = freshness;
  const text = `The list is ${inWords(age)} old; the limit is ${inWords(limit)}.`;
  switch (state) {
    case 'fresh':
      return { steps: [{ step: 'freshness', result: 'pass', code: 'AGE_OK', text }] };
    case 'ageing':
      return { steps: [{ step: 'freshness', result: 'warn', code: 'AGEING', text }] };
    case 'stale':
      return undetermined('LIST_TOO_OLD', text);
    case 'none':
      return undetermined('NO_LIST', `No list of ${terms.partner} had arrived by then.`);
  }
}

function undetermined(code: string, text: string): Judgement {
  return {
    steps: [{ step: 'freshness', result: 'fail', code, text }],
    ruling: { outcome: 'undetermined', action: 'refer', reason: text },
  };
}

function judgeStatus({ fact, day, freshness }: Facts): Judgement {
  const list = freshness.list ?? '';
  const refused = (outcome: Outcome, code: string, text: string): Judgement => ({
    steps: [{ step: 'status', result: 'fail', code, text }],
    ruling: { outcome, action: 'do_not_apply' },
  });
  if (fact === undefined || day < fact.validFrom)
    return refused('not_on_list', 'NOT_ON_LIST', `Not on list ${list} on ${day}.`);
  const { status, validFrom, validTo } = fact;
  switch (status) {
    case 'revoked':
      return refused('revoked', 'REVOKED', `Revoked on ${validFrom}.`);
    case 'left':
    case 'withdrawn':
      return refused('not_on_list', 'LEFT_LIST', `No longer on the list since ${validFrom}.`);
    case 'suspended':
    case 'active':
      if (validTo !== undefined && validTo < day) return refused('expired', 'EXPIRED', `Valid until ${validTo}.`);
      if (status === 'suspended') return refused('suspended', 'SUSPENDED', `Suspended since ${validFrom}.`);
      return {
        steps: [
          { step: 'status', result: 'pass', code: 'ACTIVE', text: `On list ${list} as active; no suspension known.` },
        ],
      };
  }
}

function subjectOf(facts: Facts, outcome: Outcome): Subject {
  const { request, identifier, terms, fact, list, namesakes } = facts;
  const issuer = issuingStateOf(facts);
  const asked = {
    partner: terms.partner,
    ...(issuer === undefined ? {} : { issuer }),
    ...(request.identifier === undefined ? {} : { identifier_as_sent: request.identifier }),
  };
  if (outcome === 'identifier_malformed' || (namesakes !== undefined && namesakes !== 1))
    return { ...asked, identifier: null };
  const named = { ...asked, identifier: identifier.value };
  if (fact === undefined || outcome === 'agreement_not_in_force') return named;
  if (outcome === 'undetermined') {
    return list === undefined ? named : { ...named, last_known_status: fact.status, last_known_at: list.receivedAt };
  }
  // Of an operator that left, nothing but its number may be kept in sight: it may have withdrawn its consent.
  if (outcome === 'not_on_list') return { ...named, status: fact.status, valid_from: fact.validFrom };
  return {
    ...named,
    ...(fact.name === undefined ? {} : { name: fact.name }),
    programme: terms.arrangement.programme,
    roles: fact.roles,
    status: fact.status,
    valid_from: fact.validFrom,
    ...(fact.validTo === undefined ? {} : { valid_to: fact.validTo }),
  };
}

/** Outcomes that rest on a record of the operator, so that its name may be spoken of. */
const namedOutcomes: ReadonlySet<Outcome> = new Set([
  'recognised',
  'recognised_with_limits',
  'suspended',
  'revoked',
  'expired',
]);

function compareWithList({ request, fact, namesakes }: Facts, outcome: Outcome): NameMatch | undefined {
  // An operator found by its name would only be compared with itself.
  if (namesakes !== undefined) return undefined;
  if (request.name === undefined || fact?.name === undefined) return undefined;
  return namedOutcomes.has(outcome) ? compareNames(request.name, fact.name) : undefined;
}

function nameStep({ result, score }: NameMatch): ExplanationStep {
  const text = `The name sent and the name held agree to ${Math.round(score * 100)} of 100.`;
  return result === 'match'
    ? { step: 'name', result: 'pass', code: 'NAME_MATCHES', text }
    : { step: 'name', result: 'warn', code: 'NAME_DIFFERS', text };
}

/** Seconds in the largest unit that still tells: minutes below an hour, hours below three days, days above. */
function inWords(seconds: number): string {
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return seconds < 3 * 86_400 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} d`;
}
