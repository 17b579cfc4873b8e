/** Finds where the values of our model stand in a sample: which element is the identifier, which the sender, which cannot be told. */

import { nameScore } from './field-names.ts';
import { isIdentifier } from './field-values.ts';
import { GatewayError } from '../../model/errors.ts';
import { claimOf, type Claim } from './claims.ts';
import { leavesOf, pathOf, repeatedAbove, type SampleNode } from './draft-sample.ts';

export type Certainty = 'certain' | 'likely' | 'not placed';
export type Part = 'message' | 'records' | 'departures' | 'results';

export interface Placement {
  readonly node: SampleNode;
  readonly part: Part;
  /** The value of the model, as a hole names it; `fixed` for a text that never changes, `ignore` for what is dropped. */
  readonly path: string;
  /** Transforms that were answered with it, `|date:dd/MM/yyyy`. */
  readonly transforms?: string;
  readonly certainty: Certainty;
  /** What it was told by. */
  readonly why: string;
}

export interface Placed {
  readonly placements: readonly Placement[];
  readonly records: SampleNode | undefined;
  readonly departures: SampleNode | undefined;
  readonly results: SampleNode | undefined;
}

export interface PlacementQuestion {
  readonly kind: 'list' | 'reply';
  readonly root: SampleNode;
  /** The partner's letters, upper case. */
  readonly partner: string;
  /** Answers: path of a node to a value of the model, `fixed` or `ignore`. */
  readonly said: ReadonlyMap<string, string>;
}

const fields: Readonly<Record<Part | 'reply', readonly string[]>> = {
  message: [
    'message.id',
    'message.kind',
    'message.from',
    'message.to',
    'message.issuedAt',
    'message.nextBy',
    'message.position.epoch.no',
    'message.position.epoch.id',
    'message.position.sequence',
    'message.position.chain',
    'message.position.root',
    'message.position.count',
    'message.previousChain',
    'message.part.no',
    'message.part.of',
  ],
  records: [
    'identifier',
    'name.latin',
    'name.local',
    'address.latin',
    'address.local',
    'address.city',
    'address.postcode',
    'grade',
    'status',
    'statusSince',
    'validFrom',
    'validTo',
    'roles',
  ],
  departures: ['identifier', 'reason', 'since'],
  results: ['identifier', 'code', 'detail'],
  reply: [
    'message.id',
    'message.from',
    'message.to',
    'message.issuedAt',
    'message.subject',
    'message.taken',
    'message.refused',
  ],
};

/** Every element of the sample that carries a value, placed or not, in the order of the sample. E_REQUEST_INVALID for an answer that names no value. */
export function placeSample(question: PlacementQuestion): Placed {
  const { kind, root } = question;
  const repeated = kind === 'list' ? 'records' : 'results';
  const items = itemsOf(question, repeated);
  const departures = kind === 'list' && items !== undefined ? departuresOf(root, items) : undefined;
  const inside = [items, departures].filter((node) => node !== undefined);
  const outer = leavesOf(root).filter((leaf) => !inside.some((node) => isUnder(leaf, node)));
  const own = root.values.length > 0 ? [root, ...outer] : outer;
  const placements = [
    ...assign(own, kind === 'list' ? 'message' : 'reply', root, question, items),
    ...(items === undefined ? [] : assign(leavesOf(items), repeated, items, question, items)),
    ...(departures === undefined ? [] : assign(leavesOf(departures), 'departures', departures, question, items)),
  ];
  return {
    placements,
    records: kind === 'list' ? items : undefined,
    departures,
    results: kind === 'reply' ? items : undefined,
  };
}

function isUnder(node: SampleNode, above: SampleNode): boolean {
  for (let at: SampleNode | undefined = node; at !== undefined; at = at.parent) if (at === above) return true;
  return false;
}

function allNodes(node: SampleNode): SampleNode[] {
  return [node, ...node.children.flatMap(allNodes)];
}

/** The element that stands for one operator: it repeats, or its name says so, and most values of a record are in it. */
function itemsOf(question: PlacementQuestion, part: 'records' | 'results'): SampleNode | undefined {
  const scored = allNodes(question.root)
    .filter((node) => node !== question.root && node.kind !== 'attribute' && leavesOf(node).length > 0)
    .map((node) => ({ node, score: itemScore(node, part, question) }))
    .filter(({ score }) => score > 0)
    // Of two that hold the same, the inner one: a list element around a single operator holds what the operator holds.
    .sort((a, b) => b.score - a.score || pathOf(b.node).length - pathOf(a.node).length);
  return scored[0]?.node;
}

