/** `mra adapter new` with samples that are not UTF-8: the encoding is stated, asked about, or refused with what to do. */

import { expect } from 'chai';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadManifest } from '../../gateway/adapter/load.ts';
import { guessEncodings } from '../../gateway/model/encoding-guess.ts';
import { encodeText, type TextEncoding } from '../../gateway/model/text-encoding.ts';
import { adaptersOfHome, runAdapter } from '../support/adapter-command.ts';
import { adapterTools } from '../support/adapter-tools.ts';
import { rejectedBy } from '../support/thrown.ts';

const partners = new URL('../fixtures/partners/', import.meta.url).pathname;
const fixture = (name: string): string => readFileSync(join(partners, name), 'utf8');

interface Report {
  readonly asks: readonly { readonly at: string; readonly question: string }[];
  readonly placements: readonly { readonly element: string; readonly value: string }[];
}

const chinese = `海关编码,企业中文名称,状态,认证日期
XB44031960A1,示例精密仪器有限公司,正常,2023-02-11
XB31089420B7,样本国际货运代理有限公司,暂停,2021-06-01
`;
const japanese = `承認番号,名称,状態,承認日
XB0A1,見本精機株式会社,有効,2020/04/01
XB0A2,例示海運株式会社,停止,2019/10/01
`;
const samples: readonly (readonly [TextEncoding, string])[] = [
  ['euc-kr', fixture('qt-list.tsv').replaceAll('㈜', '(주)')],
  ['gb18030', chinese],
  ['shift-jis', japanese],
  ['windows-1252', fixture('qq-list.csv')],
  ['windows-1251', fixture('xh-list.tsv')],
];

