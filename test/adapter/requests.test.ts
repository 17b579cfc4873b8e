/** Requests over HTTPS in adapter.yaml: what is refused before anything is sent. */

import { expect } from 'chai';
import { appendFileSync, cpSync } from 'node:fs';
import { join } from 'node:path';
import { lintAdapter } from '../../gateway/adapter/check/lint.ts';
import { loadAdapter } from '../../gateway/adapter/load.ts';
import { adapterTools, adaptersFolder } from '../support/adapter-tools.ts';
import { temporaryFolder } from '../support/pki.ts';
import { playedPartner } from '../support/played-partner.ts';
import { rejectedBy } from '../support/thrown.ts';

const request =
  '{ method: PUT, path: "/lists/{message.id}", query: { to: "{message.to}" }, headers: { X-Ref: "{message.id}" } }';

function folderWith(written: string): string {
  const folder = join(temporaryFolder(), 'sg');
  cpSync(join(adaptersFolder, 'sg'), folder, { recursive: true });
  const conversation = `\nconversation:\n  send:\n    request: ${written}\n    answer: { kind: status }\n`;
  appendFileSync(join(folder, 'adapter.yaml'), conversation);
  return folder;
}

describe('a request in adapter.yaml', () => {
  it('has a method, a path, a query and headers', async () => {
    const { exchange } = await loadAdapter(folderWith(request), adapterTools);
    expect(exchange.send?.request).to.deep.equal({
      method: 'PUT',
      path: '/lists/{message.id}',
      query: { to: '{message.to}' },
      headers: { 'X-Ref': '{message.id}' },
    });
  });

  it('with a header that states credentials or the length of the body is a finding of lint', async () => {
    for (const name of ['Authorization', 'cookie', 'Content-Length']) {
      const findings = await lintAdapter(folderWith(request.replace('X-Ref', name)), adapterTools);
      expect(
        findings.map(({ rule }) => rule),
        name,
      ).to.include('conversation_contradicts');
    }
    const sound = await lintAdapter(folderWith(request), adapterTools);
    expect(sound.map(({ rule }) => rule)).to.not.include('conversation_contradicts');
  });

  it('for a message of a mailbox that does not say which one is a finding of lint', async () => {
    for (const [get, wrong] of [
      ['/one', true],
      ['/one/{name}', false],
    ] as const) {
      const mailbox = `request: { list: { path: /l, names: lines }, get: { path: '${get}' }, remove: { path: '/{name}' } }`;
      const folder = playedPartner((manifest) => manifest.replace('path: /partners/sg/aeo', mailbox));
      const findings = await lintAdapter(join(folder, 'sg'), adapterTools);
      const found = findings.filter(({ detail }) => detail === 'get does not say which message');
      expect(found.length > 0, get).to.equal(wrong);
    }
  });

  for (const [what, from, to] of [
    ['a hole in its path for what no message has', '/lists/{message.id}', '/lists/{message.name}'],
    ['a hole in its query for what no message has', '{message.to}', '{record.code}'],
    ['a hole in a header that does not end', 'X-Ref: "{message.id}"', 'X-Ref: "{message.id"'],
    ['a method that carries no message', 'PUT', 'GET'],
  ] as const) {
    it(`with ${what} is E_ADAPTER_INVALID at its line`, async () => {
      const { code, at } = await rejectedBy(loadAdapter(folderWith(request.replace(from, to)), adapterTools));
      expect(code).to.equal('E_ADAPTER_INVALID');
      expect(at).to.match(/adapter\.yaml:\d+:\d+$/u);
    });
  }
});
