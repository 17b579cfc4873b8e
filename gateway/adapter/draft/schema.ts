/** Writes the schema of a drafted message: XSD, or JSON Schema for JSON and for lines. */

import { escapeAttribute as escaped } from '../xml/escaping.ts';
import { isDropped, isOptional, type SampleNode } from './sample-tree.ts';
import { cellWriter, jsonText, namespacesOf, quoted, templatePiece, type Json } from './write.ts';

/** The files of a message's schema, by name; the first is the schema itself. `id`: the name of a JSON Schema, a URN. */
export function schemasOf(
  root: SampleNode,
  format: string,
  separator: string,
  kind: string,
  id: string,
): [string, string][] {
  if (format === 'xml') return xmlSchemas(root, `${kind}.xsd`);
  const $schema = 'https://json-schema.org/draft/2020-12/schema';
  const schema = format === 'json' ? objectSchema(root) : linesSchema(root, separator);
  return [[`${kind}.schema.json`, jsonText({ $schema, $id: id, ...schema })]];
}

type Schema = Readonly<Record<string, Json>>;

function objectSchema({ children }: SampleNode): Schema {
  const needed = ({ each }: SampleNode): boolean => each?.endsWith('?') !== true;
  const required = children.filter((node) => !isOptional(node) && needed(node) && !isDropped(node));
  const properties = Object.fromEntries(children.map((node): [string, Json] => [node.name, valueSchema(node)]));
  const names = required.length === 0 ? {} : { required: required.map(({ name }) => name) };
  return { type: 'object', additionalProperties: false, ...names, properties };
}

function valueSchema(node: SampleNode): Json {
  const { use, each, scalar } = node;
  if (isDropped(node)) return true;
  const fixed =
    use?.is === 'fixed' ? { const: scalar === 'text' ? use.text : (JSON.parse(use.text) as Json) } : undefined;
  const own = fixed ?? (use === undefined ? objectSchema(node) : typeSchema(use.type));
  return each === undefined ? own : { type: 'array', items: own };
}

/** Patterns are those of an XSD with anchors. */
function typeSchema({ pattern, number }: NonNullable<SampleNode['use']>['type']): Schema {
  if (number === true) return { type: 'integer', minimum: 0, maximum: 999_999_999_999_999 };
  if (pattern === undefined) return { type: 'string', minLength: 1, maxLength: 512 };
  return { type: 'string', pattern: `^(?:${pattern})$` };
}

/** Each line follows one of the kinds. */
function linesSchema(root: SampleNode, separator: string): Schema {
  const sign = plainRegex(separator);
  const kinds = root.children.map((line) => {
    const tag = line.tag === undefined ? [] : [plainRegex(quoted(line.tag.text, separator))];
    return isDropped(line)
      ? `${tag.join('')}.*`
      : [...tag, ...line.children.map((cell) => cellRegex(cell, separator))].join(sign);
  });
  const pattern = `^(?:${[...new Set(kinds)].join('|')})$`;
  return { type: 'array', minItems: 1, items: { type: 'string', pattern } };
}

/** A text as a pattern that every dialect reads alike. */
function plainRegex(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/gu, '\\$&');
}

function cellRegex(cell: SampleNode, separator: string): string {
  const { use, before = '', columns } = cell;
  if (use?.is === 'fixed') return plainRegex(cellWriter(separator)(templatePiece(cell)));
  if (separator === '') {
    const width = columns?.width ?? 0;
    // A value that must be there stands at the side from which it is not filled.
    if (use === undefined || use.optional || use.type.pattern === '.{0,400}') return `.{${width}}`;
    return columns?.fill === '' ? `[^ ].{${width - 1}}` : `.{${width - 1}}[^ ]`;
  }
  const any = `(?:[^"${plainRegex(separator)}]{1,512}|"(?:[^"]|""){1,1024}")`;
  const pattern = use?.text.startsWith('{') === true ? use.type.pattern : undefined;
  const text = pattern === undefined ? any : `${plainRegex(before)}(?:${pattern})`;
  return use === undefined || use.optional ? `(?:${text})?` : text;
}

const signatureNamespace = 'http://www.w3.org/2000/09/xmldsig#';

interface SchemaWriter {
  readonly space: string;
  readonly spaces: readonly string[];
  readonly root: SampleNode;
}

