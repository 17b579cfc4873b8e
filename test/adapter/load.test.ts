import { expect } from 'chai';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { swapSides } from '../../gateway/adapter/swap-sides.ts';
import { lintAdapter } from '../../gateway/adapter/check/lint.ts';
import { loadAdapter, loadHome } from '../../gateway/adapter/load.ts';
import { adapterTools, adaptersFolder } from '../support/adapter-tools.ts';
import { rejectedBy } from '../support/thrown.ts';

/** A copy of an adapter's folder in which a file can be changed. */
function copyOf(cc: string): { folder: string; change(file: string, from: string, to: string): void } {
  const folder = join(mkdtempSync(join(tmpdir(), 'adapter-')), 'xb');
  cpSync(join(adaptersFolder, cc), folder, { recursive: true });
  return {
    folder,
    change(file, from, to) {
      const path = join(folder, file);
      const text = readFileSync(path, 'utf8');
      expect(text).to.include(from);
      writeFileSync(path, text.replaceAll(from, to));
    },
  };
}

describe('an adapter folder', () => {
  let copy: ReturnType<typeof copyOf>;
  beforeEach(() => {
    copy = copyOf('kr');
  });
  afterEach(() => rmSync(join(copy.folder, '..'), { recursive: true }));

  it('becomes an adapter', async () => {
    const adapter = await loadAdapter(copy.folder, adapterTools);
    expect(adapter.cc).to.equal('xb');
    expect(adapter.formatsOn('2026-01-01').list.type).to.equal('{urn:mra:profile:kr:1}AEOList');
    expect(adapter.identifiers.ours.toCode('AEOCN4403131697')).to.equal('4403131697');
    expect(adapter.identifiers.ours.toCode('AEOCN440313169')).to.equal(undefined);
    expect(adapter.identifiers.theirs.toIdentifier('1234567')).to.equal('KR1234567');
  });

  it('seen from the other side has their grades, our programme, and the identifiers turned round', async () => {
    const adapter = await loadAdapter(copy.folder, adapterTools);
    const other = swapSides(adapter, { country: 'CN', name: 'other' });
    expect(other.partner).to.equal('CN');
    expect(other.identifiers.ours.form).to.equal('KR{code}');
    expect(other.arrangement.grades).to.deep.equal(['aaa', 'aa', 'a']);
    expect(other.arrangement.programme)
      .to.equal(adapter.otherSide.programme)
      .and.to.not.equal(adapter.arrangement.programme);
    const back = swapSides(other, { country: 'KR', name: adapter.name });
    expect(back).to.deep.equal(adapter);
  });

  it('of a partner that cannot sign names the media type of the format itself', async () => {
    const peers = join(import.meta.dirname, '../peers');
    const { list, acknowledgements } = await loadAdapter(join(peers, 'files/xd'), adapterTools);
    expect(list.contentType).to.equal('text/csv; charset=euc-kr');
    expect(acknowledgements.map(({ contentType }) => contentType)).to.not.include('multipart/signed');
    const { acknowledgements: answers } = await loadAdapter(join(peers, 'amqp/xc'), adapterTools);
    expect(new Set(answers.map(({ contentType }) => contentType))).to.deep.equal(new Set(['application/json']));
  });

  it('that is not there is E_ADAPTER_UNKNOWN', async () => {
    const error = await rejectedBy(loadAdapter(join(adaptersFolder, 'zz'), adapterTools));
    expect(error.code).to.equal('E_ADAPTER_UNKNOWN');
    expect((await rejectedBy(loadHome(join(adaptersFolder, 'zz'), adapterTools))).code).to.equal('E_ADAPTER_UNKNOWN');
  });

  // The last column is a text of the line the finding points to; undefined where it points to a file.
  const faults: readonly (readonly [
    what: string,
    file: string,
    from: string,
    to: string,
    rule: string,
    line: string | undefined,
  ])[] = [
    ['a misspelt key', 'adapter.yaml', 'timeZone:', 'timezone:', 'manifest_invalid', '# Korea'],
    ['a time zone there is not', 'adapter.yaml', 'Asia/Seoul', 'Asia/Soul', 'manifest_invalid', 'Asia/Soul'],
    [
      'a transport there is not',
      'adapter.yaml',
      'transport: amqp',
      'transport: fax',
      'manifest_invalid',
      'transport: fax',
    ],
    [
      'one code for two words',
      'adapter.yaml',
      "suspended: '02'",
      "suspended: '01'",
      'table_not_one_to_one',
      "suspended: '01'",
    ],
    ['a word without a code', 'adapter.yaml', ", left: '19'", '', 'template_invalid', '{reason|code:reason}'],
    ['a grade without a code', 'adapter.yaml', 'aa: AA, ', '', 'template_invalid', '{grade|code:grade}'],
    [
      'an example that does not follow its form',
      'adapter.yaml',
      'KR1234567',
      'KR12345',
      'identifier_invalid',
      'KR12345',
    ],
    ['a pattern that is none', 'adapter.yaml', "'[0-9A-Z]{7}'", "'[0-9A-Z'", 'identifier_invalid', "'[0-9A-Z'"],
    ['a template that is no XML', 'list.xml', '</kr:Header>', '</kr:Hedaer>', 'template_invalid', '</kr:Hedaer>'],
    ['a template that is not there', 'adapter.yaml', 'list.xml', 'lost.xml', 'template_invalid', undefined],
    ['a seal that does not fit', 'adapter.yaml', 'kind: xml-signature', 'kind: jws', 'seal_unfit', 'kind: jws'],
    ...[
      ['prefixes under inclusive canonicalisation', 'c14n: inclusive', 'inclusivePrefixes: [kr]'],
      ['an attribute for a reference to the whole document', "reference: ''", 'idAttribute: Id'],
      ['the value of an Ed25519 key', 'algorithm: eddsa-ed25519', 'keyInfo: keyValue'],
    ].map(([what = '', first = '', second = '']): (typeof faults)[number] => {
      const algorithm = first.startsWith('algorithm') ? '' : 'algorithm: rsa-sha256,';
      const words = `{ kind: xml-signature, ${algorithm}\n  ${first},\n  ${second} }`;
      return [what, 'adapter.yaml', '{ kind: xml-signature, algorithm: rsa-sha256 }', words, 'seal_unfit', second];
    }),
    [
      'a signature beside its message in a file where there are none',
      'adapter.yaml',
      '{ kind: xml-signature, algorithm: rsa-sha256 }',
      "{ kind: jws, algorithm: rsa-sha256, serialization: detached, signatureFile: '{file}.jws' }",
      'seal_unfit',
      'serialization: detached',
    ],
    ['a band upside down', 'adapter.yaml', '[1, 200000]', '[9, 1]', 'bands_empty', '[9, 1]'],
    [
      'a grade the home profile does not know',
      'home.yaml',
      '[aaa, aa, a]',
      '[aaa, aa]',
      'grade_unknown',
      'theirs: [aaa',
    ],
  ];
  for (const [what, file, from, to, rule, line] of faults) {
    it(`with ${what} has the finding ${rule}, with its line`, async () => {
      copy.change(file, from, to);
      const findings = (await lintAdapter(copy.folder, adapterTools)).filter(({ severity }) => severity === 'error');
      expect(findings.map((finding) => finding.rule)).to.include(rule);
      const found = findings.find((finding) => finding.rule === rule);
      const lines = readFileSync(found?.file ?? '', 'utf8').split('\n');
      if (line === undefined) expect(found?.line).to.equal(undefined);
      else expect(lines[(found?.line ?? 0) - 1]).to.include(line);
    });
  }

  it('with what lint calls an error does not load either', async () => {
    copy.change('adapter.yaml', "suspended: '02'", "suspended: '01'");
    const error = await rejectedBy(loadAdapter(copy.folder, adapterTools));
    expect(error.code).to.equal('E_ADAPTER_INVALID');
    expect(error.at).to.match(/adapter\.yaml:\d+:\d+$/u);
  });

  it('with several mistakes has them all named', async () => {
    copy.change('adapter.yaml', 'example: KR1234567', 'example: KR12345');
    copy.change('list.xml', '{grade|code:grade}', '{grade|code:class}');
    copy.change('reply.xml', '{detail}', '{details}');
    const rules = (await lintAdapter(copy.folder, adapterTools)).map(({ rule }) => rule);
    expect(rules).to.deep.equal(['identifier_invalid', 'template_invalid', 'template_invalid']);
  });

  it('without samples, words or sources is warned of', async () => {
    rmSync(join(copy.folder, 'samples'), { recursive: true });
    rmSync(join(copy.folder, 'README.md'));
    copy.change(
      'adapter.yaml',
      'value: [import], source: GACC Announcement 2014/20, confidence: seen',
      'value: [import]',
    );
    const findings = await lintAdapter(copy.folder, adapterTools);
    expect(new Set(findings.map(({ severity }) => severity))).to.deep.equal(new Set(['warning']));
    expect(new Set(findings.map(({ rule }) => rule))).to.deep.equal(
      new Set(['fact_unsourced', 'sample_missing', 'readme_missing']),
    );
  });

  it('that claims to be agreed must have agreed facts', async () => {
    copy.change('adapter.yaml', 'stage: reference', 'stage: agreed');
    const findings = await lintAdapter(copy.folder, adapterTools);
    expect(findings.map(({ rule }) => rule)).to.include('fact_not_agreed');
  });
});
