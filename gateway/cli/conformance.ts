/** `mra conformance run | verify`: numbered scenarios against a gateway, reported for people, build servers and auditors. */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { randomBytes } from 'node:crypto';
import { Option, type Command } from 'commander';
import { conformanceFile } from '../adapter/certificate.ts';
import type { Config } from '../app/config.ts';
import { GatewayError } from '../model/errors.ts';
import { certificatesIn, openKeys } from '../app/partners.ts';
import { runConformance } from '../rehearsal/conformance.ts';
import type { PairBroker } from '../rehearsal/pairing.ts';
import { readReport, reportAlgorithm, reportBytes, signReport, verifyReport } from '../rehearsal/report.ts';
import type { ConformanceReport } from '../rehearsal/report.ts';
import { reportPage } from '../rehearsal/report-page.ts';
import type { ScenarioResult } from '../rehearsal/scenario.ts';
import { probeBroker } from '../wire/transport/amqp-connection.ts';
import { fingerprint } from '../wire/signature/certificates.ts';
import type { CliContext } from './context.ts';
import { junitXml, type JunitCase } from './junit.ts';
import { exitCodes } from './output.ts';
import { inventFor, wholeNumber } from './simulate.ts';

interface RunOptions {
  readonly against?: string;
  readonly pair?: string;
  readonly play: 'partner' | 'home';
  readonly out?: string;
  readonly only?: string;
  readonly operators: string;
  readonly seed: string;
  readonly keep?: boolean;
}

export function conformanceCommands(program: Command, context: CliContext): void {
  const conformance = program
    .command('conformance')
    .description('numbered scenarios against a gateway, with a signed report');
  conformance
    .command('run')
    .argument('<cc>', 'folder under adapters/')
    .description('run all scenarios: against a gateway of ours in this process, or against an address')
    .option('--against <url>', 'somebody’s exchange door, https://host:port; only what its receipts say is judged then')
    .option('--pair <folder>', 'settings, keys and certificates of both sides; made for the run if absent')
    .addOption(new Option('--play <side>', 'whose side is simulated').choices(['partner', 'home']).default('partner'))
    .option('--out <folder>', 'where the reports go', 'conformance')
    .option('--only <ids>', 'some scenarios, separated by commas: C-06,C-07')
    .option('--operators <n>', 'operators on the first list', '100')
    .option('--seed <n>', 'the same seed invents the same operators', '7741')
    .option('--keep', 'keep the report in the adapter’s folder')
    .action((cc: string, options: RunOptions) => run(context, cc, options));
  conformance
    .command('verify')
    .argument('<report>', 'the JSON file; its signature lies beside it')
    .option('--certificate <file>', 'of whoever ran it; our own keys and those of partners count without it')
    .description('say who signed a report, and that no byte of it changed since')
    .action((file: string, options: { certificate?: string }) => verifyFile(context, file, options.certificate));
}

async function run(context: CliContext, cc: string, options: RunOptions): Promise<void> {
  const { out, tools } = context;
  const base = context.config();
  const { keyring } = await openKeys(base, tools);
  const own = options.pair === undefined ? mkdtempSync(join(tmpdir(), 'mra-conformance-')) : undefined;
  try {
    const report = await runConformance({
      base,
      partner: cc,
      plays: options.play,
      folder: resolve(options.pair ?? own ?? ''),
      tools,
      now: new Date(),
      broker: await brokerFor(base, options),
      machinery: context,
      operators: wholeNumber(options.operators, '--operators'),
      seed: wholeNumber(options.seed, '--seed'),
      invent: inventFor,
      withinMs: options.against === undefined ? 10_000 : 20_000,
      boundMs: 1500,
      against: options.against,
      only: options.only?.split(',').map((id) => id.trim()),
      tell: (result) => out.note(resultLine(result)),
    });
    const signature = await signReport(reportBytes(report), keyring.signer(reportAlgorithm));
    const files = writeReports(options.out ?? 'conformance', cc, report, signature);
    if (options.keep === true)
      writeFileSync(join(base.adapters, cc.toLowerCase(), conformanceFile), reportBytes(report));
    conclude(context, report, files);
  } finally {
    if (own !== undefined) rmSync(own, { recursive: true, force: true });
  }
}

