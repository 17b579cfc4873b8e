import { expect } from 'chai';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { parseHole, openTemplateScope, type Hole } from '../../gateway/adapter/template/holes.ts';
import { listMessageFields, recordItemFields, type Slot } from '../../gateway/adapter/template/message-fields.ts';
import { codeTables } from '../../gateway/adapter/template/code-tables.ts';
import { transformNames } from '../../gateway/adapter/template/transforms.ts';
import { isGatewayError } from '../../gateway/model/errors.ts';
import { roles } from '../../gateway/model/record/record.ts';
import { anyText } from '../support/any-text.ts';
import { aListMessage, aListRecord } from '../support/messages.ts';
import { thrownBy } from '../support/thrown.ts';

const tables = codeTables({ status: { active: 'A', suspended: 'S' } }, () => 'adapter.yaml:1:1').tablesOn('2026-01-01');
const context = { tables, timeZone: 'Asia/Seoul', grades: [], encoding: 'euc-kr' as const, restart: 'month' as const };

interface Bound {
  readonly hole: Hole;
  readonly lossy: boolean;
  /** The value on the wire, and as it is read back. */
  write(value: unknown): string;
  read(theirs: string): Slot;
}

function bound(written: string): Bound {
  const path = /^\{([^|?}]+)/u.exec(written)?.[1] ?? '';
  const ofMessage = path.startsWith('message.');
  const scope = openTemplateScope(ofMessage ? listMessageFields : recordItemFields, context);
  const hole = parseHole(scope, written, 'x:1:1');
  const member = path === 'message.period' ? 'message.position.epoch.id' : path;
  const place = ofMessage ? member.slice('message.'.length) : path;
  return {
    hole,
    lossy: scope.lossy.has(path) || !hole.kept,
    write: (value) => hole.write(placed(ofMessage ? aListMessage() : aListRecord(), place.split('.'), value)) ?? '',
    read: (theirs) => hole.read(theirs),
  };
}

function placed(item: object, [name = '', ...rest]: readonly string[], value: unknown): object {
  const inner = (item as Record<string, object>)[name] ?? {};
  return { ...item, [name]: rest.length === 0 ? value : placed(inner, rest, value) };
}

interface Row {
  readonly hole: string;
  readonly ours: string;
  readonly theirs: string;
  readonly back: string;
}

/** The rows of the table of transforms in docs/templates.md. */
function documented(): Row[] {
  const page = readFileSync(new URL('../../docs/templates.md', import.meta.url), 'utf8');
  const section = /^## Transforms$([\s\S]*?)^## /mu.exec(page)?.[1] ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('| `'));
  return rows.map((line) => {
    const cells = line.replaceAll('\\|', '\u0000').split('|').slice(1, -1);
    const code = (i: number): string => (/`(.*)`/u.exec(cells[i] ?? '')?.[1] ?? '').replaceAll('\u0000', '|');
    return { hole: code(0), ours: code(2), theirs: code(3), back: (cells[4] ?? '').trim() };
  });
}

const nameOf = (hole: string): string => /\|([A-Za-z]+)[:}][^|]*$/u.exec(hole)?.[1] ?? '';

describe('the table of transforms in docs/templates.md', () => {
  const rows = documented();

  it('shows every transform there is, and no other', () => {
    expect(new Set(rows.map(({ hole }) => nameOf(hole)))).to.deep.equal(new Set(transformNames));
  });

  for (const { hole, ours, theirs, back } of rows) {
    it(`${hole} does what it says`, () => {
      const { write, read, lossy, hole: made } = bound(hole);
      const value = made.path === 'roles' ? ours.split(', ') : made.kind === 'count' ? Number(ours) : ours;
      expect(write(value)).to.equal(theirs);
      expect(lossy).to.equal(back.startsWith('lost: '));
      if (!made.kept) expect(read(theirs)).to.equal(undefined);
      else if (back === 'with the other part') expect(read(theirs)).to.equal(theirs);
      else expect(read(theirs)).to.deep.equal(lossy ? theirs : value);
      expect(['the same', 'with the other part'].includes(back)).to.equal(!lossy);
    });
  }
});

