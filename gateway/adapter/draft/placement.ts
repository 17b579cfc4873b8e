/** Finds where the values of our model stand in a sample: which element is the identifier, which the sender, which cannot be told. */

import { GatewayError } from '../../model/errors.ts';
import { claimOf, fieldsOf, type Circumstances, type Part } from './claims.ts';
import { allNodes, isUnder, leavesOf, pathOf, repeatedAbove, type SampleNode } from './sample-tree.ts';
import { isIdentifier, notationOf } from './values.ts';
import { filledText, matchName, type Vocabulary } from './vocabulary.ts';

export interface Placement {
  readonly node: SampleNode;
  readonly part: Part;
  /** The value of the model, as a hole names it; `fixed` for a text that never changes, `ignore` for what is dropped, `country`. */
  readonly path: string;
  /** Transforms that were answered with it, `|date:dd/MM/yyyy`. */
  readonly transforms?: string;
  readonly certainty: 'certain' | 'likely' | 'not placed';
  readonly why: string;
}

export interface Placed {
  readonly placements: readonly Placement[];
  /** The operators of a list, the results of a reply. */
  readonly items: SampleNode | undefined;
  readonly departures: SampleNode | undefined;
}

/** The value is the partner's letters, which an identifier begins with and which stand apart from it here. */
export const country = 'country';

type PlacementRequest = Omit<Circumstances, 'items'>;

/** Every element of the sample that carries a value, placed or not, in the order of the sample. */
export function placeSample(request: PlacementRequest): Placed {
  const { kind, root } = request;
  const part = kind === 'list' ? 'records' : 'results';
  const items = itemsOf(request, part);
  const departures = kind === 'list' && items !== undefined ? departuresOf(request, items) : undefined;
  const where = { ...request, items };
  const inside = [items, departures].filter((node) => node !== undefined);
  const outer = leavesOf(root).filter((leaf) => !inside.some((node) => isUnder(leaf, node)));
  const within = (node: SampleNode | undefined, of: Part): Placement[] =>
    node === undefined ? [] : assign(leavesOf(node), of, node, where);
  const placements = [...assign(outer, kind, root, where), ...within(items, part), ...within(departures, 'departures')];
  return { placements, items, departures };
}

