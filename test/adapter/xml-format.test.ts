import { decodedMessage, viewOf, writeText } from '../support/format-text.ts';
import { expect } from 'chai';
import { decodeText } from '../../gateway/adapter/check/message-text.ts';
import { listFormat } from '../../gateway/adapter/format.ts';
import type { ListFormat } from '../../gateway/adapter/adapter.ts';
import { codeTables } from '../../gateway/adapter/template/code-tables.ts';
import type { ListMessage } from '../../gateway/model/list/list.ts';
import { adapterTools } from '../support/adapter-tools.ts';
import { aListMessage, aListRecord } from '../support/messages.ts';
import { refusesChanges, type Change } from '../support/refused-changes.ts';
import { thrownBy } from '../support/thrown.ts';

const head = `<Head kind="{message.kind}" from="{message.from}" to="{message.to}" at="{message.issuedAt}" by="{message.nextBy}"
  epoch="{message.position.epoch.no}" epochId="{message.position.epoch.id}" no="{message.position.sequence}" chain="{message.position.chain}"
  root="{message.position.root}" count="{message.position.count}" before="{message.previousChain}"/>`;
const tail = '<Gone t:each="departures"><Id>{identifier}</Id><Why>{reason}</Why><On>{since|date:yyyyMMdd}</On></Gone>';
const values = `<Id>{identifier}</Id><Grade>{grade}</Grade><State>{status|code:status}</State><Since>{statusSince}</Since>
  <From>{validFrom}</From>`;

interface Parts {
  readonly record?: string;
  readonly around?: string;
}

/** A template with these parts inside the record and inside the root. */
function template({ record = '', around = '' }: Parts = {}): string {
  return `<List xmlns="urn:x" xmlns:t="urn:mra:template" Id="{message.id}">${around}${head}<One t:each="records">${values}${record}</One>${tail}</List>`;
}

function compile(text: string): ListFormat {
  const tables = codeTables(
    { status: { active: 'A', suspended: 'S' }, half: { active: 'A' } },
    () => 'adapter.yaml:1:1',
  ).tablesOn('2026-01-01');
  const context = { tables, timeZone: 'Asia/Seoul', grades: ['advanced'] };
  return listFormat({ file: 'list.xml', text, schema: '/none.xsd' }, context, adapterTools);
}

function encode(format: ListFormat, message: ListMessage): string {
  return writeText(format, message);
}

const one = aListMessage({ records: [aListRecord({ roles: [] })] });

