/** Draws time against records as SVG: one panel for each direction, the gateway and its peers as lines, both axes logarithmic. */

import type { SizeResult } from './lists.ts';

interface Line {
  readonly name: string;
  readonly colour: string;
  readonly dashed: boolean;
  readonly points: readonly { readonly records: number; readonly ms: number }[];
}

const [panelWidth, panelHeight, left, top, gap] = [330, 250, 62, 40, 80] as const;
const background = '#ffffff';
const ink = '#24292f';
const grid = '#d8dee4';

export function plotLists(results: readonly SizeResult[]): string {
  const panels = (['out', 'in'] as const).map((way) => ({ way, lines: linesOf(results, way) }));
  const all = panels.flatMap(({ lines }) => lines.flatMap(({ points }) => points));
  const x = scale(
    all.map(({ records }) => records),
    panelWidth,
  );
  const y = scale(
    all.map(({ ms }) => ms),
    panelHeight,
  );
  const width = left + panelWidth * 2 + gap + 20;
  const height = top + panelHeight + 84;
  const drawn = panels.map(({ way, lines }, i) => {
    const offset = left + i * (panelWidth + gap);
    return `<g transform="translate(${offset} ${top})">${panel(way, lines, x, y)}</g>`;
  });
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" ` +
    `font-family="sans-serif" font-size="11" fill="${ink}" role="img" aria-label="Milliseconds against records">\n` +
    `<rect width="100%" height="100%" fill="${background}"/>\n${drawn.join('\n')}\n` +
    `${legend(panels[0]?.lines ?? [], height - 18)}\n</svg>\n`
  );
}

function linesOf(results: readonly SizeResult[], way: 'out' | 'in'): Line[] {
  const line = (
    name: string,
    colour: string,
    dashed: boolean,
    time: (result: SizeResult) => number | undefined,
  ): Line => ({
    name,
    colour,
    dashed,
    points: results.flatMap((result) => {
      const ms = time(result);
      return ms === undefined ? [] : [{ records: result.records, ms }];
    }),
  });
  return [
    line('gateway, stored', '#0b5fad', false, (result) => result[way].warmMs),
    line('gateway without its commit', '#0b5fad', true, (result) => result[way].uncommittedMs),
    line('JDK', '#b5541c', false, (result) => result[way].peers.jdk?.warmMs),
    line('xmllint and xmlsec1', '#3f7d3a', false, (result) => result[way].peers.native?.warmMs),
  ].filter(({ points }) => points.length > 0);
}

interface Scale {
  readonly ticks: readonly number[];
  at(value: number): number;
}

/** From the power of ten below the least value to the one above the greatest. */
function scale(values: readonly number[], length: number): Scale {
  const first = Math.floor(Math.log10(Math.min(...values)));
  const last = Math.max(first + 1, Math.ceil(Math.log10(Math.max(...values))));
  return {
    ticks: Array.from({ length: last - first + 1 }, (_, i) => 10 ** (first + i)),
    at: (value) => ((Math.log10(value) - first) / (last - first)) * length,
  };
}

function panel(way: 'out' | 'in', lines: readonly Line[], x: Scale, y: Scale): string {
  const title = way === 'out' ? 'A full list out' : 'A full list in';
  const down = (ms: number): number => panelHeight - y.at(ms);
  const vertical = x.ticks.map(
    (tick) =>
      `<path d="M${n(x.at(tick))} 0V${panelHeight}" stroke="${grid}"/>` +
      `<text x="${n(x.at(tick))}" y="${panelHeight + 16}" text-anchor="middle">${tick.toLocaleString('en')}</text>`,
  );
  const horizontal = y.ticks.map(
    (tick) =>
      `<path d="M0 ${n(down(tick))}H${panelWidth}" stroke="${grid}"/>` +
      `<text x="-6" y="${n(down(tick) + 4)}" text-anchor="end">${tick.toLocaleString('en')}</text>`,
  );
  const drawn = lines.map(({ points, colour, dashed }) => {
    const path = points.map(({ records, ms }) => `${n(x.at(records))} ${n(down(ms))}`).join('L');
    const dots = points.map(
      ({ records, ms }) => `<circle cx="${n(x.at(records))}" cy="${n(down(ms))}" r="2.5" fill="${colour}"/>`,
    );
    return `<path d="M${path}" fill="none" stroke="${colour}" stroke-width="1.8"${dash(dashed)}/>${dots.join('')}`;
  });
  return (
    `<text y="-14" font-size="13" font-weight="bold">${title}</text>\n${[...vertical, ...horizontal].join('\n')}\n` +
    `<text x="${panelWidth / 2}" y="${panelHeight + 34}" text-anchor="middle">records</text>` +
    `<text transform="translate(-46 ${panelHeight / 2}) rotate(-90)" text-anchor="middle">milliseconds, warm median</text>\n` +
    drawn.join('\n')
  );
}

function legend(lines: readonly Line[], y: number): string {
  const entries = lines.map(
    ({ name, colour, dashed }, i) =>
      `<path d="M${left + i * 185} ${y}h26" stroke="${colour}" stroke-width="1.8"${dash(dashed)}/>` +
      `<text x="${left + 32 + i * 185}" y="${y + 4}">${name}</text>`,
  );
  return entries.join('\n');
}

function dash(dashed: boolean): string {
  return dashed ? ' stroke-dasharray="5 4"' : '';
}

/** A coordinate: a tenth of a pixel is enough. */
function n(value: number): string {
  return String(Math.round(value * 10) / 10);
}
