/** The first step of a status question: whose identifier it is, and whether it is one. */

import type { CheckRequest, ExplanationStep } from './answer.ts';
import { changesInWords, checkDigitOf, follows, stateOf, type Issuer, type WrittenForm } from '../identifier.ts';
import type { Facts, Judgement, PartnerTerms } from './query.ts';

/** An identifier out of form ends the way; a slip that was set right, a wrong check digit and another state's letters only warn. */
export function judgeIdentifier(facts: Facts): Judgement {
  const { identifier, terms, request } = facts;
  if (facts.namesakes !== undefined) return judgeNamesakes(facts.namesakes, facts);
  const form = terms.identifiers.theirs;
  const speaker = speakerStep(facts);
  if (!follows(form, identifier.value)) {
    const text = `Not an identifier of this partner: ${form.words}.`;
    const steps: readonly ExplanationStep[] = [
      ...speaker,
      { step: 'identifier', result: 'fail', code: 'ID_MALFORMED', text },
      ...(isCut(request, form) ? [cutStep(request, form)] : []),
    ];
    return { steps, ruling: { outcome: 'identifier_malformed', action: 'do_not_apply' } };
  }
  const read = `Read as ${identifier.value}; set right: ${changesInWords(identifier.changes)}.`;
  const digit = 'The check digit does not fit: compare the identifier with the declaration.';
  return {
    steps: [
      ...speaker,
      ...warning(identifier.changes.length > 0, 'ID_NORMALISED', read),
      { step: 'identifier', result: 'pass', code: 'ID_GRAMMAR', text: `Accepted form: ${form.words}.` },
      ...warning(checkDigitOf(form, identifier.value) === 'wrong', 'ID_CHECK_DIGIT', digit),
    ],
  };
}

function warning(warns: boolean, code: string, text: string): readonly ExplanationStep[] {
  return warns ? [{ step: 'identifier', result: 'warn', code, text }] : [];
}

/** One operator of that name and address is taken for the one meant; none is not on the list; of several nobody can tell. */
function judgeNamesakes(namesakes: number, { terms }: Facts): Judgement {
  const found = (code: string, text: string, result: ExplanationStep['result']): readonly ExplanationStep[] => [
    { step: 'name', result, code, text },
  ];
  const list = `on the list of ${terms.partner}`;
  if (namesakes === 1) {
    const text = `Exactly one operator ${list} is registered under this name and address.`;
    return { steps: found('MATCHED_BY_NAME_AND_ADDRESS', text, 'pass') };
  }
  if (namesakes === 0) {
    const text = `No operator ${list} is registered under exactly this name and address.`;
    return { steps: found('NAME_AND_ADDRESS_UNKNOWN', text, 'warn') };
  }
  const text = `${namesakes} operators ${list} are registered under this name and address.`;
  return {
    steps: found('NAME_AND_ADDRESS_SHARED', text, 'fail'),
    ruling: { outcome: 'undetermined', action: 'refer', reason: text },
  };
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

function speakerStep(facts: Facts): readonly ExplanationStep[] {
  const { terms, request } = facts;
  const asked = request.partner.toUpperCase();
  if (asked === terms.partner) return [];
  const state = issuingStateOf(facts);
  const speaks = `${terms.partner} speaks for ${asked}`;
  if (state === asked) return [{ step: 'identifier', result: 'pass', code: 'ID_ISSUER', text: `${speaks}.` }];
  return warning(true, 'ID_OTHER_ISSUER', `${speaks}; the identifier is one of ${state ?? 'no state it speaks for'}.`);
}

/** A box that is full and too short for this partner's identifiers: what did not fit is lost. */
export function isCut(
  { identifier, box_length: box }: CheckRequest,
  form: PartnerTerms['identifiers']['theirs'],
): boolean {
  return box !== undefined && identifier !== undefined && identifier.length >= box && form.example.length > box;
}

function cutStep({ box_length: box = 0 }: CheckRequest, { example }: WrittenForm): ExplanationStep {
  const text = `The box of the declaration holds ${box} characters, an identifier of this partner ${example.length}: it was cut, and the rest is not guessed.`;
  return { step: 'identifier', result: 'warn', code: 'ID_CUT', text };
}
