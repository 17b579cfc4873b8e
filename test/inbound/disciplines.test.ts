/** Partners whose lists state their order otherwise than by epoch, number and chain: the rules are data of the adapter. */

import { expect } from 'chai';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { roundTrip, tripsOf } from '../../gateway/adapter/check/test-adapter.ts';
import { encodedText } from '../../gateway/adapter/format.ts';
import { loadAdapter } from '../../gateway/adapter/load.ts';
import { checkTools } from '../../gateway/app/adapter-checks.ts';
import { receiveMessage, type ReceiveResult } from '../../gateway/inbound/receive-message.ts';
import type { ListMessage } from '../../gateway/model/list/list.ts';
import { recordOfText } from '../../gateway/model/record/record-text.ts';
import { unpackList } from '../../gateway/model/record/packed-records.ts';
import { buildList } from '../../gateway/outbound/send-list.ts';
import { findStream, listInForce } from '../../gateway/store/streams.ts';
import { signUnchecked } from '../../gateway/wire/signature/seal.ts';
import { adapterTools, adaptersFolder } from '../support/adapter-tools.ts';
import {
  openAdministrations,
  operator,
  operators,
  registerOf,
  type OpenAdministrations,
} from '../support/administrations.ts';
import { temporaryFolder } from '../support/pki.ts';
import { rejectedBy } from '../support/thrown.ts';

type Json = Record<string, unknown>;

/** The adapters of two administrations, of which SG has another conversation; `change` edits the template of its lists. */
function adaptersWith(conversation: string, change: (template: Json) => void): string {
  const folder = temporaryFolder();
  for (const cc of ['cn', 'sg']) cpSync(join(adaptersFolder, cc), join(folder, cc), { recursive: true });
  const manifest = join(folder, 'sg', 'adapter.yaml');
  writeFileSync(manifest, `${readFileSync(manifest, 'utf8')}\n${conversation}`);
  const file = join(folder, 'sg', 'list.json');
  const template = JSON.parse(readFileSync(file, 'utf8')) as Json;
  change(template);
  writeFileSync(file, JSON.stringify(template));
  writeFileSync(join(folder, 'sg', 'list.schema.json'), JSON.stringify({ $id: 'urn:test:list', type: 'object' }));
  return folder;
}

/** Without stream and date of the next list; `number` is all that the template shows of the position. */
function numbersOnly(template: Json): void {
  delete template['nextUpdateBy'];
  template['stream'] = { number: '{message.position.sequence|number}' };
}

function nothingOfOrder(template: Json): void {
  delete template['nextUpdateBy'];
  delete template['stream'];
}

function without(item: Json, members: readonly string[]): void {
  for (const member of members) Reflect.deleteProperty(item, member);
}

const nextBy = 'nextBy: { from: issuedAt, add: maxAge }';
const year = new Date().getUTCFullYear();

