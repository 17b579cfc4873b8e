/** Finds what each element of a sample is: by an answer, by its name, or by what its values look like. */

import { GatewayError } from '../../model/errors.ts';
import { isComputed } from '../template/computed.ts';
import { jsonKindOf, leavesOf, nodesIn, pathOf, pathTo, repeatedAbove, type SampleNode } from './tree.ts';
import { fieldsOf, fitOf, notationsOf, type Search } from './values.ts';
import { matchName } from './vocabulary.ts';

/** What a leaf of the tree is. */
export interface Placement {
  readonly node: SampleNode;
  /** The list it belongs to; `message` outside of all lists. */
  readonly scope: string;
  /** A field of the model, `fixed` or `ignore`. */
  readonly path: string;
  /** Of an answer: the transforms. */
  readonly chain?: string;
  /** Where one element has several values: its holes, as the template shows them. The others have placements of their own, as `beside`. */
  readonly text?: string;
  readonly beside?: true;
  readonly certainty: 'certain' | 'likely' | 'not placed';
  readonly why: string;
  /** What else it may be. */
  readonly candidates: readonly string[];
}

export interface Placed {
  readonly placements: readonly Placement[];
  /** The operators of a list, the results of a reply. */
  readonly items?: SampleNode | undefined;
  readonly departures?: SampleNode | undefined;
}

/** Every element of the sample that carries a value, placed or not. */
export function placeSample(search: Search): Placed {
  const { kind, root, vocabulary } = search;
  const isGone = (node: SampleNode): boolean =>
    matchName(vocabulary, 'departures', node.name, node.parent?.name) >= 1 ||
    node.children.some((leaf) => search.answered.get(pathOf(leaf))?.startsWith(ofDepartures) === true);
  const [gone, other] = [true, false].map((wanted) =>
    leavesOf(root).filter((leaf) => pathTo(leaf).some(isGone) === wanted),
  );
  const scope = kind === 'list' ? 'records' : 'results';
  const items = groupOf(kind === 'list' ? (other ?? []) : leavesOf(root), scope, search);
  const isInside = (node: SampleNode): boolean => pathTo(node).some((each) => each === items);
  // An empty list is known by its name.
  const empty = nodesIn(root).find((node) => isGone(node) && leavesOf(node).length === 0 && !isInside(node));
  const beside = (gone ?? []).filter((leaf) => !isInside(leaf));
  const others = (): SampleNode | undefined => items && otherLine(root, items, search);
  const departures = kind === 'list' ? (groupOf(beside, 'departures', search) ?? empty ?? others()) : undefined;
  const groups = new Map([
    [items, scope],
    [departures, 'departures'],
  ]);
  const groupAt = (leaf: SampleNode): SampleNode => pathTo(leaf).find((node) => groups.has(node)) ?? root;
  const parts = Map.groupBy(leavesOf(root), groupAt);
  const known = { ...search, operators: items?.items.length ?? -1 };
  const placements = [...parts].flatMap(([group, leaves]) =>
    assign(leaves, group, groups.get(group) ?? 'message', known),
  );
  return { placements, items, departures };
}

/** Before the path of an answer: the element is of an operator that left, whatever its group is called. */
const ofDepartures = 'departures.';

/** Another kind of line with numbers in the form of the operators: those that left. */
function otherLine({ children }: SampleNode, items: SampleNode, search: Search): SampleNode | undefined {
  const formOf = (value: string): string => value.replaceAll(/\d/gu, '9').replaceAll(/\p{Lu}/gu, 'A');
  const [best] = leavesOf(items)
    .map((leaf) => ({
      leaf,
      claim: claimsOf(leaf, items, 'records', search).find(({ path }) => path === 'identifier'),
    }))
    .filter(({ claim }) => claim?.claimed === true)
    .sort((a, b) => (b.claim?.score ?? 0) - (a.claim?.score ?? 0));
  const forms = new Set(best?.leaf.values.map(formOf).filter((form) => /A.*9{3}/u.test(form)));
  const isLike = (line: SampleNode): boolean =>
    line !== items &&
    line.kind === 'line' &&
    leavesOf(line).some(({ values }) => values.every((each) => forms.has(formOf(each))));
  return forms.size > 0 && forms.size < 4 ? children.find(isLike) : undefined;
}

