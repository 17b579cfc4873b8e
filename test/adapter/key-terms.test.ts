/** How keys change, as adapters state it. */

import { expect } from 'chai';
import { keyTerms } from '../../gateway/adapter/key-terms.ts';
import type { Manifest } from '../../gateway/adapter/manifest.ts';
import { refusal } from '../support/expect-code.ts';

describe('the terms for keys', () => {
  const signed = { seal: { kind: 'xml-signature', algorithm: 'rsa-sha256' } } as Manifest;
  const place = (pointer: string): string => `adapter.yaml${pointer}`;
  const sends = { send: { stages: [] } } as unknown as Parameters<typeof keyTerms>[1];

  it('are announcements in messages among gateways of one make, and files for others, unless otherwise agreed', () => {
    const usual = { noticeDays: 14, graceDays: 30 };
    expect(keyTerms(signed, {}, place)).to.deep.equal({ announce: 'message', ...usual });
    expect(keyTerms(signed, sends, place)).to.deep.equal({ announce: 'file', ...usual });
    expect(keyTerms({ ...signed, keys: { announce: 'file', noticeDays: 60 } }, {}, place)).to.deep.equal({
      ...{ announce: 'file', noticeDays: 60, graceDays: 30 },
    });
  });

  it('contradict a partner of another make, or one without signatures, that is to read messages', async () => {
    const keys = { announce: 'message' } as const;
    const unsigned = { ...signed, seal: { kind: 'none', reason: 'agreed' } } as Manifest;
    for (const attempt of [
      () => keyTerms({ ...signed, keys }, sends, place),
      () => keyTerms({ ...unsigned, keys }, {}, place),
    ]) {
      const { code, at } = await refusal(attempt);
      expect([code, at]).to.deep.equal(['E_ADAPTER_INVALID', 'adapter.yaml/keys/announce']);
    }
  });
});
