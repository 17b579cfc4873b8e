import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathOf } from '../../../gateway/adapter/draft/tree.ts';
import { draftAdapter, type Draft } from '../../../gateway/adapter/draft/draft.ts';
import type { DraftRequest } from '../../../gateway/adapter/draft/drafting.ts';
import { readVocabulary, type Vocabulary } from '../../../gateway/adapter/draft/vocabulary.ts';
import { loadHome } from '../../../gateway/adapter/load.ts';
import type { HomeProfile } from '../../../gateway/model/home.ts';
import { adapterTools, adaptersFolder } from '../../support/adapter-tools.ts';
import { thrownBy } from '../../support/thrown.ts';

const samples = new URL('../../fixtures/partners/', import.meta.url).pathname;

describe('a drafted adapter', () => {
  let home: HomeProfile;
  let vocabulary: Vocabulary;
  before(async () => {
    vocabulary = await readVocabulary(join(adaptersFolder, '..', 'schemas', 'draft-vocabulary.yaml'), adapterTools);
    home = await loadHome(join(adaptersFolder, 'cn'), adapterTools);
  });

  function draft(partner: string, texts: readonly string[], more: Partial<DraftRequest> = {}): Draft {
    const named = texts.map((text, i) => ({ file: `sample-${i}`, bytes: Buffer.from(text) }));
    const request = {
      partner,
      home,
      ourGrades: ['advanced'],
      samples: named,
      replies: [],
      acknowledgements: [],
      vocabulary,
      answers: new Map(),
      given: {},
      ...more,
    };
    return draftAdapter(request, adapterTools);
  }

  const fixture = (name: string): string => readFileSync(join(samples, name), 'utf8');

  function valuesOf({ placements }: Draft): Record<string, string> {
    return Object.fromEntries(placements.map(({ node, path, certainty }) => [pathOf(node), `${path} ${certainty}`]));
  }

  function codesOf({ manifest }: Draft): Record<string, Record<string, string>> {
    return manifest['codes'] as Record<string, Record<string, string>>;
  }

  const asked = ({ asks }: Draft): readonly string[] => asks.map(({ at }) => at);

  it('knows elements and attributes by name and value, and says what it cannot tell', () => {
    const operator = '/ApprovedOperators/Operators/Operator';
    expect(valuesOf(draft('XB', [fixture('xb-list.xml')]))).to.deep.include({
      '/ApprovedOperators/@version': 'fixed likely',
      '/ApprovedOperators/Envelope/@reference': 'message.id certain',
      '/ApprovedOperators/Envelope/@created': 'message.issuedAt likely',
      '/ApprovedOperators/TotalOperators': 'message.position.count certain',
      [`${operator}/@ClientCode`]: 'identifier certain',
      [`${operator}/@SchemeState`]: 'status certain',
      [`${operator}/TradingName`]: 'name.latin certain',
      [`${operator}/DateFrom`]: 'validFrom certain',
      [`${operator}/DateTo`]: 'validTo certain',
      [`${operator}/Activity`]: 'roles certain',
      [`${operator}/RegionCode`]: 'ignore not placed',
    });
  });

  it('reads names in two scripts, a number without its country, and codes that are words', () => {
    const at = 'list.json#/data/members/country';
    expect(asked(draft('XC', [fixture('xc-list.json')]))).to.include(at);
    const made = draft('XC', [fixture('xc-list.json')], { answers: new Map([[at, 'identifier|first:2']]) });
    expect(valuesOf(made)).to.deep.include({
      '/data/members/legal_name/original': 'name.local certain',
      '/data/members/legal_name/english': 'name.latin certain',
    });
    const template = made.files.get('list.json') ?? '';
    expect(template)
      .to.include('"certificate_no": "{identifier|rest:2}"')
      .and.to.include('"country": "{identifier|first:2}"');
    expect(template).to.include('"status_changed_on": "{statusSince|date:yyyyMMdd}"');
    expect(codesOf(made)['role']).to.include({ importer: 'importer', warehouse: 'warehousekeeper' });
  });

  it('reads titles in another language, days in another order, and several roles in one cell', () => {
    const template = draft('XD', [fixture('xd-list.csv')]).files.get('list.csv') ?? '';
    expect(template).to.include('{statusSince|date:dd-MM-yyyy};{validFrom|date:dd-MM-yyyy};{validTo?|date:dd-MM-yyyy}');
    expect(template).to.include('{roles|code:role|join:,};{ignored}');
  });

  it('is not certain where two elements fit, and asks', () => {
    const names = '<TradingName>Example Ltd</TradingName><LegalName>Example Holding Ltd</LegalName>';
    const made = draft('XB', [`<List><Operator><Id>XB1001</Id>${names}</Operator></List>`]);
    const placed = Object.entries(valuesOf(made)).filter(([, value]) => value.startsWith('name.latin'));
    expect(placed.map(([, value]) => value)).to.deep.equal(['name.latin likely']);
    expect(asked(made)).to.include.members([
      'list.xml#/List/Operator/TradingName',
      'list.xml#/List/Operator/LegalName',
    ]);
  });

  it('guesses what codes mean, and asks', () => {
    const made = draft('XB', [fixture('xb-list.xml')]);
    expect(codesOf(made)['status']).to.deep.equal({ active: 'A', suspended: 'S' });
    expect(asked(made)).to.include('/codes/status');
    expect(codesOf(draft('XC', [fixture('xc-list.json')]))['status']).to.deep.equal({
      active: 'VALID',
      suspended: 'SUSPENDED',
    });
  });

  it('guesses the meaning of a code that begins like a known one, and asks; an e-mail address is no town', () => {
    const operator = (id: string, state: string): string =>
      `{ "aeoId": "${id}", "name": "Example Ltd", "status": "${state}", "operatorCity": "a@example.org" }`;
    const made = draft('XB', [
      `{ "operators": [${operator('XB100', 'VIGENTE')}, ${operator('XB101', 'SUSPENDIERT')}] }`,
    ]);
    expect(codesOf(made)['status']).to.deep.equal({ active: 'VIGENTE', suspended: 'SUSPENDIERT' });
    expect(asked(made)).to.include.members(['/codes/status', 'list.json#/operators/operatorCity']);
  });

  it('is not certain that a category is the grade where its words are those of roles', () => {
    const operator = (id: string, category: string): string =>
      `{ "aeoId": "${id}", "name": "Example Ltd", "category": "${category}", "status": "ACTIVE" }`;
    const list = `{ "operators": [${operator('XB100', 'Exporter')}, ${operator('XB101', 'Carrier')}] }`;
    expect(valuesOf(draft('XB', [list]))['/operators/category']).to.not.include('certain');
  });

  it('never takes a code of the sample for another meaning', () => {
    const text = fixture('xb-list.xml').replaceAll('SchemeState="S"', 'SchemeState="P"');
    const made = draft('XB', [text]);
    expect(codesOf(made)['status']).to.include({ active: 'A' });
    expect(Object.values(codesOf(made)['status'] ?? {})).to.not.include('P');
    expect(made.asks.find(({ at }) => at === '/codes/status')?.question).to.include('P');
  });

  it('asks where a day could be read in two ways, and no longer once a second sample tells', () => {
    const one =
      '<List><Operator><Id>XB1001</Id><Name>Example Ltd</Name><ValidFrom>03/04/2024</ValidFrom></Operator></List>';
    const other = one.replace('03/04', '23/04').replace('1001', '1002');
    const at = 'list.xml#/List/Operator/ValidFrom';
    expect(asked(draft('XB', [one]))).to.include(at);
    const both = draft('XB', [one, other]);
    expect(asked(both)).to.not.include(at);
    expect(both.files.get('list.xml')).to.include('{validFrom|date:dd/MM/yyyy}');
    const answered = draft('XB', [one], { answers: new Map([[at, 'validFrom|date:MM/dd/yyyy']]) });
    expect(answered.files.get('list.xml')).to.include('{validFrom|date:MM/dd/yyyy}');
    expect(asked(answered)).to.not.include(at);
  });

  it('tells elements of one name apart by their attribute', () => {
    const record = (id: string): string =>
      `<Op><Id>${id}</Id><Name lang="en">Example Ltd</Name><Name lang="zh">示例有限公司</Name></Op>`;
    const made = draft('XB', [`<List>${record('XB1001')}${record('XB1002')}</List>`]);
    expect(valuesOf(made)).to.deep.include({
      '/List/Op/Name[@lang=en]': 'name.latin certain',
      '/List/Op/Name[@lang=zh]': 'name.local certain',
    });
    expect(made.files.get('list.xml')).to.include('<Name lang="en">{name.latin}</Name>');
  });

  it('takes a second list for the operators that left', () => {
    const text = `{ "operators": [{ "id": "XB1001", "name": "Example Ltd" }, { "id": "XB1002", "name": "Sample Ltd" }],
      "revoked": [{ "id": "XB0900", "since": "2026-01-02" }] }`;
    const template = JSON.parse(String(draft('XB', [text]).files.get('list.json'))) as Record<string, unknown>;
    expect(template['revoked']).to.deep.equal({
      $each: 'departures',
      $item: { id: '{identifier}', since: '{since}', reason: '{reason|code:reason}' },
    });
  });

  it('knows an operator of a full list again in its difference, beside those that left', () => {
    const list = (id: string, kind: string, operator: string, more = ''): string =>
      `{ "id": "${id}", "sent": "2026-11-01T10:15:00Z", "kind": "${kind}", "items": [${operator}]${more} }`;
    const operator = (id: string, status: string): string =>
      `{ "aeoId": "${id}", "name": "Example Ltd", "status": "${status}", "validFrom": "2024-01-01" }`;
    const full = list('F-1', 'FULL', `${operator('XB100', 'A')}, ${operator('XB101', 'A')}`);
    const gone = ', "deletions": [{ "aeoId": "XB100", "date": "2026-11-02" }]';
    const made = draft('XB', [full, list('F-2', 'DELTA', operator('XB101', 'S'), gone)]);
    expect(valuesOf(made)).to.deep.include({
      '/items/aeoId': 'identifier certain',
      '/items/status': 'status certain',
      '/deletions/aeoId': 'identifier certain',
      '/deletions/date': 'since certain',
    });
    const read = JSON.parse(String(made.files.get('samples/partner-list-2/2-read.json') ?? '{}')) as Record<
      string,
      unknown
    >;
    expect(read).to.have.nested.property('records[0].status', 'suspended');
    expect(read).to.have.nested.property('departures[0].identifier', 'XB100');
  });

  it('lists in a question what else an element may be', () => {
    const made = draft('XB', [fixture('xb-list.xml')]);
    const at = 'list.xml#/ApprovedOperators/Operators/Operator/RegionCode';
    expect(made.asks.find((each) => each.at === at)?.question)
      .to.include('grade')
      .and.to.include('address.city');
  });

  it('asks how the partner carries what its sample does not show, and proposes a place', () => {
    const made = draft('XB', [fixture('xb-list.xml')]);
    expect(asked(made)).to.include.members([
      'list.xml#/ApprovedOperators/Operators/Stream',
      'list.xml#/ApprovedOperators/Operators/Departure',
      'list.xml#/ApprovedOperators/Operators/Operator/StatusSince',
    ]);
    expect(made.files.get('list.xml')).to.include('<bo:Root>{message.position.root}</bo:Root>');
  });

  it('is read like its list where the partner gave a reply as well', () => {
    const reply = `<bo:Answer xmlns:bo="urn:example:borealia:aeo:2"><bo:Head messageId="a-1" sender="XB" recipient="CN" sent="2026-04-02T10:00:00Z" inReplyTo="m-1" accepted="2" rejected="1"/>
      <bo:Rejected><bo:ClientCode>XB7Q41</bo:ClientCode><bo:ErrorCode>E7</bo:ErrorCode><bo:Description>not known here</bo:Description></bo:Rejected></bo:Answer>`;
    const made = draft('XB', [fixture('xb-list.xml')], { replies: [{ file: 'reply.xml', bytes: Buffer.from(reply) }] });
    const template = made.files.get('reply.xml') ?? '';
    expect(template).to.include('t:each="results"').and.to.include('inReplyTo="{message.subject}"');
    expect(template).to.include('<bo:ErrorCode>{code|code:fault}</bo:ErrorCode>');
    expect(asked(made)).to.not.include('/messages/reply');
  });

  const trader = (id: string, more = ''): string =>
    `<Trader><Number>${id}</Number><Name>Example Ltd</Name>
      <Licence class="A" state="${id.endsWith('1') ? 'in force' : 'on hold'}" begins="01.02.2024"/>${more}</Trader>`;
  const traders = `<List layout="2"><Header no="Q-17" issued="02.04.2026 08:15:00"/>${trader('XB1001')}${trader('XB1002')}</List>`;

  it('knows a state of two words, and the number of a layout from that of operators', () => {
    const made = draft('XB', [traders]);
    expect(valuesOf(made)).to.deep.include({
      '/List/@layout': 'fixed likely',
      '/List/Header/@no': 'message.id certain',
      '/List/Header/@issued': 'message.issuedAt likely',
      '/List/Trader/Licence/@state': 'status certain',
    });
    expect(codesOf(made)['status']).to.deep.equal({ active: 'in force', suspended: 'on hold' });
  });

  it('takes a value of the message for one where that is answered, and the clock of the zone that is answered', () => {
    const at = 'list.xml#/List/Header/@issued';
    const answered = draft('XB', [traders], {
      answers: new Map([[at, 'message.issuedAt|datetime:dd.MM.yyyy HH:mm:ss']]),
    });
    expect(answered.files.get('list.xml')).to.include('issued="{message.issuedAt|datetime:dd.MM.yyyy HH:mm:ss}"');
    const elsewhere = draft('XB', [traders], { answers: new Map([['/timeZone', 'Europe/Berlin']]) });
    expect(elsewhere.files.get('list.xml')).to.include('issued="{message.issuedAt|datetime:dd.MM.yyyy HH:mm:ss}"');
    expect(draft('XB', [traders]).files.get('list.xml')).to.include('|zoned:dd.MM.yyyy HH:mm:ss}');
  });

  it('writes codes that are numbers in JSON as numbers', () => {
    const operator = (no: number, st: number): string =>
      `{ "aeoNo": "XB100${no}", "name": "Example Ltd", "cat": 1, "st": ${st}, "start": "2024-01-31" }`;
    const made = draft('XB', [`{ "operators": [${operator(1, 1)}, ${operator(2, 2)}] }`]);
    const template = made.files.get('list.json') ?? '';
    expect(template).to.include('"st": "{status|code:status|number}"').and.to.include('{grade|code:grade|number}');
    expect(codesOf(made)['status']).to.deep.equal({ active: '1', suspended: '2' });
  });

  it('names the elements of an acknowledgement in which nothing looks like a verdict, and where values begin', () => {
    const list = fixture('xb-list.xml');
    const acknowledgements = [{ file: 'a.txt', bytes: Buffer.from('20260402  20260403  \r\n') }];
    const { code, fix } = thrownBy(() => draft('XB', [list], { acknowledgements }));
    expect(code).to.equal('E_SAMPLE_UNREADABLE');
    expect(fix).to.include('acknowledgement.fixed#/line=1 2 11 41').and.to.include('20260402');
  });

  it('reads lines of fixed width under titles, and a value in the line above them', () => {
    const made = draft('XK', [
      [
        'REGISTER  Issued: 02.04.2026 08:15:30',
        'NUMBER     NAME                 CITY         ST  FROM',
        'XK0001     ALPHA LTD            TOWN         A   2024-01-31',
        'XK0002     BETA LTD             VILLAGE      S   2023-05-02',
        '',
      ].join('\n'),
    ]);
    const { issuedAt, records } = JSON.parse(
      String(made.files.get('samples/partner-list-1/2-read.json') ?? '{}'),
    ) as Record<string, unknown>;
    expect(issuedAt).to.equal('2026-04-02T00:15:30.000Z');
    expect(records).to.have.nested.property('[1].address.city', 'VILLAGE');
  });

  it('sketches a card from the forms, as answered, and asks about it', () => {
    const made = draft('XB', [fixture('xb-list.xml')], {
      answers: new Map<string, unknown>([['/identifiers/ours/example', 'CN4403131697']]),
    });
    expect(made.manifest['card']).to.have.nested.property('[0].example', 'XB7Q41');
    expect(made.manifest['card']).to.have.nested.property('[1].example', 'CN4403131697');
    expect(asked(made)).to.include('/card');
    expect([...made.files.keys()]).to.not.include('quality.yaml');
  });
});
