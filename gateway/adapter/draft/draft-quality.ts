/** quality.yaml of a drafted adapter: a guess at its owner, with a question beside it, and the day of the draft. */

import type { Ask } from '../manifest.ts';
import type { DraftRequest } from './draft.ts';

export const ownerAsk: Ask = {
  at: 'quality.yaml#/owner',
  question: 'Who answers for this folder? A desk or a mailbox that outlives people.',
};

/** YAML; ends with a line end. */
export function draftQuality({ answers, home, today }: Pick<DraftRequest, 'answers' | 'home' | 'today'>): string {
  const answer = answers.get(ownerAsk.at) ?? 'yes';
  const owner = answer === 'yes' ? `Integration desk of ${home.name}` : answer;
  // Text in double quotes means the same to YAML as to JSON.
  return `# What mra adapter certify cannot find out by itself.\nowner: ${JSON.stringify(owner)}\nreviewed: ${today}\n`;
}