describe('mra adapter new, encodings', () => {
  let adapters: string;
  let sample: string;
  beforeEach(() => {
    adapters = adaptersOfHome();
    sample = join(adapters, 'sample');
  });
  const draft = async (...words: readonly string[]): Promise<Report> =>
    JSON.parse((await runAdapter(adapters, ['new', 'xb', '--sample', sample, '--force', ...words])).stdout) as Report;
  const at = '/messages/list/encoding';

  for (const [encoding, text] of samples)
    it(`${encoding}: lines are read in it, with a question, and the drafted adapter passes its tests`, async () => {
      const bytes = encodeText(text, encoding);
      writeFileSync(sample, bytes);
      const { asks } = await draft();
      expect(asks.find((each) => each.at === at)?.question).to.include(`Guessed: ${encoding} (`);
      const yaml = adapterTools.readYaml(readFileSync(join(adapters, 'xb', 'adapter.yaml'), 'utf8'), 'xb');
      expect(yaml).to.have.nested.property('messages.list.encoding', encoding);
      expect(yaml).to.have.nested.property('messages.list.type').that.includes(`charset=${encoding}`);
      expect(readFileSync(join(adapters, 'xb', 'samples/partner-list-1/0-original.csv')).equals(bytes)).to.equal(true);
      expect((await runAdapter(adapters, ['test', 'xb', '--runs', '20'])).exit).to.equal(0);
      expect((await draft('--answer', `${at}=yes`)).asks.map((each) => each.at)).to.not.include(at);
    });

  it('an answered encoding counts, and one that the bytes contradict is refused', async () => {
    writeFileSync(
      sample,
      encodeText('Nr;Firma;Status\nXB100;Örnek Şirketi;active\nXB101;Deneme Gıda;suspended\n', 'windows-1254'),
    );
    const { asks } = await draft('--answer', `${at}=windows-1254`);
    expect(asks.map((each) => each.at)).to.not.include(at);
    expect(readFileSync(join(adapters, 'xb/samples/partner-list-1/2-read.json'), 'utf8')).to.include('Örnek Şirketi');
    for (const other of ['utf-8', 'klingon'])
      expect((await rejectedBy(draft('--answer', `${at}=${other}`))).code, other).to.equal('E_REQUEST_INVALID');
  });

  it('XML is read in the encoding that it states, UTF-16 as well, with a question', async () => {
    const text = fixture('qm-list.xml');
    for (const [stated, bytes] of [
      ['EUC-KR', encodeText(text.replace('UTF-8', 'EUC-KR'), 'euc-kr')],
      ['utf-16le', Buffer.from(`\ufeff${text.replace('UTF-8', 'UTF-16')}`, 'utf16le')],
    ] as const) {
      writeFileSync(sample, bytes);
      const { asks, placements } = await draft();
      expect(asks.find((each) => each.at === 'list.xml#/공인업체통보서')?.question).to.include(stated);
      expect(placements.find(({ element }) => element.endsWith('업체명국문'))?.value).to.equal('name.local');
    }
  });

  it('columns of fixed width that count bytes are found, and stand in the template', async () => {
    const line = (id: string, name: string, town: string, rest: string): string => {
      const fill = (text: string, width: number): string =>
        text + ' '.repeat(width - encodeText(text, 'gb18030').length);
      return `D${id}${fill(name, 20)}${fill(town, 10)}${rest}\r\n`;
    };
    const operators = [
      line('XB00000001', '示例精密仪器有限公司', '示例市', 'A20230211'),
      line('XB00000002', '样本货运公司', '样本大市', 'S20210601'),
      line('XB00000003', '模型公司', '模市', 'A20220702'),
    ];
    writeFileSync(sample, encodeText(`HXBCN20261103\r\n${operators.join('')}T000003\r\n`, 'gb18030'));
    await draft();
    const template = readFileSync(join(adapters, 'xb/list.fixed'), 'utf8');
    expect(template).to.match(/D\{identifier:12b\}\{name\.local\?:20b\|oneLine\|max:20b\}/u);
    expect((await runAdapter(adapters, ['test', 'xb', '--runs', '20'])).exit).to.equal(0);
  });

  it('what no layout can be written in is refused, with what to do', async () => {
    for (const [what, bytes] of [
      ['lines in UTF-16', Buffer.from(`\ufeff${fixture('qs-list.tsv')}`, 'utf16le')],
      ['lines in UTF-16 without a mark', Buffer.from(fixture('qs-list.tsv'), 'utf16le').swap16()],
      ['JSON in another encoding', encodeText(fixture('qo-list.json'), 'windows-1252')],
      ['XML that states another encoding', encodeText(fixture('qm-list.xml'), 'euc-kr')],
      ['XML in an encoding that nobody knows', Buffer.from('<?xml version="1.0" encoding="x-none"?><List/>')],
      ['lines with escapes of ISO 2022', Buffer.from('no;name\n1;\u001b$B8+K\\\u001b(B\n2;\u001b$B8+K\\\u001b(B\n')],
    ] as const) {
      writeFileSync(sample, bytes);
      const error = await rejectedBy(draft());
      expect([error.code, error.at], what).to.deep.equal(['E_SAMPLE_UNREADABLE', sample]);
      expect(error.fix, what).to.match(/UTF-8|encoding/u);
    }
  });
});

