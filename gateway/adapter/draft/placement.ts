/** Finds where the values of our model stand in a sample: which element is the identifier, which the sender, which cannot be told. */

import { GatewayError } from '../../model/errors.ts';
import { dayNotation } from '../template/dates.ts';
import { listShape, replyShape, type Field, type Shape } from '../template/message-fields.ts';
import { knownShare } from './codes.ts';
import { allNodes, isUnder, leavesOf, pathOf, repeatedAbove, type SampleNode } from './sample-tree.ts';
import { codesIn, dayPatternOf, isCode, isIdentifier, momentPatternOf, scriptOf } from './values.ts';
import { matchName, type Vocabulary } from './vocabulary.ts';

export type Certainty = 'certain' | 'likely' | 'not placed';
export type Part = 'list' | 'reply' | 'records' | 'departures' | 'results';

export interface Placement {
  readonly node: SampleNode;
  readonly part: Part;
  /** The value of the model, as a hole names it; `fixed` for a text that never changes, `ignore` for what is dropped. */
  readonly path: string;
  /** Transforms that were answered with it, `|date:dd/MM/yyyy`. */
  readonly transforms?: string;
  readonly certainty: Certainty;
  readonly why: string;
}

export interface Placed {
  readonly placements: readonly Placement[];
  /** The operators of a list, the results of a reply. */
  readonly items: SampleNode | undefined;
  readonly departures: SampleNode | undefined;
}

export interface PlacementRequest {
  readonly kind: 'list' | 'reply';
  readonly root: SampleNode;
  /** The partner's letters, upper case. */
  readonly partner: string;
  /** The letters of home. */
  readonly home: string;
  readonly vocabulary: Vocabulary;
  /** Answers: path of a node to a value of the model, `fixed` or `ignore`. */
  readonly answered: ReadonlyMap<string, string>;
}

const itemShape = (shape: Shape<unknown>, path: string): Shape<unknown> =>
  shape.lists.find((list) => list.path === path)?.shape ?? shape;
const records = itemShape(listShape, 'records');
const [role] = itemShape(records, 'roles').fields;

/** The values each part of a message may carry. */
export const fieldsOf: Readonly<Record<Part, readonly Field[]>> = {
  list: listShape.fields,
  reply: replyShape.fields,
  records: [...records.fields, ...(role === undefined ? [] : [{ ...role, path: 'roles', optional: true }])],
  departures: itemShape(listShape, 'departures').fields,
  results: itemShape(replyShape, 'results').fields,
};

/** The value is the partner's letters, which an identifier begins with and which stand apart from it here. */
export const country = 'country';

/** The code table of a value that is one of our words. */
export function tableOf(path: string): string {
  return { roles: 'role', 'message.kind': 'kind', code: 'fault' }[path] ?? path;
}

/** Every element of the sample that carries a value, placed or not, in the order of the sample. */
export function placeSample(request: PlacementRequest): Placed {
  const { kind, root } = request;
  const part = kind === 'list' ? 'records' : 'results';
  const items = itemsOf(request, part);
  const departures = kind === 'list' && items !== undefined ? departuresOf(request, items) : undefined;
  const inside = [items, departures].filter((node) => node !== undefined);
  const outer = leavesOf(root).filter((leaf) => !inside.some((node) => isUnder(leaf, node)));
  const placements = [
    ...assign(outer, kind, root, { ...request, items }),
    ...(items === undefined ? [] : assign(leavesOf(items), part, items, { ...request, items })),
    ...(departures === undefined ? [] : assign(leavesOf(departures), 'departures', departures, { ...request, items })),
  ];
  return { placements, items, departures };
}

