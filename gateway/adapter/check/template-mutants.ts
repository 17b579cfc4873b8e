/** Changes of a template, one at a time, each of which some message would reveal. */

import mutations from '../../../schemas/template-mutations.json' with { type: 'json' };
import { holesIn, lineAt, placeInTemplate, blankComments, type HoleText, type TemplateText } from './template-text.ts';

export interface Mutant {
  readonly change: string;
  /** `adapters/kr/list.xml:20` */
  readonly at: string;
  readonly file: string;
  readonly text: string;
  /** The sample that would notice the change. */
  readonly wanted: string;
}

/** Every change of one template. `sameCode`: whether every code of a table is our own word. */
export function templateMutants(template: TemplateText, sameCode: (table: string) => boolean): readonly Mutant[] {
  const holes = holesIn(template);
  return [
    ...holes.flatMap((hole) => [...presence(hole), ...transforms(hole, sameCode), ...surroundings(hole)]),
    ...swaps(holes),
    ...columnUnits(holes),
    ...structure(template),
  ];
}

type Edit = readonly [start: number, end: number, text: string];

/** The template with parts replaced; `edits` in the order of the text. */
function mutant(
  { template, line }: Pick<HoleText, 'template' | 'line'>,
  edits: readonly Edit[],
  change: string,
  wanted: string,
): Mutant {
  const { file, text: before } = template;
  let text = '';
  let from = 0;
  for (const [start, end, by] of edits) {
    text += before.slice(from, start) + by;
    from = end;
  }
  return { change, at: placeInTemplate({ template, line }), file, text: text + before.slice(from), wanted };
}

function edited(hole: HoleText, text: string, change: string, wanted: string): Mutant {
  return mutant(hole, [[hole.start, hole.end, text]], change, wanted);
}

function written({ path, marks, steps }: Pick<HoleText, 'path' | 'marks' | 'steps'>): string {
  return `{${[path + marks, ...steps].join('|')}}`;
}

/** An optional value becomes mandatory or is left out; a mandatory one becomes optional. */
function presence(hole: HoleText): Mutant[] {
  const { path, marks, field, template, start, end } = hole;
  if (!hole.optional) {
    // Of a value that is not read, no message would reveal it.
    if (field?.optional !== true || isSplit(hole) || isPart(hole) || hole.steps.includes('lost')) return [];
    const loose = written({ ...hole, marks: `?${marks}` });
    return [edited(hole, loose, `${path} is optional now`, `a refused message without ${path}`)];
  }
  const strict = written({ ...hole, marks: marks.replace('?', '') });
  const [from, to] = aroundOf(template.text, start, end);
  return [
    edited(hole, strict, `${path} is mandatory now`, `one without ${path}`),
    mutant(hole, [[from, to, '']], `${path} is left out`, `one with ${path}`),
  ];
}

/** Stands with others in one value: without it the rest is a text of another form, which no schema of texts refuses. */
function isPart({ template: { file, text }, start, end }: HoleText): boolean {
  const [before = ''] = /[^"<>]*$/u.exec(text.slice(0, start)) ?? [];
  const [after = ''] = /^[^"<>]*/u.exec(text.slice(end)) ?? [];
  return /\.(?:xml|json)$/u.test(file) && (before + after).includes('{');
}

const enclosing: readonly RegExp[] = [
  /<([\w:.-]+)(?:\s[^<>]*)?>\s*\{HOLE\}\s*<\/\1>/u, // an element of its own
  /\s+[\w:.-]+="[^"{}]*\{HOLE\}[^"{}]*"/u, // an attribute
  /,\s*"[^"]+":\s*"[^"{}]*\{HOLE\}[^"{}]*"/u, // a member after another
  /"[^"]+":\s*"[^"{}]*\{HOLE\}[^"{}]*"\s*,?/u, // the first member
];

/** The element, attribute or member that contains only the hole; in lines the hole itself. */
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
    const dropped = withSteps(steps.toSpliced(i, 1), `without ${step}`);
    const [name = '', ...rest] = step.split(':');
    const argument = rest.join(':');
    switch (name) {
      case 'date':
      case 'datetime':
      case 'zoned': {
        const turned = argument.replace(/MM|dd/gu, (part) => (part === 'MM' ? 'dd' : 'MM'));
        const other = turned === argument ? [] : [replaced(`${name}:${turned}`)];
        return [...other, ...(ownNotations.includes(step) ? [] : [dropped])];
      }
      case 'code':
        return sameCode(argument) ? [] : [dropped];
      case 'prefix':
        return [replaced(`prefix:${argument}X`), dropped];
      case 'first':
      case 'rest':
        return []; // both parts move together: see splits
      case 'lost':
        return []; // only a message of theirs would reveal it
      case 'join':
        return [replaced('join:+')];
      default:
        return [{ ...dropped, wanted: `one whose ${path} ${step} changes` }];
    }
  });
}

