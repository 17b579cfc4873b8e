/** `mra conformance run | verify`: numbered scenarios against a gateway, reported for people, build servers and auditors. */

import { join } from 'node:path';
import { randomBytes, type X509Certificate } from 'node:crypto';
import { Option, type Command } from 'commander';
import { conformanceFile } from '../adapter/certificate.ts';
import type { Config } from '../app/config.ts';
import { certificatesIn } from '../app/certificate-files.ts';
import { openKeys, readKeys } from '../app/partners.ts';
import { runConformance } from '../rehearsal/conformance.ts';
import { folderFor } from '../rehearsal/identities.ts';
import {
  readReport,
  reportAlgorithm,
  reportBytes,
  reportPage,
  signReport,
  verifyReport,
  type ConformanceReport,
} from '../rehearsal/report.ts';
import type { ScenarioResult } from '../rehearsal/scenario.ts';
import { makeFolder } from '../wire/files/folders.ts';
import { probeBroker } from '../wire/transport/amqp-connection.ts';
import { fingerprint } from '../wire/signature/certificates.ts';
import type { CliContext } from './context.ts';
import { junitXml } from './junit.ts';
import { exitCodes } from './output.ts';
import { readInput, wholeNumber, writeOutput } from './input.ts';

interface RunOptions {
  readonly against?: string;
  readonly pair?: string;
  readonly play: 'partner' | 'home';
  readonly out: string;
  readonly only?: string;
  readonly operators: number;
  readonly seed: number;
  readonly keep?: boolean;
}

export function conformanceCommands(program: Command, context: CliContext): void {
  const conformance = program
    .command('conformance')
    .description('numbered scenarios against a gateway, with a signed report');
  conformance
    .command('run')
    .argument('<cc>', 'folder under adapters/')
    .description('run all scenarios: against our gateway in this process, or against an address')
    .option(
      '--against <url>',
      'the exchange door of a gateway elsewhere, https://host:port; only its receipts are judged then',
    )
    .option('--pair <folder>', 'settings, keys and certificates of both sides; made for the run if absent')
    .addOption(new Option('--play <side>', 'which side is simulated').choices(['partner', 'home']).default('partner'))
    .option('--out <folder>', 'where the reports go', 'conformance')
    .option('--only <ids>', 'some scenarios, separated by commas: C-06,C-07')
    .option('--operators <n>', 'operators on the first list', wholeNumber('--operators'), 100)
    .option('--seed <n>', 'the same seed invents the same operators', wholeNumber('--seed'), 7741)
    .option('--keep', 'keep the report in the adapter’s folder; it does not void the certificate')
    .action((cc: string, options: RunOptions) => run(context, cc, options));
  conformance
    .command('verify')
    .argument('<report>', 'the JSON file; its signature lies beside it')
    .option('--certificate <file>', 'of the signer; without it, our own keys and those of partners are accepted')
    .description('show who signed a report, and that no byte of it has changed')
    .action((file: string, options: { certificate?: string }) => verifyFile(context, file, options.certificate));
}

async function run(context: CliContext, cc: string, options: RunOptions): Promise<void> {
  await using opened = new AsyncDisposableStack();
  const { tools } = context;
  const base = context.config();
  makeFolder(options.out); // before the run: its report must have a place
  const { keyring } = await openKeys(base, tools);
  const report = await runConformance({
    ...{ base, partner: cc, plays: options.play, tools, now: new Date(), runtime: context },
    ...{ operators: options.operators, seed: options.seed, against: options.against },
    folder: folderFor(options.pair, opened),
    broker: await brokerFor(base, options),
    withinMs: options.against === undefined ? 10_000 : 20_000,
    maxFaultMs: 1500,
    only: options.only?.split(',').map((id) => id.trim()),
    report: (result) => context.out.note(resultLine(result)),
  });
  const signature = await signReport(reportBytes(report), keyring.signer(reportAlgorithm));
  const files = writeReports(options.out, cc, report, signature);
  if (options.keep === true) writeOutput(join(base.adapters, cc.toLowerCase(), conformanceFile), reportBytes(report));
  showSummary(context, report, files);
}