/** A broker that answers, under names of the run's own; against an address the one of our settings. */
async function brokerFor(base: Config, { against }: RunOptions): Promise<PairBroker | undefined> {
  if (against !== undefined) return base.broker;
  const url = base.broker?.url ?? base.brokerForDemo;
  if (!(await probeBroker(url, 1500))) return undefined;
  return { url, realm: `mra-rehearsal-${randomBytes(4).toString('hex')}`, temporary: true };
}

function resultLine({ id, name, verdict, reason, milliseconds }: ScenarioResult): string {
  return `${id}  ${verdict}  ${name}  ${milliseconds} ms${reason === undefined ? '' : `  (${reason})`}`;
}

function writeReports(folder: string, cc: string, report: ConformanceReport, signature: string): readonly string[] {
  mkdirSync(folder, { recursive: true });
  const name = `${cc.toLowerCase()}-${report.at.slice(0, 19).replaceAll(/[-:]/gu, '')}Z`;
  const write = (ending: string, content: string | Uint8Array): string => {
    const file = join(folder, `${name}.${ending}`);
    writeFileSync(file, content);
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
  const cases = scenarios.map(({ id, name, verdict, reason = '', milliseconds }): JunitCase => {
    const common = { name: `${id} ${name}`, milliseconds };
    switch (verdict) {
      case 'pass':
        return common;
      case 'fail':
        return { ...common, failure: reason };
      case 'skip':
        return { ...common, skipped: reason };
    }
  });
  return junitXml(`conformance ${partner}`, cases);
}

function conclude({ out, exit }: CliContext, report: ConformanceReport, files: readonly string[]): void {
  const { summary, milliseconds } = report;
  if (out.format === 'json') out.json(report);
  if (out.format === 'junit') out.print(junitOf(report));
  out.note(
    `${summary.pass} passed, ${summary.fail} failed, ${summary.skip} skipped, in ${Math.round(milliseconds / 1000)} s.`,
  );
  if (out.format === 'table') for (const file of files) out.print(file);
  if (summary.fail > 0) exit(exitCodes.findings);
  out.next(summary.fail > 0 ? 'mend the first scenario that failed' : `mra conformance verify ${files[0] ?? ''}`);
}

async function verifyFile(context: CliContext, file: string, certificate: string | undefined): Promise<void> {
  const { out, tools } = context;
  const [bytes, signature] = [readFile(file), readFile(`${file}.jws`)];
  const report = readReport(bytes, file);
  const signer = await verifyReport(
    bytes,
    Buffer.from(signature).toString('latin1'),
    await certificatesFor(certificate),
  );
  const { partner, at, summary, scenarios } = report;
  const facts = {
    partner,
    at,
    ...summary,
    signer: signer.subject.replaceAll('\n', ', '),
    fingerprint: fingerprint(signer),
  };
  if (out.format === 'json') out.json(facts);
  else out.table([facts]);
  for (const result of scenarios) if (result.verdict === 'fail') out.note(resultLine(result));
  out.next('compare the fingerprint with the one its owner names');

  async function certificatesFor(given: string | undefined): ReturnType<typeof known> {
    return given === undefined ? await known() : certificatesIn([given]);
  }
  async function known(): Promise<ReturnType<typeof certificatesIn>> {
    const config = context.config();
    const { keyring } = await openKeys(config, tools);
    const partners = Object.values(config.partners).flatMap(({ certificates }) => certificates.signing);
    return [keyring.signer(reportAlgorithm).certificate, ...certificatesIn(partners)];
  }
}

function readFile(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new GatewayError('E_FILE_UNREADABLE', 'the file could not be opened', { at: file, cause });
  }
}