/** A line whose columns are bytes counts characters. Where only codes, days and numbers stand there, the two are the same. */
function columnUnits(holes: readonly HoleText[]): Mutant[] {
  const lines = Map.groupBy(
    holes.filter(({ marks }) => /:.*b$/u.test(marks)),
    ({ line }) => line,
  );
  return [...lines.values()].flatMap((line) => {
    const [name] = line.filter(({ field }) => field?.free === true);
    if (name === undefined) return [];
    const edits = line.map((hole): Edit => {
      return [hole.start, hole.end, written({ ...hole, marks: hole.marks.slice(0, -1) })];
    });
    return [mutant(name, edits, 'columns count characters', `one whose ${name.path} has characters of several bytes`)];
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
  const edits: readonly Edit[] = [
    [start - before.length, start, ''],
    [end, end + after.length, ''],
  ];
  return [mutant(hole, edits, `${path} without the text around it`, `one with ${path}`)];
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
  const kind = one.field?.kind;
  return (
    one.scope === other.scope &&
    one.path !== other.path &&
    kind === other.field?.kind &&
    kind !== undefined &&
    kind !== 'words'
  );
}

function swapped(one: HoleText, other: HoleText): Mutant {
  // Each value keeps the notation of its place, so that only a message in which both are present and different reveals the change.
  const first = written({ ...one, path: other.path, marks: marksOf(one, other), steps: stepsOf(one, other) });
  const second = written({ ...other, path: one.path, marks: marksOf(other, one), steps: stepsOf(other, one) });
  const edits: readonly Edit[] = [
    [one.start, one.end, first],
    [other.start, other.end, second],
  ];
  const change = `${one.path} and ${other.path} change places`;
  return mutant(one, edits, change, `one where ${one.path} and ${other.path} differ`);
}

/** The question mark moves with the value, a width stays with the place. */
function marksOf(place: HoleText, value: HoleText): string {
  return (value.optional ? '?' : '') + place.marks.replace('?', '');
}

/** Tables and other transforms of texts move with the value; the notation of days and moments stays with the place. */
function stepsOf(place: HoleText, value: HoleText): readonly string[] {
  return place.field?.kind === 'text' ? value.steps : place.steps;
}

function shifted(first: HoleText, holes: readonly HoleText[]): Mutant[] {
  const { path, scope } = first;
  const rest = holes.find(
    (hole) => hole.path === path && hole.scope === scope && hole !== first && hole.start > first.start && isSplit(hole),
  );
  if (rest === undefined) return [];
  const later = ({ template: { text }, start, end }: HoleText): Edit => {
    const moved = (_: string, part: string, letters: string): string => `${part}:${Number(letters) + 1}`;
    return [start, end, text.slice(start, end).replace(/(first|rest):(\d+)/u, moved)];
  };
  return [mutant(first, [later(first), later(rest)], `${path} is split one letter later`, `one with ${path}`)];
}

/** Changes of elements, attributes and members in XML and JSON, and those of cells and line types. Two equal cells, or two ignored ones, are not swapped. */
function structure(template: TemplateText): Mutant[] {
  const { file, text } = template;
  // Comments are not searched; the change is made in the text with its comments.
  const shown = blankComments(text);
  return (/\.(?:xml|json)$/u.test(file) ? mutations.elements : mutations.lines).flatMap((mutation) => {
    const { change, pattern, by, wanted } = mutation;
    const found = new Map<string, Mutant>();
    const search = new RegExp(pattern, 'gmu');
    for (let match = search.exec(shown); match !== null; match = search.exec(shown)) {
      const [whole] = match;
      // The next search begins one character on: neighbours overlap.
      search.lastIndex = match.index + 1;
      if (shown.lastIndexOf('<?', match.index) > shown.lastIndexOf('?>', match.index)) continue;
      const instead = by.replaceAll(/\$([&\d])/gu, (_, part: string) => match[part === '&' ? 0 : Number(part)] ?? '');
      if (instead === whole || /^(?:\{ignored[^}]*\}){2}$/u.test(whole)) continue;
      const edit: Edit = [match.index, match.index + whole.length, instead];
      const made = mutant({ template, line: lineAt(text, match.index) }, [edit], change, wanted);
      if (!found.has(made.text)) found.set(made.text, made);
    }
    return [...found.values()];
  });
}