function itemScore(node: SampleNode, part: 'records' | 'results', question: PlacementQuestion): number {
  const leaves = leavesOf(node).filter((leaf) => !throughOther(leaf, node));
  // What holds a value of the message, as was answered, is no operator.
  if (leaves.some((leaf) => /^\{?message\./u.test(question.said.get(pathOf(leaf)) ?? ''))) return 0;
  const found = assign(leaves, part, node, question, node).filter(({ certainty }) => certainty !== 'not placed');
  if (!found.some(({ path }) => path === 'identifier')) return 0;
  if (part === 'records' && found.length < 2 && found[0]?.certainty !== 'certain') return 0;
  const gone = nameScore('departures', node.name, node.parent?.name) > nameScore(part, node.name) ? 4 : 0;
  return found.length + (node.repeated ? 4 : 0) + nameScore(part, node.name) / 2 - gone;
}

/** Inside another thing that repeats and holds more than one value: that is not a value of this item. */
function throughOther(leaf: SampleNode, item: SampleNode): boolean {
  const repeated = repeatedAbove(leaf, item);
  return repeated !== undefined && leavesOf(repeated).length > 1;
}

/** A second list: operators that left. */
function departuresOf(root: SampleNode, records: SampleNode): SampleNode | undefined {
  const others = allNodes(root).filter(
    (node) => !isUnder(node, records) && !isUnder(records, node) && node.kind !== 'attribute',
  );
  return others
    .filter((node) =>
      leavesOf(node).some((leaf) => nameScore('identifier', leaf.name) > 1 || isIdentifier(leaf.values)),
    )
    .filter((node) => nameScore('departures', node.name, node.parent?.name) > 0)
    .sort((a, b) => Number(b.repeated) - Number(a.repeated) || pathOf(b).length - pathOf(a).length)[0];
}

interface Bid extends Claim {
  readonly leaf: SampleNode;
  readonly path: string;
}

/** Gives every value of the model to the leaf with the best claim; each leaf and each value once. */
function assign(
  leaves: readonly SampleNode[],
  part: Part | 'reply',
  scope: SampleNode,
  question: PlacementQuestion,
  items: SampleNode | undefined,
): Placement[] {
  const home: Part = part === 'reply' ? 'message' : part;
  const taken = new Map<SampleNode, Placement>();
  const used = new Set<string>();
  const take = (node: SampleNode, placement: Omit<Placement, 'node' | 'part'>): void => {
    taken.set(node, { node, part: home, ...placement });
    used.add(placement.path);
  };
  for (const leaf of leaves) {
    const [path, ...chain] = question.said.get(pathOf(leaf))?.replaceAll(/[{}?]/gu, '').split('|') ?? [];
    if (path === undefined) continue;
    if (!['fixed', 'ignore', ...fields[part]].includes(path)) throw noValue(path, pathOf(leaf), fields[part]);
    const transforms = chain.length === 0 ? {} : { transforms: `|${chain.join('|')}` };
    take(leaf, { path, ...transforms, certainty: 'certain', why: 'answered' });
  }
  const claims = leaves.flatMap((leaf) =>
    fields[part].flatMap((path): Bid[] => {
      const claim = claimOf(leaf, path, { scope, items, partner: question.partner });
      return claim === undefined ? [] : [{ leaf, path, ...claim }];
    }),
  );
  claims.sort((a, b) => b.score - a.score);
  for (const { leaf, path, certain, why, score } of claims) {
    if (taken.has(leaf) || used.has(path)) continue;
    const rival = claims.some(
      (other) => other.path === path && other.leaf !== leaf && !taken.has(other.leaf) && other.score > score - 0.5,
    );
    take(leaf, {
      path,
      certainty: certain && !rival ? 'certain' : 'likely',
      why: rival ? `${why}; another element fits too` : why,
    });
  }
  return leaves.map((leaf) => taken.get(leaf) ?? { node: leaf, part: home, ...unplaced(leaf, part) });
}

function noValue(path: string, at: string, known: readonly string[]): GatewayError {
  return new GatewayError('E_REQUEST_INVALID', `an answer names ${path}, and there is no such value`, {
    at,
    fix: `Answer fixed, ignore, or one of: ${known.join(', ')}.`,
  });
}

/** What has one value in every sample, and a name that says it describes the message, stays as it is. */
function unplaced(leaf: SampleNode, part: Part | 'reply'): Pick<Placement, 'path' | 'certainty' | 'why'> {
  if (leaf.kind === 'attribute' && leaf.parent?.told?.attribute === leaf.name)
    return { path: 'fixed', certainty: 'certain', why: 'tells its element from others of the name' };
  const constant = new Set(leaf.values).size === 1 && leaf.scalar !== 'other';
  const described = (part === 'message' || part === 'reply') && nameScore('fixed', leaf.name, leaf.parent?.name) > 0;
  if (constant && (described || (leaf.kind === 'attribute' && leaf.values.length > 2)))
    return { path: 'fixed', certainty: 'likely', why: `always ${JSON.stringify(leaf.values[0])}` };
  return { path: 'ignore', certainty: 'not placed', why: `nothing tells what it is (${leaf.values.length} values)` };
}