describe('a moment of which a message states the day', () => {
  it('is the day in the zone of the partner, and is read as the beginning of that day', () => {
    const { write, read, lossy } = bound('{message.issuedAt|date:dd.MM.yyyy}');
    expect(write('2026-04-01T15:30:00.000Z')).to.equal('02.04.2026');
    expect(read('02.04.2026')).to.equal('2026-04-01T15:00:00.000Z');
    expect(lossy).to.equal(true);
    expect(thrownBy(() => read('31.02.2026')).code).to.equal('E_VALUE_INVALID');
  });
});

describe('transforms of generated values', () => {
  const text = anyText(30);
  const words = fc.stringMatching(/^[ \tA-Za-zäßŉﬁ0-9\n\u3000-]{1,20}$/u);
  const identifier = fc.stringMatching(/^AEOCN[0-9]{6}[0-9A-Z]{4}$/u);
  const theirs = fc.stringMatching(/^JP[0-9]{17}$/u);
  const moment = fc
    .date({ min: new Date('1975-01-01'), max: new Date('2059-12-31'), noInvalidDate: true })
    .map((date) => date.toISOString());
  const values: Readonly<Record<string, readonly (readonly [hole: string, values: fc.Arbitrary<unknown>])[]>> = {
    code: [['{status|code:status}', fc.constantFrom('active', 'suspended')]],
    date: [['{validFrom|date:MM-dd-yyyy}', moment.map((each) => each.slice(0, 10))]],
    datetime: [['{message.issuedAt|datetime:HHmmssSSS dd.MM.yyyy}', moment]],
    zoned: [
      ['{message.issuedAt|zoned:yyyyMMddHHmmssSSSXXX}', moment],
      // That clock shows the same time all year since 1988.
      ['{message.issuedAt|zoned:yyyyMMddHHmmssSSS}', moment.filter((each) => each > '1989')],
    ],
    prefix: [['{identifier|prefix:X:Y}', text]],
    without: [['{identifier|without:.lst}', text.map((each) => `${each}.lst`)]],
    reform: [
      ['{identifier|reform:AEOCNaabbccdddd:AddddccbbaaN}', fc.oneof(identifier, theirs)],
      [
        '{identifier|reform:AEOCNnnnnnnnnnn:AnnnnnnnnnnN|reform:JPnnnnnnnnnnnnnnnnn:nnnnnnnnnnnnnnnnn}',
        fc.oneof(identifier, theirs),
      ],
    ],
    pad: [
      ['{message.position.count|pad:12}', fc.nat()],
      ['{identifier|pad:17:*}', identifier],
    ],
    open: [['{validTo?|date:ddMMyyyy|open:31129999}', moment.map((each) => each.slice(0, 10))]],
    join: [['{roles|join:+}', fc.subarray([...roles])]],
    number: [['{message.position.count|number}', fc.nat()]],
    upper: [['{name.latin|upper}', fc.oneof(text, words)]],
    trim: [['{name.latin|trim}', fc.oneof(text, words)]],
    oneLine: [['{name.latin|oneLine}', fc.oneof(text, words)]],
    fit: [['{name.local|fit:?}', fc.oneof(text, words)]],
    digits: [['{name.latin|digits}', words.map((each) => `${each}7`)]],
    max: [
      ['{name.latin|max:3}', fc.oneof(text, words)],
      ['{name.latin|oneLine|upper|max:5}', fc.oneof(text, words)],
    ],
  };

  it('are tried for every transform that is read; the parts of a split value are tried with each other', () => {
    expect([...Object.keys(values), 'first', 'rest', 'lost'].sort()).to.deep.equal([...transformNames].sort());
  });

  for (const [hole, some] of Object.values(values).flat()) {
    it(`${hole} reads back what it wrote, or what it left of it`, () => {
      const { write, read, lossy } = bound(hole);
      let carried = 0;
      fc.assert(
        fc.property(some, (value) => {
          let written: string;
          try {
            written = write(value);
          } catch (error) {
            if (!isGatewayError(error) || error.code !== 'E_VALUE_INVALID') throw error;
            return;
          }
          carried += 1;
          const back = read(written);
          if (!lossy) expect(back).to.deep.equal(value);
          expect(write(back)).to.equal(written);
        }),
        { seed: 11, numRuns: 300 },
      );
      expect(carried).to.be.greaterThan(150);
    });
  }

  it('a value in two parts is the two parts', () => {
    const [first, rest] = [bound('{identifier|first:3}'), bound('{identifier|rest:3}')];
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-ascii', minLength: 4 }), (value) => {
        expect(`${String(first.read(first.write(value)))}${String(rest.read(rest.write(value)))}`).to.equal(value);
      }),
    );
  });
});

