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

const overBroker = `${numberedByYear}
  send:
    publish: { exchange: sg.in, key: lists, properties: { type: LIST } }
    answer: { kind: document, template: ack.xml, schema: ack.xsd, within: 24h }
  receive:
    consume: { queue: sg.out, by: type, kinds: { LIST: list, ACK: acknowledgement } }
    answer:
      { template: ack.xml, schema: ack.xsd, publish: { exchange: sg.in, key: answers, properties: { type: ACK } } }
`;

/** Details of the findings in a conversation that was changed so. */
async function contradictions(
  from: string,
  to: string,
  template: (text: string) => string = (text) => text,
  transport: 'https' | 'https-pull' | 'amqp' = 'https',
) {
  const base = transport === 'amqp' ? overBroker : conversation;
  expect(base).to.include(from);
  const change = (manifest: string): string => manifest.replace('transport: https', `transport: ${transport}`);
  const folder = join(adaptersWith(base.replace(from, to), change), 'sg');
  const file = join(folder, 'results.json');
  writeFileSync(file, template(readFileSync(file, 'utf8')));
  // The same as the acknowledgement, but for the sense of one element.
  const alike = readFileSync(join(folder, 'ack.xml'), 'utf8').replace('{ack.reason?}', '{ack.detail?}');
  writeFileSync(join(folder, 'alike.xml'), alike);
  const found = await lintAdapter(folder, adapterTools);
  return found.filter(({ rule }) => rule === 'conversation_contradicts');
}

type Planted = readonly [what: string, ...Parameters<typeof contradictions>];

const document = '{ kind: document, template: ack.xml, schema: ack.xsd, says: technical, within: 10m }';
const document24 = '{ kind: document, template: ack.xml, schema: ack.xsd, within: 24h }';
const consume = 'consume: { queue: sg.out, by: type, kinds: { LIST: list, ACK: acknowledgement } }';
const publishAnswer = ', publish: { exchange: sg.in, key: answers, properties: { type: ACK } } }';
const mailbox = "{ list: { path: /l, names: lines }, get: { path: '/{name}' }, remove: { path: '/{name}' } }";