/** The element that stands for one item of a list: what repeats around the best number of an operator. */
function groupOf(leaves: readonly SampleNode[], scope: string, search: Search): SampleNode | undefined {
  const found = leaves.flatMap((leaf) => {
    const group =
      pathTo(leaf)
        .slice(1)
        .find(({ repeated }) => repeated) ?? leaf.parent;
    const answer = search.answered.get(pathOf(leaf))?.replace(ofDepartures, '');
    if (group !== undefined && leavesOf(group).some((each) => isOfMessage(search, each))) return [];
    if (group?.parent === undefined || (answer !== undefined && !answer.startsWith('identifier'))) return [];
    const claim = claimsOf(leaf, group, scope, search).find(({ path, claimed }) => path === 'identifier' && claimed);
    const score = answer === undefined ? claim?.score : 9;
    return score === undefined ? [] : [{ group, score: score + (group.repeated ? 4 : 0) }];
  });
  return found.sort((a, b) => b.score - a.score)[0]?.group;
}

/** Whether an answer says that a value is of the whole message, so that what it stands in is no item of a list. */
function isOfMessage({ answered }: Search, leaf: SampleNode): boolean {
  return /^\{?(?:message|ack)\./u.test(answered.get(pathOf(leaf)) ?? '');
}

interface Claim extends Pick<Placement, 'node' | 'path' | 'why' | 'text'> {
  readonly score: number;
  /** Its name, or the values by themselves, say so; otherwise the values only look like it. */
  readonly claimed: boolean;
  readonly certain: boolean;
}

/** The fields that a leaf may be. */
function claimsOf(node: SampleNode, within: SampleNode, scope: string, search: Search): Claim[] {
  const { kind, vocabulary } = search;
  const untitled = /^\d+$/u.test(node.name);
  const groups = node.kind === 'cell' ? [] : pathTo(node, within).slice(1);
  const around = groups.map(({ name }) => name).join(' ');
  const [repeats, json] = [repeatedAbove(node, within) !== undefined, jsonKindOf(node)];
  return fieldsOf(kind, scope).flatMap((field): Claim[] => {
    const { path } = field;
    const countable = ['count', 'words', 'period'].includes(field.kind) || ['grade', 'identifier'].includes(path);
    const isDay = field.kind === 'day' || field.kind === 'moment';
    if ((repeats && path !== 'roles') || (json === 'other' && !isDay) || (json === 'number' && !countable)) return [];
    const name = matchName(vocabulary, path, `${node.name} ${node.which?.split('=')[1] ?? ''}`, around);
    const fit = fitOf(node.values, field, search);
    // Columns of fixed width have one value each.
    if (fit === undefined || (fit.text !== undefined && node.columns !== undefined)) return [];
    // The number of a layout may happen to be that of the operators.
    const proof = fit.proof === true && matchName(vocabulary, 'fixed', node.name) === 0;
    // A column without a title says nothing by its name: there the values alone are asked. A time outside of lists is mostly that of issue.
    const alone = path === 'message.issuedAt' || (untitled && path !== 'message.kind');
    const mayStand = field.kind !== 'period' || search.periods;
    const claimed = mayStand && (name > 0 || proof || (alone && fit.score >= 1.5));
    const certain = fit.score >= 1 && name >= 3;
    const why = `${certain ? 'by its name; ' : name > 0 ? 'its name may say so; ' : ''}${fit.why}`;
    return [{ node, path, score: name + fit.score, claimed, certain, why, ...(fit.text && { text: fit.text }) }];
  });
}

/** Gives every field to the leaf with the best claim; each leaf and each field once. */
function assign(leaves: readonly SampleNode[], within: SampleNode, scope: string, search: Search): Placement[] {
  const all = leaves.flatMap((leaf) => claimsOf(leaf, within, scope, search)).sort((a, b) => b.score - a.score);
  const placed = new Map<SampleNode, Omit<Placement, 'candidates'>>();
  for (const node of leaves) {
    const answer = search.answered.get(pathOf(node));
    if (answer === undefined) continue;
    const own = answer.replace(ofDepartures, '');
    placed.set(node, { node, scope, ...answerOf(own, pathOf(node), search.kind, scope) });
  }
  const claims = all.filter(({ claimed }) => claimed);
  for (const { node, path, certain, why, score, text } of claims) {
    // Only the two parts of a value that an answer splits have one path.
    const isTaken = [...placed.values()].some(
      (each) => each.path === path && each.chain?.startsWith('|first:') !== true,
    );
    if (placed.has(node) || isTaken) continue;
    const near = score - (path === 'identifier' ? 1.5 : 0.5);
    const isRival = (each: Claim): boolean => each.path === path && each.node !== node && !placed.has(each.node);
    const rival = claims.some((each) => isRival(each) && (each.certain || each.score > near));
    const doubt = rival ? '; another element fits too' : '';
    const certainty = certain && !rival ? 'certain' : 'likely';
    placed.set(node, { node, scope, path, certainty, why: why + doubt, ...(text && { text }) });
  }
  return leaves.flatMap((node): Placement[] => {
    const found = placed.get(node) ?? { node, scope, ...unplaced(node, scope, search) };
    const others = all.filter((claim) => claim.node === node && claim.path !== found.path);
    const placement = { ...found, candidates: others.slice(0, 4).map(({ path }) => path) };
    const { text: _, ...about } = placement;
    const beside = pathsIn(found.text).filter((path) => path !== found.path);
    return [placement, ...beside.map((path): Placement => ({ ...about, path, beside: true }))];
  });
}

/** The paths of the holes in a text. */
function pathsIn(text = ''): readonly string[] {
  return Array.from(text.matchAll(/\{([^{}|?]+)/gu), ([, path = '']) => path);
}

/** `validFrom|date:dd.MM.yyyy`, with or without braces; several holes of one element as the template shows them. */
function answerOf(answer: string, at: string, kind: Search['kind'], scope: string) {
  const several = pathsIn(answer);
  const whole = several.length > 1;
  const [written = '', ...chain] = answer.replaceAll(/[{}?]/gu, '').split('|');
  const [path = written] = whole ? several : [];
  const known = ['fixed', 'ignore', '#', ...fieldsOf(kind, scope).map((field) => field.path)];
  const transforms = whole ? { text: answer } : chain.length === 0 ? {} : { chain: `|${chain.join('|')}` };
  if ([path, ...several].every((each) => known.includes(each) || isComputed(each)))
    return { path, certainty: 'certain' as const, why: 'answered', ...transforms };
  const fix = `Answer one of: ${known.join(', ')}.`;
  throw new GatewayError('E_REQUEST_INVALID', `an answer names ${path}, and there is no such value`, { at, fix });
}

/** What has one value in every sample, and a name that says it describes the message, stays as it is. */
function unplaced(node: SampleNode, scope: string, { vocabulary }: Search) {
  const { kind, name, parent, values } = node;
  if (kind === 'attribute' && parent?.which?.startsWith(`@${name}=`) === true)
    return { path: 'fixed', certainty: 'certain' as const, why: 'tells its element from others of the name' };
  if (scope !== 'message' && values.length > 1 && values.every((value, i) => Number(value) === i + 1))
    return { path: '#', certainty: 'certain' as const, why: 'counts the rows' };
  const described = scope === 'message' && (kind === 'cell' || matchName(vocabulary, 'fixed', name, parent?.name) > 0);
  const carried = jsonKindOf(node) !== 'other' && notationsOf('day', values, vocabulary).length === 0;
  if (described && carried && new Set(values).size === 1)
    return { path: 'fixed', certainty: 'likely' as const, why: `always ${JSON.stringify(values[0])}` };
  const why = `nothing tells what it is (${values.length} values like ${values[0]?.slice(0, 40) ?? ''})`;
  return { path: 'ignore', certainty: 'not placed' as const, why };
}
