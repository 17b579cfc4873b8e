import { expect } from 'chai';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { lintAdapter } from '../../gateway/adapter/check/lint.ts';
import { lintRules, type LintRule } from '../../gateway/adapter/check/lint-rules.ts';
import { longestMatch } from '../../gateway/adapter/template/longest-text.ts';
import { checkTools, schemaChecker } from '../../gateway/app/adapter-checks.ts';
import { adapterTools, adaptersFolder } from '../support/adapter-tools.ts';
import { found, type Change } from '../support/lint-folder.ts';

const asks = (at: string): Change => ['adapter.yaml', /$/u, `\nasks:\n  - at: '${at}'\n    question: Is it so?\n`];

/** What is wrong, the changes that cause it, the rule that reports it, and a text of the reported line. */
type Fault = readonly [what: string, cc: string, changes: readonly Change[], rule: LintRule, line: string];
const faults: readonly Fault[] = [
  ['an open question about the manifest', 'kr', [asks('/seal/algorithm')], 'ask_open', 'rsa-sha256'],
  ['an open question about a template', 'kr', [asks('list.xml#/AEOList/AEO/Grade')], 'ask_open', '<kr:Grade>'],
  ['a table that lacks a word', 'kr', [['adapter.yaml', "suspended: '02'", '']], 'table_not_total', 'status:'],
  [
    'a gap between two codes',
    'kr',
    [['adapter.yaml', "active: '01'", "active: [{ code: '01', until: 2026-06-30 }, { code: '09', from: 2026-07-02 }]"]],
    'codes_days',
    'active:',
  ],
  [
    'two codes on one day',
    'kr',
    [['adapter.yaml', "active: '01'", "active: [{ code: '01', until: 2026-06-30 }, { code: '09', from: 2026-06-30 }]"]],
    'codes_days',
    'active:',
  ],
  [
    'a code that begins while another has no end',
    'kr',
    [['adapter.yaml', "active: '01'", "active: [{ code: '01' }, { code: '09', from: 2026-07-01 }]"]],
    'codes_days',
    'active:',
  ],
  [
    'a gap between two layouts',
    'sg',
    [
      [
        'adapter.yaml',
        /list: \{ (template: list\.json[^}]*) \}/u,
        'list: [{ $1, until: 2026-06-30 }, { $1, from: 2026-08-01 }]',
      ],
    ],
    'layouts_gap',
    'list:',
  ],
  [
    'parts without a template that shows them',
    'sg',
    [['adapter.yaml', /^lists:|^transport:/mu, 'lists: { partRecords: 100 }\ntransport:']],
    'parts_missing',
    'partRecords',
  ],
  [
    'an identifier longer than the schema has room for',
    'kr',
    [['list.xsd', '[0-9A-Z]{3,35}', '[0-9A-Z]{3,14}']],
    'identifier_unfit',
    "'[0-9]{6}[0-9A-Z]{4}'",
  ],
  [
    'an identifier that may grow longer than the schema has room for',
    'kr',
    [['adapter.yaml', "'[0-9A-Z]{7}'", "'[0-9A-Z]{7,60}'"]],
    'identifier_unfit',
    "'[0-9A-Z]{7,60}'",
  ],
  [
    'an unknown check digit',
    'kr',
    [['adapter.yaml', 'example: KR1234567', 'example: KR1234567\n    check: { kind: kr.nonsense }']],
    'check_unknown',
    'kr.nonsense',
  ],
  [
    'a schema older than its template',
    'kr',
    [['list.xml', '<kr:Grade>{grade|code:grade}</kr:Grade>', '<kr:Class>{grade|code:grade}</kr:Class>']],
    'schema_unfit',
    '',
  ],
  ...['list.xsd', 'reply.xsd'].map((schema): Fault => [
    `a ${schema} that does not compile`,
    'kr',
    [[schema, '</xs:sequence>', '']],
    'schema_unfit',
    '',
  ]),
  [
    'a root without the attribute to which the signature refers',
    'kr',
    [['list.xml', ' Id="{message.id}"', '']],
    'template_invalid',
    '<kr:AEOList',
  ],
  [
    'lines that end with LF in an envelope for mail',
    'il',
    [
      ['list.csv', /^/u, '#ends lf\n'],
      ['adapter.yaml', 'seal: { kind: cms-detached,', 'seal: { kind: cms-detached, envelope: smime,'],
    ],
    'seal_unfit',
    'envelope: smime',
  ],
  [
    'a message that cannot be read back after sealing, as two elements have the same Id',
    'kr',
    [
      ['list.xml', '<kr:Header>', '<kr:Header Id="m-00000001">'],
      [
        'list.xsd',
        /(<xs:complexType name="ListHeader">[^]*?<\/xs:sequence>)/u,
        '$1<xs:attribute name="Id" type="xs:string"/>',
      ],
    ],
    'seal_unfit',
    'seal:',
  ],
  [
    'two layouts of one type that overlap',
    'sg',
    [
      [
        'adapter.yaml',
        /list: \{ (template: list\.json[^}]*) \}/u,
        'list: [{ $1, until: 2026-08-31 }, { $1, from: 2026-08-01 }]',
      ],
    ],
    'layouts_conflict',
    'list:',
  ],
  [
    'a word in a code table that the field does not have',
    'kr',
    [['adapter.yaml', "suspended: '02'", "suspended: '02', dormant: '03'"]],
    'table_word_unknown',
    'dormant',
  ],
  ['no card', 'kr', [['adapter.yaml', /^card:[^]*$/mu, '']], 'card_missing', ''],
  [
    'a code table that no template uses',
    'kr',
    [['adapter.yaml', /^codes:$/mu, 'codes:\n  colour: { XA: RED, XB: BLUE }']],
    'table_unused',
    'colour:',
  ],
  [
    'an identifier pattern that can take very long',
    'kr',
    [['adapter.yaml', "'[0-9A-Z]{7}'", "'(?:[0-9A-Z]+)+'"]],
    'identifier_invalid',
    '(?:[0-9A-Z]+)+',
  ],
  [
    'an undocumented loss',
    'kr',
    [['list.xml', '{name.latin}', '{name.latin|max:26}']],
    'loss_untold',
    '{name.latin|max:26}',
  ],
  [
    'a sample of a kind that was not agreed',
    'hk',
    [['adapter.yaml', /^transport:/mu, 'lists: { kinds: [full] }\ntransport:']],
    'kind_not_agreed',
    '',
  ],
];