describe('a message by an XML template', () => {
  it('what is written is read back', () => {
    const format = compile(
      template({ record: '<Name>{name.latin?}</Name><Local>{name.local?}</Local><R t:each="roles" c="{.}"/>' }),
    );
    const message = aListMessage({
      records: [
        aListRecord({ address: {}, roles: ['broker', 'exporter'] }),
        aListRecord({ name: {}, address: {}, identifier: 'X', status: 'suspended' }),
      ],
      departures: [{ identifier: 'Y', reason: 'left', since: '2024-02-29' }],
    });
    expect(decodeText(format, encode(format, message), adapterTools)).to.deep.equal(message);
  });

  it('an absent value leaves its element out, and a group of absent values too', () => {
    const format = compile(template({ record: '<Addr zip="{address.postcode?}"><City>{address.city?}</City></Addr>' }));
    const text = encode(format, aListMessage({ records: [aListRecord({ address: {} })] }));
    expect(text).to.not.include('Addr');
    const zipOnly = encode(format, aListMessage({ records: [aListRecord({ address: { postcode: '1' } })] }));
    expect(zipOnly).to.include('<Addr zip="1"></Addr>');
  });

  it('an element that stands there for its attribute has no text where its own value is absent', () => {
    const format = compile(template({ record: '<Addr zip="{address.postcode?}">{address.city?}</Addr>' }));
    for (const address of [{ postcode: '1' }, { city: 'X' }, { city: 'X', postcode: '1' }, {}]) {
      const message = aListMessage({ records: [aListRecord({ name: {}, address, roles: [] })] });
      expect(decodeText(format, encode(format, message), adapterTools)).to.deep.equal(message);
    }
  });
  it('markup, quotes, tabs and line ends in values survive, in elements and in attributes', () => {
    const format = compile(template({ record: '<Name local="{name.local}">{name.latin}</Name>' }));
    const name = { latin: ' <a href="x">&amp;</a>\t\r\n]]> ', local: '\n"<&>\'\r ' };
    const message = aListMessage({ records: [aListRecord({ name, address: {}, roles: [] })] });
    expect(decodeText(format, encode(format, message), adapterTools)).to.deep.equal(message);
  });

  it('a character XML does not know is refused with its place', () => {
    const format = compile(template({ record: '<Name>{name.latin}</Name>' }));
    for (const latin of ['a\u0000', 'a\u001b', '\ud800', '\uffff']) {
      const error = thrownBy(() =>
        encode(format, aListMessage({ records: [aListRecord(), aListRecord({ name: { latin } })] })),
      );
      expect(error.code).to.equal('E_VALUE_INVALID');
      expect(error.at).to.match(/^\/records\/1/u);
    }
  });

  it('a record without a value the template needs is refused with its place', () => {
    const format = compile(template({ record: '<Name>{name.local}</Name>' }));
    expect(format.requiredPaths).to.deep.equal(['name.local']);
    const error = thrownBy(() => encode(format, aListMessage({ records: [aListRecord({ name: { latin: 'X' } })] })));
    expect([error.code, error.at]).to.deep.equal(['E_ELEMENT_MISSING', '/records/0/name/local']);
  });

  it('a record is seen without what the template does not carry', () => {
    const format = compile(template({ record: '<Name>{name.latin?|upper}</Name>' }));
    const seen = viewOf(format)(aListRecord({ name: { latin: 'Straße', local: 'x' } }));
    expect(seen).to.deep.equal(aListRecord({ name: { latin: 'STRASSE' }, address: {}, roles: [] }));
  });

  it('siblings of one name are told apart by a fixed attribute', () => {
    const record = '<Name lang="en">{name.latin?}</Name><Name lang="zh" script="Hans">{name.local}</Name>';
    const format = compile(template({ record }));
    for (const name of [{ local: '甲', latin: 'A' }, { local: '甲' }]) {
      const message = aListMessage({ records: [aListRecord({ name, address: {}, roles: [] })] });
      expect(decodeText(format, encode(format, message), adapterTools)).to.deep.equal(message);
    }
    const text = encode(format, one);
    const faults = [
      [text.replace('lang="zh"', 'lang="ko"'), 'E_ELEMENT_UNKNOWN'],
      [text.replace('lang="en"', 'lang="zh"'), 'E_ELEMENT_MISSING'],
      [text.replace(/<Name lang="zh".*?<\/Name>/u, ''), 'E_ELEMENT_MISSING'],
      [text.replace(/(<Name lang="en".*?<\/Name>)/u, '$1$1'), 'E_ELEMENT_UNKNOWN'],
    ] as const;
    for (const [changed, code] of faults) {
      expect(changed).to.not.equal(text);
      expect(thrownBy(() => decodeText(format, changed, adapterTools)).code).to.equal(code);
    }
  });

  it('a group around a list that may be empty is left out with it', () => {
    const format = compile(template({ record: '<Roles><Role t:each="roles?">{.}</Role></Roles>' }));
    const without = aListMessage({ records: [aListRecord({ name: {}, address: {}, roles: [] })] });
    const text = encode(format, without);
    expect(text).to.not.include('Roles');
    expect(decodeText(format, text, adapterTools)).to.deep.equal(without);
    const with2 = aListMessage({ records: [aListRecord({ name: {}, address: {}, roles: ['broker', 'exporter'] })] });
    expect(decodeText(format, encode(format, with2), adapterTools)).to.deep.equal(with2);
    const always = compile(template({ record: '<Roles><Role t:each="roles">{.}</Role></Roles>' }));
    expect(encode(always, without)).to.include('<Roles>');
    expect(thrownBy(() => decodeText(always, text, adapterTools)).code).to.equal('E_ELEMENT_MISSING');
  });

  it('which part of a list a message is stands there or not', () => {
    const format = compile(template({ around: '<Part no="{message.part.no?}" of="{message.part.of?}"/>' }));
    expect([format.carriesParts, compile(template()).carriesParts]).to.deep.equal([true, false]);
    for (const message of [one, { ...one, part: { no: 2, of: 3 } }]) {
      const seen = decodedMessage(format, message);
      expect(seen.part).to.deep.equal(message.part);
      expect(decodeText(format, encode(format, message), adapterTools)).to.deep.equal(seen);
    }
    const half = encode(format, { ...one, part: { no: 2, of: 3 } }).replace(' no="2"', '');
    expect(thrownBy(() => decodeText(format, half, adapterTools)).code).to.equal('E_ELEMENT_MISSING');
  });

  it('is written in canonical form: attributes sorted, namespaces where they are used, no empty-element tags', () => {
    const text = encode(
      compile(
        template({
          record: '<q:Z xmlns:q="urn:q" xmlns:v="urn:v" b="{name.latin?}" a="v:word" q:c="{name.local?}"/>',
        })
          .replace('<List ', '<List xmlns:p="urn:p" ')
          .replace('<Grade>', '<Grade xmlns="urn:x">')
          .replace('<From>', '<p:Mark/><From>'),
      ),
      aListMessage({ records: [aListRecord({ name: { latin: '"<>"', local: '\t' }, address: {}, roles: [] })] }),
    );
    // A prefix that no name uses may be meant by a value, and stays where it was.
    expect(text).to.include('<q:Z xmlns:q="urn:q" xmlns:v="urn:v" a="v:word" b="&quot;&lt;>&quot;" q:c="&#x9;"></q:Z>');
    expect(text).to.include('<p:Mark xmlns:p="urn:p"></p:Mark><From>');
    expect(text).to.include('<List xmlns="urn:x" Id=');
    expect(text).to.include('<Grade>');
  });

  it('fixed text around a hole is required when read', () => {
    const format = compile(template({ record: '<Name>"{name.latin}"</Name>' }));
    const text = encode(format, one);
    expect(text).to.include('<Name>"SHENZHEN');
    const error = thrownBy(() => decodeText(format, text.replace('<Name>"', '<Name>'), adapterTools));
    expect([error.code, error.at]).to.deep.equal(['E_VALUE_INVALID', '/List/One[1]/Name']);
  });
});

