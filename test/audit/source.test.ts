/** Evidence leads from an answer to the signed message of the partner, and the commands of the audit work on a gateway that exchanged lists. */

import { expect } from 'chai';
import { verifyEvidence } from '../../gateway/audit/verify-evidence.js';
import { evidenceFor } from '../../gateway/audit/evidence.ts';
import { check } from '../../gateway/clearance/requests.ts';
import { sha256 } from '../../gateway/model/canonical-json.ts';
import { listInForce } from '../../gateway/store/streams.ts';
import { code, openAdministrations, operators, type OpenAdministrations } from '../support/administrations.ts';

describe('evidence of an exchange', () => {
  let open: OpenAdministrations;

  before(async () => {
    open = await openAdministrations({ partners: ['KR'] });
    await open.home.save(...operators(5));
    await open.of('KR').openDoors();
    await open.home.send('KR');
  });
  after(() => open.close());

  it('names the message that stated the record, with its bytes, for listed and unknown operators', async () => {
    const { gateway } = open.of('KR');
    const key = await gateway.sealer.verifierKey();
    const list = await listInForce(gateway.db.sql, 'CN');
    for (const identifier of [`AEOCN${code(1)}`, `AEOCN${code(999)}`]) {
      const answer = await check(gateway, { partner: 'CN', identifier }, 'desk');
      expect(answer.freshness.list).to.equal(list?.number);
      const text = await evidenceFor(gateway.db.sql, gateway.sealer, answer.proof.log_index);
      const { source } = JSON.parse(text) as { source: { bytes: string; entry: { detail: object; ref: string } } };
      const bytes = Buffer.from(source.bytes, 'base64');
      expect(source.entry.detail).to.deep.include({ partner: 'CN', digest: sha256(bytes), evidence: 'signed' });
      expect(bytes.toString()).to.include(code(1));
      expect(verifyEvidence(text, key).message).to.equal(source.entry.ref);
    }
  });
});
