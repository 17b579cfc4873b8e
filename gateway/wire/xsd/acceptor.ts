/**
 * Compiles an XSD into an acceptor, which says yes to documents that surely follow it. Of all others it says nothing: libxml2
 * does. A schema that uses anything beyond the plain parts of XML Schema gets no acceptor at all.
 */

import { automatonOf, type Automaton, type Expression } from './automaton.ts';
import { anyValue, simpleType, simpleTypeOf, type SimpleType } from './simple-types.ts';
import { component, doubt, partsOf, readXsd, resolved, xsdNamespace, type XsdNode, type XsdSource } from './source.ts';

export interface Acceptor {
  /** By `{namespace}name`, the number that types know an element or attribute by. */
  readonly names: ReadonlyMap<string, number>;
  readonly roots: ReadonlyMap<number, ElementType>;
}

export interface ElementType {
  /** Of an element that holds text alone. */
  value: SimpleType | undefined;
  /** Of an element that holds elements; neither this nor `value`: it holds nothing. */
  content: Automaton | undefined;
  /** By number of the name. */
  readonly children: (ElementType | undefined)[];
  readonly attributes: (AttributeRule | undefined)[];
  required: number;
  /** A list may be long; how many children there are is then counted, not followed by states. */
  mostChildren: number;
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
  readonly local: string;
}

/** Above this, occurrences are counted. */
const mostStatesOfList = 100;
const depthOfGroups = 16;

/** The acceptor of an XSD that stands in one file; undefined when not all of it is understood. */
export function acceptorOf(text: string): Acceptor | undefined {
  const source = readXsd(text);
  const known = ['targetNamespace', 'elementFormDefault', 'attributeFormDefault', 'version'];
  const children = ['element', 'complexType', 'simpleType', 'import', 'group', 'attributeGroup'];
  const parts = partsOf(source, source.root, { attributes: known, children });
  const qualified = source.root.attributes.get('elementFormDefault') === 'qualified';
  if (source.root.attributes.get('attributeFormDefault') === 'qualified' || source.root.is !== 'schema') doubt(source);
  const local = qualified ? source.target : '';
  const names = new Map<string, number>();
  collectNames(source.root, [source.target, local, ''], names);
  const compilation: Compilation = { source, names, types: new Map(), local };
  const roots = parts
    .filter(({ is }) => is === 'element')
    .map(
      (node) =>
        [names.get(`{${source.target}}${node.attributes.get('name') ?? ''}`) ?? -1, typeOf(compilation, node)] as const,
    );
  return source.understood ? { names, roots: new Map(roots) } : undefined;
}

function collectNames(node: XsdNode, namespaces: readonly string[], names: Map<string, number>): void {
  const name = node.attributes.get('name');
  for (const namespace of namespaces) {
    const key = `{${namespace}}${name ?? ''}`;
    if ((node.is === 'element' || node.is === 'attribute') && !names.has(key)) names.set(key, names.size);
  }
  for (const child of node.children) collectNames(child, namespaces, names);
}

/** The type of an element, which is compiled once and may hold itself. */
function typeOf(compilation: Compilation, element: XsdNode): ElementType {
  const { source, types } = compilation;
  const known = {
    attributes: ['name', 'type', 'minOccurs', 'maxOccurs', 'nillable'],
    children: ['simpleType', 'complexType'],
  };
  const [inner] = partsOf(source, element, known);
  const written = element.attributes.get('type');
  const name = written === undefined ? '' : resolved(source, written);
  const node = inner ?? component(source, 'complexType', name) ?? component(source, 'simpleType', name) ?? element;
  const found = types.get(node);
  if (found !== undefined) return found;
  const type: ElementType = {
    value: undefined,
    content: undefined,
    children: [],
    attributes: [],
    required: 0,
    mostChildren: Infinity,
  };
  types.set(node, type);
  if (node.is === 'complexType') fillComplex(compilation, type, node);
  else if (node.is === 'simpleType') type.value = simpleTypeOf(source, node);
  else if (name.startsWith(`{${xsdNamespace}}`)) type.value = simpleType(source, name);
  else doubt(source);
  // Ids of elements are not looked for.
  if (type.value?.family === 'id') doubt(source);
  return type;
}

const attributeParts = ['attribute', 'attributeGroup', 'anyAttribute'];
const contentParts = ['sequence', 'choice', 'group'];

function fillComplex(compilation: Compilation, type: ElementType, node: XsdNode): void {
  const { source } = compilation;
  const parts = partsOf(source, node, {
    attributes: ['name'],
    children: ['simpleContent', ...contentParts, ...attributeParts],
  });
  const simple = parts.find(({ is }) => is === 'simpleContent');
  if (simple !== undefined) {
    const [extension] = partsOf(source, simple, { attributes: [], children: ['extension'] });
    if (extension === undefined) return doubt(source);
    type.value = simpleType(source, resolved(source, extension.attributes.get('base') ?? ''));
    const more = partsOf(source, extension, { attributes: ['base'], children: attributeParts });
    return fillAttributes(compilation, type, more, depthOfGroups);
  }
  const content = parts.find(({ is }) => contentParts.includes(is));
  fillAttributes(
    compilation,
    type,
    parts.filter((part) => part !== content),
    depthOfGroups,
  );
  if (content === undefined) return;
  const expression = particle(compilation, type, content, depthOfGroups);
  type.content = automatonOf(expression, compilation.names.size);
  if (type.content === undefined) doubt(source);
}

