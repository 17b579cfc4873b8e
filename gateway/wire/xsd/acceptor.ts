/**
 * Compiles an XSD into an acceptor: a fast check that accepts only documents that are certainly valid. All others are validated
 * by libxml2. A schema with a construct outside the supported part of XML Schema 1.0 has no acceptor.
 */

import { automatonOf, type Automaton, type Expression } from './automaton.ts';
import { anyValue, simpleType, simpleTypeOf, type SimpleType } from './simple-types.ts';
import { component, partsOf, readXsd, unsupported, xsdNamespace, type XsdNode, type XsdSource } from './source.ts';

export interface Acceptor {
  /** The symbol of each `{namespace}name` of an element or attribute. */
  readonly names: ReadonlyMap<string, number>;
  readonly roots: ReadonlyMap<number, ElementType>;
}

/** A type with neither `value` nor `content` is empty. */
export interface ElementType {
  /** Of simple content. */
  value: SimpleType | undefined;
  /** Of element content. */
  content: Automaton | undefined;
  /** By symbol. */
  readonly children: (ElementType | undefined)[];
  readonly attributes: (AttributeRule | undefined)[];
  requiredAttributes: number;
  /** A high maxOccurs is counted instead of being compiled into states. */
  maxChildren: number;
}

export interface AttributeRule {
  readonly required: boolean;
  readonly type: SimpleType;
  readonly fixed: Buffer | undefined;
}

interface Compilation {
  readonly source: XsdSource;
  readonly names: Map<string, number>;
  readonly types: Map<XsdNode, ElementType>;
  /** The namespace of local elements. */
  readonly localNamespace: string;
}

const maxOccursByStates = 100;
const maxGroupDepth = 16;

/** The acceptor of an XSD in a single file; undefined when not all of it is supported. */
export function acceptorOf(text: string): Acceptor | undefined {
  const source = readXsd(text);
  if (source === undefined) return undefined;
  const { root, targetNamespace } = source;
  const attributes = ['targetNamespace', 'elementFormDefault', 'attributeFormDefault', 'version'];
  const children = ['element', 'complexType', 'simpleType', 'import', 'group', 'attributeGroup'];
  const parts = partsOf(source, root, { attributes, children });
  if (root.attributes.get('attributeFormDefault') === 'qualified' || root.name !== 'schema') unsupported(source);
  const localNamespace = root.attributes.get('elementFormDefault') === 'qualified' ? targetNamespace : '';
  const names = new Map<string, number>();
  collectNames(root, [targetNamespace, localNamespace, ''], names);
  const compilation: Compilation = { source, names, types: new Map(), localNamespace };
  const elements = parts.filter(({ name }) => name === 'element');
  const roots = elements.map(
    (node) => [names.get(`{${targetNamespace}}${nameOf(node)}`) ?? -1, typeOf(compilation, node)] as const,
  );
  return source.supported ? { names, roots: new Map(roots) } : undefined;
}

function nameOf({ attributes }: XsdNode): string {
  return attributes.get('name') ?? '';
}

function collectNames(node: XsdNode, namespaces: readonly string[], names: Map<string, number>): void {
  for (const namespace of namespaces) {
    const key = `{${namespace}}${nameOf(node)}`;
    if ((node.name === 'element' || node.name === 'attribute') && !names.has(key)) names.set(key, names.size);
  }
  for (const child of node.children) collectNames(child, namespaces, names);
}

/** The type of an element. Each is compiled once, for it may contain itself. */
function typeOf(compilation: Compilation, element: XsdNode): ElementType {
  const { source, types } = compilation;
  const attributes = ['name', 'type', 'minOccurs', 'maxOccurs', 'nillable'];
  const [inner] = partsOf(source, element, { attributes, children: ['simpleType', 'complexType'] });
  const name = element.attributes.get('type');
  const node = inner ?? component(source, 'complexType', name) ?? component(source, 'simpleType', name) ?? element;
  const known = types.get(node);
  if (known !== undefined) return known;
  const type: ElementType = {
    ...{ value: undefined, content: undefined, children: [], attributes: [] },
    ...{ requiredAttributes: 0, maxChildren: Infinity },
  };
  types.set(node, type);
  if (node.name === 'complexType') compileComplexType(compilation, type, node);
  else if (node.name === 'simpleType') type.value = simpleTypeOf(source, node);
  else if (name?.startsWith(`{${xsdNamespace}}`) === true) type.value = simpleType(source, name);
  else unsupported(source);
  // The uniqueness of IDs is checked for attributes only.
  if (type.value?.family === 'id') unsupported(source);
  return type;
}

const attributeParts = ['attribute', 'attributeGroup', 'anyAttribute'];
const contentParts = ['sequence', 'choice', 'group'];

function compileComplexType(compilation: Compilation, type: ElementType, node: XsdNode): void {
  const { source } = compilation;
  const children = ['simpleContent', ...contentParts, ...attributeParts];
  const parts = partsOf(source, node, { attributes: ['name'], children });
  const simple = parts.find(({ name }) => name === 'simpleContent');
  if (simple !== undefined) {
    const [extension] = partsOf(source, simple, { attributes: [], children: ['extension'] });
    if (extension === undefined) return unsupported(source);
    type.value = simpleType(source, extension.attributes.get('base') ?? '');
    const more = partsOf(source, extension, { attributes: ['base'], children: attributeParts });
    return compileAttributes(compilation, type, more, maxGroupDepth);
  }
  const content = parts.find(({ name }) => contentParts.includes(name));
  const attributes = parts.filter((part) => part !== content);
  compileAttributes(compilation, type, attributes, maxGroupDepth);
  if (content === undefined) return;
  type.content = automatonOf(particle(compilation, type, content, maxGroupDepth), compilation.names.size);
  if (type.content === undefined) unsupported(source);
}