describe('mra adapter new, fixed columns of bytes', () => {
  const lines = (operators: readonly (readonly [id: string, name: string])[]): Buffer => {
    const column = (text: string, width: number): Buffer => {
      const bytes = encodeText(text, 'euc-kr');
      return Buffer.concat([bytes, Buffer.alloc(width - bytes.length, ' ')]);
    };
    const rows = operators.map(([id, name]) => Buffer.concat([Buffer.from('D'), column(id, 12), column(name, 20)]));
    return Buffer.concat([
      Buffer.from('H202600001720260402091500\n'),
      ...rows.flatMap((row) => [row, Buffer.from('120240102\n')]),
    ]);
  };
  const operators = [
    ['HN20481377', '한빛물산'],
    ['HN20481502', '대한정밀'],
    ['HN20495518', '가온해운'],
    ['HN20512290', '미르전자'],
  ] as const;
  const columns = [
    ...['list.fixed#/H=2 6 12', 'list.fixed#/H/2=message.period', 'list.fixed#/H/6=message.position.sequence|pad:6'],
    ...[
      'list.fixed#/H/12=message.issuedAt|zoned:yyyyMMddHHmmss',
      'list.fixed#/D=2 14 34 35',
      'list.fixed#/D/2=identifier',
    ],
    ...[
      'list.fixed#/D/14=name.local|oneLine|max:20b',
      'list.fixed#/D/34=status|code:status',
      'list.fixed#/D/35=statusSince|date:yyyyMMdd',
    ],
  ];
  let adapters: string;
  const at = (name: string): string => join(adapters, name);
  const draft = (...more: readonly string[]): Promise<{ exit: number; stdout: string }> =>
    runAdapter(adapters, ['new', 'xh', '--sample', at('list.dat'), '--force', '--transport', 'sftp', ...more]);
  beforeEach(() => {
    adapters = adaptersOfHome();
    writeFileSync(at('list.dat'), lines(operators));
  });

  it('are drafted for a partner with files whose answers are not known, with numbers that begin again each year', async () => {
    expect((await draft(...columns.flatMap((answer) => ['--answer', answer]))).exit).to.equal(0);
    const { manifest } = await loadManifest(at('xh'), adapterTools);
    const { stream, send, receive } = manifest.conversation ?? {};
    expect(stream).to.deep.equal({ discipline: 'numbered', restart: 'year', max: 999999 });
    expect([send?.answer, receive?.answer]).to.deep.equal([{ kind: 'none' }, { kind: 'none' }]);
    expect(send?.file?.name).to.include('{message.position.sequence}');
  });

  it('with a byte lost in one line are refused with that line, and not read as another script', async () => {
    const bytes = lines(operators);
    const lost = bytes.indexOf(encodeText('대', 'euc-kr'));
    writeFileSync(at('list.dat'), Buffer.concat([bytes.subarray(0, lost), bytes.subarray(lost + 1)]));
    const error = await rejectedBy(draft());
    expect([error.code, error.at]).to.deep.equal(['E_SAMPLE_UNREADABLE', `${at('list.dat')}:3`]);
    expect(error.detail).to.include('euc-kr');
  });

  it('of an acknowledgement are named one by one', async () => {
    for (const [i, verdict] of ['00', '10', '20'].entries())
      writeFileSync(at(`${verdict}.res`), `R202600002${i}${verdict}${'WHY'.padEnd(30)}\n`);
    const answers = [
      ...['acknowledgement.fixed#/line=1 2 6 12 14', 'acknowledgement.fixed#/line/12=ack.verdict'],
      ...columns,
    ];
    const given = ['00', '10', '20'].flatMap((verdict) => ['--acknowledgement', at(`${verdict}.res`)]);
    const { exit, stdout } = await draft(...given, ...answers.flatMap((answer) => ['--answer', answer]));
    expect(exit).to.equal(0);
    const { placements } = JSON.parse(stdout) as Report;
    expect(placements).to.deep.include.members([
      { ...placements.find(({ element }) => element === '/line/12'), element: '/line/12', value: 'ack.verdict' },
    ]);
  });

  it('that have no room for the operators of one side are refused with both forms', async () => {
    const narrow = lines(operators)
      .toString('latin1')
      .replaceAll(/^(D.{10}) {2}/gmu, '$1');
    writeFileSync(at('list.dat'), Buffer.from(`${narrow}XHN2049551820260402\n`, 'latin1'));
    const left = [
      'list.fixed#/X=2 12',
      'list.fixed#/X/2=departures.identifier',
      'list.fixed#/X/12=departures.since|date:yyyyMMdd',
    ];
    const narrower = columns.map((answer) =>
      answer
        .replace('/D=2 14 34 35', '/D=2 12 32 33')
        .replace('/D/14', '/D/12')
        .replace('/D/34', '/D/32')
        .replace('/D/35', '/D/33'),
    );
    const error = await rejectedBy(draft(...[...narrower, ...left].flatMap((answer) => ['--answer', answer])));
    expect([error.code, error.fix?.includes('CN44')]).to.deep.equal(['E_VALUE_INVALID', true]);
  });
});

describe('guessed encodings', () => {
  it('the likeliest comes first, and the language tells encodings apart that have the same bytes', () => {
    for (const [encoding, text] of [
      ...samples,
      ['cp949', '번호;상호\n1;똠방 주식회사\n'],
      ['windows-1250', 'Nr;Nazwa\n1;Przykład Spółka;Łódź\n'],
      ['windows-1253', 'Αριθμός;Επωνυμία\n1;Παράδειγμα\n'],
      ['windows-1256', 'رقم;اسم\n1;شركة مثال\n'],
    ] as const)
      expect(guessEncodings(encodeText(text, encoding))[0]).to.deep.include({ encoding, text });
  });
});
