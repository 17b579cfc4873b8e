/** Finds where the values of our model stand in a sample: which element is the identifier, which the sender, which cannot be told. */

import { GatewayError } from '../../model/errors.ts';
import { claimOf, type Circumstances, type PlacementRequest } from './claims.ts';
import { country, fieldsOf, type Part } from './fields.ts';
import { allNodes, isUnder, leavesOf, pathOf, repeatedAbove, type SampleNode } from './sample-tree.ts';
import { dayPatternOf, isIdentifier, momentPatternOf } from './values.ts';
import { matchName, type Vocabulary } from './vocabulary.ts';

export type Certainty = 'certain' | 'likely' | 'not placed';
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
