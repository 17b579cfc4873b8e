/** Reads docs/architecture.md: its walks with their stops, and the drawing of the folders. */

import path from 'node:path';

export interface Stop {
  readonly number: number;
  /** The number of an earlier stop, or `file:function` of what starts the walk or this part of it. */
  readonly caller: number | string;
  /** The name under which the caller knows the function, where it was handed over. */
  readonly member: string | undefined;
  /** `file:function`, one or more, in the order of the calls. */
  readonly places: readonly string[];
}

export interface Walk {
  readonly title: string;
  /** How many folders the page says one opens. */
  readonly folders: number;
  readonly stops: readonly Stop[];
}

export function walksIn(page: string): readonly Walk[] {
  const sections = page.split(/^### /mu).slice(1);
  return sections.map((section) => {
    const [, title = '', folders = ''] = /^(.+) \((\d+) folders\)$/mu.exec(section) ?? [];
    return { title, folders: Number(folders), stops: section.split('\n').flatMap(stopIn) };
  });
}

function stopIn(line: string): readonly Stop[] {
  const [, number = '', by = '', functions] = /^\| (\d+) \| ([^|]+) \| ([^|]+) \|/u.exec(line) ?? [];
  if (functions === undefined) return [];
  const [, earlier, place = ''] = /^(?:(\d+)|`([^`]+)`)/u.exec(by) ?? [];
  const [, member] = / as `(?:\w+\.)?(\w+)`$/u.exec(by) ?? [];
  const caller = earlier === undefined ? place : Number(earlier);
  return [{ number: Number(number), caller, member, places: quoted(functions) }];
}

/** What stands in back-ticks. */
export function quoted(text: string): readonly string[] {
  return [...text.matchAll(/`([^`\n]+)`/gu)].map(([, inner = '']) => inner);
}

const stories = ['outbound', 'inbound', 'clearance'];

/** The folders of a walk in the order in which one opens them. The story's own folder counts as never left, store/ as one. */
export function foldersOf({ stops }: Walk): {
  readonly opened: ReadonlySet<string>;
  readonly twice: readonly string[];
} {
  const all = stops.flatMap(({ places }) => places.map((place) => path.dirname(place)));
  const others = all.filter((folder) => folder !== 'store' && !stories.includes(folder));
  const entered = others.filter((folder, i) => folder !== others[i - 1]);
  return { opened: new Set(all), twice: entered.filter((folder, i) => entered.indexOf(folder) < i) };
}

/** The layers of the drawing from the top, each with the folders and files beside each other. */
export function layersIn(page: string): readonly (readonly string[])[] {
  const drawing = /^```text\n([\s\S]*?)^```$/mu.exec(page)?.[1] ?? '';
  const layers: string[][] = [];
  for (const line of drawing.split('\n')) {
    const names = line.trimStart().match(/^\w[\w-]*(?:\/|\.ts|\.js)/u) ?? [];
    if (/^─+$/u.test(line.trim())) layers.push([]);
    else layers.at(-1)?.push(...names.map((name) => name.replace(/\/$/u, '')));
  }
  return layers;
}
