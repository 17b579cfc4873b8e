/** Deterministic finite automata: regular expressions over numbers (bytes, symbols of element names) as transition tables. */

export type Expression =
  | { readonly kind: 'symbol'; readonly symbols: readonly number[] }
  | { readonly kind: 'sequence'; readonly parts: readonly Expression[] }
  | { readonly kind: 'choice'; readonly parts: readonly Expression[] }
  | Repeat;

interface Repeat {
  readonly kind: 'repeat';
  readonly part: Expression;
  readonly min: number;
  /** Undefined: unbounded. */
  readonly max: number | undefined;
}

export interface Automaton {
  /** The next state, at state * symbols + symbol; state 0 is the dead state. */
  readonly next: Uint16Array;
  readonly symbols: number;
  /** By state: 1 for accepting states. */
  readonly accepting: Uint8Array;
}

export const initialState = 1;

/** Limits of the memory that a schema can use. */
const maxNodes = 4096;
const maxStates = 2048;

/** A nondeterministic automaton (Thompson's construction): the epsilon transitions and the moves of each node. */
interface Graph {
  readonly epsilon: number[][];
  readonly moves: { readonly symbols: readonly number[]; readonly to: number }[][];
}

/** The automaton of an expression over the symbols 0 to `symbols` - 1, by subset construction; undefined when it exceeds the limits. */
export function automatonOf(expression: Expression, symbols: number): Automaton | undefined {
  if (sizeOf(expression) > maxNodes) return undefined;
  const graph: Graph = { epsilon: [], moves: [] };
  const start = addNode(graph);
  const end = build(graph, expression, start);
  const rows = [new Array<number>(symbols).fill(0)];
  const states = new Map([['', 0]]);
  const waiting: (readonly number[])[] = [];
  const stateOf = (nodes: readonly number[]): number => {
    const key = nodes.join(' ');
    const known = states.get(key);
    if (known !== undefined) return known;
    waiting.push(nodes);
    states.set(key, waiting.length);
    return waiting.length;
  };
  // Most symbols lead to the same nodes as others.
  const byTargets = new Map<string, number>();
  const nextOf = (targets: readonly number[]): number => {
    const key = targets.join(' ');
    const next = byTargets.get(key) ?? stateOf(closure(graph, targets));
    byTargets.set(key, next);
    return next;
  };
  stateOf(closure(graph, [start]));
  // stateOf appends to the list during the loop.
  for (const nodes of waiting) {
    if (waiting.length > maxStates) return undefined;
    rows.push(rowOf(graph, nodes, symbols).map(nextOf));
  }
  const accepting = [0, ...waiting.map((nodes) => (nodes.includes(end) ? 1 : 0))];
  return { next: Uint16Array.from(rows.flat()), symbols, accepting: Uint8Array.from(accepting) };
}

/** Whether an automaton over 256 symbols accepts the bytes from start to end. */
export function acceptsBytes({ next, accepting }: Automaton, bytes: Uint8Array, start: number, end: number): boolean {
  let state = initialState;
  for (let i = start; i < end; i += 1) state = next[(state << 8) | (bytes[i] ?? 0)] ?? 0;
  return accepting[state] === 1;
}

/** A lower bound of the nodes that an expression takes. */
function sizeOf(expression: Expression): number {
  switch (expression.kind) {
    case 'symbol':
      return 1;
    case 'sequence':
    case 'choice':
      return expression.parts.reduce((sum, part) => sum + sizeOf(part) + 1, 1);
    case 'repeat':
      return 2 + (sizeOf(expression.part) + 1) * (expression.max ?? expression.min + 1);
  }
}

/** The nodes that each symbol leads to. */
function rowOf(graph: Graph, nodes: readonly number[], symbols: number): number[][] {
  const row = Array.from({ length: symbols }, (): number[] => []);
  for (const node of nodes) {
    for (const move of graph.moves[node] ?? []) for (const symbol of move.symbols) row[symbol]?.push(move.to);
  }
  return row;
}

/** The epsilon closure, sorted. */
function closure(graph: Graph, from: readonly number[]): readonly number[] {
  const reached = new Set(from);
  for (const node of reached) for (const next of graph.epsilon[node] ?? []) reached.add(next);
  return [...reached].sort((a, b) => a - b);
}

function addNode({ epsilon, moves }: Graph): number {
  epsilon.push([]);
  moves.push([]);
  return epsilon.length - 1;
}

/** Adds the nodes of an expression from a node on, and returns its last node. */
function build(graph: Graph, expression: Expression, from: number): number {
  switch (expression.kind) {
    case 'symbol': {
      const to = addNode(graph);
      graph.moves[from]?.push({ symbols: expression.symbols, to });
      return to;
    }
    case 'sequence':
      return expression.parts.reduce((node, part) => build(graph, part, node), from);
    case 'choice':
      return join(
        graph,
        expression.parts.map((part) => build(graph, part, join(graph, [from]))),
      );
    case 'repeat':
      return buildRepeat(graph, expression, from);
  }
}

function buildRepeat(graph: Graph, { part, min, max }: Repeat, from: number): number {
  let node = from;
  for (let i = 0; i < min; i += 1) node = build(graph, part, node);
  if (max === undefined) {
    const again = join(graph, [node]);
    graph.epsilon[build(graph, part, again)]?.push(again);
    return again;
  }
  const ends = [node];
  for (let i = min; i < max; i += 1) {
    node = build(graph, part, join(graph, [node]));
    ends.push(node);
  }
  return join(graph, ends);
}

/** A new node with an epsilon transition from each of these. */
function join(graph: Graph, nodes: readonly number[]): number {
  const to = addNode(graph);
  for (const node of nodes) graph.epsilon[node]?.push(to);
  return to;
}
