/** Templates of all shapes, each read and written beside the reference, with what a reader may trip over. */

import { expect } from 'chai';
import type { ListFormat } from '../../gateway/adapter/adapter.ts';
import { listFormat } from '../../gateway/adapter/format.ts';
import { codeTables } from '../../gateway/adapter/template/code-tables.ts';
import { roles, type Role, type ListRecord } from '../../gateway/model/record/record.ts';
import { readCanonical } from '../../gateway/wire/xml/canonical-xml.ts';
import { adapterTools } from '../support/adapter-tools.ts';
import { decoded, encoded, isRead, referenceOutcome } from '../support/list-decoding.ts';
import { referenceOf, type Reference } from '../support/xml-reference.ts';
import { viewRecord } from '../../gateway/model/record/partner-view.ts';
import { aListMessage, aListRecord } from '../support/messages.ts';

const head = `<Head kind="{message.kind}" from="{message.from}" to="{message.to}" at="{message.issuedAt}" by="{message.nextBy}"
  epoch="{message.position.epoch.no}" epochId="{message.position.epoch.id}" no="{message.position.sequence}" chain="{message.position.chain}"
  root="{message.position.root}" count="{message.position.count}" before="{message.previousChain}"/>`;
const tail = '<Gone t:each="departures"><Id>{identifier}</Id><Why>{reason}</Why><On>{since|date:yyyyMMdd}</On></Gone>';
const values = `<Id>{identifier}</Id><Grade>{grade|code:grade}</Grade><State>{status|code:status}</State><Since>{statusSince}</Since>
  <From>{validFrom}</From>`;

interface Compiled {
  readonly format: ListFormat;
  readonly reference: Reference;
}

function compile(record: string, { start = '<One t:each="records">', end = tail } = {}): Compiled {
  const codes = { status: { active: 'A', suspended: 'S' }, grade: { advanced: 'q"1', general: 'g' } };
  const tables = codeTables(codes, () => 'adapter.yaml:1:1').tablesOn('2026-01-01');
  const context = { tables, timeZone: 'Asia/Seoul', grades: ['advanced', 'general'] };
  const text = `<List xmlns="urn:x" xmlns:t="urn:mra:template" Id="{message.id}">${head}${start}${record}</One>${end}</List>`;
  const format = listFormat({ file: 'list.xml', text, schema: '/none.xsd' }, context, adapterTools);
  return { format, reference: referenceOf(text, context) };
}

const general: readonly ListRecord[] = ['A', 'B', 'C'].map((identifier, i) =>
  aListRecord({ identifier, grade: 'general', roles: roles.slice(i, 2 * i) }),
);

/** Writes and reads a list, and reads it with each change, all as the reference does. */
function compare(
  { format, reference }: Compiled,
  records: readonly ListRecord[],
  changes: readonly (readonly [string | RegExp, string])[],
): void {
  const list = aListMessage({ records: records.map((record) => ({ ...record, roles: [...record.roles].sort() })) });
  const source = encoded(format, list);
  expect(source.toString()).to.equal(reference.write(list));
  const outcome = decoded(format, source);
  expect(outcome).to.deep.equal(referenceOutcome(reference, source));
  expect(isRead(outcome), source.toString()).to.equal(true);
  for (const [from, to] of changes) {
    const bytes = Buffer.from(source.toString().replace(from, to));
    expect(bytes.equals(source), `${String(from)} in ${source.toString()}`).to.equal(false);
    expect(readCanonical(bytes), bytes.toString()).to.not.equal(undefined);
    expect(decoded(format, bytes), bytes.toString()).to.deep.equal(referenceOutcome(reference, bytes));
  }
}

