/** The conformance run: all scenarios over each way, against a gateway elsewhere, and against one that is wrong; the signed report. */

import { readFileSync } from 'node:fs';
import { X509Certificate } from 'node:crypto';
import { expect } from 'chai';
import codeTexts from '../../schemas/code-explanations.json' with { type: 'json' };
import table from '../../schemas/conformance-scenarios.json' with { type: 'json' };
import { adaptersFolder } from '../support/adapter-tools.ts';
import { adapterDigest } from '../../gateway/adapter/certificate.ts';
import { runConformance, scenarios, type ConformanceOptions } from '../../gateway/rehearsal/conformance.ts';
import { errorTable } from '../../gateway/model/errors.ts';
import { faults } from '../../gateway/rehearsal/faults.ts';
import { makePair } from '../../gateway/rehearsal/pairing.ts';
import {
  readReport,
  reportAlgorithm,
  reportBytes,
  reportPage,
  signReport,
  verifyReport,
} from '../../gateway/rehearsal/report.ts';
import { makeIdentity } from '../../gateway/rehearsal/identities.ts';
import { testBroker } from '../support/administrations.ts';
import { refusalCode } from '../support/expect-code.ts';
import { temporaryFolder } from '../support/pki.ts';
import { environmentOptions, ownRealm, runtime } from '../support/rehearsal.ts';
import { sampleHome } from '../model/sample-home.ts';

const options = (partner: string, changes: Partial<ConformanceOptions> = {}): ConformanceOptions => ({
  ...environmentOptions(partner),
  report: () => undefined,
  ...changes,
});
const failures = ({ scenarios: results }: Awaited<ReturnType<typeof runConformance>>): readonly string[] =>
  results.filter(({ verdict }) => verdict === 'fail').map(({ id, reason }) => `${id} ${reason ?? ''}`);

describe('a conformance run', function () {
  it('numbers its scenarios without gaps', () => {
    const ids = scenarios.map((_, i) => `C-${String(i + 1).padStart(2, '0')}`);
    expect(scenarios.map(({ id }) => id)).to.deep.equal(ids);
  });

  it('shows with each scenario a guarantee that is written down', () => {
    const page = readFileSync(new URL('../../docs/conversations.md', import.meta.url), 'utf8');
    for (const { id, shows } of scenarios) expect(page.replaceAll(/\s+/gu, ' '), id).to.include(shows[1]);
  });

  it('expects only results that a receipt can have', () => {
    const known = ['applied', ...Object.keys(errorTable), ...Object.keys(codeTexts.reasons)];
    for (const fault of faults)
      expect(known, fault.name).to.include.members(fault.acts === 'sends' ? [...fault.expected] : []);
    const sending = faults.filter(({ acts }) => acts === 'sends').map(({ name }) => name);
    expect(table.filter(({ expected }) => expected !== undefined).map(({ run }) => run)).to.have.members(sending);
    expect(scenarios.map(({ fault }) => fault).filter((name) => name !== undefined)).to.have.members(
      faults.map(({ name }) => name),
    );
  });

  it('over HTTPS passes every scenario that the partner’s terms allow, with evidence', async () => {
    const report = await runConformance(options('hk'));
    expect(failures(report)).to.deep.equal([]);
    expect(report.scenarios.filter(({ verdict }) => verdict === 'skip').map(({ id }) => id)).to.deep.equal(['C-33']);
    for (const { id, verdict, evidence, reason } of report.scenarios) {
      if (verdict === 'pass') expect(evidence, id).not.to.deep.equal([]);
      else expect(reason, id).to.match(/\S{3}/u);
    }
    expect(report.adapterDigest).to.equal(await adapterDigest(`${adaptersFolder}/hk`));
  });

  it('over a broker leaves out what only a door can have', async () => {
    const report = await runConformance(options('kr', { broker: ownRealm(testBroker()) }));
    expect(report.transport).to.equal('amqp');
    expect(failures(report)).to.deep.equal([]);
    const skipped = report.scenarios.filter(({ verdict }) => verdict === 'skip').map(({ id }) => id);
    expect(skipped).to.deep.equal(['C-13', 'C-14', 'C-40', 'C-41', 'C-42']);
  });

  it('where lists are fetched passes with the simulator’s messages waiting at its door', async () => {
    const only = ['C-02', 'C-04', 'C-08', 'C-12', 'C-19', 'C-35'];
    const report = await runConformance(options('ch', { only }));
    expect(report.transport).to.equal('https-pull');
    expect(report.scenarios.map(({ id, verdict }) => `${id} ${verdict}`)).to.deep.equal(
      ['C-01', ...only].map((id) => `${id} pass`),
    );
  });

  it('against an address judges what receipts say, and says what it cannot judge', async () => {
    const folder = temporaryFolder();
    const pair = await makePair({ ...environmentOptions('sg'), folder });
    const ours = await runtime.open(pair.tested);
    const serving = await runtime.serve(ours);
    try {
      const report = await runConformance(options('sg', { folder, against: serving.exchangeUrl }));
      expect(failures(report)).to.deep.equal([]);
      expect(report.against).to.equal(serving.exchangeUrl);
      expect(report.summary.pass).to.be.at.least(25);
      const cannot = report.scenarios.filter(({ id }) => id >= 'C-34');
      for (const { id, reason } of cannot) expect(reason, id).to.match(/both sides in one process/u);
    } finally {
      await serving.stop();
      await ours.close();
    }
  });

  it('fails a gateway that keeps its clock wrong, and one that takes what it should hold', async () => {
    const slow = await runConformance(
      options('sg', {
        only: ['C-16', 'C-20'],
        runtime: {
          ...runtime,
          async open(config) {
            const gateway = await runtime.open(config);
            const ahead = { ...gateway, now: () => new Date(Date.now() + 5 * 60_000) };
            return config.home === 'CN' ? ahead : gateway;
          },
        },
      }),
    );
    expect(slow.scenarios.map(({ id, verdict }) => `${id} ${verdict}`)).to.deep.equal([
      'C-01 pass',
      'C-16 fail',
      'C-20 pass',
    ]);
    const slack = await runConformance(
      options('sg', {
        only: ['C-08'],
        runtime: {
          ...runtime,
          async open(config) {
            const gateway = await runtime.open(config);
            for (const { adapter } of gateway.partners.values()) {
              const loose = {
                between: [0, 1e6],
                shrink: { percent: 100, records: 1e6 },
                grow: { percent: 100, records: 1e6 },
              };
              Object.assign(adapter.arrangement, { bands: loose });
            }
            return gateway;
          },
        },
      }),
    );
    expect(slack.scenarios.map(({ id, verdict }) => `${id} ${verdict}`)).to.deep.equal(['C-01 pass', 'C-08 fail']);
  });

  it('plays our side where the partner’s own gateway is tested', async () => {
    const report = await runConformance(options('sg', { plays: 'home', only: ['C-02', 'C-07', 'C-35'] }));
    expect(report.partner).to.equal('SG');
    expect(failures(report)).to.deep.equal([]);
    expect(report.summary.pass).to.equal(4);
  });

  it('refuses a scenario that does not exist', async () => {
    expect(await refusalCode(() => runConformance(options('sg', { only: ['C-99'] })))).to.equal('E_REQUEST_INVALID');
  });
});

