/** The report of a conformance run as one page for people: no scripts, nothing fetched, readable by a screen reader and on paper. */

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
  const title = `Conformance of ${partner}`;
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escaped(title)}</title>`,
    `<style>${style}</style>`,
    '</head>',
    '<body>',
    '<main>',
    `<h1>${escaped(title)}</h1>`,
    `<p><strong>${summary.pass} passed, ${summary.fail} failed, ${summary.skip} skipped with reason.</strong></p>`,
    facts(report),
    '<table>',
    '<caption>Scenarios</caption>',
    '<thead><tr><th scope="col">Number</th><th scope="col">What happens</th><th scope="col">Verdict</th><th scope="col">Milliseconds</th></tr></thead>',
    '<tbody>',
    ...scenarios.map(row),
    '</tbody>',
    '</table>',
    '<p>The signature beside the JSON report covers that file, not this page.</p>',
    '</main>',
    '</body>',
    '</html>',
    '',
  ].join('\n');
}

function facts({
  partner,
  home,
  played,
  against,
  transport,
  at,
  seed,
  operators,
  adapterDigest,
}: ConformanceReport): string {
  const pairs: readonly (readonly [string, string])[] = [
    ['Corridor', `${home} and ${partner}`],
    ['Simulated side', played === 'partner' ? partner : home],
    ['Other side', against],
    ['Way of the lists', transport],
    ['When', at],
    ['Seed and operators', `${seed}, ${operators}`],
    ['Digest of the adapter', adapterDigest],
  ];
  const rows = pairs.map(
    ([name, value]) => `<tr><th scope="row">${name}</th><td><code>${escaped(value)}</code></td></tr>`,
  );
  return ['<table>', '<caption>The run</caption>', '<tbody>', ...rows, '</tbody>', '</table>'].join('\n');
}

function row({ id, name, verdict, reason, milliseconds, evidence }: ScenarioResult): string {
  const why = reason === undefined ? '' : `<br>${escaped(reason)}`;
  const shown =
    evidence.length === 0
      ? ''
      : `<details><summary>Evidence</summary><ul>${evidence.map(item).join('')}</ul></details>`;
  return (
    `<tr><th scope="row" class="${verdict}">${escaped(id)}</th><td>${escaped(name)}${shown}</td>` +
    `<td>${verdict}${why}</td><td class="time">${milliseconds}</td></tr>`
  );
}

function item({ what, message, digest, ending, receipt, receiptDigest }: Evidence): string {
  const named: readonly (readonly [string, string | undefined])[] = [
    ['ended as', ending],
    ['message', message],
    ['SHA-256', digest],
    ['receipt', receipt],
    ['receipt SHA-256', receiptDigest],
  ];
  const parts = named.flatMap(([name, value]) =>
    value === undefined ? [] : [`${name} <code>${escaped(value)}</code>`],
  );
  return `<li>${[escaped(what), ...parts].join('; ')}</li>`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/gu, (letter) => entities[letter] ?? letter);
}