/** One schema document for each namespace; the first is that of the root. */
function xmlSchemas(root: SampleNode, file: string): [string, string][] {
  const spaces = namespacesOf(root);
  const named = (name: string, space: string): string => (space === '' ? '' : ` ${name}="${escaped(space)}"`);
  const fileOf = (i: number): string => (i === 0 ? file : file.replace('.xsd', `.${i + 1}.xsd`));
  return spaces.map((space, own) => {
    const imports = spaces.flatMap((other, i) =>
      i === own ? [] : [`  <xs:import${named('namespace', other)} schemaLocation="${fileOf(i)}"/>`],
    );
    const declared = spaces.map((each, i) => named(`xmlns:n${i}`, each)).join('');
    const target = named('targetNamespace', space);
    const head = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"${declared}${target} elementFormDefault="qualified">`;
    const writer = { space, spaces, root };
    const body = globalsOf(root, space).flatMap((node) => declaration(node, '', writer, '  '));
    return [
      fileOf(own),
      ['<?xml version="1.0" encoding="UTF-8"?>', head, ...imports, ...body, '</xs:schema>', ''].join('\n'),
    ];
  });
}

/** The elements of a namespace that stand in another one. */
function globalsOf(root: SampleNode, space: string): readonly SampleNode[] {
  const found = (node: SampleNode): SampleNode[] => {
    const own = node.kind === 'element' && node.namespace === space && node.parent?.namespace !== space;
    return [...(own ? [node] : []), ...node.children.flatMap(found)];
  };
  const all = space === root.namespace ? [root] : found(root);
  return all.filter((each, i) => all.findIndex(({ name }) => name === each.name) === i);
}

function childDeclaration(
  node: SampleNode,
  siblings: readonly SampleNode[],
  writer: SchemaWriter,
  indent: string,
): string[] {
  const sameName = siblings.filter(({ name, namespace }) => name === node.name && namespace === node.namespace);
  if (sameName[0] !== node) return [];
  const least =
    isOptional(node) || node.each !== undefined || isDropped(node) || sameName.length > 1 ? ' minOccurs="0"' : '';
  const many = node.each !== undefined || isDropped(node);
  const most = many ? ' maxOccurs="unbounded"' : sameName.length > 1 ? ` maxOccurs="${sameName.length}"` : '';
  if (node.namespace !== '' && node.namespace !== writer.space)
    return [`${indent}<xs:element ref="n${writer.spaces.indexOf(node.namespace)}:${node.name}"${least}${most}/>`];
  const form = node.namespace === writer.space ? '' : ' form="unqualified"';
  return declaration(node, `${form}${least}${most}`, writer, indent);
}

function declaration(node: SampleNode, occurs: string, writer: SchemaWriter, indent: string): string[] {
  const head = `${indent}<xs:element name="${node.name}"${occurs}`;
  if (isDropped(node)) return [`${head}/>`];
  const around = (lines: readonly string[]): string[] => [`${head}>`, ...lines, `${indent}</xs:element>`];
  const attributes = node.children.filter(({ kind }) => kind === 'attribute');
  const children = node.children.filter(({ kind }) => kind !== 'attribute');
  if (node.use !== undefined && attributes.length === 0) return around([`${indent}  ${simpleType(node)}`]);
  // Elements of one name that an attribute tells apart share one type.
  const loose = occurs.includes('maxOccurs="') && node.discriminator !== undefined;
  const declared = attributes.map((attribute) => {
    const open = `${indent}    <xs:attribute name="${attribute.name}"`;
    if (isDropped(attribute) || loose) return `${open}/>`;
    return `${open}${isOptional(attribute) ? '' : ' use="required"'}>${simpleType(attribute)}</xs:attribute>`;
  });
  // A text with attributes: the limits of the text are those of its template and codes.
  const [start, end] = ['<xs:simpleContent><xs:extension base="xs:string">', '</xs:extension></xs:simpleContent>'];
  const signature = `${indent}      <xs:any namespace="${signatureNamespace}" processContents="skip" minOccurs="0"/>`;
  const content = [
    `${indent}    <xs:sequence>`,
    ...children.flatMap((child) => childDeclaration(child, children, writer, `${indent}      `)),
    ...(node === writer.root ? [signature] : []),
    `${indent}    </xs:sequence>`,
    ...declared,
  ];
  const inner = node.use === undefined ? content : [`${indent}    ${start}`, ...declared, `${indent}    ${end}`];
  return around([`${indent}  <xs:complexType>`, ...inner, `${indent}  </xs:complexType>`]);
}

function simpleType({ use }: SampleNode): string {
  const { pattern, id } = use?.type ?? {};
  const limits =
    pattern === undefined
      ? '<xs:minLength value="1"/><xs:maxLength value="512"/>'
      : `<xs:pattern value="${escaped(pattern)}"/>`;
  const facets = use?.is === 'fixed' ? `<xs:enumeration value="${escaped(use.text)}"/>` : limits;
  const base = use?.is === 'hole' && id === true ? 'xs:ID' : 'xs:string';
  return `<xs:simpleType><xs:restriction base="${base}">${facets}</xs:restriction></xs:simpleType>`;
}
