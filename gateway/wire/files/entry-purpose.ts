/** What a declaration is for: an entry, or a message about another one, such as its cancellation (UN/EDIFACT 1225). */

import { GatewayError } from '../../model/errors.ts';
import type { PlainElement } from '../xml/plain-xml.ts';
import { firstText } from './entry-parties.ts';
import { purposes, type EntryProfile } from './entry-profile.ts';

/**
 * What to warn of where the declaration states only a part of an entry, or a purpose that the profile does not know; undefined for
 * a whole entry. Throws E_ENTRY_UNREADABLE, with its place, for one that is no entry: nothing is cleared by it.
 */
export function partialPurpose(root: PlainElement, { purpose: rules = [] }: EntryProfile): string | undefined {
  const stated = rules.flatMap(({ path, means, otherwise = 'entry' }) => {
    const found = firstText(root, path);
    if (found === undefined) return [];
    // Systems write the codes with and without leading zeros.
    const code = found.text.replace(/^0+(?=\d)/u, '');
    const [purpose = otherwise] = purposes.filter((each) => means[each]?.includes(code));
    return [{ at: found.path, purpose }];
  });
  const none = stated.find(({ purpose }) => purpose === 'cancellation' || purpose === 'answer');
  if (none !== undefined) {
    const detail =
      none.purpose === 'answer' ? 'this is an answer about a declaration' : 'this declaration cancels another one';
    throw new GatewayError('E_ENTRY_UNREADABLE', detail, { at: none.at, fix: 'Send the declaration itself.' });
  }
  const part = stated.find(({ purpose }) => purpose === 'part');
  if (part === undefined) return undefined;
  return `${part.at}: the declaration may state only a part of an entry, and only that was asked about; a person decides.`;
}