describe('lists that state', () => {
  let open: OpenAdministrations;
  afterEach(() => open.close());

  async function begin(conversation: string, change: (template: Json) => void): Promise<void> {
    open = await openAdministrations({ partners: ['SG'], adapters: adaptersWith(conversation, change) });
    await open.home.openDoors();
    await open.of('SG').openDoors();
    await open.home.save(...operators(5));
    const codes = ['1', '2', '3', '4', '5'].map((last) => `20260000000${last}`);
    await open.of('SG').save(...codes.map((code) => ({ ...operator(1), code, grade: 'stp_plus' })));
  }

  /** A list of SG as its system would send it, changed in some members and signed. */
  async function receive(changes: Json, kind: 'full' | 'delta' = 'full'): Promise<ReceiveResult> {
    const { gateway } = open.of('SG');
    const built = await buildList(gateway, 'CN', { kind: 'full' });
    const partner = gateway.partners.get('CN');
    if (built === undefined || partner === undefined) throw new Error('nothing was built');
    const { list } = partner.adapter;
    const type = { listType: kind === 'full' ? 'FULL' : 'CHANGES', operators: kind === 'full' ? undefined : [] };
    const text = JSON.parse(encodedText(list, unpackList(built.list))) as Json;
    const given = Object.fromEntries(Object.entries(type).filter(([, value]) => value !== undefined));
    const content = Buffer.from(JSON.stringify({ ...text, ...given, ...changes }));
    const at = new Date().toISOString();
    const { bytes } = await signUnchecked(content, list, partner.signer, at);
    return receiveMessage(open.home.gateway, { partner: 'SG', via: 'https', bytes, receivedAt: at });
  }

  const numbered = (more = ''): string =>
    `conversation: { stream: { discipline: numbered, restart: year${more} }, fills: { message: { ${nextBy} } } }`;
  const at = (of: number, month = '01'): string => `${of}-${month}-15T08:00:00.000Z`;
  let sequence = 0;
  const numberedAs = (number: number, sentAt: string): Json => {
    sequence += 1;
    return { stream: { number }, sentAt, messageId: `t-${sequence}-${number}` };
  };

  it('a number that restarts each year are exchanged both ways, and the number is all they state', async () => {
    await begin(numbered(), numbersOnly);
    const { home, of } = open;
    expect((await home.send('SG')).state).to.equal('ACCEPTED');
    await home.save(...operators(6));
    expect((await home.send('SG')).state).to.equal('ACCEPTED');
    expect((await of('SG').send('CN')).state).to.equal('ACCEPTED');
    const position = (await findStream(of('SG').gateway.db.sql, 'CN', 'in'))?.position;
    expect(position).to.deep.include({ epoch: { no: year, id: String(year) }, sequence: 2, count: 6 });
    const sent = (await findStream(home.gateway.db.sql, 'SG', 'out'))?.position;
    expect(position).to.deep.equal(sent);
    expect(await registerOf(home, 'SG')).to.have.length(6);
    const built = await buildList(home.gateway, 'SG', { kind: 'full' });
    const payload = Buffer.from(
      Buffer.from(built?.sealed.bytes ?? [])
        .toString()
        .split('.')[1] ?? '',
      'base64url',
    );
    expect(JSON.parse(payload.toString())).to.deep.include({ stream: { number: 3 } });
    expect(payload.toString()).to.not.match(/chain|root|epoch/iu);
  });

  it('a number: a gap stops changes until a full list, and the number of another message or of the past is refused', async () => {
    await begin(numbered(), numbersOnly);
    expect((await receive(numberedAs(4, at(year)))).verdict).to.equal('applied');
    expect(await receive(numberedAs(6, at(year)), 'delta')).to.include({
      verdict: 'rejected',
      reason: 'E_SEQUENCE_GAP',
    });
    expect(await receive(numberedAs(4, at(year)))).to.include({ reason: 'E_SEQUENCE_FORK' });
    expect(await receive(numberedAs(3, at(year)))).to.include({ reason: 'E_SEQUENCE_ROLLBACK' });
    expect((await receive(numberedAs(9, at(year)))).verdict).to.equal('applied');
    expect((await receive(numberedAs(10, at(year)), 'delta')).verdict).to.equal('applied');
  });

  it('a number far ahead is held for two people, because it would lock the stream, also as the first one and with `gap: accept`', async () => {
    await begin(numbered(', gap: accept'), numbersOnly);
    const held = { verdict: 'held', reason: 'number_ahead' };
    expect(await receive(numberedAs(900_000, at(year)))).to.include(held);
    expect((await receive(numberedAs(1001, at(year)))).verdict).to.equal('applied');
    expect(await receive(numberedAs(900_000, at(year)), 'delta')).to.include(held);
    expect(await receive(numberedAs(2003, at(year)))).to.include(held);
    expect((await receive(numberedAs(2002, at(year)))).verdict).to.equal('applied');
    expect((await receive(numberedAs(2003, at(year)), 'delta')).verdict).to.equal('applied');
  });

  it('a number: with `gap: accept` changes after a gap are applied', async () => {
    await begin(numbered(', gap: accept'), numbersOnly);
    expect((await receive(numberedAs(1, at(year)))).verdict).to.equal('applied');
    expect((await receive(numberedAs(5, at(year)), 'delta')).verdict).to.equal('applied');
  });

  it('a number: the first of a new year continues the list, and one of the old year is refused then', async () => {
    await begin(numbered(), numbersOnly);
    expect((await receive(numberedAs(418, at(year - 1, '11')))).verdict).to.equal('applied');
    expect((await receive(numberedAs(1, at(year)), 'delta')).verdict).to.equal('applied');
    expect(await receive(numberedAs(419, at(year - 1, '12')))).to.include({ reason: 'E_SEQUENCE_ROLLBACK' });
    expect((await listInForce(open.home.gateway.db.sql, 'SG'))?.number).to.equal(`SG/${year}/00001`);
  });

  it('neither number nor id: the id is made of what they state, and our receipt names it', async () => {
    const fills = `fills: { message: { id: [from, to, period, number], from: channel, to: channel, ${nextBy} } }`;
    await begin(`conversation: { stream: { discipline: numbered, restart: year }, ${fills} }`, (template) => {
      numbersOnly(template);
      without(template, ['messageId', 'sender', 'recipient']);
    });
    const message = await open.home.send('SG');
    expect([message.id, message.state]).to.deep.equal([`CN-SG-${year}-1`, 'ACCEPTED']);
    const inForce = await listInForce(open.of('SG').gateway.db.sql, 'CN');
    expect(inForce?.number).to.equal(`CN/${year}/00001`);
  });

  it('only when they were issued: an older one is refused', async () => {
    await begin(
      `conversation: { stream: { discipline: identified }, fills: { message: { ${nextBy} } } }`,
      nothingOfOrder,
    );
    expect((await receive({ sentAt: at(year), messageId: 'i-0001' })).verdict).to.equal('applied');
    expect(await receive({ sentAt: at(year - 1), messageId: 'i-0002' })).to.include({ reason: 'E_SEQUENCE_ROLLBACK' });
    expect((await open.of('SG').send('CN')).state).to.equal('ACCEPTED');
  });

  for (const [revision, second] of [
    ['replace', { verdict: 'applied' }],
    ['refuse', { verdict: 'rejected', reason: 'E_SEQUENCE_FORK' }],
  ] as const) {
    it(`one list a day: a second one of the day with \`revision: ${revision}\``, async () => {
      const stream = `stream: { discipline: dated, revision: ${revision} }`;
      await begin(
        `lists: { kinds: [full] }\nconversation: { ${stream}, fills: { message: { kind: { is: full }, ${nextBy} } } }`,
        (template) => {
          nothingOfOrder(template);
          without(template, ['listType', 'removals']);
        },
      );
      const plain = { listType: undefined };
      expect((await receive({ ...plain, sentAt: at(year), messageId: 'd-0001' })).verdict).to.equal('applied');
      const again = await receive({ ...plain, sentAt: at(year).replace('08:', '09:'), messageId: 'd-0002' });
      expect(again).to.include(second);
      const older = await receive({ ...plain, sentAt: at(year - 1), messageId: 'd-0003' });
      expect(older).to.include({ reason: 'E_SEQUENCE_ROLLBACK' });
    });
  }

  it('nothing of their order are taken as they arrive, with the moment of receipt', async () => {
    const fills = `fills: { message: { id: digest, issuedAt: received, ${nextBy} } }`;
    await begin(`conversation: { stream: { discipline: none }, ${fills} }`, (template) => {
      nothingOfOrder(template);
      without(template, ['messageId', 'sentAt']);
    });
    expect((await open.home.send('SG')).state, 'the receipt names the message by its digest').to.equal('ACCEPTED');
    const before = new Date().toISOString();
    expect((await receive({})).verdict).to.equal('applied');
    const inForce = await listInForce(open.home.gateway.db.sql, 'SG');
    expect(inForce?.number).to.equal('SG/1/00001');
    expect((inForce?.issuedAt ?? '') >= before).to.equal(true);
  });

  it('no grade and no day of the status: they are filled in, and operators of another grade stay out', async () => {
    const record = 'record: { grade: { is: advanced }, statusSince: { from: validFrom } }';
    await begin(`conversation: { fills: { ${record} } }`, (template) => {
      const { $item: item } = template['operators'] as { $item: Json };
      without(item, ['scheme', 'statusDate']);
    });
    const { home, of } = open;
    expect((await home.send('SG')).state).to.equal('ACCEPTED');
    const rows = await of('SG').gateway.db.sql.selectFrom('register_version').select('details').execute();
    const records = rows.map(({ details }) => recordOfText(details));
    expect(records).to.have.length(5);
    for (const { grade, statusSince, validFrom } of records)
      expect([grade, statusSince]).to.deep.equal(['advanced', validFrom]);
    // The chain covers the records as the partner reads them, so both sides still hold the same.
    const sent = await findStream(home.gateway.db.sql, 'SG', 'out');
    expect((await findStream(of('SG').gateway.db.sql, 'CN', 'in'))?.position).to.deep.equal(sent?.position);
    await home.save(operator(1, { grade: 'certified' }));
    const less = await buildList(home.gateway, 'SG');
    expect([...(less?.leftOut.values() ?? [])]).to.deep.equal([1]);
  });
});

