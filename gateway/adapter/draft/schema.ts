/** The schema of a drafted message, from its template: XSD, or JSON Schema for JSON and for lines. It says the structure; codes and dates are the template's. */

import { jsonText } from '../check/message-text.ts';
import type { Layout } from './read-samples.ts';
import type { Item } from './tree.ts';
import { spacesIn, writtenText } from './write.ts';

/** The files of a schema, by name; the first is the schema itself. `id`: the name of a JSON Schema, a URN. */
export function schemasOf(root: Item, layout: Layout, kind: string, id: string): [string, string][] {
  if (layout.format === 'xml')
    return spacesIn(root).map((space, i, all) => [
      fileOf(kind, i),
      writtenText(xmlSchema(root, kind, space, all), layout),
    ]);
  const $schema = 'https://json-schema.org/draft/2020-12/schema';
  const schema = layout.format === 'json' ? objectSchema(root) : linesSchema(root);
  return [[`${kind}.schema.json`, jsonText({ $schema, $id: id, ...schema })]];
}

/** A value with a question mark, a list, what is dropped, and a group of nothing else. */
function isOptional({ text, each, dropped, children }: Item): boolean {
  if (each !== undefined || dropped === true) return each?.endsWith('?') !== false;
  return text === undefined ? children.length > 0 && children.every(isOptional) : /\{[^|}]*\?/u.test(text);
}

function objectSchema({ children }: Item): object {
  const properties = Object.fromEntries(
    [...Map.groupBy(children, ({ name }) => name)].map(([name, same]) => [name, listSchema(same.map(memberSchema))]),
  );
  const required = [...new Set(children.filter((each) => !isOptional(each)).map(({ name }) => name))];
  return { type: 'object', additionalProperties: false, ...(required.length > 0 && { required }), properties };
}

/** Of two lists in one member an item is one of either. */
function listSchema(same: readonly unknown[]): unknown {
  if (same.length === 1) return same[0];
  return { type: 'array', items: { anyOf: same.map((each) => (each as { readonly items: unknown }).items) } };
}

function memberSchema(member: Item): unknown {
  const { text, each, dropped, json } = member;
  if (dropped === true) return true;
  const number = text?.endsWith('|number}') === true;
  const hole = number ? { type: 'integer', minimum: 0 } : { type: 'string', minLength: 1, maxLength: 512 };
  const fixed = { const: json === undefined ? text : (JSON.parse(text ?? '') as unknown) };
  const own = text === undefined ? objectSchema(member) : text.includes('{') ? hole : fixed;
  return each === undefined ? own : { type: 'array', items: own };
}

/** Each line begins like one of the template, unless one begins with a value. */
function linesSchema({ children }: Item): object {
  const begins = children.map(({ children: [first] }) => (first?.text?.includes('{') === false ? first.text : ''));
  const plain = begins.map((text) => text.replaceAll(/[\\^$.*+?()[\]{}|/]/gu, '\\$&'));
  const known = begins.includes('') ? {} : { pattern: `^"?(?:${[...new Set(plain)].join('|')})` };
  return { type: 'array', minItems: 1, items: { type: 'string', ...known } };
}

const fileOf = (kind: string, i: number): string => (i === 0 ? `${kind}.xsd` : `${kind}.${i + 1}.xsd`);

function element(name: string, attributes: Readonly<Record<string, string>>, ...children: Item[]): Item {
  const own = Object.entries(attributes).map(([each, text]): Item => ({
    kind: 'attribute',
    name: each,
    text,
    children: [],
  }));
  return { kind: 'element', name: `xs:${name}`, children: [...own, ...children] };
}

/** The elements of one namespace, each declared once. */
function xmlSchema(root: Item, kind: string, space: string, spaces: readonly string[]): Item {
  const imports = spaces.map((namespace, i) =>
    element('import', { ...(namespace && { namespace }), schemaLocation: fileOf(kind, i) }),
  );
  const inside = (item: Item): Item[] => [item, ...item.children.flatMap(inside)];
  const own = inside(root).filter((item) => item.kind === 'element' && (item.space ?? '') === space);
  const elements = [...Map.groupBy(own, ({ name }) => name)].map(([name, same]) =>
    declaration(name, same, root, spaces),
  );
  const prefixes = Object.fromEntries(spaces.flatMap((each, i) => (each === '' ? [] : [[`xmlns:n${i}`, each]])));
  const target = { ...(space && { targetNamespace: space }), elementFormDefault: 'qualified' };
  const head = { 'xmlns:xs': 'http://www.w3.org/2001/XMLSchema', ...prefixes, ...target };
  return element('schema', head, ...imports.filter((_, i) => spaces[i] !== space), ...elements);
}

/** One element. `same`: wherever it stands in the template. */
function declaration(name: string, same: readonly Item[], root: Item, spaces: readonly string[]): Item {
  if (same.some(({ dropped }) => dropped === true)) return element('element', { name });
  const inner = same.flatMap(({ children }) => children);
  const [attributes, elements]: [Item[], Item[]] = [[], []];
  for (const all of Map.groupBy(inner, (each) => `${each.kind} ${each.space ?? ''} ${each.name}`).values()) {
    const [first = root] = all;
    const needed = all.length === same.length && !all.some((each) => isOptional(each) || each.each !== undefined);
    const many = all.some(({ each, dropped }) => each !== undefined || dropped === true);
    const occurs = { minOccurs: needed ? '1' : '0', maxOccurs: many ? 'unbounded' : String(all.length) };
    const ref = `${first.space ? `n${spaces.indexOf(first.space)}:` : ''}${first.name}`;
    const type = first.name === 'Id' ? 'xs:ID' : 'xs:string';
    if (first.kind === 'element') elements.push(element('element', { ref, ...occurs }));
    else if (!first.space)
      attributes.push(element('attribute', { name: first.name, type, use: needed ? 'required' : 'optional' }));
  }
  if (inner.some(({ kind, space }) => kind === 'attribute' && space))
    attributes.push(element('anyAttribute', { processContents: 'skip' }));
  const signature = { namespace: 'http://www.w3.org/2000/09/xmldsig#', processContents: 'skip', minOccurs: '0' };
  if (same.includes(root)) elements.push(element('any', signature));
  const limits = [element('minLength', { value: '1' }), element('maxLength', { value: '512' })];
  const text = element('simpleType', {}, element('restriction', { base: 'xs:string' }, ...limits));
  if (elements.length + attributes.length === 0) return element('element', { name }, text);
  const simple = element('simpleContent', {}, element('extension', { base: 'xs:string' }, ...attributes));
  const content = elements.length === 0 ? [simple] : [element('sequence', {}, ...elements), ...attributes];
  return element('element', { name }, element('complexType', {}, ...content));
}
