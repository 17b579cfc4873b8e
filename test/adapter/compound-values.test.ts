import { expect } from 'chai';
import { decodedMessage, encodeText } from '../../gateway/adapter/check/message-text.ts';
import { thrownBy } from '../support/thrown.ts';
import { compileWords, lines, list, operator, page, read } from '../support/word-templates.ts';

const whole = operator('AEOXB1', '가나', {
  name: { latin: 'Example' },
  address: { latin: 'Street 1', postcode: '10115', city: 'Berlin' },
});

/** One value of a record in each format, beside the values that it does not hold. */
const formats: readonly (readonly [name: string, template: (value: string, rest: readonly string[]) => string])[] = [
  [
    'list.csv',
    (value, rest) => lines('#each records', ['AEO', value, ...rest].join(';')).replace('#', '#separator ;\n#'),
  ],
  [
    'list.xml',
    (value, rest) =>
      `<L xmlns:t="urn:mra:template" Id="x"><R t:each="records"><V>${value}</V>${rest.map((one, i) => `<X${i}>${one}</X${i}>`).join('')}</R></L>`,
  ],
  [
    'list.json',
    (value, rest) =>
      JSON.stringify({
        rows: { $each: 'records', $item: Object.fromEntries([value, ...rest].map((one, i) => [`m${i}`, one])) },
      }),
  ],
];

const needed = ['identifier', 'status', 'statusSince'];
const compile = (name: string, template: (value: string, rest: readonly string[]) => string, value: string) =>
  compileWords(
    name,
    template(
      value,
      needed.filter((path) => !new RegExp(`\\{${path}[|}]`, 'u').test(value)).map((path) => `{${path}}`),
    ),
  );

describe('several values in one', () => {
  const section = /^## Several values in one$([\s\S]*?)^## /mu.exec(page)?.[1] ?? '';
  const documented = [...section.matchAll(/^\| `(\{.*?)` \| `(.*?)` \|/gmu)].map(([, value = '', theirs = '']) => {
    return [value.replaceAll('\\|', '|'), theirs] as const;
  });

  it('are documented', () => {
    expect(documented).to.have.lengthOf(6);
  });

  for (const [name, template] of formats) {
    for (const [value, theirs] of documented)
      it(`${value} is written as ${theirs} in ${name}, and read back`, () => {
        const format = compile(name, template, value);
        const message = { ...list, records: [whole] };
        const text = encodeText(format, message);
        expect(text).to.include(theirs);
        expect(read(format, text)).to.deep.equal(decodedMessage(format, message));
        expect(format.preview(whole).text).to.include(theirs);
      });

    it(`an absent value leaves its place empty, and no value no text, in ${name}`, () => {
      const format = compile(name, template, '{address.postcode?|digits} {address.city?}');
      for (const address of [{ city: 'New York' }, { postcode: '1' }, {}]) {
        const message = { ...list, records: [operator('AEOXB1', '가나', { address })] };
        expect(read(format, encodeText(format, message)).records[0]?.address).to.deep.equal(address);
      }
    });

    it(`a text that does not have the agreed form is refused in ${name}`, () => {
      const format = compile(name, template, '{statusSince|date:yyyyMMdd} {address.city?}');
      const text = encodeText(format, { ...list, records: [whole] });
      for (const other of ['2024052 Berlin', '20240520Berlin', '20241320 Berlin', '20240520'])
        expect(thrownBy(() => read(format, text.replace('20240520 Berlin', other))).code, other).to.equal(
          'E_VALUE_INVALID',
        );
    });
  }

  for (const [what, value] of [
    ['two texts', '{address.postcode?} {address.city?}'],
    ['two texts of which one is read', '{address.postcode?|lost} {address.city?}'],
    ['a text beside digits without a sign between them', '{address.postcode?|digits}{address.city?}'],
    [
      'digits between two texts that are not read',
      '{name.latin?|lost} {address.postcode?|digits} {address.city?|lost}',
    ],
    ['a count before digits', '{#}1{name.latin?}'],
    ['a day that may be absent, before a sign of days', '{validTo?|date:dd.MM.yyyy}.{name.latin?}'],
    ['a moment of any length', '{message.issuedAt|datetime:yyyy-MM-ddTHH:mm:ssXXX}{message.id}'],
    ['a list', '{roles|join:+} {name.latin?}'],
    ['an open day', '{validTo?|date:dd.MM.yyyy|open:31.12.9999} {name.latin?}'],
    ['a brace that is not closed', '{identifier} {name.latin?'],
  ] as const)
    it(`${what}: E_ADAPTER_INVALID in every format`, () => {
      for (const [name, template] of formats)
        expect(thrownBy(() => compile(name, template, value)).code, name).to.equal('E_ADAPTER_INVALID');
    });
});
