/** A partner whose messages are files is not simulated, and the refusal says what to do. */

import { expect } from 'chai';
import { adapterTools } from '../../gateway/app/composition.ts';
import { loadConfig } from '../../gateway/app/config.ts';
import { asGatewayError } from '../../gateway/model/errors.ts';
import { makePair } from '../../gateway/rehearsal/pairing.ts';
import { writeFileAdapters } from '../support/file-partner.ts';
import { temporaryFolder } from '../support/pki.ts';

describe('a rehearsal with a partner that exchanges files', () => {
  it('is refused before anything is made', async () => {
    const adapters = temporaryFolder();
    writeFileAdapters(adapters);
    const base = { ...loadConfig({ data: temporaryFolder() }, {}), adapters };
    const made = makePair({
      ...{ base, partner: 'IL', plays: 'partner', folder: temporaryFolder(), tools: adapterTools(), now: new Date() },
    });
    const error = await made.then(() => undefined, asGatewayError);
    expect(error).to.include({ code: 'E_REQUEST_INVALID' });
    expect(error?.fix).to.include('folder');
  });
});