describe('the report of a conformance run', () => {
  async function signed(): Promise<{ bytes: Uint8Array; signature: string; certificate: X509Certificate }> {
    const report = await runConformance(options('sg', { only: ['C-07'], operators: 20 }));
    const { keyring } = await makeIdentity(sampleHome, temporaryFolder(), new Date());
    const signer = keyring.signer(reportAlgorithm);
    const bytes = reportBytes(report);
    return { bytes, signature: await signReport(bytes, signer), certificate: signer.certificate };
  }

  it('is found to be signed by its key, and altered in any byte is not', async () => {
    const { bytes, signature, certificate } = await signed();
    expect((await verifyReport(bytes, signature, [certificate])).fingerprint256).to.equal(certificate.fingerprint256);
    const altered = Buffer.from(Buffer.from(bytes).toString('utf8').replace('"fail": 0', '"fail": 1'));
    expect(altered.equals(bytes)).to.equal(false);
    expect(await refusalCode(() => verifyReport(altered, signature, [certificate]))).to.equal('E_SIGNATURE_INVALID');
    const { keyring } = await makeIdentity(sampleHome, temporaryFolder(), new Date());
    const other = keyring.signer(reportAlgorithm).certificate;
    expect(await refusalCode(() => verifyReport(bytes, signature, [other]))).to.equal('E_SIGNER_UNKNOWN');
    expect(await refusalCode(() => verifyReport(bytes, 'a.b.c', [certificate]))).to.equal('E_SIGNATURE_PROFILE');
  });

  it('is read back as it was written, and nothing else is taken for one', async () => {
    const { bytes } = await signed();
    expect(Buffer.from(reportBytes(readReport(bytes, 'report.json'))).equals(bytes)).to.equal(true);
    const other = readFileSync('package.json');
    expect(await refusalCode(() => Promise.resolve().then(() => readReport(other, 'package.json')))).to.equal(
      'E_FILE_STRUCTURE',
    );
  });

  it('is a page that needs no script and shows text of others as text', async () => {
    const report = await runConformance(options('sg', { only: ['C-01'], operators: 20 }));
    const [first] = report.scenarios;
    if (first === undefined) throw new Error('no scenario ran');
    const page = reportPage({
      ...report,
      scenarios: [{ ...first, verdict: 'fail', reason: '<img src=x onerror=alert(1)>' }],
    });
    expect(page).to.include('&lt;img src=x').and.include('<html lang="en">').and.include('<th scope="row"');
    expect(page).not.to.match(/<script|<img|https?:\/\/(?!127)/u);
  });
});
