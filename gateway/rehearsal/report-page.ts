/** The report of a conformance run as an HTML page without scripts, for screens, screen readers and paper. */

import type { ConformanceReport } from './report.ts';
import type { Evidence, ScenarioResult } from './scenario.ts';

const style = `
:root { color-scheme: light dark }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem }
table { border-collapse: collapse; width: 100% }
caption { text-align: left; font-weight: bold; padding: .5rem 0 }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem; border-bottom: 1px solid #767676 }
td.time { text-align: right; white-space: nowrap }
.pass { border-left: .4rem solid #1a7f37 } .fail { border-left: .4rem solid #cf222e } .skip { border-left: .4rem solid #767676 }
code { overflow-wrap: anywhere } summary { cursor: pointer }
`;

/** One HTML file that needs no other. */
export function reportPage(report: ConformanceReport): string {
  const { partner, summary, scenarios } = report;
  const title = escaped(`Conformance of ${partner}`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${title}</h1>
<p><strong>${summary.pass} passed, ${summary.fail} failed, ${summary.skip} skipped with reason.</strong></p>
<table>
<caption>The run</caption>
<tbody>
${facts(report)}
</tbody>
</table>
<table>
<caption>Scenarios</caption>
<thead><tr>${['Number', 'Title', 'Verdict', 'Milliseconds'].map((name) => `<th scope="col">${name}</th>`).join('')}</tr></thead>
<tbody>
${scenarios.map(row).join('\n')}
</tbody>
</table>
<p>The signature beside the JSON report covers that file, not this page.</p>
</main>
</body>
</html>
`;
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