/** A broker that answers, with queues of this run only; against an address, the broker of our settings. */
async function brokerFor(base: Config, { against }: RunOptions): Promise<Config['broker']> {
  if (against !== undefined) return base.broker;
  const url = base.broker?.url ?? base.brokerForDemo;
  if (!(await probeBroker(url, 1500))) return undefined;
  return { url, realm: `mra-rehearsal-${randomBytes(4).toString('hex')}`, temporary: true };
}

function resultLine({ id, name, verdict, reason, milliseconds }: ScenarioResult): string {
  return `${id}  ${verdict}  ${name}  ${milliseconds} ms${reason === undefined ? '' : `  (${reason})`}`;
}

function writeReports(folder: string, cc: string, report: ConformanceReport, signature: string): readonly string[] {
  const name = `${cc.toLowerCase()}-${report.at.slice(0, 19).replaceAll(/[-:]/gu, '')}Z`;
  const write = (extension: string, content: string | Uint8Array): string => {
    const file = join(folder, `${name}.${extension}`);
    writeOutput(file, content);
    return file;
  };
  return [
    write('json', reportBytes(report)),
    write('json.jws', `${signature}\n`),
    write('junit.xml', `${junitOf(report)}\n`),
    write('html', reportPage(report)),
  ];
}

function junitOf({ partner, scenarios }: ConformanceReport): string {
  const cases = scenarios.map(({ id, name, verdict, reason = '', milliseconds }) => ({
    ...{ name: `${id} ${name}`, milliseconds },
    ...(verdict === 'fail' && { failure: reason }),
    ...(verdict === 'skip' && { skipped: reason }),
  }));
  return junitXml(`conformance ${partner}`, cases);
}

function showSummary({ out, exit }: CliContext, report: ConformanceReport, files: readonly string[]): void {
  const { summary, milliseconds } = report;
  if (out.format === 'json') out.json(report);
  if (out.format === 'junit') out.print(junitOf(report));
  out.note(
    `${summary.pass} passed, ${summary.fail} failed, ${summary.skip} skipped, in ${Math.round(milliseconds / 1000)} s.`,
  );
  if (out.format === 'table') for (const file of files) out.print(file);
  if (summary.fail > 0) exit(exitCodes.findings);
  out.next(
    summary.fail > 0 ? 'correct what the first failed scenario shows' : `mra conformance verify ${files[0] ?? ''}`,
  );
}

async function verifyFile(context: CliContext, file: string, certificate: string | undefined): Promise<void> {
  const { out } = context;
  const [bytes, signature] = [readInput(file), readInput(`${file}.jws`).toString('latin1')];
  const report = readReport(bytes, file);
  const certificates = certificate === undefined ? await knownCertificates(context) : certificatesIn([certificate]);
  const signer = await verifyReport(bytes, signature, certificates);
  const { partner, at, summary, scenarios } = report;
  const subject = signer.subject.replaceAll('\n', ', ');
  const facts = { partner, at, ...summary, signer: subject, fingerprint: fingerprint(signer) };
  out.result(facts, [facts]);
  for (const result of scenarios) if (result.verdict === 'fail') out.note(resultLine(result));
  out.next('compare the fingerprint with the one that its owner states');
}

/** Of our own key, and of the keys of our partners. */
async function knownCertificates({ config, tools }: CliContext): Promise<readonly X509Certificate[]> {
  const settings = config();
  const { keyring } = await readKeys(settings, tools);
  const own = keyring.list().length === 0 ? [] : [keyring.signer(reportAlgorithm).certificate];
  const files = Object.values(settings.partners).flatMap(({ certificates }) => certificates.signing);
  return [...own, ...certificatesIn(files)];
}
