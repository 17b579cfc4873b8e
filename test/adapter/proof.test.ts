import { expect } from 'chai';
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { certifyAdapter, type CertifyReport } from '../../gateway/adapter/check/certify.ts';
import { mutateAdapter, type MutationReport } from '../../gateway/adapter/check/mutate.ts';
import { adapterDigest, requireCertified, type Tier } from '../../gateway/adapter/certificate.ts';
import { testAdapter, type Case, type TestReport } from '../../gateway/adapter/check/run-samples.ts';
import { schemaChecker } from '../../gateway/cli/adapter-folder.ts';
import { adapterTools, adaptersFolder } from '../support/adapter-tools.ts';
import { rejectedBy } from '../support/thrown.ts';

const checkSchema = schemaChecker();
const clock = (): number => performance.now();
const folders = readdirSync(adaptersFolder).filter((cc) =>
  readdirSync(join(adaptersFolder, cc)).includes('adapter.yaml'),
);
const today = '2026-11-24';

describe('what an adapter promises', () => {
  let folder: string;
  function copy(cc: string): void {
    folder = join(mkdtempSync(join(tmpdir(), 'adapter-')), cc);
    cpSync(join(adaptersFolder, cc), folder, { recursive: true });
  }
  beforeEach(() => copy('kr'));
  afterEach(() => rmSync(join(folder, '..'), { recursive: true }));

  function change(file: string, from: string, to: string): void {
    const text = readFileSync(join(folder, file), 'utf8');
    expect(text).to.include(from);
    writeFileSync(join(folder, file), text.replaceAll(from, to));
  }
  /** Takes conversations away, in both layouts. */
  const drop = (...names: string[]): void =>
    names
      .flatMap((name) => [name, `layout-2-${name}`])
      .forEach((name) => rmSync(join(folder, 'samples', name), { recursive: true, force: true }));
  const test = (only?: string, runs = 5): Promise<TestReport> =>
    testAdapter(folder, adapterTools, { runs, seed: 1, checkSchema, clock, ...(only === undefined ? {} : { only }) });
  const failed = ({ cases }: TestReport): readonly Case[] => cases.filter(({ ok }) => !ok);
  const mutate = (runs = 30): Promise<MutationReport> =>
    mutateAdapter(folder, adapterTools, { runs, seed: 1, checkSchema });
  const certify = (on = today): Promise<CertifyReport> =>
    certifyAdapter(folder, adapterTools, { today: on, checkSchema, clock });

  describe('is tested', () => {
    it('with the place, what was expected and what came, and how to see it again', async () => {
      change('samples/grant-new/2-list.xml', '<kr:Status>01<', '<kr:Status>02<');
      const [first] = failed(await test());
      expect(first?.name).to.equal('grant-new/2-list.xml');
      expect(first?.failure?.at).to.match(/^line \d+, column \d+$/u);
      expect(first?.failure?.expected).to.include('<kr:Status>02<');
      expect(first?.failure?.got).to.include('<kr:Status>01<');
      expect(first?.again).to.equal('--only grant-new/2-list.xml');
      expect(failed(await test('grant-new/2-list.xml')).map(({ failure }) => failure)).to.deep.equal([first?.failure]);
    });

    it('with identifiers that follow the forms', async () => {
      for (const file of ['1-ours.json', '2-list.xml']) change(`samples/grant-new/${file}`, 'AEOCN', 'AEOCM');
      expect(failed(await test()).map(({ name }) => name)).to.deep.equal(['grant-new/2-list.xml']);
    });

    it('with the value that our own words lack, not with a failure of the program', async () => {
      change('samples/grant-new/1-ours.json', '"chain":', '"chains":');
      expect(failed(await test())[0]?.failure).to.deep.equal({
        detail: '1-ours.json is not whole',
        at: '/position/chain',
      });
    });

    it('with a refused message that is taken after all', async () => {
      change('samples/refuse-unknown-status/1-list.xml', '<kr:Status>99<', '<kr:Status>01<');
      expect(failed(await test()).map(({ name }) => name)).to.deep.equal(['refuse-unknown-status/1-list.xml']);
    });

    it('with the seed that shows what a made-up message found', async () => {
      change('list.xsd', '<xs:maxLength value="512"/>', '<xs:maxLength value="511"/>');
      const [first] = failed(await test('made-up', 200));
      const seed = Number(/--seed (\d+) --runs 1$/u.exec(first?.again ?? '')?.[1]);
      const alone = { runs: 1, seed, only: 'made-up lists', checkSchema, clock };
      const again = await testAdapter(folder, adapterTools, alone);
      expect(failed(again)[0]?.failure).to.deep.equal(first?.failure);
      expect(first?.failure?.detail).to.include('E_SCHEMA_INVALID');
    });

    it('as failed, where the template refuses more than half of what is made up', async () => {
      rmSync(join(folder, '..'), { recursive: true });
      copy('jp');
      change('list.fixed', '{message.id:64}', '{message.id:20}');
      const [lists, ...others] = (await test('made-up')).cases;
      expect(lists?.failure?.got).to.include('/id 5 of 5');
      expect(others.every(({ ok }) => ok)).to.equal(true);
    });

    it('and says what no sample exercised, layout by layout', async () => {
      const whole = await test();
      expect(whole.coverage.samples.never).to.deep.equal([]);
      drop('changes', 'departure');
      const { samples } = (await test()).coverage;
      expect(samples.never.join('\n'))
        .to.include('code reason/revoked')
        .and.to.match(/departures: identifier \(.*list\.xml:\d+\)/u)
        .and.to.include('departures of several (list.xml)');
      expect(samples.codes.seen).to.be.lessThan(samples.codes.all);
      expect(samples.fields.all).to.equal(whole.coverage.samples.fields.all);
    });
  });

  describe('is broken on purpose', () => {
    it('and every change is noticed', async () => {
      const before = await adapterDigest(folder);
      const { changes, survivors, refused, bySamples, byMadeUp } = await mutate();
      expect(survivors).to.deep.equal([]);
      expect(changes)
        .to.equal(refused + bySamples + byMadeUp)
        .and.to.be.greaterThan(100);
      expect(bySamples).to.be.greaterThan(changes / 2);
      expect(await adapterDigest(folder)).to.equal(before);
    }).timeout(60_000);

    it('and what nothing notices is named with its line and the sample that is wanting', async () => {
      drop('changes', 'departure', 'list-full', 'list-in-parts');
      const { survivors } = await mutate(1);
      const swap = survivors.find(({ change: made }) => made === 'the codes of revoked and withdrawn change places');
      expect(swap?.wanted).to.equal('one with reason revoked or withdrawn');
      const line = Number(/adapter\.yaml:(\d+)$/u.exec(swap?.at ?? '')?.[1]);
      expect(readFileSync(join(folder, 'adapter.yaml'), 'utf8').split('\n')[line - 1]).to.include('revoked');
    }).timeout(60_000);

    it('not at all while it fails its tests', async () => {
      change('samples/grant-new/2-list.xml', '<kr:Status>01<', '<kr:Status>02<');
      expect((await rejectedBy(mutate())).code).to.equal('E_ADAPTER_INVALID');
    }).timeout(60_000);

    // Without a sample every change of the mapping that still follows the schema must survive: none may be lost on the way here.
    const kinds: Readonly<Record<string, readonly RegExp[]>> = {
      kr: [
        /yyyyddMM/u,
        /^name\.latin and name\.local change places|^name\.local and name\.latin change places/u,
        /the zone is/u,
        /is .* in place of/u,
        /the codes of .* change places/u,
      ],
      sg: [/is split one letter later/u, /change places/u, /is left out$/u],
      il: [/without oneLine/u, /change places/u, /ddMM|MM\/dd/u],
    };
    for (const [cc, patterns] of Object.entries(kinds)) {
      it(`${cc}: in every way its notation allows`, async () => {
        rmSync(join(folder, '..'), { recursive: true });
        copy(cc);
        rmSync(join(folder, 'samples'), { recursive: true });
        const { survivors } = await mutateAdapter(folder, adapterTools, { runs: 0, seed: 1, checkSchema });
        const made = survivors.map(({ change: each }) => each);
        for (const pattern of patterns)
          expect(
            made.some((each) => pattern.test(each)),
            String(pattern),
          ).to.equal(true);
        expect(made.length).to.be.greaterThan(100);
      }).timeout(60_000);
    }
  });

  describe('is certified', () => {
    beforeEach(() => {
      rmSync(join(folder, '..'), { recursive: true });
      copy('sg');
    });
    const state = ({ rules }: CertifyReport, id: string): string | undefined =>
      rules.find((rule) => rule.id === id)?.state;
    const quality = (text: string): void =>
      writeFileSync(join(folder, 'quality.yaml'), `owner: Integration desk\nreviewed: ${today}\n${text}`);

    it('silver, as it stands here', async () => {
      const report = await certify();
      expect(report.certificate.tier).to.equal('silver');
      expect(report.certificate.digest).to.equal(await adapterDigest(folder));
      expect(state(report, 'layout-agreed')).to.equal('open');
    }).timeout(60_000);

    it('bronze without the samples that notice every change, and silver again by an exemption while it lasts', async () => {
      drop('changes', 'departure');
      const open = await certify();
      expect([open.certificate.tier, state(open, 'mutation'), state(open, 'coverage')]).to.deep.equal([
        'bronze',
        'open',
        'open',
      ]);
      const reason = 'the partner has sent no departure in four years';
      const exempt = ['mutation', 'coverage', 'lint-warnings'].map(
        (id) => `  ${id}: { reason: ${reason}, until: 2027-01-31 }\n`,
      );
      quality(`exempt:\n${exempt.join('')}`);
      const excused = await certify();
      expect([excused.certificate.tier, excused.certificate.until]).to.deep.equal(['silver', '2027-01-31']);
      expect((await certify('2027-02-01')).certificate.tier).to.equal('bronze');
    }).timeout(60_000);

    it('not at all with an error, and never without a reason or by a rule there is not', async () => {
      quality('exempt:\n  mutation: { until: 2027-01-31 }\n');
      expect((await rejectedBy(certify())).code).to.equal('E_ADAPTER_INVALID');
      quality('exempt:\n  beauty: { reason: it is not to be had for money, until: 2027-01-31 }\n');
      const error = await rejectedBy(certify());
      expect(error.at).to.match(/quality\.yaml:4:\d+$/u);
      quality('');
      drop('grant-new', 'list-full', 'changes', 'departure', 'list-in-parts');
      expect((await certify()).certificate.tier).to.equal('none');
    }).timeout(60_000);

    it('in what concerns gold, once this very folder was rehearsed', async () => {
      quality(`done:\n  facts-read: { by: second desk, on: ${today} }\n`);
      const rehearsed = async (verdict: string): Promise<void> =>
        writeFileSync(
          join(folder, 'conformance.json'),
          JSON.stringify({ adapterDigest: await adapterDigest(folder), scenarios: [{ id: 'C-01', verdict }] }),
        );
      await rehearsed('fail');
      expect(state(await certify(), 'conformance')).to.equal('open');
      await rehearsed('pass');
      const passed = await certify();
      expect([state(passed, 'conformance'), state(passed, 'facts-read'), state(passed, 'partner-read')]).to.deep.equal([
        'done',
        'done',
        'open',
      ]);
      change('README.md', '\n', '\n\n');
      expect(state(await certify(), 'conformance')).to.equal('open');
    }).timeout(60_000);

    it('for production, and any edit, a later day or a lower tier voids it', async () => {
      const refusedOn = async (day: string, least: Tier = 'silver'): Promise<string> =>
        (await rejectedBy(requireCertified(folder, least, day))).code;
      const { certificate } = await certify();
      writeFileSync(join(folder, 'certificate.json'), JSON.stringify(certificate));
      await requireCertified(folder, 'silver', today);
      expect(await refusedOn(today, 'gold')).to.equal('E_ADAPTER_UNCERTIFIED');
      expect(await refusedOn('2028-01-01')).to.equal('E_ADAPTER_UNCERTIFIED');
      change('README.md', '\n', '\n\n');
      expect(await refusedOn(today)).to.equal('E_ADAPTER_UNCERTIFIED');
      rmSync(join(folder, 'certificate.json'));
      expect(await refusedOn(today)).to.equal('E_ADAPTER_UNCERTIFIED');
    }).timeout(60_000);
  });
});

describe('every adapter here', () => {
  for (const cc of folders) {
    it(`${cc} carries its certificate of silver or better, over the files as they are`, async () => {
      await requireCertified(join(adaptersFolder, cc), 'silver', today);
    });
  }
});