/** The element that stands for one operator: it repeats, or its name says so, and most values of a record are in it. */
function itemsOf(request: PlacementRequest, part: 'records' | 'results'): SampleNode | undefined {
  const score = (node: SampleNode): number => {
    const leaves = leavesOf(node).filter((leaf) => leavesOf(repeatedAbove(leaf, node) ?? leaf).length === 1);
    // What holds a value of the message, as was answered, is no operator.
    if (leaves.some((leaf) => /^\{?message\./u.test(request.answered.get(pathOf(leaf)) ?? ''))) return 0;
    const all = assign(leaves, part, node, { ...request, items: node });
    const found = all.filter(({ certainty }) => certainty !== 'not placed');
    const identified = found.find(({ path }) => path === 'identifier');
    if (identified === undefined || (part === 'records' && found.length < 2 && identified.certainty !== 'certain'))
      return 0;
    const named = (path: string, around = ''): number => matchName(request.vocabulary, path, node.name, around).score;
    const gone = named('departures', node.parent?.name) > named(part) ? 4 : 0;
    return found.length + (node.repeated ? 4 : 0) + named(part) / 2 - gone;
  };
  // Of two that hold the same, the inner one: a list element around a single operator holds what the operator holds.
  return allNodes(request.root)
    .filter((node) => node.parent !== undefined && node.kind !== 'attribute' && node.children.length > 0)
    .map((node) => ({ node, score: score(node) }))
    .filter((each) => each.score > 0)
    .sort((a, b) => b.score - a.score || pathOf(b.node).length - pathOf(a.node).length)[0]?.node;
}

/** A second list: operators that left. */
function departuresOf({ root, vocabulary }: PlacementRequest, items: SampleNode): SampleNode | undefined {
  const holdsNumber = (leaf: SampleNode): boolean =>
    matchName(vocabulary, 'identifier', leaf.name).score > 1.2 || isIdentifier(leaf.values, vocabulary);
  return allNodes(root)
    .filter((node) => !isUnder(node, items) && !isUnder(items, node) && node.kind !== 'attribute')
    .filter((node) => leavesOf(node).some(holdsNumber) && (node.children.length > 0 || node.repeated))
    .filter((node) => matchName(vocabulary, 'departures', node.name, node.parent?.name).score > 0.5)
    .sort((a, b) => Number(b.repeated) - Number(a.repeated) || pathOf(b).length - pathOf(a).length)[0];
}

/** Gives every value of the model to the leaf with the best claim; each leaf and each value once. */
function assign(leaves: readonly SampleNode[], part: Part, scope: SampleNode, where: Circumstances): Placement[] {
  const taken = new Map<SampleNode, Placement>();
  const used = new Set<string>();
  const take = (placement: Placement): void => {
    taken.set(placement.node, placement);
    used.add(placement.path);
  };
  for (const leaf of leaves) {
    const answer = where.answered.get(pathOf(leaf));
    if (answer !== undefined) take(answeredPlacement(leaf, part, answer));
  }
  const claims = leaves
    .flatMap((leaf) => fieldsOf[part].flatMap((field) => claimOf(leaf, field, scope, where)))
    .sort((a, b) => b.score - a.score);
  for (const { leaf, path, certain, why, score } of claims) {
    if (taken.has(leaf) || used.has(path)) continue;
    const near = score - (path === 'identifier' ? 1.5 : 0.5);
    const rivals = claims.filter((other) => other.path === path && other.leaf !== leaf && !taken.has(other.leaf));
    const rival = rivals.some((other) => other.certain || other.score > near);
    const doubt = rival ? '; another element fits too' : '';
    take({ node: leaf, part, path, certainty: certain && !rival ? 'certain' : 'likely', why: why + doubt });
  }
  const placements = leaves.map((leaf) => taken.get(leaf) ?? unplaced(leaf, part, where.vocabulary));
  return part === 'list' || part === 'reply' ? placements : withCountry(placements, where);
}

function answeredPlacement(node: SampleNode, part: Part, answer: string): Placement {
  const [path = '', ...chain] = answer.replaceAll(/[{}?]/gu, '').split('|');
  const known = ['fixed', 'ignore', country, ...fieldsOf[part].map((field) => field.path)];
  if (!known.includes(path))
    throw new GatewayError('E_REQUEST_INVALID', `an answer names ${path}, and there is no such value`, {
      at: pathOf(node),
      fix: `Answer one of: ${known.join(', ')}.`,
    });
  const transforms = chain.length === 0 ? {} : { transforms: `|${chain.join('|')}` };
  return { node, part, path, certainty: 'certain', why: 'answered', ...transforms };
}

/** Letters of the partner in an element of their own, beside a number that lacks them, are the beginning of the identifier. */
function withCountry(placements: Placement[], { partner, vocabulary }: Circumstances): Placement[] {
  const identifier = placements.find(({ path, transforms }) => path === 'identifier' && transforms === undefined);
  const letters = ({ path, why, node }: Placement): boolean =>
    path === country || (path === 'ignore' && why !== 'answered' && node.values.every((value) => value === partner));
  const apart = placements.find(letters);
  if (identifier === undefined || apart === undefined) return placements;
  if (identifier.node.values.some((value) => value.startsWith(partner))) return placements;
  const sure = apart.why === 'answered' || matchName(vocabulary, country, apart.node.name).strong;
  const why = `always ${partner}, which the numbers lack`;
  return placements.map((each) => {
    if (each === identifier) return { ...each, transforms: '|rest:2' };
    return each === apart ? { ...each, path: country, certainty: sure ? 'certain' : 'likely', why } : each;
  });
}

/** What has one value in every sample, and a name that says it describes the message, stays as it is. */
function unplaced(node: SampleNode, part: Part, vocabulary: Vocabulary): Placement {
  const { kind, name, parent, values, scalar } = node;
  if (kind === 'attribute' && parent?.discriminator?.startsWith(`@${name}=`) === true)
    return { node, part, path: 'fixed', certainty: 'certain', why: 'tells its element from others of the name' };
  const day = notationOf('day', values, vocabulary) !== undefined;
  const outside = part === 'list' || part === 'reply';
  const constant = new Set(values).size === 1 && scalar !== 'other' && !(part === 'list' && day);
  const described = outside && (kind === 'column' || matchName(vocabulary, 'fixed', name, parent?.name).score > 0);
  if (constant && (described || (kind === 'attribute' && values.length > 2)))
    return { node, part, path: 'fixed', certainty: 'likely', why: `always ${JSON.stringify(values[0])}` };
  const timed = notationOf('moment', values, vocabulary) !== undefined;
  const reason = scalar === 'other' ? 'noHole' : part === 'list' && day ? 'dayAlone' : timed ? 'noSeconds' : 'unknown';
  const why = filledText(vocabulary.texts[reason] ?? '', { count: values.length });
  return { node, part, path: 'ignore', certainty: 'not placed', why };
}
