/** Contradictions in a conversation, one planted for each rule. */

import { expect } from 'chai';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lintAdapter } from '../../gateway/adapter/check/lint.ts';
import { adaptersFolder, adapterTools } from '../support/adapter-tools.ts';
import { adaptersWith, numberedByYear } from '../support/other-make.ts';
import { temporaryFolder } from '../support/pki.ts';

const conversation = `${numberedByYear}
  send:
    request: { path: /ws/aeo }
    answers:
      - { kind: document, template: ack.xml, schema: ack.xsd, says: technical, within: 10m }
      - { kind: document, template: results.json, schema: results.schema.json, mode: async, per: record, within: 24h }
  receive:
    path: /partners/sg/aeo
    acknowledgements: /partners/sg/acks
    answer: { template: ack.xml, schema: ack.xsd }
`;

/** Details of the findings in a conversation that was changed so. */
async function contradictions(from: string, to: string, template: (text: string) => string = (text) => text) {
  expect(conversation).to.include(from);
  const folder = join(adaptersWith(conversation.replace(from, to)), 'sg');
  const file = join(folder, 'results.json');
  writeFileSync(file, template(readFileSync(file, 'utf8')));
  const found = await lintAdapter(folder, adapterTools);
  return found.filter(({ rule }) => rule === 'conversation_contradicts');
}

describe('lint of a conversation', () => {
  it('finds nothing where all fits', async () => {
    expect(await contradictions('within: 24h', 'within: 23h')).to.deep.equal([]);
  });

  it('finds departures by status in a format whose templates cannot show them', async () => {
    const folder = temporaryFolder();
    cpSync(join(adaptersFolder, 'jp'), folder, { recursive: true });
    const file = join(folder, 'adapter.yaml');
    const manifest = readFileSync(file, 'utf8');
    writeFileSync(file, manifest.replace('discipline: numbered,', 'discipline: numbered, departures: byStatus,'));
    const found = await lintAdapter(folder, adapterTools);
    expect(found.filter(({ severity }) => severity === 'error').map(({ rule }) => rule)).to.deep.equal([
      'conversation_contradicts',
    ]);
  });

  for (const [what, from, to, template] of [
    ['a list of changes from which absence is read', 'restart: year', 'restart: year, departures: byAbsence'],
    ['departures by status that no template shows', 'restart: year', 'restart: year, departures: byStatus'],
    ['upserts that nothing sets right', 'restart: year', 'restart: year, semantics: upsert'],
    [
      'a message that may be taken twice, sent again',
      'within: 24h }',
      'within: 24h, then: resend }\n    resend: unsafe',
    ],
    ['an answer later than the list is valid', 'within: 24h', 'within: 31d'],
    ['an answer by itself for which there is no way', '    acknowledgements: /partners/sg/acks\n', ''],
    [
      'an answer by itself that names no message',
      'within: 24h',
      'within: 23h',
      (text: string) => text.replace('"ref":"{ack.subject?}",', ''),
    ],
    [
      'results of records that name none',
      'within: 24h',
      'within: 23h',
      (text: string) => text.replace('{identifier}', '{code?}').replace('"why":"{code?}"', '"x":"1"'),
    ],
    ['lists of changes whose loss nobody would see', 'discipline: numbered, restart: year', 'discipline: identified'],
    ['lists of changes under a day alone', 'discipline: numbered, restart: year', 'discipline: dated'],
    ['one path for messages and acknowledgements', '/partners/sg/acks', '/partners/sg/aeo'],
    ['a path of this program', '/partners/sg/acks', '/exchange/sg'],
    ['two answers in the response', 'mode: async, per: record, within: 24h', 'per: record, within: 23h'],
    [
      'two answers alike',
      'says: technical, within: 10m }\n      - { kind: document, template: results.json, schema: results.schema.json, mode: async, per: record, within: 24h }',
      'says: technical, mode: async }\n      - { kind: document, template: ack.xml, schema: ack.xsd, mode: async }',
    ],
    [
      'results of records that may leave the record out',
      'within: 24h',
      'within: 23h',
      (text: string) => text.replace('{identifier}', '{identifier?}'),
    ],
    ['a queue over HTTPS', '    path: /partners/sg/aeo', '    consume: { queue: aeo }'],
    [
      'a reserved header in a mailbox of acknowledgements',
      'acknowledgements: /partners/sg/acks',
      `acknowledgements:
      list: { path: /acks, names: lines, headers: { Authorization: x } }
      get: { path: '/acks/{name}' }
      remove: { path: '/acks/{name}' }`,
    ],
    [
      'an acknowledgement in a mailbox that is not named',
      'acknowledgements: /partners/sg/acks',
      `acknowledgements:
      list: { path: /acks, names: lines }
      get: { path: /acks/next }
      remove: { path: '/acks/{name}' }`,
    ],
    [
      'one mailbox for messages and acknowledgements',
      'path: /partners/sg/aeo\n    acknowledgements: /partners/sg/acks',
      `request: &box
      list: { path: /box, names: lines }
      get: { path: '/box/{name}' }
      remove: { path: '/box/{name}' }
    acknowledgements:
      list: { path: /box, names: lines }
      get: { path: '/box/{name}' }
      remove: { path: '/box/{name}' }`.replace('&box', ''),
    ],
    ['an answer of ours without a way', 'schema: ack.xsd }\n', 'schema: ack.xsd, mode: async }\n'],
  ] as const)
    it(`finds ${what}, with its place and what to do`, async () => {
      const [first] = await contradictions(from, to, template);
      expect([first?.code, first?.line === undefined, first?.fix === undefined]).to.deep.equal(['E-021', false, false]);
    });
});
