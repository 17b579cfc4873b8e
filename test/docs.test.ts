/** The documents say what the program does. */

import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { errorsPage, errorsPagePath } from './support/errors-page.ts';

describe('documents', () => {
  it('docs/errors.md is the table of errors (npm run docs writes it)', () => {
    expect(readFileSync(errorsPagePath, 'utf8')).to.equal(errorsPage());
  });
});
