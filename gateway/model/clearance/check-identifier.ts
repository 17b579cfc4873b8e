/** The first step of a status query: whose identifier it is, and whether it is one. */

import type { CheckRequest, ExplanationStep } from './answer.ts';
import {
  changesInWords,
  checkDigitOf,
  follows,
  stateOf,
  variantReading,
  type Issuer,
  type WrittenForm,
} from '../identifier.ts';
import { decided, found, type Facts, type Judgement, type PartnerTerms } from './query.ts';

/** An identifier out of form is decided here; a corrected identifier, a wrong check digit and another state's letters only warn. */
export function judgeIdentifier(facts: Facts): Judgement {
  const { identifier, terms, request } = facts;
  if (facts.namesakes !== undefined) return judgeNamesakes(facts.namesakes, facts);
  const form = terms.identifiers.theirs;
  const partner = partnerSteps(facts);
  if (!follows(form, identifier.value)) {
    const malformed = step('fail', 'ID_MALFORMED', `Not an identifier of this partner: ${form.words}.`);
    const cut = isCut(request, form) ? [cutStep(request, form)] : [];
    const variant = variantReading(request.identifier ?? '', form);
    const text = `This partner writes it as ${variant?.identifier ?? ''}: compare it with the declaration.`;
    const written = variant === undefined ? [] : [step('warn', 'ID_VARIANT', text)];
    const ruling = { outcome: 'identifier_malformed', action: 'do_not_apply' } as const;
    return { steps: [...partner, malformed, ...cut, ...written], ruling };
  }
  const { value, changes } = identifier;
  const changed = step('warn', 'ID_NORMALISED', `Read as ${value}; set right: ${changesInWords(changes)}.`);
  const digit = 'The check digit does not fit: compare the identifier with the declaration.';
  return {
    steps: [
      ...partner,
      ...(changes.length > 0 ? [changed] : []),
      step('pass', 'ID_GRAMMAR', `Accepted form: ${form.words}.`),
      ...(checkDigitOf(form, value) === 'wrong' ? [step('warn', 'ID_CHECK_DIGIT', digit)] : []),
    ],
  };
}

function step(result: ExplanationStep['result'], code: string, text: string): ExplanationStep {
  return { code, result, step: 'identifier', text };
}

/** One operator of that name and address is the one meant; none is not on the list; of several, none can be chosen. */
function judgeNamesakes(namesakes: number, { terms }: Facts): Judgement {
  const list = `on the list of ${terms.partner}`;
  if (namesakes === 1) {
    const text = `Exactly one operator ${list} is registered under this name and address.`;
    return found('name', ['pass', 'MATCHED_BY_NAME_AND_ADDRESS', text]);
  }
  if (namesakes === 0) {
    const text = `No operator ${list} is registered under exactly this name and address.`;
    return found('name', ['warn', 'NAME_AND_ADDRESS_UNKNOWN', text]);
  }
  const reason = `${namesakes} operators ${list} are registered under this name and address.`;
  const ruling = { outcome: 'undetermined', action: 'refer', reason } as const;
  return decided('name', ['fail', 'NAME_AND_ADDRESS_SHARED', reason], ruling);
}

/** The state whose operator it is, where the partner speaks for several: as its letters say, else as it was asked. */
export function issuingStateOf({ terms, request, identifier }: Pick<Facts, 'terms' | 'request' | 'identifier'>) {
  const { issuers } = terms.identifiers.theirs;
  return stateOf(issuers, identifier.value) ?? issuers?.find((state) => state === request.partner.toUpperCase());
}

/** The partner's form, and the state asked about where the partner speaks for it. */
export function issuerOf({ partner, identifiers }: PartnerTerms, asked: string): Issuer {
  const form = identifiers.theirs;
  return { partner, form, state: form.issuers?.find((issuer) => issuer === asked.toUpperCase()) };
}

/** Where the query names a state the partner speaks for. */
function partnerSteps(facts: Facts): readonly ExplanationStep[] {
  const { partner } = facts.terms;
  const asked = facts.request.partner.toUpperCase();
  if (asked === partner) return [];
  const state = issuingStateOf(facts);
  const speaks = `${partner} speaks for ${asked}`;
  if (state === asked) return [step('pass', 'ID_ISSUER', `${speaks}.`)];
  const other = `the identifier is one of ${state ?? 'no state it speaks for'}`;
  return [step('warn', 'ID_OTHER_ISSUER', `${speaks}; ${other}.`)];
}

/** A box that is full and too short for this partner's identifiers: what did not fit is lost. */
export function isCut({ identifier, box_length: box }: CheckRequest, { example }: WrittenForm): boolean {
  return box !== undefined && identifier !== undefined && identifier.length >= box && example.length > box;
}

function cutStep({ box_length: box = 0 }: CheckRequest, { example }: WrittenForm): ExplanationStep {
  const lengths = `The box of the declaration holds ${box} characters, an identifier of this partner ${example.length}`;
  return step('warn', 'ID_CUT', `${lengths}: it was cut, and the rest is not guessed.`);
}
