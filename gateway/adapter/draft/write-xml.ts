/** Writes XML of a drafted message: its template, its schema, and the kept sample. */

import type { DraftPart } from './parts.ts';
import type { ValueType } from './vocabulary.ts';

const signatureNamespace = 'http://www.w3.org/2000/09/xmldsig#';
const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
const isAttribute = ({ kind }: DraftPart): boolean => kind === 'attribute';
const sameName = (one: DraftPart, other: DraftPart): boolean =>
  one.name === other.name && one.namespace === other.namespace;

/** The message or its template. `prefixes`: of the sample, by namespace. */
export function xmlText(root: DraftPart, prefixes: ReadonlyMap<string, string>, comment?: string): string {
  const spaces = namespacesOf(root);
  const names = new Map<string, string>();
  for (const [i, space] of spaces.entries()) {
    const wanted = prefixes.get(space) ?? (i === 0 ? '' : `p${i}`);
    names.set(space, space === '' ? '' : wanted === 't' || [...names.values()].includes(wanted) ? `p${i}` : wanted);
  }
  const declared = spaces
    .filter((space) => space !== '')
    .map((space) => ` xmlns${names.get(space) === '' ? '' : `:${names.get(space) ?? ''}`}="${escaped(space)}"`);
  const lines = elementLines(
    root,
    names,
    declared.join('') + (comment === undefined ? '' : ' xmlns:t="urn:mra:template"'),
    '',
  );
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    ...(comment === undefined ? [] : [`<!-- ${comment} -->`]),
    ...lines,
    '',
  ].join('\n');
}

function namespacesOf(part: DraftPart): readonly string[] {
  const all = [part.namespace, ...part.parts.flatMap((inner) => namespacesOf(inner))];
  return [...new Set(all)].filter((space, i) => space !== '' || i === 0);
}

function elementLines(part: DraftPart, names: ReadonlyMap<string, string>, more: string, indent: string): string[] {
  const tag = tagOf(part, names);
  if (part.content.is === 'ignored') return [`${indent}<${tag} t:ignore="true"/>`];
  const each = part.each === undefined ? '' : ` t:each="${part.each}"`;
  const attributes = part.parts
    .filter(isAttribute)
    .map((attribute) => ` ${tagOf(attribute, names)}="${contentText(attribute)}"`);
  const children = part.parts.filter((inner) => !isAttribute(inner));
  const start = `${indent}<${tag}${more}${each}${attributes.join('')}`;
  if (children.length > 0)
    return [
      `${start}>`,
      ...children.flatMap((child) => elementLines(child, names, '', `${indent}  `)),
      `${indent}</${tag}>`,
    ];
  const text = contentText(part);
  return [text === '' ? `${start}/>` : `${start}>${text}</${tag}>`];
}

function tagOf({ name, namespace, kind }: DraftPart, names: ReadonlyMap<string, string>): string {
  const prefix = kind === 'attribute' && namespace === '' ? '' : (names.get(namespace) ?? '');
  return prefix === '' ? name : `${prefix}:${name}`;
}

function contentText({ content }: DraftPart): string {
  if (content.is === 'ignored') return '{ignored}';
  return content.is === 'hole' ? content.hole : content.is === 'fixed' ? escaped(content.text) : '';
}

interface SchemaWriter {
  readonly space: string;
  readonly spaces: readonly string[];
  readonly root: DraftPart;
}

/** One schema document for each namespace, by file name; the first is that of the root. */
export function xmlSchemas(root: DraftPart, file: string): readonly (readonly [file: string, text: string])[] {
  const spaces = namespacesOf(root);
  const fileOf = (space: string): string =>
    space === root.namespace ? file : file.replace('.xsd', `.${spaces.indexOf(space) + 1}.xsd`);
  const attribute = (name: string, space: string): string => (space === '' ? '' : ` ${name}="${escaped(space)}"`);
  return spaces.map((space) => {
    const imports = spaces
      .filter((other) => other !== space)
      .map((other) => `  <xs:import${attribute('namespace', other)} schemaLocation="${fileOf(other)}"/>`);
    const declared = spaces.map((each, i) => attribute(`xmlns:n${i}`, each)).join('');
    const head = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"${declared}${attribute('targetNamespace', space)} elementFormDefault="qualified">`;
    const globals = space === root.namespace ? [root] : globalsOf(root, space);
    const body = globals.flatMap((part) => declaration(part, `name="${part.name}"`, { space, spaces, root }, '  '));
    return [
      fileOf(space),
      ['<?xml version="1.0" encoding="UTF-8"?>', head, ...imports, ...body, '</xs:schema>', ''].join('\n'),
    ];
  });
}

