/** Finite automata: expressions over small numbers (bytes, names of elements) as tables that decide with one look per symbol. */

export type Expression =
  /** One symbol of these. */
  | { readonly is: 'symbol'; readonly symbols: readonly number[] }
  | { readonly is: 'sequence'; readonly parts: readonly Expression[] }
  | { readonly is: 'choice'; readonly parts: readonly Expression[] }
  | Repeat;

interface Repeat {
  readonly is: 'repeat';
  readonly part: Expression;
  readonly min: number;
  /** Undefined: without end. */
  readonly max: number | undefined;
}

export interface Automaton {
  /** The state after a symbol, at state * symbols + symbol; 0 is the state that nothing leads out of. */
  readonly next: Uint16Array;
  readonly symbols: number;
  /** By state: 1 where a word may end. */
  readonly accepts: Uint8Array;
}

/** The state every automaton begins in. */
export const firstState = 1;

/** More than any message needs, and small enough that no schema costs much memory. */
const mostNodes = 4096;
const mostStates = 2048;

/** By node: where it leads without a symbol, and with which symbols to where. */
interface Graph {
  readonly silent: number[][];
  readonly moves: { readonly symbols: readonly number[]; readonly to: number }[][];
}

/** The automaton of an expression over the symbols 0 to `symbols` - 1; undefined when it would grow too large. */
export function automatonOf(expression: Expression, symbols: number): Automaton | undefined {
  if (sizeOf(expression) > mostNodes) return undefined;
  const graph: Graph = { silent: [], moves: [] };
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
  stateOf(closure(graph, [start]));
  // The list grows while it is walked.
  for (const nodes of waiting) {
    if (waiting.length > mostStates) return undefined;
    rows.push(rowOf(graph, nodes, symbols).map((targets) => stateOf(closure(graph, targets))));
  }
  const accepts = [0, ...waiting.map((nodes) => (nodes.includes(end) ? 1 : 0))];
  return { next: Uint16Array.from(rows.flat()), symbols, accepts: Uint8Array.from(accepts) };
}

/** The number of nodes an expression takes, at least. */
function sizeOf(expression: Expression): number {
  switch (expression.is) {
    case 'symbol':
      return 1;
    case 'sequence':
    case 'choice':
      return expression.parts.reduce((sum, part) => sum + sizeOf(part) + 1, 1);
    case 'repeat':
      return 2 + (sizeOf(expression.part) + 1) * (expression.max ?? expression.min + 1);
  }
}

/** For each symbol, the nodes it leads to. */
function rowOf(graph: Graph, nodes: readonly number[], symbols: number): number[][] {
  const row = Array.from({ length: symbols }, (): number[] => []);
  for (const node of nodes) {
    for (const move of graph.moves[node] ?? []) for (const symbol of move.symbols) row[symbol]?.push(move.to);
  }
  return row;
}

/** The nodes and those that are reached from them without a symbol, in order. */
function closure(graph: Graph, from: readonly number[]): readonly number[] {
  const reached = new Set(from);
  for (const node of reached) for (const next of graph.silent[node] ?? []) reached.add(next);
  return [...reached].sort((a, b) => a - b);
}

function addNode({ silent, moves }: Graph): number {
  silent.push([]);
  moves.push([]);
  return silent.length - 1;
}

/** Adds the nodes of an expression that starts at a node; gives the node where it ends. */
function build(graph: Graph, expression: Expression, from: number): number {
  switch (expression.is) {
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
    graph.silent[build(graph, part, again)]?.push(again);
    return again;
  }
  const ends = [node];
  for (let i = min; i < max; i += 1) {
    node = build(graph, part, join(graph, [node]));
    ends.push(node);
  }
  return join(graph, ends);
}

/** A new node that these lead to without a symbol. */
function join(graph: Graph, nodes: readonly number[]): number {
  const to = addNode(graph);
  for (const node of nodes) graph.silent[node]?.push(to);
  return to;
}
