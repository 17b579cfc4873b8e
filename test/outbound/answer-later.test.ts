/** A partner that takes no answer in the response: our door confirms with a status, and the answer is a request to the partner's server. */

import { expect } from 'chai';
import { encodedText } from '../../gateway/adapter/format.ts';
import { unpackList } from '../../gateway/model/record/packed-records.ts';
import { buildList } from '../../gateway/outbound/send-list.ts';
import { signUnchecked } from '../../gateway/wire/signature/seal.ts';
import { openAdministrations, operator } from '../support/administrations.ts';
import { adaptersWith, numberedByYear, openOtherMake } from '../support/other-make.ts';

const conversation = `${numberedByYear}
  send:
    request: { path: /ws/aeo }
    answer: { kind: document, template: ack.xml, schema: ack.xsd }
  receive:
    path: /partners/sg/aeo
    answer:
      template: ack.xml
      schema: ack.xsd
      mode: async
      request: { path: /ws/answers, headers: { X-About: '{ack.subject}' } }
      statuses: { applied: 202, held: 202, rejected: 202 }
`;

describe('an answer of ours that is no response', () => {
  it('goes to the partner’s server, and to a repeated message again', async () => {
    const open = await openAdministrations({ partners: ['SG'], adapters: adaptersWith(conversation) });
    const peer = await openOtherMake(open);
    try {
      await open.home.openDoors();
      const { gateway } = open.of('SG');
      await open.of('SG').save({ ...operator(1), code: '202600000001', grade: 'stp_plus' });
      const built = await buildList(gateway, 'CN', { kind: 'full' });
      const partner = gateway.partners.get('CN');
      if (built === undefined || partner === undefined) throw new Error('nothing was built');
      const { list } = partner.adapter;
      const content = JSON.parse(encodedText(list, unpackList(built.list))) as object;
      const bytes = Buffer.from(JSON.stringify({ ...content, number: 7 }));
      const signed = await signUnchecked(bytes, list, partner.signer, new Date().toISOString());
      const year = new Date().getUTCFullYear();
      for (const times of [1, 2]) {
        peer.answers = [{ status: 204, body: '' }];
        expect(await peer.post('/partners/sg/aeo', signed.bytes)).to.deep.equal({ status: 202, body: '' });
        const answer = await open.home.until(() => Promise.resolve(peer.received[times - 1]));
        expect([answer.path, answer.headers['x-about']]).to.deep.equal(['POST /ws/answers', `SG-CN-${year}-7`]);
        expect(answer.payload).to.match(/<Code>OK<\/Code>\s*<No>7<\/No>/u);
      }
    } finally {
      peer.close();
      await open.close();
    }
  });
});
