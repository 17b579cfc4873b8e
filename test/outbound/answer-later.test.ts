/** A partner that takes no answer in the response: our door confirms with a status, and the answer is a request to the partner's server. */

import { expect } from 'chai';
import { join } from 'node:path';
import { loadAdapter } from '../../gateway/adapter/load.ts';
import { adapterTools } from '../support/adapter-tools.ts';
import { openAdministrations, operator } from '../support/administrations.ts';
import { refusal } from '../support/expect-code.ts';
import { adaptersWith, numberedByYear, numberedList, openOtherMake } from '../support/other-make.ts';

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

describe('an answer of ours that is a status', () => {
  const statusOnly = conversation.replace(
    /answer:\n {6}template: ack.xml[^]*$/u,
    'answer: { kind: status, statuses: { rejected: 409 } }\n',
  );

  it('needs no template, has no body, and is the same for a repeated message', async () => {
    const open = await openAdministrations({ partners: ['SG'], adapters: adaptersWith(statusOnly) });
    const peer = await openOtherMake(open);
    try {
      await open.home.openDoors();
      await open.of('SG').save({ ...operator(1), code: '202600000001', grade: 'stp_plus' });
      const signed = await numberedList(open, 7);
      for (const sent of [signed, signed])
        expect(await peer.post('/partners/sg/aeo', sent)).to.deep.equal({ status: 200, body: '' });
      expect(await peer.post('/partners/sg/aeo', await numberedList(open, 3))).to.deep.equal({ status: 409, body: '' });
      expect(peer.received).to.deep.equal([]);
      const { sql } = open.home.gateway.db;
      expect(await sql.selectFrom('message').select('id').execute()).to.deep.equal([]);
    } finally {
      peer.close();
      await open.close();
    }
  });

  it('is refused where nothing is posted to us', async () => {
    const change = (to: string) => adaptersWith(statusOnly.replace('    path: /partners/sg/aeo', to));
    const mailbox =
      "    request: { list: { path: /a, names: lines }, get: { path: '/a/{name}' }, remove: { path: '/a/{name}' } }";
    const { code } = await refusal(() => loadAdapter(join(change(mailbox), 'sg'), adapterTools));
    expect(code).to.equal('E_ADAPTER_INVALID');
  });
});

describe('an answer of ours that is no response', () => {
  it('goes to the partner’s server, and to a repeated message again', async () => {
    const open = await openAdministrations({ partners: ['SG'], adapters: adaptersWith(conversation) });
    const peer = await openOtherMake(open);
    try {
      await open.home.openDoors();
      await open.of('SG').save({ ...operator(1), code: '202600000001', grade: 'stp_plus' });
      const signed = await numberedList(open, 7);
      const year = new Date().getUTCFullYear();
      for (const times of [1, 2]) {
        peer.answers = [{ status: 204, body: '' }];
        expect(await peer.post('/partners/sg/aeo', signed)).to.deep.equal({ status: 202, body: '' });
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