function fillAttributes(compilation: Compilation, type: ElementType, nodes: readonly XsdNode[], depth: number): void {
  const { source, names } = compilation;
  for (const node of nodes) {
    // What any attribute may be is not asked: a document that uses it is not said yes to.
    if (node.is === 'anyAttribute') continue;
    if (node.is === 'attributeGroup') {
      const group = component(source, 'attributeGroup', resolved(source, node.attributes.get('ref') ?? ''));
      if (group === undefined || depth === 0) return doubt(source);
      fillAttributes(
        compilation,
        type,
        partsOf(source, group, { attributes: ['name'], children: attributeParts }),
        depth - 1,
      );
      continue;
    }
    const number = names.get(`{}${node.attributes.get('name') ?? ''}`);
    const rule = attributeRule(source, node);
    if (rule === undefined) continue;
    if (number === undefined || type.attributes[number] !== undefined) return doubt(source);
    type.attributes[number] = rule;
    if (rule.required) type.required += 1;
  }
}

/** The rule of an attribute; undefined for one of another namespace that may be absent. */
function attributeRule(source: XsdSource, node: XsdNode): AttributeRule | undefined {
  const known = ['name', 'type', 'use', 'fixed', 'ref'];
  const [inner] = partsOf(source, node, { attributes: known, children: ['simpleType'] });
  const [use = 'optional', fixed, written] = ['use', 'fixed', 'type'].map((name) => node.attributes.get(name));
  if (node.attributes.has('ref') && use === 'optional') return undefined;
  if (node.attributes.has('ref') || use === 'prohibited') doubt(source);
  const type =
    inner !== undefined
      ? simpleTypeOf(source, inner)
      : written === undefined
        ? anyValue
        : simpleType(source, resolved(source, written));
  return { required: use === 'required', type, fixed: fixed === undefined ? undefined : Buffer.from(fixed) };
}

const nothing: Expression = { is: 'sequence', parts: [] };

/** What a particle allows; the types of its elements are noted on the type it belongs to. */
function particle(compilation: Compilation, type: ElementType, node: XsdNode, depth: number): Expression {
  const { source } = compilation;
  const min = occurs(source, node.attributes.get('minOccurs'), 1);
  const max =
    node.attributes.get('maxOccurs') === 'unbounded' ? undefined : occurs(source, node.attributes.get('maxOccurs'), 1);
  const isLong = max !== undefined && max > mostStatesOfList;
  if (isLong) type.mostChildren = Math.min(type.mostChildren, max);
  const part = term(compilation, type, node, depth);
  if (part === undefined) {
    if (min > 0) doubt(source);
    return nothing;
  }
  if (isLong && node.is !== 'element') doubt(source);
  return min === 1 && max === 1 ? part : { is: 'repeat', part, min, max: isLong ? undefined : max };
}

function occurs(source: XsdSource, written: string | undefined, absent: number): number {
  if (written !== undefined && !/^\d{1,9}$/u.test(written)) doubt(source);
  return written === undefined ? absent : Number(written);
}

/** What stands in a particle; undefined for what belongs to another schema, which no document that is said yes to may hold. */
function term(compilation: Compilation, type: ElementType, node: XsdNode, depth: number): Expression | undefined {
  const { source } = compilation;
  if (depth === 0) doubt(source);
  if (!source.understood || node.is === 'any') return undefined;
  if (node.is === 'element') return elementTerm(compilation, type, node);
  if (node.is === 'group') {
    const group = component(source, 'group', resolved(source, node.attributes.get('ref') ?? ''));
    const [inner] = group === undefined ? [] : partsOf(source, group, { attributes: ['name'], children: contentParts });
    return inner && particle(compilation, type, inner, depth - 1);
  }
  const parts = partsOf(source, node, {
    attributes: ['minOccurs', 'maxOccurs'],
    children: ['element', 'any', ...contentParts],
  });
  const is = node.is === 'choice' ? 'choice' : 'sequence';
  return { is, parts: parts.map((part) => particle(compilation, type, part, depth - 1)) };
}

function elementTerm(compilation: Compilation, type: ElementType, node: XsdNode): Expression | undefined {
  const { source, names, local } = compilation;
  const reference = node.attributes.get('ref');
  const global = reference === undefined ? undefined : component(source, 'element', resolved(source, reference));
  if (reference !== undefined && global === undefined) return undefined;
  const namespace = global === undefined ? local : source.target;
  const number = names.get(`{${namespace}}${(global ?? node).attributes.get('name') ?? ''}`);
  if (number === undefined) {
    doubt(source);
    return undefined;
  }
  const child = typeOf(compilation, global ?? node);
  const known = type.children[number];
  if (known !== undefined && known !== child) doubt(source);
  type.children[number] = child;
  return { is: 'symbol', symbols: [number] };
}
