/** Ways to break a template, one change at a time, each such that some message would show it. */

import { holesIn, lineAt, placeOf, withoutComments, type HoleText, type TemplateText } from './template-text.ts';

/** One change to one file of a folder. */
export interface Mutant {
  readonly change: string;
  /** `adapters/kr/list.xml:20` */
  readonly at: string;
  readonly file: string;
  /** The file after the change. */
  readonly text: string;
  /** The sample that would notice it. */
  readonly wanted: string;
}

/** Every way one template is broken. `sameCode` tells of tables in which every code is our own word. */
export function templateMutants(template: TemplateText, sameCode: (table: string) => boolean): readonly Mutant[] {
  const holes = holesIn(template);
  return [
    ...holes.flatMap((hole) => [...presence(hole), ...transforms(hole, sameCode), ...surroundings(hole)]),
    ...swaps(holes),
    ...structure(template),
  ];
}

function edited(hole: HoleText, text: string, change: string, wanted: string): Mutant {
  const { template, start, end } = hole;
  return {
    change,
    at: placeOf(hole),
    file: template.file,
    text: template.text.slice(0, start) + text + template.text.slice(end),
    wanted,
  };
}

function written({ path, marks, steps }: Pick<HoleText, 'path' | 'marks' | 'steps'>): string {
  return `{${[path + marks, ...steps].join('|')}}`;
}

/** What may be absent is dropped or demanded, and what may not be absent no longer has to be there. */
function presence(hole: HoleText): Mutant[] {
  const { path, marks, field, template, start, end } = hole;
  if (!hole.optional) {
    if (field?.optional !== true || isSplit(hole)) return [];
    const loose = written({ ...hole, marks: `?${marks}` });
    return [edited(hole, loose, `${path} need not be there any more`, `a refused message without ${path}`)];
  }
  const strict = written({ ...hole, marks: marks.replace('?', '') });
  const [from, to] = aroundOf(template.text, start, end);
  return [
    edited(hole, strict, `${path} must be there now`, `one without ${path}`),
    {
      ...edited(hole, '', `${path} is left out`, `one with ${path}`),
      text: template.text.slice(0, from) + template.text.slice(to),
    },
  ];
}

const enclosing: readonly RegExp[] = [
  /<([\w:.-]+)(?:\s[^<>]*)?>\s*\{HOLE\}\s*<\/\1>/u, // an element of its own
  /\s+[\w:.-]+="[^"{}]*\{HOLE\}[^"{}]*"/u, // an attribute
  /,\s*"[^"]+":\s*"[^"{}]*\{HOLE\}[^"{}]*"/u, // a member after another
  /"[^"]+":\s*"[^"{}]*\{HOLE\}[^"{}]*"\s*,?/u, // the first member
];