/** The element that stands for one operator: it repeats, or its name says so, and most values of a record are in it. */
function itemsOf(request: PlacementRequest, part: 'records' | 'results'): SampleNode | undefined {
  const score = (node: SampleNode): number => {
    const leaves = leavesOf(node).filter((leaf) => {
      const repeated = repeatedAbove(leaf, node);
      return repeated === undefined || leavesOf(repeated).length === 1;
    });
    // What holds a value of the message, as was answered, is no operator.
    if (leaves.some((leaf) => /^\{?message\./u.test(request.answered.get(pathOf(leaf)) ?? ''))) return 0;
    const found = assign(leaves, part, node, { ...request, items: node }).filter(
      ({ certainty }) => certainty !== 'not placed',
    );
    const identified = found.find(({ path }) => path === 'identifier');
    if (identified === undefined || (part === 'records' && found.length < 2 && identified.certainty !== 'certain'))
      return 0;
    const named = (path: string, around = ''): number => matchName(request.vocabulary, path, node.name, around).score;
    const gone = named('departures', node.parent?.name) > named(part) ? 4 : 0;
    return found.length + (node.repeated ? 4 : 0) + named(part) / 2 - gone;
  };
  const scored = allNodes(request.root)
    .filter((node) => node.parent !== undefined && node.kind !== 'attribute' && node.children.length > 0)
    .map((node) => ({ node, score: score(node) }));
  // Of two that hold the same, the inner one: a list element around a single operator holds what the operator holds.
  return scored
    .filter((each) => each.score > 0)
    .sort((a, b) => b.score - a.score || pathOf(b.node).length - pathOf(a.node).length)[0]?.node;
}

/** A second list: operators that left. */
function departuresOf({ root, vocabulary }: PlacementRequest, items: SampleNode): SampleNode | undefined {
  const others = allNodes(root).filter(
    (node) => !isUnder(node, items) && !isUnder(items, node) && node.kind !== 'attribute',
  );
  const holdsNumber = (leaf: SampleNode): boolean =>
    matchName(vocabulary, 'identifier', leaf.name).score > 1.2 || isIdentifier(leaf.values, vocabulary);
  return others
    .filter((node) => leavesOf(node).some(holdsNumber) && (node.children.length > 0 || node.repeated))
    .filter((node) => matchName(vocabulary, 'departures', node.name, node.parent?.name).score > 0.5)
    .sort((a, b) => Number(b.repeated) - Number(a.repeated) || pathOf(b).length - pathOf(a).length)[0];
}

interface Circumstances extends PlacementRequest {
  readonly items: SampleNode | undefined;
}

interface Claim {
  readonly leaf: SampleNode;
  readonly path: string;
  readonly score: number;
  readonly certain: boolean;
  readonly why: string;
}

/** Gives every value of the model to the leaf with the best claim; each leaf and each value once. */
function assign(leaves: readonly SampleNode[], part: Part, scope: SampleNode, where: Circumstances): Placement[] {
  const taken = new Map<SampleNode, Placement>();
  const used = new Set<string>();
  const take = (node: SampleNode, placement: Omit<Placement, 'node' | 'part'>): void => {
    taken.set(node, { node, part, ...placement });
    used.add(placement.path);
  };
  for (const leaf of leaves) {
    const [path, ...chain] = where.answered.get(pathOf(leaf))?.replaceAll(/[{}?]/gu, '').split('|') ?? [];
    if (path === undefined) continue;
    const known = ['fixed', 'ignore', country, ...fieldsOf[part].map((field) => field.path)];
    if (!known.includes(path)) throw noValue(path, pathOf(leaf), known);
    take(leaf, {
      path,
      certainty: 'certain',
      why: 'answered',
      ...(chain.length === 0 ? {} : { transforms: `|${chain.join('|')}` }),
    });
  }
  const claims = leaves
    .flatMap((leaf) => fieldsOf[part].flatMap((field) => claimOf(leaf, field, scope, where)))
    .sort((a, b) => b.score - a.score);
  for (const { leaf, path, certain, why, score } of claims) {
    if (taken.has(leaf) || used.has(path)) continue;
    const rival = claims.some(
      (other) =>
        other.path === path &&
        other.leaf !== leaf &&
        !taken.has(other.leaf) &&
        (other.certain || other.score > score - (path === 'identifier' ? 1.5 : 0.5)),
    );
    take(leaf, {
      path,
      certainty: certain && !rival ? 'certain' : 'likely',
      why: rival ? `${why}; another element fits too` : why,
    });
  }
  const placements = leaves.map(
    (leaf) => taken.get(leaf) ?? { node: leaf, part, ...unplaced(leaf, part, where.vocabulary) },
  );
  return part === 'list' || part === 'reply' ? placements : withCountry(placements, where);
}

/** Letters of the partner in an element of their own, beside a number that lacks them, are the beginning of the identifier. */
function withCountry(placements: Placement[], { partner, vocabulary }: Circumstances): Placement[] {
  const identifier = placements.find(({ path, transforms }) => path === 'identifier' && transforms === undefined);
  if (identifier === undefined || identifier.node.values.some((value) => value.startsWith(partner))) return placements;
  const apart = placements.find(
    ({ node, path, why }) =>
      path === country || (path === 'ignore' && why !== 'answered' && node.values.every((value) => value === partner)),
  );
  if (apart === undefined) return placements;
  const certainty =
    apart.why === 'answered' || matchName(vocabulary, country, apart.node.name).strong ? 'certain' : 'likely';
  return placements.map((each) => {
    if (each === identifier) return { ...each, transforms: '|rest:2' };
    return each === apart
      ? { ...each, path: country, certainty, why: `always ${partner}, which the numbers lack` }
      : each;
  });
}

function noValue(path: string, at: string, known: readonly string[]): GatewayError {
  return new GatewayError('E_REQUEST_INVALID', `an answer names ${path}, and there is no such value`, {
    at,
    fix: `Answer one of: ${known.join(', ')}.`,
  });
}

/** What has one value in every sample, and a name that says it describes the message, stays as it is. */
function unplaced(leaf: SampleNode, part: Part, vocabulary: Vocabulary): Pick<Placement, 'path' | 'certainty' | 'why'> {
  if (leaf.kind === 'attribute' && leaf.parent?.discriminator?.startsWith(`@${leaf.name}=`) === true)
    return { path: 'fixed', certainty: 'certain', why: 'tells its element from others of the name' };
  const day = part === 'list' && dayPatternOf(leaf.values, vocabulary) !== undefined;
  const constant = new Set(leaf.values).size === 1 && leaf.scalar !== 'other' && !day;
  const described =
    (part === 'list' || part === 'reply') &&
    (leaf.kind === 'column' || matchName(vocabulary, 'fixed', leaf.name, leaf.parent?.name).score > 0);
  if (constant && (described || (leaf.kind === 'attribute' && leaf.values.length > 2)))
    return { path: 'fixed', certainty: 'likely', why: `always ${JSON.stringify(leaf.values[0])}` };
  const reasons: readonly (readonly [boolean, string])[] = [
    [leaf.scalar === 'other', 'true and false, or numbers beside texts, are carried by no hole'],
    [leaf.values.some((value) => value.includes('|')), 'its values are separated by |, which no template can write'],
    [day, 'a day without a time cannot be message.issuedAt or message.nextBy'],
    [
      momentPatternOf(leaf.values, vocabulary) !== undefined,
      'a time without seconds cannot carry message.issuedAt or message.nextBy',
    ],
  ];
  const why = reasons.find(([holds]) => holds)?.[1] ?? `nothing tells what it is (${leaf.values.length} values)`;
  return { path: 'ignore', certainty: 'not placed', why };
}

/** How strongly a leaf claims to be a value: by its name, and by what its values look like. Empty where it cannot be that value. */
function claimOf(leaf: SampleNode, field: Field, scope: SampleNode, where: Circumstances): Claim[] {
  const { path, kind } = field;
  if (repeatedAbove(leaf, scope) !== undefined && path !== 'roles') return [];
  if (
    leaf.scalar === 'other' ||
    (leaf.scalar === 'number' && !['count', 'words'].includes(kind) && !['grade', 'identifier'].includes(path))
  )
    return [];
  const around: string[] = [];
  for (let at = leaf.parent; at !== undefined && at !== scope; at = at.parent) around.push(at.name);
  const match = matchName(
    where.vocabulary,
    path,
    `${leaf.name} ${leaf.discriminator?.split('=')[1] ?? ''}`,
    /^(?:title|trailer) \d/u.test(around[0] ?? '') || /^\d+$/u.test(leaf.name) ? '' : around.join(' '),
  );
  // The number of a layout may happen to be that of the operators.
  if (path.endsWith('.count') && match.score === 0 && matchName(where.vocabulary, 'fixed', leaf.name).score > 0)
    return [];
  const fit = fitOf(leaf.values, field, where);
  // A column without a title says nothing by its name: there the values alone are asked.
  const nameless = /^\d+$/u.test(leaf.name) && path !== 'message.kind' && (fit?.score ?? 0) >= 1.5;
  if (fit === undefined || (match.score === 0 && !fit.proof && !nameless)) return [];
  const certain = fit.score >= 1 && match.strong;
  const named = certain ? 'by its name' : match.score > 0 ? 'its name may say so' : '';
  return [
    {
      leaf,
      path,
      score: match.score + fit.score,
      certain,
      why: [named, fit.why].filter((text) => text !== '').join('; '),
    },
  ];
}

interface Fit {
  readonly score: number;
  /** The values alone tell what it is. */
  readonly proof: boolean;
  readonly why: string;
}

const found = (score: number, why: string, proof = false): Fit => ({ score, why, proof });

/** How well the values look like the field; undefined when they cannot be it. */
function fitOf(values: readonly string[], { path, kind }: Field, where: Circumstances): Fit | undefined {
  const { vocabulary, items } = where;
  const day = dayPatternOf(values, vocabulary);
  switch (kind) {
    case 'count': {
      if (!values.every((value) => /^\d{1,15}$/u.test(value)) || day !== undefined) return undefined;
      const operators = items?.occurrences.length ?? -1;
      const sum = values.reduce((all, value) => all + Number(value), 0);
      if (!path.endsWith('.count')) return found(1, 'a whole number');
      return sum === operators
        ? found(2, `equals the number of operators, ${operators}`, true)
        : found(0.5, `not the number of operators, ${operators}`);
    }
    case 'day': {
      // Of several days of an operator the last one of its certificate is the latest.
      const others = items === undefined ? [] : leavesOf(items).map((leaf) => latestDay(leaf.values, vocabulary));
      const ahead = new Set(others).size > 2 && others.every((other) => other <= latestDay(values, vocabulary));
      const likely = path === 'validTo' ? (ahead ? 0.3 : -0.1) : path === 'validFrom' ? 0.1 : 0;
      return day && found(1.5 + likely, `days as ${day.pattern}, ${values.length} values`);
    }
    case 'moment': {
      const moment = momentPatternOf(values, vocabulary);
      return moment?.pattern.includes('ss') === true ? found(1.5, `moments as ${moment.pattern}`) : undefined;
    }
    case 'words':
      return day === undefined ? codeFit(tableOf(path), values, vocabulary) : undefined;
    case 'text':
      return day === undefined ? textFit(values, path, where) : undefined;
  }
}

/** Empty where the values are no days. */
function latestDay(values: readonly string[], vocabulary: Vocabulary): string {
  const notation = dayNotation(dayPatternOf(values, vocabulary)?.pattern ?? '');
  return (
    values
      .map((value) => notation?.read(value) ?? '')
      .sort()
      .at(-1) ?? ''
  );
}

function codeFit(table: string, values: readonly string[], vocabulary: Vocabulary): Fit | undefined {
  const codes = table === 'role' ? codesIn(values) : values;
  const share = knownShare(table, codes, vocabulary);
  // A message says its type as well, in a code that never changes: only what usually means full or delta is a kind.
  if ((table === 'kind' && share === 0) || values.some((value) => value.includes('|'))) return undefined;
  if (table === 'kind' && codes.every((code) => /^(?:full|delta)$/iu.test(code)))
    return found(2, `codes ${codes.join(', ')}`, true);
  // A code may be of several words (`in force`) where all of them are known.
  if (!isCode(share === 1 ? codes.map((code) => code.replaceAll(/\s/gu, '_')) : codes)) return undefined;
  return found(0.5 + 1.5 * share, `codes ${[...new Set(codes)].sort().slice(0, 6).join(', ')}`);
}

function textFit(
  values: readonly string[],
  path: string,
  { partner, home, vocabulary }: Circumstances,
): Fit | undefined {
  const all = (test: RegExp): boolean => values.every((value) => test.test(value));
  const [field = '', script] = path.split('.');
  if (/(?:chain|root|Chain)$/u.test(path)) return all(/^[0-9a-f]{64}$/u) ? found(1.5, 'a SHA-256 in hex') : undefined;
  switch (path) {
    case 'identifier':
      if (!isIdentifier(values, vocabulary)) return undefined;
      return values.every((value) => value.includes(partner))
        ? found(2.5, `all different, with ${partner} in them`, values.length > 1)
        : found(1.5, 'all different');
    case 'grade':
      return isCode(values) ? found(1, 'few different codes') : undefined;
    case 'message.from':
    case 'message.to': {
      const [own, other] = path === 'message.from' ? [partner, home] : [home, partner];
      if (all(new RegExp(`^${own}$`, 'u'))) return found(2.5, `always ${own}`);
      if (values.some((value) => value.toUpperCase().includes(other))) return undefined;
      return values.every((value) => value.toUpperCase().includes(own))
        ? found(2, `holds ${own}`)
        : found(0.5, `without ${own}`);
    }
    case 'message.id':
    case 'message.subject':
      if (!all(/^[0-9A-Za-z._/-]{1,64}$/u)) return undefined;
      return all(/^[A-Z]+[._/-]?\d{3,}/u) ? found(1.5, 'letters and a number') : found(1, 'a text without blanks');
    case 'address.postcode':
      return all(/^[0-9A-Z -]{3,10}$/iu) && values.some((value) => /\d/u.test(value))
        ? found(1, 'short, with digits')
        : undefined;
    case 'address.city':
      return all(/^\P{N}{2,}$/u)
        ? found(new Set(values).size < values.length ? 1.5 : 1, 'letters throughout')
        : found(0.5, '');
  }
  if (script !== 'latin' && script !== 'local') return found(0.5, '');
  if (scriptOf(values) !== script || !all(/.{3}/u) || (field === 'name' && script === 'latin' && all(/^\S{1,6}$/u)))
    return undefined;
  return found(1.5, `${script === 'latin' ? 'Latin letters' : 'letters that are not Latin'} throughout`);
}
