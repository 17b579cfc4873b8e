import { writeText } from '../support/format-text.ts';
import { expect } from 'chai';
import type { ListFormat } from '../../gateway/adapter/adapter.ts';
import { decodeText } from '../../gateway/adapter/check/message-text.ts';
import { listFormat } from '../../gateway/adapter/format.ts';
import { codeTables } from '../../gateway/adapter/template/code-tables.ts';
import { adapterTools } from '../support/adapter-tools.ts';
import { aListMessage, aListRecord } from '../support/messages.ts';
import { refusesChanges, type Change } from '../support/refused-changes.ts';
import { thrownBy } from '../support/thrown.ts';

const message = {
  v: 2,
  id: '{message.id}',
  kind: '{message.kind}',
  from: '{message.from}',
  to: '{message.to}',
  at: '{message.issuedAt}',
  by: '{message.nextBy}',
  epoch: '{message.position.epoch.no|number}',
  epochId: '{message.position.epoch.id}',
  no: '{message.position.sequence|number}',
  chain: '{message.position.chain}',
  root: '{message.position.root}',
  count: '{message.position.count|number}',
  before: '{message.previousChain}',
};
const item = {
  $ignore: ['fax'],
  country: '{identifier|first:5}',
  number: '{identifier|rest:5}',
  grade: '{grade}',
  state: '{status|code:status}',
  since: '{statusSince}',
  start: '{validFrom|date:dd/MM/yyyy}',
  place: { city: '{address.city?}', code: '{address.postcode?}' },
  roles: { $each: 'roles', $item: '{.}' },
};
const gone = { $each: 'departures', $item: { id: '{identifier}', why: '{reason}', on: '{since}' } };

function compile(template: unknown, status = { active: 'A', suspended: 'S' }): ListFormat {
  const codes = { revoked: 'REV', withdrawn: 'W', consent_withdrawn: 'C', grade_lost: 'G', left: 'L' };
  const tables = codeTables({ status, gone: codes }, () => 'adapter.yaml:1:1').tablesOn('2026-01-01');
  const source = { file: 'list.json', text: JSON.stringify(template), schema: '/none.json', type: 'x+json' };
  return listFormat(source, { tables, timeZone: 'UTC', grades: [] }, adapterTools);
}

describe('operators that left among the others, by a code of their own', () => {
  const left = { number: '{identifier}', state: '{reason|code:gone}', since: '{since}' };
  const mixed = compile({ ...message, all: { $each: 'records', $item: item, $gone: left } });
  const list = aListMessage({
    records: [aListRecord({ identifier: 'AEOCN1', name: {}, address: {}, roles: [] })],
    departures: [{ identifier: 'AEOCN2', reason: 'revoked', since: '2024-02-29' }],
  });

  it('are written and read back, in any order, also alone', () => {
    const text = writeText(mixed, list);
    expect(decodeText(mixed, text, adapterTools)).to.deep.equal(list);
    const content = JSON.parse(text) as { all: unknown[] };
    const turned = JSON.stringify({ ...content, all: content.all.toReversed() });
    expect(decodeText(mixed, turned, adapterTools)).to.deep.equal(list);
    const alone = { ...list, records: [] };
    expect(decodeText(mixed, writeText(mixed, alone), adapterTools)).to.deep.equal(alone);
  });

  it('with a code that is no reason to leave are read as the others, and refused at their place', () => {
    const error = thrownBy(() => decodeText(mixed, writeText(mixed, list).replace('"REV"', '"X"'), adapterTools));
    expect([error.code, error.at]).to.deep.equal(['E_ELEMENT_MISSING', '/all/1/country']);
  });

  it('that nothing tells apart are E_ADAPTER_INVALID', () => {
    const other = { number: '{identifier}', why: '{reason|code:gone}', since: '{since}' };
    const error = thrownBy(() => compile({ ...message, all: { $each: 'records', $item: item, $gone: other } }));
    expect(error.code).to.equal('E_ADAPTER_INVALID');
  });
});

const whole = { ...message, gone, all: { $each: 'records', $item: item } };