describe('an adapter with a conversation', () => {
  const faults: readonly (readonly [what: string, conversation: string, change: (template: Json) => void])[] = [
    ['numbered lists without a number', 'conversation: { stream: { discipline: numbered } }', nothingOfOrder],
    ['chained lists without a chain', 'conversation: { stream: { discipline: chained } }', numbersOnly],
    ['a value that is carried and filled in', `conversation: { fills: { message: { ${nextBy} } } }`, () => undefined],
    ['a date of the next list that is neither', 'conversation: { stream: { discipline: none } }', nothingOfOrder],
    [
      'parts of lists that are not chained',
      `conversation: { stream: { discipline: none }, fills: { message: { ${nextBy} } } }`,
      (template) => {
        nothingOfOrder(template);
        template['part'] = { no: '{message.part.no?|number}', of: '{message.part.of?|number}' };
      },
    ],
    [
      'a member of another discipline',
      'conversation: { stream: { discipline: none, restart: year } }',
      () => undefined,
    ],
    ['an id that is not unique', 'conversation: { fills: { message: { id: [from, to] } } }', () => undefined],
  ];
  for (const [what, conversation, change] of faults) {
    it(`is E_ADAPTER_INVALID with ${what}`, async () => {
      const folder = join(adaptersWith(conversation, change), 'sg');
      expect((await rejectedBy(loadAdapter(folder, adapterTools))).code).to.equal('E_ADAPTER_INVALID');
    });
  }

  const record = 'record: { grade: { is: advanced }, statusSince: { from: validFrom } }';
  const layouts: readonly (readonly [cc: string, file: string, pattern: RegExp])[] = [
    ['hk', 'list.xml', / (?:tier|stateSince)="[^"]*"/gu],
    ['sg', 'list.json', /"(?:scheme|statusDate)": .*,\s*/gu],
    ['il', 'list.csv', /\{grade\|code:grade\},|\{statusSince[^}]*\},/gu],
  ];
  for (const [cc, file, pattern] of layouts) {
    it(`reads back what it writes where records are filled in, in ${file} of ${cc}`, async () => {
      const folder = join(temporaryFolder(), cc);
      cpSync(join(adaptersFolder, cc), folder, { recursive: true });
      const manifest = readFileSync(join(folder, 'adapter.yaml'), 'utf8');
      writeFileSync(join(folder, 'adapter.yaml'), `${manifest}\nconversation: { fills: { ${record} } }`);
      const template = readFileSync(join(folder, file), 'utf8');
      writeFileSync(join(folder, file), template.replaceAll(pattern, ''));
      const adapter = await loadAdapter(folder, adapterTools);
      const tools = { ...checkTools(adapterTools), checkSchema: () => undefined };
      let filled = 0;
      for (const trip of tripsOf(adapter).filter(({ format }) => format.template.endsWith(file)))
        for (let seed = 0; seed < 100; seed += 1) {
          const { failure, message } = roundTrip(tools, trip, seed);
          expect(failure, `${trip.name}, seed ${seed}`).to.equal(undefined);
          for (const { grade, statusSince, validFrom } of (message as ListMessage).records) {
            expect([grade, statusSince]).to.deep.equal(['advanced', validFrom]);
            filled += 1;
          }
        }
      expect(filled).to.be.greaterThan(50);
    });
  }
});