describe('a template of XML', () => {
  it('may tell siblings apart by a fixed attribute, and hold attributes in any namespace and order', () => {
    const format = compile(
      `${values}<N xmlns:q="urn:q" z="1" lang="en" q:b="{name.latin?}" b="{address.postcode?}"></N><N lang="zh">{name.local}</N><Mark>v1</Mark>`,
    );
    const records = [...general, aListRecord({ name: { local: '甲' }, address: {}, grade: 'general', roles: [] })];
    compare(format, records, [
      ['lang="zh"', 'lang="en"'],
      ['lang="zh"', 'lang="z&amp;"'],
      [' z="1"', ' z="2"'],
      [' z="1"', ''],
      ['lang="zh"', 'a="1" lang="zh"'],
      [' q:b="SHENZHEN', ' q:b="&quot;SHENZHEN'],
      [/ xmlns:q="urn:q"([^>]*?) q:b="[^"]*"/u, '$1'],
      [/ q:b="SHENZHEN[^"]*"/u, ' q:b=""'],
      [/<N xmlns:q="urn:q" b=[^>]*><\/N>/u, ''],
      [/(<N xmlns:q="urn:q" b=[^>]*><\/N>)(<N lang="zh">[^<]*<\/N>)/u, '$2$1'],
      ['v1</Mark>', 'v2</Mark>'],
      ['v1</Mark>', '</Mark>'],
      ['v1</Mark>', 'v1 </Mark>'],
      ['<Mark>', '\n<Mark>'],
      ['<Mark>', '<Mark x="1">'],
      ['</One>', '<More></More></One>'],
      ['<One>', '<One x="1">'],
      [/<One>(.*?)<\/One>/su, '<Other>$1</Other>'],
      [/<One>(.*?)<\/One>/su, '<One xmlns="urn:y">$1</One>'],
    ]);
  });

  it('may hold groups that can be absent, and roles in them', () => {
    const format = compile(
      `${values}<A zip="{address.postcode?}"><City>{address.city?}</City></A><Rs><R t:each="roles?" no="1"><C is="{.}"/></R></Rs>`,
    );
    const bare = aListRecord({ address: {}, name: {}, grade: 'general', roles: [] });
    const records = [...general, bare, { ...bare, address: { postcode: '1' }, roles: ['carrier', 'broker'] as Role[] }];
    compare(format, records, [
      ['is="broker"', 'is="carrier"'],
      ['is="broker"', 'is="baker"'],
      ['is="broker"', 'is=""'],
      [' no="1"', ''],
      ['<A zip="518000">', '<A>'],
      ['<A zip="518000">', '<A zip="">'],
      ['<City>SHENZHEN</City>', ''],
      ['<City>SHENZHEN</City>', '<City></City>'],
      [/<Rs>.*?<\/Rs>/u, '<Rs></Rs>'],
      [/<Rs>.*?<\/Rs>/u, ''],
    ]);
  });

  it('what values are read as stands in the record as JSON writes it', () => {
    const format = compile(`${values}<L>{name.local?|prefix:no\\}</L><N>{name.latin?|upper}</N>`);
    const named = general.map((record) =>
      viewRecord({ ...record, name: { latin: 'Straße', local: 'x' } }, format.format.view),
    );
    compare(format, named, [
      ['STRASSE', 'strasse'],
      ['no\\x', 'nox'],
      ['no\\x', 'no\\\\'],
      ['no\\x', 'no\\\n'],
      ['no\\x', 'no\\'],
      ['<Grade>g<', '<Grade>q"1<'],
      ['<Grade>g<', '<Grade>h<'],
      ['<State>A<', '<State>B<'],
      ['2024-05-20', '2024-02-30'],
    ]);
    const hard = named.map((record) => ({ ...record, grade: 'advanced', name: { local: '"\\"' } }));
    compare(format, hard, []);
  });

  it('a text that is twice as long in JSON finds room', () => {
    const long = aListRecord({ grade: 'general', name: { latin: '\\'.repeat(20_000) } });
    compare(compile(`${values}<N>{name.latin}</N>`), [long, ...general], []);
  });

  it('may drop elements, and hold a value in two places or a list in one', () => {
    const dropping = compile(`${values}<N no="{ignored}">{name.latin}</N><Fax t:ignore="true"/>`);
    const dropped: [string, string][] = [
      ['</N>', '</N><Fax><No>1</No></Fax>'],
      ['<N>', '<N no="1">'],
      ['<Id>', '<Fax></Fax><Id>'],
    ];
    compare(dropping, general, dropped);
    const split = compile(values.replace('{identifier}', '{identifier|first:1}') + '<Rest>{identifier|rest:1}</Rest>');
    const joined = compile(`${values}<Rs>{roles|join:;}</Rs>`);
    const longer = general.map((record) => ({ ...record, identifier: `${record.identifier}1` }));
    compare(split, longer, [['<Rest>1', '<Rest>']]);
    compare(joined, longer, [['<Rs></Rs>', '<Rs>carrier;broker</Rs>']]);
  });

  it('a plain record that stands in the wrong place is refused, or dropped where the template says so', () => {
    const gone = '<Gone><Id>Y</Id><Why>left</Why><On>20240229</On></Gone>';
    const late = [/<One>(.*?)<\/One>(.*)(<\/List>)/su, `$2${gone}<One>$1</One>$3`] as const;
    const [strict, dropping] = [compile(values), compile(values, { end: `<One t:ignore="true"/>${tail}` })];
    for (const format of [strict, dropping]) compare(format, general, [late]);
    const moved = ({ format }: Compiled): Buffer =>
      Buffer.from(
        encoded(format, aListMessage({ records: general }))
          .toString()
          .replace(...late),
      );
    expect(decoded(strict.format, moved(strict))).to.include.members(['E_ELEMENT_UNKNOWN', '/List/One']);
    expect(decoded(dropping.format, moved(dropping)))
      .to.have.property('records')
      .with.length(2);
  });

  it('a plain record inside of what is dropped is dropped with it', () => {
    const format = compile(values, { end: `<Old t:ignore="true"/>${tail}` });
    const change = [/<One>.*?<\/One>/su, '<Old>$&</Old>'] as const;
    compare(format, general, [change]);
    const text = encoded(format.format, aListMessage({ records: general })).toString();
    const outcome = decoded(format.format, Buffer.from(text.replace(...change)));
    expect(outcome).to.have.property('records').with.length(2);
  });

  it('may tell records from other elements of their name by a fixed attribute', () => {
    const format = compile(values, {
      start: '<One is="mark">1</One><One is="record" t:each="records">',
    });
    compare(format, general, [
      ['is="record"', 'is="mark"'],
      ['is="record"', 'is="other"'],
    ]);
  });
});
