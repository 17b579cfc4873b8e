/** Answers one status question from what is known: pure, in the order in which a customs officer would ask. */

import type {
  Advice,
  Answer,
  CheckRequest,
  ExplanationStep,
  Freshness,
  ListInForce,
  NameMatch,
  Outcome,
  RegisterFact,
  Subject,
} from './answer.ts';
import { inForce, type Arrangement } from './arrangement.ts';
import { dayAt } from './day.ts';
import { changesInWords, type CleanIdentifier } from './identifier.ts';
import { compareNames } from './names.ts';
import type { Day, Moment } from './record.ts';

/** What must be known of a partner to answer about its operators. An adapter is one of these. */
export interface PartnerTerms {
  readonly partner: string;
  readonly timeZone: string;
  readonly arrangement: Arrangement;
  readonly identifiers: { readonly theirs: { readonly grammar: RegExp; readonly words: string } };
}

export interface Question {
  /** Country of the home administration. */
  readonly home: string;
  readonly terms: PartnerTerms;
  readonly request: CheckRequest;
  readonly identifier: CleanIdentifier;
  /** The newest version of the operator that began on or before the day of `at`, as known at `knownAt`. */
  readonly fact: RegisterFact | undefined;
  readonly list: ListInForce | undefined;
  readonly at: Moment;
  readonly knownAt: Moment;
  readonly now: Moment;
  readonly policy: string;
}

/** From this part of its allowed age on, a list is called ageing. */
const ageingFrom = 0.8;

interface Ruling {
  readonly outcome: Outcome;
  readonly action: Advice['action'];
  readonly benefits?: readonly string[];
  readonly reason?: string;
}

/** One step of the way: what it found, and the end of the way if it ends here. */
interface Judgement {
  readonly steps: readonly ExplanationStep[];
  readonly ruling?: Ruling;
}

interface Facts extends Question {
  /** Day of `at` where the partner keeps its calendar: validity is stated in days of that calendar. */
  readonly day: Day;
  readonly freshness: Freshness;
}

/**
 * The answer: what the register says as of `at`, unless an earlier step rules it out. A list that is missing or too old leaves
 * the outcome undetermined; no failure of ours ever makes an operator recognised, nor says that it is not.
 */
export function decide(question: Question): Answer {
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

function judgeIdentifier({ identifier, terms }: Facts): Judgement {
  const { grammar, words } = terms.identifiers.theirs;
  if (!grammar.test(identifier.value)) {
    const step = {
      step: 'identifier',
      result: 'fail',
      code: 'ID_MALFORMED',
      text: `Not an identifier of this partner: ${words}.`,
    } as const;
    return { steps: [step], ruling: { outcome: 'identifier_malformed', action: 'do_not_apply' } };
  }
  const pass = { step: 'identifier', result: 'pass', code: 'ID_GRAMMAR', text: `Accepted form: ${words}.` } as const;
  if (identifier.changes.length === 0) return { steps: [pass] };
  const text = `Read as ${identifier.value}; set right: ${changesInWords(identifier.changes)}.`;
  return { steps: [{ step: 'identifier', result: 'warn', code: 'ID_NORMALISED', text }, pass] };
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
}: Pick<Question, 'list' | 'terms' | 'at' | 'knownAt'>): Freshness {
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

/** Benefits need a direction and a role the arrangement covers. Without them the status is answered and the benefit left open. */
function judgeScope({ terms, request }: Facts): { readonly step: ExplanationStep; readonly ruling: Ruling } {
  const { directions, entryRoles, benefits } = terms.arrangement;
  const { direction, role } = request;
  const limited = (code: string, text: string): ReturnType<typeof judgeScope> => ({
    step: { step: 'scope', result: 'fail', code, text },
    ruling: { outcome: 'recognised_with_limits', action: 'apply_with_limits', reason: text },
  });
  if (direction !== undefined && !directions.includes(direction)) {
    return limited('DIRECTION_NOT_COVERED', `The arrangement covers ${directions.join(' and ')}, not ${direction}.`);
  }
  if (role !== undefined && !entryRoles.some((covered) => covered === role)) {
    return limited('ROLE_NOT_COVERED', `Benefits are earned as ${entryRoles.join(', ')}, not as ${role}.`);
  }
  const unsaid = [...(direction === undefined ? ['direction'] : []), ...(role === undefined ? ['role'] : [])];
  if (unsaid.length > 0) {
    const text = `Whether benefits follow depends on the ${unsaid.join(' and ')}, which the question does not state.`;
    return {
      step: { step: 'scope', result: 'skip', code: 'SCOPE_NOT_STATED', text },
      ruling: { outcome: 'recognised', action: 'refer', reason: text },
    };
  }
  return {
    step: {
      step: 'scope',
      result: 'pass',
      code: 'DIRECTION_ROLE',
      text: `${direction ?? ''}, ${role ?? ''}: covered.`,
    },
    ruling: { outcome: 'recognised', action: 'apply', benefits: Object.keys(benefits) },
  };
}

function subjectOf({ request, identifier, terms, fact, list }: Facts, outcome: Outcome): Subject {
  const asked = { partner: terms.partner, identifier_as_sent: request.identifier };
  if (outcome === 'identifier_malformed') return { ...asked, identifier: null };
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

function compareWithList({ request, fact }: Facts, outcome: Outcome): NameMatch | undefined {
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