const unchanged = new Map<string, Promise<readonly LintRule[]>>();

/** What lint finds in an adapter as it is. */
function rulesBefore(cc: string): Promise<readonly LintRule[]> {
  const known = unchanged.get(cc) ?? found(cc, []).then((findings) => findings.map(({ rule }) => rule));
  unchanged.set(cc, known);
  return known;
}

describe('lint', () => {
  for (const [what, cc, changes, rule, line] of faults) {
    it(`reports ${what}: ${lintRules[rule].code} ${rule}`, async () => {
      expect(await rulesBefore(cc)).to.not.include(rule);
      const finding = (await found(cc, changes)).find((each) => each.rule === rule);
      expect(finding?.code).to.equal(lintRules[rule].code);
      expect(finding?.severity).to.equal(lintRules[rule].code.startsWith('E') ? 'error' : 'warning');
      expect(finding?.detail.split(' # ')[0]).to.include(line);
    });
  }

  it('reports a conversation without a message, and a file that belongs to none: E-019 sample_unread', async () => {
    const folder = join(mkdtempSync(join(tmpdir(), 'lint-')), 'kr');
    cpSync(join(adaptersFolder, 'kr'), folder, { recursive: true });
    rmSync(join(folder, 'samples/departure/2-list.xml'));
    writeFileSync(join(folder, 'samples/list-full/2-lists.xml'), '');
    const findings = await lintAdapter(folder, checkTools(adapterTools));
    rmSync(join(folder, '..'), { recursive: true });
    const unread = findings.filter(({ rule }) => rule === 'sample_unread').map(({ file }) => file.split('samples/')[1]);
    expect(unread).to.deep.equal(['departure/1-ours.json', 'list-full/2-lists.xml']);
  });

  it('reports a sample that is no JSON object, and its test fails without a stack trace', async () => {
    for (const text of ['{', 'null', '[]', '7']) {
      const findings = await found('kr', [['samples/list-full/1-ours.json', /^[^]*$/u, text]]);
      expect(findings.map(({ rule, file }) => `${rule} ${basename(file)}`)).to.deep.equal([
        'sample_unread 1-ours.json',
      ]);
    }
  });

  it('takes a template with a byte order mark, and a schema with a document type, as schemas of standards have', async () => {
    const declaration = '?>\n<!DOCTYPE xs:schema [<!ENTITY x "y">]>\n';
    expect(await found('kr', [['list.xml', /^/u, '\ufeff']])).to.deep.equal([]);
    expect(await found('kr', [['list.xsd', '?>\n', declaration]])).to.deep.equal([]);
  });

  it('reports a template and a schema that nothing names, and an empty folder of samples', async () => {
    const folder = join(mkdtempSync(join(tmpdir(), 'lint-')), 'kr');
    cpSync(join(adaptersFolder, 'kr'), folder, { recursive: true });
    cpSync(join(folder, 'list.xml'), join(folder, 'list.v3.xml'));
    // One that a schema in use names is in use.
    const types = '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:x"/>';
    for (const name of ['old.xsd', 'types.xsd']) writeFileSync(join(folder, name), types);
    const schema = readFileSync(join(folder, 'list.xsd'), 'utf8');
    const include = '<xs:import namespace="urn:x" schemaLocation="types.xsd"/>';
    writeFileSync(join(folder, 'list.xsd'), schema.replace(/<xs:schema[^>]*>/u, `$&${include}`));
    writeFileSync(join(folder, 'notes.md'), 'The words of the partner.');
    mkdirSync(join(folder, 'samples/later/inner'), { recursive: true });
    const findings = await lintAdapter(folder, adapterTools);
    rmSync(join(folder, '..'), { recursive: true });
    const files = findings.map(({ rule, file }) => `${rule} ${file.split('/kr/')[1] ?? ''}`);
    expect(files.filter((each) => /unused|unread/u.test(each))).to.deep.equal([
      'sample_unread samples/later/inner',
      'file_unused list.v3.xml',
      'file_unused old.xsd',
    ]);
  });

  it('names the words of a closed list where another word stands', async () => {
    const finding = (await found('kr', [['adapter.yaml', 'transport: amqp', 'transport: ftp']]))[0];
    expect(finding?.rule).to.equal('manifest_invalid');
    expect(finding?.detail).to.include('https, amqp, https-pull');
  });

  it('reports the text of an open question', async () => {
    const finding = (await found('kr', [asks('/name')])).find(({ rule }) => rule === 'ask_open');
    expect(finding?.detail).to.match(/# Is it so\?$/u);
  });

  it('accepts layouts that overlap, and codes that follow each other', async () => {
    const dated = "active: [{ code: '01', until: 2026-06-30 }, { code: '09', from: 2026-07-01 }]";
    const rules = (await found('kr', [['adapter.yaml', "active: '01'", dated]])).map(({ rule }) => rule);
    expect(rules).to.not.include('codes_days');
  });

  it('encodes two lists for each side and layout: the example of its identifiers and the longest one', async () => {
    const checkSchema = schemaChecker();
    const checked: string[] = [];
    await lintAdapter(join(adaptersFolder, 'kr'), {
      ...checkTools(adapterTools),
      checkSchema: (text, format) => {
        checked.push(basename(format.schema));
        checkSchema(text, format);
      },
    });
    const [first, second] = ['list.xsd', 'list.v2.xsd'].map((schema) => checked.filter((each) => each === schema));
    expect([first?.length, second?.length, checked.length]).to.deep.equal([4, 4, 8]);
  });
});

describe('the longest text of a pattern', () => {
  for (const [pattern, longest] of [
    ['[0-9]{6}[0-9A-Z]{4}', '1111111111'],
    ['[A-Z]{2,5}-\\d{3}', 'AAAAA-111'],
    ['XA\\.[a-z]', 'XA.a'],
  ] as const) {
    it(`of ${pattern} is ${longest}`, () => expect(longestMatch(pattern)).to.equal(longest));
  }

  it('is unknown for alternatives, groups and unbounded patterns', () => {
    for (const pattern of ['a|b', '(?:ab){2}', '[0-9]+', '.*'])
      expect(longestMatch(pattern), pattern).to.equal(undefined);
  });
});
