/** Requests over HTTPS in adapter.yaml: what is refused before anything is sent. */

import { expect } from 'chai';
import { appendFileSync, cpSync } from 'node:fs';
import { join } from 'node:path';
import { loadAdapter } from '../../gateway/adapter/load.ts';
import { adapterTools, adaptersFolder } from '../support/adapter-tools.ts';
import { temporaryFolder } from '../support/pki.ts';
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
