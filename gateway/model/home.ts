/** The home administration: whose gateway this is, and how its own records are written. Data of adapters/<cc>/home.yaml. */

import type { Day } from './record/record.ts';

/** A law of the home programme and the grades it knows, for as long as it is in force. */
interface Decree {
  readonly id: string;
  readonly from: Day;
  /** Last day in force; absent while it is. */
  readonly until?: Day;
  readonly grades: readonly string[];
}

export interface HomeProfile {
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  readonly name: string;
  /** The day here and now is the day of this zone (IANA name). */
  readonly timeZone: string;
  /** Pattern of a domestic registration code, and the same in plain language for error messages. */
  readonly code: { readonly pattern: string; readonly words: string };
  /** Which check digit the business number carries, as `country.kind` (record/check-digits.ts); a wrong one warns, never refuses. */
  readonly businessNumber?: { readonly kind: string; readonly length: number };
  readonly grades: readonly string[];
  readonly decrees: readonly Decree[];
  /** Column titles of the domestic file, by field of DomesticRecord. */
  readonly columns: Readonly<Record<string, string>>;
  /** Words from which `mra demo` invents operators. */
  readonly invented: {
    readonly places: readonly {
      readonly latin: string;
      readonly local: string;
      readonly codePrefix: string;
      readonly postcode: string;
      readonly streets: readonly TwoWords[];
    }[];
    readonly words: readonly TwoWords[];
    readonly trades: readonly TwoWords[];
    readonly company: TwoWords;
    /** The pattern of invented codes: `{place}` is the place's prefix, `#` a digit, `@` a capital letter. */
    readonly code: string;
  };
}

interface TwoWords {
  readonly latin: string;
  readonly local: string;
}

/** The law in force on a day; undefined before the first. */
export function decreeAt(home: HomeProfile, day: Day): Decree | undefined {
  return home.decrees.find((decree) => decree.from <= day && (decree.until === undefined || day <= decree.until));
}