describe('a message by a JSON template', () => {
  const format = compile(whole);
  const list = aListMessage({
    records: [
      aListRecord({ name: {}, address: { city: 'S"\\\n', postcode: '1' }, roles: ['carrier', 'exporter'] }),
      aListRecord({ identifier: 'AEOCN1', name: {}, address: {}, roles: [] }),
    ],
    departures: [{ identifier: 'AEOCN2', reason: 'revoked', since: '2024-02-29' }],
  });
  const text = writeText(format, list);

  it('what is written is read back', () => {
    expect(decodeText(format, text, adapterTools)).to.deep.equal(list);
  });

  it('numbers stand as numbers, split values in two members, absent groups nowhere', () => {
    const value = JSON.parse(text) as { no: unknown; all: Record<string, unknown>[] };
    expect(value.no).to.equal(7);
    expect(value.all[0]).to.include({ country: 'AEOCN', number: '4403900001', start: '20/05/2024' });
    expect(value.all[1]).to.not.have.property('place');
  });

  it('an empty list is an empty list', () => {
    const empty = aListMessage();
    const written = writeText(format, empty);
    expect(JSON.parse(written)).to.include({ v: 2 }).and.to.have.deep.property('all', []);
    expect(decodeText(format, written, adapterTools)).to.deep.equal(empty);
  });

  it('members and groups of the message may be absent, and lists left out when they are empty', () => {
    const { gone: _gone, all: _all, ...rest } = whole;
    const lists = {
      removed: { $each: 'departures?', $item: gone.$item },
      all: { $each: 'records?', $item: { ...item, roles: { $each: 'roles?', $item: '{.}' } } },
    };
    const other = compile({
      part: { no: '{message.part.no?|number}', of: '{message.part.of?|number}' },
      changes: lists,
      ...rest,
    });
    const none = aListMessage();
    const written = writeText(other, none);
    expect(JSON.parse(written)).to.not.have.any.keys('part', 'changes');
    expect(decodeText(other, written, adapterTools)).to.deep.equal(none);
    const some = { ...list, part: { no: 1, of: 2 }, departures: [] };
    const text2 = writeText(other, some);
    expect(JSON.parse(text2)).to.have.property('changes').that.has.all.keys('all');
    expect((JSON.parse(text2) as { changes: { all: object[] } }).changes.all[1]).to.not.have.property('roles');
    expect(decodeText(other, text2, adapterTools)).to.deep.equal(some);
  });

  it('half a character is refused with its place', () => {
    const error = thrownBy(() =>
      writeText(format, aListMessage({ records: [aListRecord({ address: { city: '\ud800' } })] })),
    );
    expect([error.code, error.at]).to.deep.equal(['E_VALUE_INVALID', '/records/0/address/city']);
  });

  it('an identifier too short to be split is refused with its place', () => {
    const error = thrownBy(() => writeText(format, aListMessage({ records: [aListRecord({ identifier: 'AEOCN' })] })));
    expect([error.code, error.at]).to.deep.equal(['E_VALUE_INVALID', '/records/0/identifier']);
  });

  const changes: readonly Change[] = [
    ['an unknown member', '"grade":', '"phone":"1","grade":', 'E_ELEMENT_UNKNOWN', '/all/0/phone'],
    ['a missing member', '"grade":"advanced",', '', 'E_ELEMENT_MISSING', '/all/0/grade'],
    ['a text for a number', '"no":7', '"no":"7"', 'E_VALUE_INVALID', '/no'],
    ['a fraction for a count', '"no":7', '"no":7.5', 'E_VALUE_INVALID', '/no'],
    ['a number for a text', '"number":"4403900001"', '"number":4403900001', 'E_VALUE_INVALID', '/all/0/number'],
    ['null', '"grade":"advanced"', '"grade":null', 'E_VALUE_INVALID', '/all/0/grade'],
    ['an object for a list', '"roles":["carrier","exporter"]', '"roles":{}', 'E_VALUE_INVALID', '/all/0/roles'],
    ['a text for an object', '{"city":', '"x","z":{"city":', 'E_VALUE_INVALID', '/all/0/place'],
    ['an unknown role', '"exporter"', '"pilot"', 'E_CODE_UNKNOWN', '/all/0/roles/1'],
    ['an unknown code', '"state":"A"', '"state":"Q"', 'E_CODE_UNKNOWN', '/all/0/state'],
    ['the wrong length of a part', '"country":"AEOCN"', '"country":"CN"', 'E_VALUE_INVALID', '/all/0/country'],
    ['another fixed value', '"v":2', '"v":3', 'E_VALUE_INVALID', '/v'],
  ];
  refusesChanges(format, text, changes);

  it('a member that is to be ignored is dropped', () => {
    expect(decodeText(format, text.replace('"grade":', '"fax":{"no":1},"grade":'), adapterTools)).to.deep.equal(list);
  });

  it('a code may stand as a number, and one that is none is not written', () => {
    const coded = { ...whole, all: { $each: 'records', $item: { ...item, state: '{status|code:status|number}' } } };
    const numbered = compile(coded, { active: '1', suspended: '20' });
    const written = writeText(numbered, list);
    expect(written).to.include('"state":1');
    expect(decodeText(numbered, written, adapterTools)).to.deep.equal(list);
    for (const [wrong, code] of [
      ['"1"', 'E_VALUE_INVALID'],
      ['7', 'E_CODE_UNKNOWN'],
    ] as const) {
      const other = written.replace('"state":1', `"state":${wrong}`);
      const error = thrownBy(() => decodeText(numbered, other, adapterTools));
      expect([error.code, error.at]).to.deep.equal([code, '/all/0/state']);
    }
    const padded = compile(coded, { active: '01', suspended: '02' });
    expect(thrownBy(() => writeText(padded, list)).code).to.equal('E_VALUE_INVALID');
  });

  it('a member of the prototype is no member of the message', () => {
    const error = thrownBy(() => decodeText(format, text.replace('"grade":', '"toString":1,"grade":'), adapterTools));
    expect([error.code, error.at]).to.deep.equal(['E_ELEMENT_UNKNOWN', '/all/0/toString']);
  });
});

describe('a JSON template that cannot work', () => {
  const faults: readonly (readonly [what: string, template: unknown, at: string])[] = [
    ['names a value there is not', { ...whole, x: '{message.colour}' }, 'list.json#/x'],
    ['has a list that is none', { ...whole, x: [1] }, 'list.json#/x'],
    ['has an instruction there is not', { ...whole, $if: true }, 'list.json#'],
    [
      'splits a value at two letters',
      { ...whole, all: { $each: 'records', $item: { ...item, number: '{identifier|rest:4}' } } },
      'list.json#/all/$item/number',
    ],
    ['gives a text as a number', { ...whole, from: '{message.from|number}' }, 'list.json#/from'],
    ['leaves a list without items', { ...whole, all: { $each: 'records' } }, 'list.json#/all'],
    ['is no object', '{message.id}', 'list.json'],
  ];
  for (const [what, template, at] of faults) {
    it(`${what}: E_ADAPTER_INVALID with its place`, () => {
      const error = thrownBy(() => compile(template));
      expect([error.code, error.at]).to.deep.equal(['E_ADAPTER_INVALID', at]);
    });
  }
});
