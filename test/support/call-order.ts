/** The functions of gateway/ and the order in which they call each other, read with the TypeScript compiler. */

import { readdirSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

/** Where a call stands: its end in the function of the caller, then in each function of the same file on the way. */
export type CallPath = readonly number[];

export interface CallOrder {
  /** The declaration of `file:function`; undefined where the file has no such function. */
  find(place: string): ts.Node | undefined;
  /**
   * Every call of `target` in `caller`, directly or through functions of the caller's file. With `member`, calls of a function of
   * that name that is handed over, such as `layout.encode`; some object or variable must define it by `target`.
   */
  callsOf(caller: ts.Node, target: ts.Node, member?: string): readonly CallPath[];
}

/** Reads all of gateway/. Nothing is type-checked: only names are resolved. */
export function readCallOrder(folder: string): CallOrder {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const program = programOf(files.map((file) => path.join(folder, file)));
  const checker = program.getTypeChecker();
  const sources = files.flatMap((file) => program.getSourceFile(path.join(folder, file)) ?? []);
  return {
    find(place) {
      const [file = '', name = ''] = place.split(':');
      const source = program.getSourceFile(path.join(folder, file));
      return source && topLevel(source).find((one) => one.name?.getText() === name);
    },
    callsOf: remembered((caller, target, member) => {
      if (member === undefined) return pathsTo(checker, caller, target, new Set());
      const isDefined = sources.some((source) => defines(checker, source, member, target));
      return isDefined ? memberCalls(checker, caller, member, new Set()) : [];
    }),
  };
}

/** Each is looked for once, however many walks are tried. */
function remembered(callsOf: CallOrder['callsOf']): CallOrder['callsOf'] {
  const placeOf = (node: ts.Node): string => `${node.getSourceFile().fileName}:${String(node.pos)}`;
  const known = new Map<string, readonly CallPath[]>();
  return (caller, target, member = '') => {
    const key = [placeOf(caller), placeOf(target), member].join(' ');
    const calls = known.get(key) ?? callsOf(caller, target, member === '' ? undefined : member);
    known.set(key, calls);
    return calls;
  };
}

/** Packages and the library of the language are left out: a stop is a function of ours. */
function programOf(rootNames: readonly string[]): ts.Program {
  const options: ts.CompilerOptions = {
    ...{ target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.ESNext, allowImportingTsExtensions: true },
    ...{ noEmit: true, noLib: true, types: [] },
  };
  const host = ts.createCompilerHost(options, true);
  host.resolveModuleNameLiterals = (literals, containing) =>
    literals.map(({ text }) => {
      if (!text.startsWith('.') || !text.endsWith('.ts')) return { resolvedModule: undefined };
      const resolvedFileName = path.join(path.dirname(containing), text);
      return { resolvedModule: { resolvedFileName, extension: ts.Extension.Ts } };
    });
  return ts.createProgram({ rootNames, options, host });
}

type Named = ts.FunctionDeclaration | ts.VariableDeclaration;

function topLevel(source: ts.SourceFile): readonly Named[] {
  return source.statements.flatMap((one): readonly Named[] => {
    if (ts.isFunctionDeclaration(one)) return [one];
    return ts.isVariableStatement(one) ? one.declarationList.declarations : [];
  });
}

/** All nodes below one that are evaluated: no types. */
function* nodesIn(node: ts.Node): Generator<ts.Node> {
  const children: ts.Node[] = [];
  node.forEachChild((child) => void children.push(child));
  for (const child of children) {
    if (ts.isTypeNode(child) && !ts.isExpressionWithTypeArguments(child)) continue;
    yield child;
    yield* nodesIn(child);
  }
}

/** What a name in an expression stands for, imports and re-exports followed. */
function declarationOf(checker: ts.TypeChecker, name: ts.Identifier): ts.Declaration | undefined {
  const { parent } = name;
  if (ts.isPropertyAccessExpression(parent) && parent.name === name) return undefined;
  const symbol = ts.isShorthandPropertyAssignment(parent)
    ? checker.getShorthandAssignmentValueSymbol(parent)
    : checker.getSymbolAtLocation(name);
  if (symbol === undefined) return undefined;
  const isAlias = (symbol.flags & ts.SymbolFlags.Alias) !== 0;
  return (isAlias ? checker.getAliasedSymbol(symbol) : symbol).declarations?.[0];
}

/** A call counts where it ends, because its arguments are evaluated first. */
function endOf(name: ts.Node): number {
  const callee = ts.isPropertyAccessExpression(name.parent) && name.parent.name === name ? name.parent : name;
  return ts.isCallExpression(callee.parent) && callee.parent.expression === callee
    ? callee.parent.getEnd()
    : callee.getEnd();
}

/** The declaration of a function or variable of the same file, outside of `node`, whose nodes are visited anyway. */
function elsewhereInFile(node: ts.Node, found: ts.Declaration | undefined): ts.Declaration | undefined {
  if (found === undefined || found.getSourceFile() !== node.getSourceFile()) return undefined;
  if (!ts.isFunctionDeclaration(found) && !ts.isVariableDeclaration(found)) return undefined;
  return found.pos >= node.pos && found.end <= node.end ? undefined : found;
}

function pathsTo(
  checker: ts.TypeChecker,
  from: ts.Node,
  target: ts.Node,
  visited: ReadonlySet<ts.Node>,
): readonly CallPath[] {
  const paths: CallPath[] = [];
  const passed = new Set([...visited, from]);
  for (const node of nodesIn(from)) {
    if (!ts.isIdentifier(node)) continue;
    const found = declarationOf(checker, node);
    if (found === target) paths.push([endOf(node)]);
    const next = elsewhereInFile(from, found);
    if (next === undefined || next === target || passed.has(next)) continue;
    for (const rest of pathsTo(checker, next, target, passed)) paths.push([endOf(node), ...rest]);
  }
  return paths;
}

/** Calls of a function known by the name `member` only: a parameter, or a member of an object. */
function memberCalls(
  checker: ts.TypeChecker,
  from: ts.Node,
  member: string,
  visited: ReadonlySet<ts.Node>,
): readonly CallPath[] {
  const paths: CallPath[] = [];
  const passed = new Set([...visited, from]);
  for (const node of nodesIn(from)) {
    if (!ts.isIdentifier(node)) continue;
    const end = endOf(node);
    const isCalled = end !== node.getEnd();
    if (node.text === member && isCalled) paths.push([end]);
    const next = elsewhereInFile(from, declarationOf(checker, node));
    if (next === undefined || passed.has(next)) continue;
    for (const rest of memberCalls(checker, next, member, passed)) paths.push([end, ...rest]);
  }
  return paths;
}

/** Whether a file defines a member or variable of that name by the target: it calls the target, or stands within it. */
function defines(checker: ts.TypeChecker, source: ts.SourceFile, member: string, target: ts.Node): boolean {
  if (!source.text.includes(member)) return false;
  for (const node of nodesIn(source)) {
    const isDefinition =
      ts.isPropertyAssignment(node) || ts.isMethodDeclaration(node) || ts.isVariableDeclaration(node);
    if (!isDefinition || node.name.getText() !== member) continue;
    const isInside = target.getSourceFile() === source && node.pos >= target.pos && node.end <= target.end;
    if (isInside || pathsTo(checker, node, target, new Set()).length > 0) return true;
  }
  return false;
}

/** Whether a call stands behind another. */
export function isBehind(a: CallPath, b: CallPath): boolean {
  const at = a.findIndex((end, i) => end !== b[i]);
  return at >= 0 && (a[at] ?? 0) > (b[at] ?? -1);
}