/** Elements of a namespace that stand in an element of another; each name once. */
function globalsOf(part: DraftPart, space: string): readonly DraftPart[] {
  const own = (inner: DraftPart): boolean =>
    inner.namespace === space && part.namespace !== space && !isAttribute(inner);
  const found = part.parts.flatMap((inner) => [...(own(inner) ? [inner] : []), ...globalsOf(inner, space)]);
  return found.filter((each, i) => found.findIndex(({ name }) => name === each.name) === i);
}

function childDeclaration(part: DraftPart, namesakes: number, writer: SchemaWriter, indent: string): string[] {
  const dropped = part.content.is === 'ignored';
  const least = part.optional || part.each !== undefined ? ' minOccurs="0"' : '';
  const most = part.each !== undefined || dropped ? ' maxOccurs="unbounded"' : '';
  if (namesakes > 1)
    return declaration(part, `name="${part.name}" minOccurs="0" maxOccurs="${namesakes}"`, writer, indent);
  if (part.namespace === writer.space) return declaration(part, `name="${part.name}"${least}${most}`, writer, indent);
  if (part.namespace !== '')
    return [`${indent}<xs:element ref="n${writer.spaces.indexOf(part.namespace)}:${part.name}"${least}${most}/>`];
  return declaration(part, `name="${part.name}" form="unqualified"${least}${most}`, writer, indent);
}

function declaration(part: DraftPart, head: string, writer: SchemaWriter, indent: string): string[] {
  const attributes = part.parts.filter(isAttribute);
  const children = part.parts.filter((inner) => !isAttribute(inner));
  if (part.content.is === 'ignored') return [`${indent}<xs:element ${head}/>`];
  const around = (lines: readonly string[]): string[] => [
    `${indent}<xs:element ${head}>`,
    ...lines.map((line) => `${indent}  ${line}`),
    `${indent}</xs:element>`,
  ];
  if (part.content.is !== 'parts' && attributes.length === 0) return around([simpleType(part)]);
  const attributeLines = attributes.map((attribute) => {
    const use = attribute.optional || attribute.content.is === 'ignored' ? '' : ' use="required"';
    return attribute.content.is === 'ignored'
      ? `<xs:attribute name="${attribute.name}"/>`
      : `<xs:attribute name="${attribute.name}"${use}>${simpleType(attribute)}</xs:attribute>`;
  });
  // A text with attributes: the limits of the text are those of its template and codes. Namesakes share one type.
  if (part.content.is !== 'parts') {
    const loose = attributes.map(({ name }) => `<xs:attribute name="${name}" type="xs:string"/>`);
    const inner = /maxOccurs="\d/u.test(head) ? loose : attributeLines;
    return around([
      '<xs:complexType><xs:simpleContent><xs:extension base="xs:string">',
      ...inner,
      '</xs:extension></xs:simpleContent></xs:complexType>',
    ]);
  }
  const signature =
    part === writer.root ? [`<xs:any namespace="${signatureNamespace}" processContents="skip" minOccurs="0"/>`] : [];
  const first = children.filter((child, i) => children.findIndex((each) => sameName(each, child)) === i);
  const lines = first.flatMap((child) =>
    childDeclaration(child, children.filter((each) => sameName(each, child)).length, writer, '  '),
  );
  return around([
    '<xs:complexType>',
    '<xs:sequence>',
    ...lines,
    ...signature,
    '</xs:sequence>',
    ...attributeLines,
    '</xs:complexType>',
  ]);
}

function simpleType({ content }: DraftPart): string {
  const facets =
    content.is === 'hole'
      ? facetsOf(content.type)
      : content.is === 'fixed'
        ? `<xs:enumeration value="${escaped(content.text)}"/>`
        : '';
  const base = content.is === 'hole' && content.type.id === true ? 'xs:ID' : 'xs:string';
  return `<xs:simpleType><xs:restriction base="${base}">${facets}</xs:restriction></xs:simpleType>`;
}

function facetsOf({ pattern }: ValueType): string {
  return pattern === undefined
    ? '<xs:minLength value="1"/><xs:maxLength value="512"/>'
    : `<xs:pattern value="${escaped(pattern)}"/>`;
}
