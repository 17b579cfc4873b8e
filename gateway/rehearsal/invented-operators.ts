/** Invents operators and entries for the demo: always the same ones for the same seed, and none that exists. */

import { withCheckDigit } from '../model/record/check-digits.ts';
import { GatewayError } from '../model/errors.ts';
import { decreeAt, type HomeProfile } from '../model/home.ts';
import {
  roles as allRoles,
  type Day,
  type DomesticRecord,
  type OperatorStatus,
} from '../model/record/domestic-record.ts';
import { makeDice, type Dice } from './seeded-random.ts';

export interface InventedAmount {
  readonly count: number;
  /** How many of them have the highest grade, the first of the home profile; the rest have the next one in force. */
  readonly advanced: number;
  readonly seed: number;
  /** The day at home: nothing invented is later. */
  readonly today: Day;
}

const noStanding = 0.03;
const withoutConsent = 0.07;
const mostYears = 5;

/**
 * Operators of the home programme: unique codes of the home form, business numbers with a right check digit where the
 * kind is known, 3 % suspended or revoked, 7 % without consent. Throws E_CONFIG_INVALID when the vocabulary of the home
 * profile cannot make that many codes.
 */
export function inventOperators(home: HomeProfile, { count, advanced, seed, today }: InventedAmount): DomesticRecord[] {
  const dice = makeDice(seed);
  const codes = codeMaker(home, dice);
  const numbers = businessNumberMaker(home, dice);
  const grades = gradeMaker(home, dice, today);
  const records: DomesticRecord[] = [];
  for (let i = 0; i < count; i += 1) {
    // Spreads exactly `advanced` of `count` evenly, whatever the seed.
    const high = Math.floor(((i + 1) * advanced) / count) > Math.floor((i * advanced) / count);
    const place = dice.pick(home.invented.places);
    const businessNumber = numbers();
    records.push({
      code: codes(place),
      ...(businessNumber === undefined ? {} : { businessNumber }),
      name: inventName(home, dice, place),
      address: inventAddress(dice, place),
      ...inventStanding(dice, grades(high), today),
      roles: inventRoles(dice),
    });
  }
  return records;
}

type Place = HomeProfile['invented']['places'][number];

/** `{place}` in the form is the place's prefix, `#` a digit, `@` a capital letter; everything else stands for itself. */
function codeMaker(home: HomeProfile, dice: Dice): (place: Place) => string {
  const { code: form } = home.invented;
  const pattern = new RegExp(`^(?:${home.code.pattern})$`, 'u');
  const used = new Set<string>();
  const mostTries = 1000;
  return (place) => {
    for (let tries = 0; tries < mostTries; tries += 1) {
      const code = filled(form, place, dice);
      if (!pattern.test(code)) throw badForm('it makes codes that are not of the home form');
      if (used.has(code)) continue;
      used.add(code);
      return code;
    }
    throw badForm('it cannot make that many different codes');
  };
}

function filled(form: string, place: Place, dice: Dice): string {
  let code = '';
  for (const part of form.replace(/\{[A-Za-z]*\}/u, place.codePrefix)) {
    if (part === '#') code += String(dice.below(10));
    else if (part === '@') code += String.fromCharCode(65 + dice.below(26));
    else code += part;
  }
  return code;
}

function badForm(detail: string): GatewayError {
  return new GatewayError('E_CONFIG_INVALID', detail, {
    at: 'home.yaml: /invented/code',
    fix: 'Use {place} for the prefix of the place, # for a digit and @ for a letter, so that home.code matches.',
  });
}

/** What numbers of the known kinds begin with: a registering authority and its class, a year, or anything. */
const starts = ['91', '19', ''] as const;

function businessNumberMaker(home: HomeProfile, dice: Dice): () => string | undefined {
  const profile = home.businessNumber;
  if (profile === undefined) return () => undefined;
  const { kind, length } = profile;
  const draw = (start: string): string | undefined =>
    withCheckDigit(kind, start + dice.digits(length - 1 - start.length));
  // The first start that a few draws complete serves for all; an unknown kind leaves the number out.
  const start = starts.find((candidate) => [1, 2, 3, 4].some(() => draw(candidate) !== undefined));
  if (start === undefined) return () => undefined;
  return () => draw(start) ?? draw(start) ?? draw(start);
}

function inventName(home: HomeProfile, dice: Dice, place: Place): DomesticRecord['name'] {
  const { words, trades, company } = home.invented;
  const first = dice.pick(words);
  const others = words.filter((word) => word !== first);
  const second = dice.pick(others.length > 0 ? others : words);
  const trade = dice.pick(trades);
  return {
    local: `${place.local}${first.local}${second.local}${trade.local}${company.local}`,
    latin: `${place.latin} ${first.latin}${second.latin} ${trade.latin} ${company.latin}`,
  };
}

function inventAddress(dice: Dice, place: Place): DomesticRecord['address'] {
  const street = dice.pick(place.streets);
  const number = 1 + dice.below(2000);
  return {
    local: `${place.local}${street.local}${number}`,
    latin: `${number} ${street.latin}`,
    city: place.latin,
    postcode: place.postcode,
  };
}

type Grade = Pick<DomesticRecord, 'grade' | 'gradeSince'>;

/** The highest grade was given in the last years; the next one since the law of today knows it. */
function gradeMaker(home: HomeProfile, dice: Dice, today: Day): (high: boolean) => Grade {
  const law = decreeAt(home, today);
  const highest = home.grades[0] ?? 'none';
  const next =
    (law?.grades ?? home.grades).find((grade) => grade !== highest && home.grades.includes(grade)) ?? highest;
  const years = `${Number(today.slice(0, 4)) - mostYears}${today.slice(4)}`;
  const lawful = law === undefined || law.from < years ? years : law.from;
  return (high) => ({
    grade: high ? highest : next,
    gradeSince: dayBetween(dice, high || next === highest ? years : lawful, today),
  });
}

function inventStanding(
  dice: Dice,
  grade: Grade,
  today: Day,
): Omit<DomesticRecord, 'code' | 'name' | 'address' | 'roles'> {
  const { gradeSince } = grade;
  const active = dice.roll() >= noStanding;
  const status: OperatorStatus = active ? 'active' : dice.roll() < 0.6 ? 'suspended' : 'revoked';
  const statusSince = active ? gradeSince : dayBetween(dice, gradeSince, today);
  const consent = dice.roll() >= withoutConsent;
  return { ...grade, status, statusSince, consent, ...(consent ? { consentSince: gradeSince } : {}) };
}

function inventRoles(dice: Dice): DomesticRecord['roles'] {
  const wanted = 1 + dice.below(3);
  const found = new Set(Array.from({ length: wanted }, () => dice.pick(allRoles)));
  return allRoles.filter((role) => found.has(role));
}

const dayMilliseconds = 86_400_000;
const days = new Map<number, Day>();

function dayBetween(dice: Dice, from: Day, to: Day): Day {
  const first = Date.parse(from) / dayMilliseconds;
  const last = Date.parse(to) / dayMilliseconds;
  const number = first + dice.below(last - first + 1);
  let day = days.get(number);
  if (day === undefined) {
    day = new Date(number * dayMilliseconds).toISOString().slice(0, 10);
    days.set(number, day);
  }
  return day;
}