function compileAttributes(
  compilation: Compilation,
  type: ElementType,
  nodes: readonly XsdNode[],
  depth: number,
): void {
  const { source, names } = compilation;
  for (const node of nodes) {
    // A wildcard has no rule: documents with an attribute that matches only the wildcard are not accepted.
    if (node.name === 'anyAttribute') continue;
    if (node.name === 'attributeGroup') {
      const group = component(source, 'attributeGroup', node.attributes.get('ref'));
      if (group === undefined || depth === 0) return unsupported(source);
      const parts = partsOf(source, group, { attributes: ['name'], children: attributeParts });
      compileAttributes(compilation, type, parts, depth - 1);
      continue;
    }
    const rule = attributeRule(source, node);
    if (rule === undefined) continue;
    const symbol = names.get(`{}${nameOf(node)}`);
    if (symbol === undefined || type.attributes[symbol] !== undefined) return unsupported(source);
    type.attributes[symbol] = rule;
    if (rule.required) type.requiredAttributes += 1;
  }
}

/** The rule of an attribute; undefined for an optional reference, which is of another namespace. */
function attributeRule(source: XsdSource, node: XsdNode): AttributeRule | undefined {
  const attributes = ['name', 'type', 'use', 'fixed', 'ref'];
  const [inner] = partsOf(source, node, { attributes, children: ['simpleType'] });
  const [use = 'optional', fixed, name] = ['use', 'fixed', 'type'].map((key) => node.attributes.get(key));
  const isReference = node.attributes.has('ref');
  if (isReference && use === 'optional') return undefined;
  if (isReference || use === 'prohibited') unsupported(source);
  const named = name === undefined ? anyValue : simpleType(source, name);
  const type = inner === undefined ? named : simpleTypeOf(source, inner);
  return { required: use === 'required', type, fixed: fixed === undefined ? undefined : Buffer.from(fixed) };
}

const emptySequence: Expression = { kind: 'sequence', parts: [] };

/** What a particle allows; the types of its elements become children of `type`. */
function particle(compilation: Compilation, type: ElementType, node: XsdNode, depth: number): Expression {
  const { source } = compilation;
  const written = node.attributes.get('maxOccurs');
  const min = occurs(source, node.attributes.get('minOccurs'));
  const max = written === 'unbounded' ? undefined : occurs(source, written);
  const isCounted = max !== undefined && max > maxOccursByStates;
  if (isCounted) type.maxChildren = Math.min(type.maxChildren, max);
  const part = term(compilation, type, node, depth);
  if (part === undefined) {
    if (min > 0) unsupported(source);
    return emptySequence;
  }
  if (isCounted && node.name !== 'element') unsupported(source);
  return min === 1 && max === 1 ? part : { kind: 'repeat', part, min, max: isCounted ? undefined : max };
}

function occurs(source: XsdSource, written = '1'): number {
  if (!/^\d{1,9}$/u.test(written)) unsupported(source);
  return Number(written);
}

/** The term of a particle; undefined for wildcards and elements of other schemas, with which no document is accepted. */
function term(compilation: Compilation, type: ElementType, node: XsdNode, depth: number): Expression | undefined {
  const { source } = compilation;
  if (depth === 0) unsupported(source);
  if (!source.supported || node.name === 'any') return undefined;
  if (node.name === 'element') return elementTerm(compilation, type, node);
  if (node.name === 'group') {
    const group = component(source, 'group', node.attributes.get('ref'));
    const [inner] = group === undefined ? [] : partsOf(source, group, { attributes: ['name'], children: contentParts });
    return inner && particle(compilation, type, inner, depth - 1);
  }
  const known = { attributes: ['minOccurs', 'maxOccurs'], children: ['element', 'any', ...contentParts] };
  const parts = partsOf(source, node, known).map((part) => particle(compilation, type, part, depth - 1));
  return { kind: node.name === 'choice' ? 'choice' : 'sequence', parts };
}

function elementTerm(compilation: Compilation, type: ElementType, node: XsdNode): Expression | undefined {
  const { source, names, localNamespace } = compilation;
  const isReference = node.attributes.has('ref');
  const declaration = isReference ? component(source, 'element', node.attributes.get('ref')) : node;
  if (declaration === undefined) return undefined;
  const symbol = names.get(`{${isReference ? source.targetNamespace : localNamespace}}${nameOf(declaration)}`);
  const child = typeOf(compilation, declaration);
  // Elements of one name in one content model have one type (Structures, 3.8.6, Element Declarations Consistent).
  const known = symbol === undefined ? undefined : type.children[symbol];
  if (symbol === undefined || (known !== undefined && known !== child)) {
    unsupported(source);
    return undefined;
  }
  type.children[symbol] = child;
  return { kind: 'symbol', symbols: [symbol] };
}