describe('lint of a conversation', () => {
  it('finds nothing where all fits', async () => {
    expect(await contradictions('within: 24h', 'within: 23h')).to.deep.equal([]);
    expect(await contradictions('within: 24h', 'within: 23h', undefined, 'amqp')).to.deep.equal([]);
  });

  for (const [what, rule, from, to] of [
    [
      'signed receipts of a partner that does not sign',
      'conversation_contradicts',
      /^seal: .*$/mu,
      'seal: { kind: none, reason: it cannot sign }',
    ],
    ['a table of verdicts without one of them', 'table_not_total', 'held: WAIT, ', ''],
    ['a table of verdicts with one word for two', 'table_not_one_to_one', 'held: WAIT', 'held: OK'],
  ] as const)
    it(`finds ${what}`, async () => {
      const answers = conversation.replace(document, '{ kind: receipt }');
      const folder = adaptersWith(what.startsWith('signed') ? answers : conversation, (manifest) =>
        manifest.replace(from, to),
      );
      const found = await lintAdapter(join(folder, 'sg'), adapterTools);
      const rules = found.filter(({ severity }) => severity === 'error').map((finding) => finding.rule);
      expect(rules).to.include(rule);
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

  for (const [what, from, to, template, transport] of [
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
    ['lists of changes without any order', 'discipline: numbered, restart: year', 'discipline: none'],
    ['a path that has a hole where the other has a word', '/partners/sg/acks', '/partners/{message.from}/aeo'],
    ['a path with a hole that may be one of this program', '/partners/sg/acks', '/{message.to}/sg/acks'],
    ['an id that comes again each year', '[from, to, period, number]', '[from, to, number]'],
    ['an id that two lists of a day share', '[from, to, period, number]', '[from, to, day]'],
    ['a first number beyond the last one', 'restart: year', 'restart: year, first: 9, max: 5'],
    ['a month of a year with which no numbers begin', 'restart: year', 'restart: month, yearBegins: 4'],
    ['a name for a year that begins in January', 'restart: year', 'restart: year, yearNamed: end'],
    [
      'a number with fewer digits than numbers may have',
      'path: /partners/sg/aeo',
      "path: '/partners/sg/{message.number|pad:4}'",
    ],
    ['numbers of a year that nothing states', 'to: channel,', 'to: channel, issuedAt: received,'],
    [
      'an order by the time of issue, which nothing states',
      'discipline: numbered, restart: year }\n  fills:\n    message: { id: [from, to, period, number],',
      'discipline: identified, semantics: replace }\n  fills:\n    message: { id: digest, issuedAt: received,',
    ],
    [
      'two answers alike but for the sense of one element',
      'says: technical, within: 10m }\n      - { kind: document, template: results.json, schema: results.schema.json, mode: async, per: record, within: 24h }',
      'says: technical, mode: async }\n      - { kind: document, template: alike.xml, schema: ack.xsd, mode: async }',
    ],
    [
      'a technical answer after the one that settles',
      'says: technical, within: 10m }\n      - { kind: document, template: results.json, schema: results.schema.json, mode: async, per: record,',
      'within: 10m }\n      - { kind: document, template: results.json, schema: results.schema.json, mode: async, says: technical,',
    ],
    ['a property of brokers over HTTPS', 'within: 24h', 'within: 23h, correlate: correlationId'],
    [
      'an answer with a number of which it does not say the day',
      'discipline: numbered, restart: year',
      'discipline: numbered, restart: day',
      undefined,
      'amqp',
    ],
    ['a number that the template of the answer lacks', 'within: 24h', 'within: 23h, correlate: number'],
    ['one status for two verdicts', document, '{ kind: status, statuses: { applied: 200, rejected: 200 } }'],
    [
      'a status that is an answer and means later',
      'request: { path: /ws/aeo }',
      'request: { path: /ws/aeo }\n    statuses: { read: [200, 503], later: [503] }',
    ],
    ['no answer beside another one', document, '{ kind: none }'],
    [
      'a status of ours that does not show a refusal',
      'answer: { template: ack.xml, schema: ack.xsd }\n',
      'answer: { kind: status, statuses: { applied: 200, rejected: 200 } }\n',
    ],
    [
      'our answers on the way of our lists',
      'answer: { template: ack.xml, schema: ack.xsd }\n',
      'answer: { template: ack.xml, schema: ack.xsd, request: { path: /ws/aeo } }\n',
    ],
    ['a request over HTTPS where the partner fetches', 'within: 24h', 'within: 23h', undefined, 'https-pull'],
    ['a mailbox over a broker', consume, `request: ${mailbox}`, undefined, 'amqp'],
    [
      'acknowledgements at our door, over a broker',
      consume,
      `${consume}\n    acknowledgements: /acks`,
      undefined,
      'amqp',
    ],
    ['a status over a broker', document24, '{ kind: status }', undefined, 'amqp'],
    ['a response over a broker', 'within: 24h', 'within: 23h, mode: sync', undefined, 'amqp'],
    ['our answer over a broker without its names', publishAnswer, ' }', undefined, 'amqp'],
    [
      'our lists and answers under one key and type',
      'key: answers, properties: { type: ACK }',
      'key: lists, properties: { type: LIST }',
      undefined,
      'amqp',
    ],
    ['an answer of ours without a way', 'schema: ack.xsd }\n', 'schema: ack.xsd, mode: async }\n'],
  ] as readonly Planted[])
    it(`finds ${what}, with its place and what to do`, async () => {
      const [first] = await contradictions(from, to, template, transport);
      expect([first?.code, first?.line === undefined, first?.fix === undefined]).to.deep.equal(['E-021', false, false]);
    });
});
