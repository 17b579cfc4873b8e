import { expect } from 'chai';
import { decodedMessage, encodeText } from '../../gateway/adapter/check/message-text.ts';
import { thrownBy } from '../support/thrown.ts';
import {
  compileWords as compile,
  first,
  formats,
  lines,
  page,
  read,
  second,
  withNames,
} from '../support/word-templates.ts';

describe('computed values', () => {
  const section = /^## Computed values$([\s\S]*?)^## /mu.exec(page)?.[1] ?? '';
  const documented = [...section.matchAll(/^\| `(\{.*?\})` \|.*\| `(\w+)` *\|$/gmu)].map(
    ([, hole = '', written = '']) => {
      return [hole.replaceAll('\\|', '|'), written] as const;
    },
  );

  it('are documented', () => {
    expect(documented).to.have.lengthOf(7);
  });

  for (const [name, template, row, whole] of formats)
    for (const [hole, written] of documented) {
      const inRow = hole.startsWith('{#');
      if (hole === '{count:lines}' && !/csv|fixed/u.test(name)) continue;
      it(`${hole} is written as ${written} in ${name}, read back, and another value refused at its place`, () => {
        const format = compile(name, inRow ? template(hole, '{count:records}') : template('{name.latin|lost}', hole));
        const text = encodeText(format, withNames);
        expect(read(format, text)).to.deep.equal(decodedMessage(format, withNames));
        const [shown, other] = [`${inRow ? 'r' : 'n'}=${written}`, `${inRow ? 'r' : 'n'}=${written.slice(0, -1)}9`];
        expect(text).to.include(shown);
        const error = thrownBy(() => read(format, text.replace(shown, other)));
        expect([error.code, error.at]).to.deep.equal(['E_VALUE_INVALID', inRow ? row : whole]);
      });
    }

  it('may be numbers of JSON', () => {
    const [name, template] = formats[3] ?? ['', () => ''];
    const numbers = template('{#|number}', '{count:records|number}').replaceAll(/"[nr]=/gu, '"');
    const format = compile(name, numbers);
    expect(encodeText(format, withNames)).to.include('{"n":2}').and.to.include('{"n":1,');
    expect(read(format, encodeText(format, withNames))).to.deep.equal(decodedMessage(format, withNames));
  });

  it('of rows are those of one list, each preview being the first', () => {
    const format = compile(
      'list.csv',
      lines(
        '#each records',
        'AEO,{#},{identifier},{status},{statusSince}',
        '#each departures',
        'DEL,{#},{identifier},{reason},{since}',
      ),
    );
    const text = encodeText(format, withNames);
    expect(text.match(/^(?:AEO|DEL),\d/gmu)).to.deep.equal(['AEO,1', 'AEO,2', 'DEL,1']);
    expect(format.preview(second).text).to.match(/^AEO,1,/u);
  });

  for (const [what, row, whole] of [
    ['a row number outside of rows', '{#}', '{#}'],
    ['a count inside of rows', '{count:records}', '{count:records}'],
    ['a count of no list', '{#}', '{count:operators}'],
    ['a count of a list that the template does not carry', '{#}', '{count:results}'],
    ['a count of a value that is no word', '{#}', '{count:records[status=gone]}'],
    ['a count of free text', '{#}', '{count:records[name.latin=X]}'],
    ['a count that may be absent', '{#}', '{count:records?}'],
    ['an unknown change of a row number', '{#|to:9}', '{count:records}'],
    ['a first number that is none', '{#|from:x}', '{count:records}'],
  ] as const)
    it(`${what}: E_ADAPTER_INVALID in every format`, () => {
      for (const [name, template] of formats)
        expect(thrownBy(() => compile(name, template(row, whole))).code, name).to.equal('E_ADAPTER_INVALID');
    });

  it('a count of lines in XML or JSON: E_ADAPTER_INVALID', () => {
    for (const [name, template] of formats.slice(2))
      expect(thrownBy(() => compile(name, template('{#}', '{count:lines}'))).code, name).to.equal('E_ADAPTER_INVALID');
  });
});

describe('a value that is written and not read', () => {
  for (const [name, template] of formats) {
    it(`leaves no trace in what is read of ${name}, alone`, () => {
      const format = compile(name, template('{name.latin|lost}', '{count:records}'));
      const text = encodeText(format, withNames);
      expect(text).to.include('r=Name');
      for (const each of [text, text.replace('r=Name', 'r=Else')])
        expect(read(format, each).records.map((record) => record.name)).to.deep.equal([{}, {}]);
      expect(decodedMessage(format, withNames)).to.deep.equal(read(format, text));
      expect(format.requiredPaths).to.deep.equal(['name.latin']);
      const [named = first] = withNames.records;
      const { fields } = format.preview(named);
      expect(fields.find(({ path }) => path === 'name.latin')?.theirs).to.equal(
        name === 'list.fixed' ? 'Name' : 'r=Name',
      );
    });

    it(`is read of ${name} where it stands exactly`, () => {
      const exact = template('{name.latin?|upper|lost}', '{count:records}')
        .replace('{status', '{name.latin?')
        .replace(/(<S>.*<\/S>)/u, '$1<S2>{status}</S2>')
        .replace('"s":"{name.latin?}"', '"s":"{name.latin?}","s2":"{status}"')
        .replace('{name.latin?},', '{name.latin?},{status},')
        .replace('{name.latin?:9}', '{name.latin?:9}{status:9}');
      const format = compile(name, exact);
      const text = encodeText(format, withNames);
      expect(text).to.include('r=NAME').and.to.include('Name');
      expect(read(format, text).records.map((record) => record.name.latin)).to.deep.equal(['Name', 'Name']);
      expect(format.requiredPaths).to.deep.equal([]);
    });
  }
});
