/** Messages that differ from a right one in a single thing, each refused by its code and place. */

import { expect } from 'chai';
import type { MessageFormat } from '../../gateway/adapter/adapter.ts';
import { decodeText } from '../../gateway/adapter/check/message-text.ts';
import { adapterTools } from './adapter-tools.ts';
import { thrownBy } from './thrown.ts';

export type Change = readonly [what: string, from: string | RegExp, to: string, code: string, at: string];

/** A test for each change of the text. */
export function refusesChanges(format: MessageFormat<unknown>, text: string, changes: readonly Change[]): void {
  for (const [what, from, to, code, at] of changes) {
    it(`${what} is refused as ${code} at ${at}`, () => {
      const changed = text.replace(from, to);
      expect(changed).to.not.equal(text);
      const error = thrownBy(() => decodeText(format, changed, adapterTools));
      expect([error.code, error.at]).to.deep.equal([code, at]);
    });
  }
}