describe('transforms at their limits', () => {
  const refused: readonly (readonly [what: string, work: () => unknown])[] = [
    ['a name of which upper, trim or oneLine leave nothing', () => bound('{name.latin|oneLine}').write(' \n')],
    ['a text without digits as digits', () => bound('{name.latin|digits}').write('none')],
    ['read digits that hold another sign', () => bound('{name.latin|digits}').read('1-2')],
    ['a read text longer than max', () => bound('{name.latin|max:3}').read('abcd')],
    ['a read line end in oneLine', () => bound('{name.latin|oneLine}').read('a\nb')],
    ['an identifier that has their form before the reform', () => bound('{identifier|reform:XAnn:Bnn}').write('B12')],
    ['a read identifier that has our form behind the reform', () => bound('{identifier|reform:XAnn:Bnn}').read('XA12')],
    ['a value longer than its filled place', () => bound('{identifier|pad:4}').write('XA123')],
    ['a value that begins with the sign of its place', () => bound('{identifier|pad:9}').write('0123')],
    ['a read value of another width', () => bound('{identifier|pad:9}').read('00001234')],
    ['the very day that means no day', () => bound('{validTo?|date:ddMMyyyy|open:31129999}').write('9999-12-31')],
    ['a read value without its prefix', () => bound('{identifier|prefix:X}').read('Y1')],
  ];
  for (const [what, work] of refused) {
    it(`${what} is refused as E_VALUE_INVALID`, () => expect(thrownBy(work).code).to.equal('E_VALUE_INVALID'));
  }

  it('an absent day is written as the day agreed for it, and read as absent', () => {
    const { write, read, hole } = bound('{validTo?|date:dd/MM/yyyy|open:31/12/9999}');
    expect(write(undefined)).to.equal('31/12/9999');
    expect(read('31/12/9999')).to.equal(undefined);
    expect(hole.optional).to.equal(false);
  });

  it('a count of 0 fills its place, and is read as 0', () => {
    const { write, read } = bound('{message.position.count|pad:4}');
    expect([write(0), read('0000')]).to.deep.equal(['0000', 0]);
  });

  it('a cut never leaves half a character as people see it', () => {
    const { write } = bound('{name.latin|max:4}');
    expect([write('abc👨‍👩‍👧d'), write('abce\u0301'), write('𠮷𠮷𠮷𠮷𠮷'), write('abc d')]).to.deep.equal([
      'abc',
      'abc',
      '𠮷𠮷𠮷𠮷',
      'abc',
    ]);
  });

  for (const hole of [
    '{identifier|max:17}',
    '{identifier|upper}',
    '{message.id|oneLine}',
    '{grade|digits}',
    '{name.latin|max:0}',
    '{name.latin|max}',
    '{identifier|reform:XAnn}',
    '{identifier|reform:XAnn:Bnnn}',
    '{identifier|reform:XA:B}',
    '{identifier|reform:XAnn:Bnn:C}',
    '{identifier|pad}',
    '{identifier|pad:8:ab}',
    '{validFrom|date:ddMMyyyy|open:31129999}',
    '{name.latin?|open:-}',
    '{validTo?|open:}',
    '{name.latin|rot13}',
    '{identifier|lost}',
    '{status|lost}',
    '{name.latin|lost|upper}',
    '{grade|join:;}',
    '{roles}',
    '{identifier|number}',
  ]) {
    it(`${hole} is E_ADAPTER_INVALID with its place`, () => {
      const error = thrownBy(() => bound(hole));
      expect([error.code, error.at]).to.deep.equal(['E_ADAPTER_INVALID', 'x:1:1']);
    });
  }
});
