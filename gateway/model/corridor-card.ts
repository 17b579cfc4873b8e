/** The card of a corridor: who writes which code in which box, for the traders of both sides. */

import type { Sourced } from './arrangement.ts';

interface CardTexts {
  readonly system: string;
  readonly box: string;
  readonly form: string;
  readonly example: string;
  readonly writtenBy: string;
  readonly note?: string;
}

/** `in`: the same in other languages, by their tags (BCP 47); what is missing there is as written here. */
export interface CardLine extends CardTexts, Sourced {
  /** `home`: on our entries, for the partner's operators. `abroad`: on the partner's entries, for ours. */
  readonly where: 'home' | 'abroad';
  readonly in?: Readonly<Record<string, Partial<CardTexts>>>;
}

export function cardLineIn(line: CardLine, language: string): CardLine {
  return { ...line, ...line.in?.[language] };
}
