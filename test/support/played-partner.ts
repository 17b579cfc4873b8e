/** The adapter of a partner whose system is not this program: paths, methods, headers, statuses and acknowledgements of its own. */

import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { adaptersFolder } from './adapter-tools.ts';
import { temporaryFolder } from './pki.ts';

const conversation = `
conversation:
  send:
    request:
      method: PUT
      path: '/ws/{message.from}/lists/{message.id}'
      query: { to: '{message.to}' }
      headers: { X-Ref: '{message.id}' }
    statuses: { read: [201, 409], hold: [401, 403] }
    answer: { kind: document, template: ack.json, schema: ack.schema.json, contentType: application/json }
  receive:
    method: PATCH
    path: /partners/sg/aeo
    acknowledgements: /partners/sg/acks
    answer:
      template: ack.json
      schema: ack.schema.json
      contentType: application/json
      statuses: { applied: 200, held: 202, rejected: 400 }
`;

const verdicts = '  verdict: { applied: OK, held: WAIT, rejected: NOK, duplicate: DUP, busy: BUSY }';
const ack = { code: '{ack.verdict|code:verdict}', about: '{ack.subject?}', why: '{ack.reason?}' };

/** A folder of adapters with home and this partner, SG; `change` is applied to its adapter.yaml. */
export function playedPartner(change: (manifest: string) => string = (manifest) => manifest): string {
  const folder = temporaryFolder();
  for (const cc of ['cn', 'sg']) cpSync(join(adaptersFolder, cc), join(folder, cc), { recursive: true });
  const at = (name: string): string => join(folder, 'sg', name);
  const manifest = readFileSync(at('adapter.yaml'), 'utf8').replace(/^codes:$/mu, `codes:\n${verdicts}`);
  writeFileSync(at('adapter.yaml'), change(manifest + conversation));
  writeFileSync(at('ack.json'), JSON.stringify(ack));
  writeFileSync(at('ack.schema.json'), JSON.stringify({ $id: 'urn:test:ack', type: 'object' }));
  return folder;
}
