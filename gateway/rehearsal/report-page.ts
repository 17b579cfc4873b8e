/** The report of a conformance run as an HTML page without scripts, for screens, screen readers and paper. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { programFolder } from '../app/config.ts';
import type { ConformanceReport } from './report.ts';
import type { Evidence, ScenarioResult } from './scenario.ts';

/** One HTML file that needs no other. */
export function reportPage(report: ConformanceReport): string {
  const { partner, summary, scenarios } = report;
  const parts: Readonly<Record<string, string>> = {
    title: escaped(`Conformance of ${partner}`),
    counts: `${summary.pass} passed, ${summary.fail} failed, ${summary.skip} skipped with reason.`,
    facts: facts(report),
    scenarios: scenarios.map(row).join('\n'),
  };
  const template = readFileSync(join(programFolder, 'schemas', 'conformance-report.html'), 'utf8');
  return template.replaceAll(/\{(\w+)\}/gu, (hole, name: string) => parts[name] ?? hole);
}

function facts(report: ConformanceReport): string {
  const { partner, home, played, against, transport, at, seed, operators, adapterDigest } = report;
  const rows = Object.entries({
    'Home and partner': `${home} and ${partner}`,
    'Simulated side': played === 'partner' ? partner : home,
    'Other side': against,
    Transport: transport,
    Time: at,
    'Seed and operators': `${seed}, ${operators}`,
    'Digest of the adapter': adapterDigest,
  }).map(([name, value]) => `<tr><th scope="row">${name}</th><td><code>${escaped(value)}</code></td></tr>`);
  return rows.join('\n');
}

function row({ id, name, verdict, reason, milliseconds, evidence }: ScenarioResult): string {
  const why = reason === undefined ? '' : `<br>${escaped(reason)}`;
  const items = `<details><summary>Evidence</summary><ul>${evidence.map(item).join('')}</ul></details>`;
  return (
    `<tr><th scope="row" class="${verdict}">${escaped(id)}</th><td>${escaped(name)}${evidence.length === 0 ? '' : items}</td>` +
    `<td>${verdict}${why}</td><td class="time">${milliseconds}</td></tr>`
  );
}

function item({ what, message, digest, ending, receipt, receiptDigest }: Evidence): string {
  const parts = Object.entries({
    result: ending,
    message,
    'SHA-256': digest,
    receipt,
    'receipt SHA-256': receiptDigest,
  });
  const shown = parts.flatMap(([name, value]) =>
    value === undefined ? [] : [`${name} <code>${escaped(value)}</code>`],
  );
  return `<li>${[escaped(what), ...shown].join('; ')}</li>`;
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
