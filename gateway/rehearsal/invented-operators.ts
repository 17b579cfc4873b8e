/** Invents operators of a home administration: the same for the same seed, and none that exists. */

import { withCheckDigit } from '../model/record/check-digits.ts';
import { GatewayError } from '../model/errors.ts';
import { decreeAt, type HomeProfile } from '../model/home.ts';
import { roles as allRoles, type Day, type DomesticRecord } from '../model/record/record.ts';
import { present } from '../model/present.ts';
import { seededRandom, type SeededRandom } from '../model/seeded-random.ts';

interface InventedAmount {
  readonly count: number;
  /** How many of them have the highest grade, the first of the home profile; the rest have the next one in force. */
  readonly advanced: number;
  readonly seed: number;
  /** The day at home; no invented date is later. */
  readonly today: Day;
}

const inactiveShare = 0.03;
const withoutConsentShare = 0.07;
const mostYears = 5;

/**
 * Operators of the home programme: unique codes of the home form, business numbers with a right check digit where the
 * kind is known, 3 % suspended or revoked, 7 % without consent. Throws E_CONFIG_INVALID when the form of the home
 * profile gives too few codes.
 */
export function inventOperators(home: HomeProfile, { count, advanced, seed, today }: InventedAmount): DomesticRecord[] {
  const random = seededRandom(seed);
  const codes = codeMaker(home, random);
  const numbers = businessNumberMaker(home, random);
  const grades = gradeMaker(home, random, today);
  return Array.from({ length: count }, (_, i) => {
    // Spreads exactly `advanced` of `count` evenly, whatever the seed.
    const high = Math.floor(((i + 1) * advanced) / count) > Math.floor((i * advanced) / count);
    const place = random.pick(home.invented.places);
    return {
      ...present({ businessNumber: numbers() }),
      code: codes(place),
      name: inventName(home, random, place),
      address: inventAddress(random, place),
      ...inventStanding(random, grades(high), today),
      roles: inventRoles(random),
    };
  });
}

type Place = HomeProfile['invented']['places'][number];

/** `{place}` in the form is the place's prefix, `#` a digit, `@` a capital letter; everything else stands for itself. */
function codeMaker(home: HomeProfile, random: SeededRandom): (place: Place) => string {
  const { code: form } = home.invented;
  const pattern = new RegExp(`^(?:${home.code.pattern})$`, 'u');
  const used = new Set<string>();
  const mostTries = 1000;
  return (place) => {
    for (let tries = 0; tries < mostTries; tries += 1) {
      const code = filled(form, place, random);
      if (!pattern.test(code)) throw badForm('it makes codes that are not of the home form');
      if (used.has(code)) continue;
      used.add(code);
      return code;
    }
    throw badForm('it cannot make that many different codes');
  };
}

function filled(form: string, place: Place, random: SeededRandom): string {
  return form
    .replace(/\{[A-Za-z]*\}/u, place.codePrefix)
    .replaceAll(/[#@]/gu, (kind) => (kind === '#' ? random.digits(1) : String.fromCharCode(65 + random.below(26))));
}

function badForm(detail: string): GatewayError {
  return new GatewayError('E_CONFIG_INVALID', detail, {
    at: 'home.yaml: /invented/code',
    fix: 'Use {place} for the prefix of the place, # for a digit and @ for a letter, so that home.code matches.',
  });
}

/** What numbers of the known kinds begin with: a registering authority and its class, a year, or anything. */
const starts = ['91', '19', ''] as const;

function businessNumberMaker(home: HomeProfile, random: SeededRandom): () => string | undefined {
  const profile = home.businessNumber;
  if (profile === undefined) return () => undefined;
  const { kind, length } = profile;
  const draw = (start: string): string | undefined =>
    withCheckDigit(kind, start + random.digits(length - 1 - start.length));
  // The first start that a few draws complete serves for all; an unknown kind leaves the number out.
  const start = starts.find((candidate) => [1, 2, 3, 4].some(() => draw(candidate) !== undefined));
  if (start === undefined) return () => undefined;
  return () => draw(start) ?? draw(start) ?? draw(start);
}

function inventName(home: HomeProfile, random: SeededRandom, place: Place): DomesticRecord['name'] {
  const { words, trades, company } = home.invented;
  const first = random.pick(words);
  const others = words.filter((word) => word !== first);
  const second = random.pick(others.length > 0 ? others : words);
  const trade = random.pick(trades);
  return {
    local: `${place.local}${first.local}${second.local}${trade.local}${company.local}`,
    latin: `${place.latin} ${first.latin}${second.latin} ${trade.latin} ${company.latin}`,
  };
}

function inventAddress(random: SeededRandom, place: Place): DomesticRecord['address'] {
  const street = random.pick(place.streets);
  const number = 1 + random.below(2000);
  return {
    local: `${place.local}${street.local}${number}`,
    latin: `${number} ${street.latin}`,
    city: place.latin,
    postcode: place.postcode,
  };
}

type Grade = Pick<DomesticRecord, 'grade' | 'gradeSince'>;

/** The highest grade was given in the last years, the next one since the law of today knows it. */
function gradeMaker(home: HomeProfile, random: SeededRandom, today: Day): (high: boolean) => Grade {
  const law = decreeAt(home, today);
  const [highest = 'none'] = home.grades;
  const next = (law?.grades ?? home.grades).find((grade) => grade !== highest && home.grades.includes(grade));
  const years = `${Number(today.slice(0, 4)) - mostYears}${today.slice(4)}`;
  const lawful = law === undefined || law.from < years ? years : law.from;
  return (high) =>
    high || next === undefined
      ? { grade: highest, gradeSince: dayBetween(random, years, today) }
      : { grade: next, gradeSince: dayBetween(random, lawful, today) };
}

type Standing = Grade & Pick<DomesticRecord, 'status' | 'statusSince' | 'consent' | 'consentSince'>;

function inventStanding(random: SeededRandom, grade: Grade, today: Day): Standing {
  const { gradeSince } = grade;
  const active = random.next() >= inactiveShare;
  const status = active ? 'active' : random.next() < 0.6 ? 'suspended' : 'revoked';
  const statusSince = active ? gradeSince : dayBetween(random, gradeSince, today);
  const consent = random.next() >= withoutConsentShare;
  return { ...grade, status, statusSince, consent, ...(consent ? { consentSince: gradeSince } : {}) };
}

function inventRoles(random: SeededRandom): DomesticRecord['roles'] {
  const wanted = 1 + random.below(3);
  const found = new Set(Array.from({ length: wanted }, () => random.pick(allRoles)));
  return allRoles.filter((role) => found.has(role));
}

const dayMs = 86_400_000;

function dayBetween(random: SeededRandom, from: Day, to: Day): Day {
  const days = (Date.parse(to) - Date.parse(from)) / dayMs;
  return new Date(Date.parse(from) + random.below(days + 1) * dayMs).toISOString().slice(0, 10);
}