/** The element, attribute or member that holds nothing but the hole; the hole itself in a line of cells. */
function aroundOf(text: string, start: number, end: number): readonly [from: number, to: number] {
  const marked = `${text.slice(0, start)}{HOLE}${text.slice(end)}`;
  const added = '{HOLE}'.length - (end - start);
  const json = /^\s*\{/u.test(text);
  for (const [i, pattern] of enclosing.entries()) {
    if (json !== i >= 2) continue;
    const match = pattern.exec(marked);
    if (match !== null) return [match.index, match.index + match[0].length - added];
  }
  return [start, end];
}

function isSplit({ steps }: HoleText): boolean {
  return steps.some((step) => /^(?:first|rest):/u.test(step));
}

// Dropping one of these changes nothing: the model writes days and moments just so.
const ownNotations = ['date:yyyy-MM-dd', 'datetime:yyyy-MM-ddTHH:mm:ss.SSSZ'];

function transforms(hole: HoleText, sameCode: (table: string) => boolean): Mutant[] {
  const { path, steps } = hole;
  const withSteps = (changed: readonly string[], change: string): Mutant =>
    edited(hole, written({ ...hole, steps: changed }), `${path}: ${change}`, `one with ${path}`);
  return steps.flatMap((step, i) => {
    const replaced = (by: string): Mutant => withSteps(steps.with(i, by), `${by} in place of ${step}`);
    const [name = '', ...rest] = step.split(':');
    const argument = rest.join(':');
    switch (name) {
      case 'date':
      case 'datetime':
      case 'zoned': {
        const turned = argument.replace(/MM|dd/gu, (part) => (part === 'MM' ? 'dd' : 'MM'));
        const dropped = ownNotations.includes(step) ? [] : [withSteps(steps.toSpliced(i, 1), `without ${step}`)];
        return [replaced(`${name}:${turned}`), ...dropped];
      }
      case 'code':
        return sameCode(argument) ? [] : [withSteps(steps.toSpliced(i, 1), `without ${step}`)];
      case 'prefix':
        return [replaced(`prefix:${argument}X`), withSteps(steps.toSpliced(i, 1), `without ${step}`)];
      case 'first':
      case 'rest':
        return []; // both parts move together: see splits
      case 'join':
        return [replaced('join:+')];
      default:
        return [
          { ...withSteps(steps.toSpliced(i, 1), `without ${step}`), wanted: `one whose ${path} ${step} changes` },
        ];
    }
  });
}

/** Fixed text beside a hole, in one attribute, element or member. */
function surroundings(hole: HoleText): Mutant[] {
  const { template, start, end, path } = hole;
  const { text } = template;
  if (!/\.(?:xml|json)$/u.test(template.file)) return [];
  const before = /[^<>"{}\s]+$/u.exec(text.slice(0, start))?.[0] ?? '';
  const after = /^[^<>"{}\s]+/u.exec(text.slice(end))?.[0] ?? '';
  if (before + after === '') return [];
  const bare = text.slice(0, start - before.length) + text.slice(start, end) + text.slice(end + after.length);
  return [{ ...edited(hole, '', `${path} without the text around it`, `one with ${path}`), text: bare }];
}

/** Two values of one kind change places; a split moves by one letter. */
function swaps(holes: readonly HoleText[]): Mutant[] {
  const whole = holes.filter((hole) => !isSplit(hole));
  const pairs = whole.flatMap((one, i) =>
    whole.slice(i + 1).flatMap((other) => (areAlike(one, other) ? [swapped(one, other)] : [])),
  );
  const firsts = holes.filter(({ steps }) => steps.some((step) => step.startsWith('first:')));
  return [...pairs, ...firsts.flatMap((first) => shifted(first, holes))];
}

function areAlike(one: HoleText, other: HoleText): boolean {
  const { field } = one;
  return (
    one.scope === other.scope && field?.kind === other.field?.kind && field !== undefined && field.kind !== 'words'
  );
}

function swapped(one: HoleText, other: HoleText): Mutant {
  const { template } = one;
  const { text } = template;
  // Each value keeps the notation of its place, so that only a message with both, and different, shows it.
  const first = written({ ...one, path: other.path, marks: marksOf(one, other), steps: stepsOf(one, other) });
  const second = written({ ...other, path: one.path, marks: marksOf(other, one), steps: stepsOf(other, one) });
  const change = `${one.path} and ${other.path} change places`;
  return {
    ...edited(one, '', change, `one where ${one.path} and ${other.path} differ`),
    text: text.slice(0, one.start) + first + text.slice(one.end, other.start) + second + text.slice(other.end),
  };
}

/** What may be absent goes with the value, a width stays with the place. */
function marksOf(place: HoleText, value: HoleText): string {
  return (value.optional ? '?' : '') + place.marks.replace('?', '');
}

/** Tables and other transforms of texts go with the value; the notation of days and moments stays with the place. */
function stepsOf(place: HoleText, value: HoleText): readonly string[] {
  return place.field?.kind === 'text' ? value.steps : place.steps;
}

function shifted(first: HoleText, holes: readonly HoleText[]): Mutant[] {
  const { template, path, scope } = first;
  const rest = holes.find(
    (hole) => hole.path === path && hole.scope === scope && hole !== first && hole.start > first.start && isSplit(hole),
  );
  if (rest === undefined) return [];
  const moved = (text: string): string =>
    text.replace(/(first|rest):(\d+)/u, (_, part: string, letters: string) => `${part}:${Number(letters) + 1}`);
  const { text } = template;
  const parts = [
    text.slice(0, first.start),
    moved(text.slice(first.start, first.end)),
    text.slice(first.end, rest.start),
  ];
  return [
    {
      ...edited(first, '', `${path} is split one letter later`, `one with ${path}`),
      text: parts.join('') + moved(text.slice(rest.start, rest.end)) + text.slice(rest.end),
    },
  ];
}

interface Cut {
  readonly change: string;
  readonly pattern: RegExp;
  readonly by: (match: RegExpExecArray) => string;
  readonly wanted: string;
}

const anyMessage = 'any message';

/** Elements, attributes and names of XML and JSON, as they stand in the text. */
const cuts: readonly Cut[] = [
  {
    change: 'a fixed attribute is left out',
    pattern: /\s+(?!xmlns[:=]|t:)[\w:.-]+="[^"{}]+"(?=[^<>]*>)/gu,
    by: () => '',
    wanted: anyMessage,
  },
  {
    change: 'the namespace is another',
    pattern: /xmlns(?::\w+)?="(?!urn:mra:template)[^"]+(?=")/gu,
    by: ([found]) => `${found}:x`,
    wanted: anyMessage,
  },
  {
    change: 'an ignored element is not shown any more',
    pattern: /<([\w:.-]+)[^<>]*\st:ignore="true"[^<>]*?(?:\/>|>[\s\S]*?<\/\1>)/gu,
    by: () => '',
    wanted: 'a message of theirs with this element',
  },
  {
    change: 'two elements change places',
    pattern: /(<([\w:.-]+)(?: [^<>]*)?>[^<>]*<\/\2>)(\s*)(<([\w:.-]+)(?: [^<>]*)?>[^<>]*<\/\5>)/gu,
    by: ([, one = '', , between = '', other = '']) => other + between + one,
    wanted: 'one with both',
  },
  {
    change: 'two members change places',
    pattern: /("\w+":\s*"[^"]*")(,\s*)("\w+":\s*"[^"]*")/gu,
    by: ([, one = '', between = '', other = '']) => other + between + one,
    wanted: 'one with both',
  },
  {
    change: 'a list is left out',
    pattern: /<([\w:.-]+)\s(?:[^<>]*\s)?t:each="\w+\??"[^<>]*(?:\/>|>(?:(?!<\1[\s>])[\s\S])*?<\/\1>)/gu,
    by: () => '',
    wanted: 'one with an item of the list',
  },
  {
    change: 'a list is left out',
    pattern: /,\s*"\w+":\s*\{\s*"\$each":\s*"\w+\??",\s*"\$item":\s*"[^"]*"\s*\}/gu,
    by: () => '',
    wanted: 'one with an item of the list',
  },
  {
    change: 'an ignored member is not shown any more',
    pattern: /"\$ignore":\s*\[[^\]]*\]\s*,?/gu,
    by: () => '',
    wanted: 'a message of theirs with this member',
  },
];

/** Cells and kinds of lines. */
const lineCuts: readonly Cut[] = [
  {
    change: 'two cells change places',
    // Two that hold the same, as those that are dropped, may change places.
    pattern: /(\{[^{}\n]+\})([^{}\n]?)(?!\1)(\{[^{}\n]+\})/gu,
    by: ([, one = '', between = '', other = '']) => other + between + one,
    wanted: 'one with both, and different',
  },
  {
    change: 'a kind of line is written otherwise',
    pattern: /^[A-Z0-9]+(?=[^\n])/gmu,
    by: ([found]) => `${found.slice(0, -1)}${found.endsWith('X') ? 'Y' : 'X'}`,
    wanted: 'one with this line',
  },
];

function structure(template: TemplateText): Mutant[] {
  const { file, text } = template;
  // Where a comment stands nothing is found; what is found is cut out of the text itself.
  const shown = withoutComments(text);
  const lines = !/\.(?:xml|json)$/u.test(file);
  return (lines ? lineCuts : cuts).flatMap(({ change, pattern, by, wanted }) => {
    const found = new Map<string, Mutant>();
    const search = new RegExp(pattern.source, pattern.flags);
    for (let match = search.exec(shown); match !== null; match = search.exec(shown)) {
      // The next search begins one character on: neighbours overlap.
      search.lastIndex = match.index + 1;
      if (shown.lastIndexOf('<?', match.index) > shown.lastIndexOf('?>', match.index)) continue;
      const line = lineAt(text, match.index);
      const after = text.slice(0, match.index) + by(match) + text.slice(match.index + match[0].length);
      if (!found.has(after)) found.set(after, { change, at: placeOf({ template, line }), file, text: after, wanted });
    }
    return [...found.values()];
  });
}