describe('an XML message that differs from its template', () => {
  const format = compile(
    template({
      around: '<Version>1.0</Version>',
      record: '<Name no="{ignored}">{name.latin?}</Name><Fax t:ignore="true"/>',
    }),
  );
  const text = encode(
    format,
    aListMessage({ records: [aListRecord(), aListRecord({ identifier: 'AEOCN4403900002' })] }),
  );

  const changes: readonly Change[] = [
    ['an unknown element', '</State>', '</State><Phone>1</Phone>', 'E_ELEMENT_UNKNOWN', '/List/One[1]/Phone'],
    ['an element of another namespace', '<State>', '<State xmlns="urn:y">', 'E_ELEMENT_UNKNOWN', '/List/One[1]/State'],
    ['an unknown attribute', '<One>', '<One x="1">', 'E_ELEMENT_UNKNOWN', '/List/One[1]/@x'],
    ['a missing element', '<Grade>advanced</Grade>', '', 'E_ELEMENT_MISSING', '/List/One[1]/Grade'],
    ['a missing attribute', ' no="7"', '', 'E_ELEMENT_MISSING', '/List/Head/@no'],
    [
      'an element twice',
      '<State>A</State>',
      '<State>A</State><State>S</State>',
      'E_ELEMENT_UNKNOWN',
      '/List/One[1]/State',
    ],
    [
      'elements in another order',
      /<Grade>advanced<\/Grade><State>A<\/State>/u,
      '<State>A</State><Grade>advanced</Grade>',
      'E_ELEMENT_MISSING',
      '/List/One[1]/Grade',
    ],
    ['text between elements', '<State>', 'loose<State>', 'E_ELEMENT_UNKNOWN', '/List/One[1]'],
    ['an element inside a value', '<State>A', '<State><b/>A', 'E_ELEMENT_UNKNOWN', '/List/One[1]/State/b'],
    ['text where none belongs', '</Head>', 'x</Head>', 'E_ELEMENT_UNKNOWN', '/List/Head'],
    ['a code that is not in the table', '<State>A', '<State>Q', 'E_CODE_UNKNOWN', '/List/One[1]/State'],
    ['a word of ours in place of the code', '<State>A', '<State>active', 'E_CODE_UNKNOWN', '/List/One[1]/State'],
    ['a word outside its set', 'kind="full"', 'kind="half"', 'E_CODE_UNKNOWN', '/List/Head/@kind'],
    ['a day that does not exist', '<From>2024-05-20', '<From>2024-02-30', 'E_VALUE_INVALID', '/List/One[1]/From'],
    ['a count that is none', 'no="7"', 'no="07"', 'E_VALUE_INVALID', '/List/Head/@no'],
    ['a moment without zone', '.123Z" before', '.123" before', 'E_VALUE_INVALID', '/List/Head/@at'],
    ['an empty value', '<Id>AEOCN4403900001', '<Id>', 'E_VALUE_INVALID', '/List/One[1]/Id'],
    ['another fixed text', '<Version>1.0', '<Version>2.0', 'E_VALUE_INVALID', '/List/Version'],
    ['another root', /<(\/?)List/gu, '<$1Lost', 'E_ELEMENT_UNKNOWN', '/Lost'],
  ];
  refusesChanges(format, text, changes);

  it('the place counts the records', () => {
    const changed = text.replace(/(4403900002.*?<State>)A/u, '$1Q');
    expect(thrownBy(() => decodeText(format, changed, adapterTools)).at).to.equal('/List/One[2]/State');
  });

  it('an element that is to be ignored is dropped with everything in it, and so is an attribute', () => {
    const more = '</Name><Fax kind="old"><No>1</No>text</Fax><Fax/>';
    const changed = text.replace('</Name>', more).replace('<Name>', '<Name no="1">');
    expect(decodeText(format, changed, adapterTools)).to.deep.equal(decodeText(format, text, adapterTools));
  });

  it('blanks between elements do not matter', () => {
    const changed = text.replaceAll('><', '>\n  <');
    expect(decodeText(format, changed, adapterTools)).to.deep.equal(decodeText(format, text, adapterTools));
  });

  it('an error names a code, but never quotes a value that may be part of a name', () => {
    const unknown = thrownBy(() => decodeText(format, text.replace('<State>A', '<State>Q'), adapterTools));
    expect(unknown.detail).to.include('the code Q').and.to.include('status');
    const error = thrownBy(() => decodeText(format, text.replace('<State>A', '<State>SECRET'), adapterTools));
    expect(`${error.message} ${error.fix ?? ''}`).to.not.include('SECRET');
  });
});

describe('an XML template that cannot work', () => {
  const faults: readonly (readonly [what: string, text: string, line: RegExp])[] = [
    ['names a value there is not', template({ record: '<X>{name.greek}</X>' }), /^list\.xml:\d+$/u],
    ['names a transform there is not', template({ record: '<X>{name.latin|rot13}</X>' }), /^list\.xml:\d+$/u],
    ['names a table there is not', template().replace('code:status', 'code:state'), /^list\.xml:\d+$/u],
    ['uses a table that lacks a word', template().replace('code:status', 'code:half'), /^list\.xml:\d+$/u],
    ['uses a date pattern that is none', template().replace('date:yyyyMMdd', 'date:yyMMdd'), /^list\.xml:\d+$/u],
    ['uses a date where no day is', template({ record: '<X>{name.latin|date:yyyyMMdd}</X>' }), /^list\.xml:\d+$/u],
    ['lets a value be absent that never is', template().replace('{grade}', '{grade?}'), /^list\.xml:\d+$/u],
    ['has two holes in one text', template({ record: '<X>{name.latin} {name.local}</X>' }), /^list\.xml:\d+$/u],
    ['has an open brace', template({ record: '<X>{name.latin</X>' }), /^list\.xml:\d+$/u],
    ['shows a value twice', template({ record: '<X>{identifier}</X>' }), /^list\.xml:\d+$/u],
    ['leaves out what is needed to read it', template().replace('<Grade>{grade}</Grade>', ''), /^list\.xml:\d+$/u],
    ['leaves out a list', template().replace(tail, ''), /^list\.xml/u],
    ['names a list there is not', template({ around: '<X t:each="operators">{.}</X>' }), /^list\.xml:\d+$/u],
    ['has siblings of one name', template({ record: '<Id>{name.latin}</Id>' }), /^list\.xml:\d+$/u],
    [
      'tells siblings by an attribute that one of them lacks',
      template({ record: '<N lang="en">{name.latin}</N><N>{name.local}</N>' }),
      /^list\.xml:\d+$/u,
    ],
    [
      'tells siblings by an attribute of one value',
      template({ record: '<N lang="en">{name.latin}</N><N lang="en">{name.local}</N>' }),
      /^list\.xml:\d+$/u,
    ],
    ['cuts an identifier', template().replace('{identifier}', '{identifier|max:10}'), /^list\.xml:\d+$/u],
    ['changes what was cut', template({ record: '<X>{name.latin|max:4|upper}</X>' }), /^list\.xml:\d+$/u],
    [
      'reforms an identifier and loses places',
      template().replace('{identifier}', '{identifier|reform:XAnnnn:Xnn}'),
      /^list\.xml:\d+$/u,
    ],
    ['has text between elements', template({ around: 'text' }), /^list\.xml:\d+$/u],
    ['has an instruction there is not', template({ around: '<X t:if="y"/>' }), /^list\.xml:\d+$/u],
    [
      'splits a value in one part only',
      template().replace('{identifier}</Id><Grade>', '{identifier|first:2}</Id><Grade>'),
      /^list\.xml/u,
    ],
    ['gives a number where XML has none but text', template().replace('{grade}', '{grade|number}'), /^list\.xml:\d+$/u],
  ];
  for (const [what, text, place] of faults) {
    it(`${what}: E_ADAPTER_INVALID with its place`, () => {
      expect(text).to.not.equal(template());
      const error = thrownBy(() => compile(text));
      expect(error.code).to.equal('E_ADAPTER_INVALID');
      expect(error.at).to.match(place);
    });
  }
});
