/** Writes the XML template and the XSD of a drafted message. */

import type { DraftPart, ValueType } from './draft-parts.ts';

const signatureNamespace = 'http://www.w3.org/2000/09/xmldsig#';

export interface XmlDraft {
  readonly template: string;
  /** File names and texts; the first is the schema of the root, others are for further namespaces. */
  readonly schemas: readonly (readonly [file: string, text: string])[];
}

/** `comment`: what the template says of itself. `schema`: file name of the XSD, `list.xsd`. */
export function writeXml(
  root: DraftPart,
  prefixes: ReadonlyMap<string, string>,
  { comment, schema }: { readonly comment: string; readonly schema: string },
): XmlDraft {
  const spaces = namespacesOf(root);
  const names = prefixNames(spaces, prefixes);
  const declarations = spaces
    .filter((space) => space !== '')
    .map((space) => ` xmlns${names.get(space) === '' ? '' : `:${names.get(space) ?? ''}`}="${escaped(space)}"`)
    .join('');
  const lines = elementLines(root, names, `${declarations} xmlns:t="urn:mra:template"`, '');
  return {
    template: ['<?xml version="1.0" encoding="UTF-8"?>', `<!-- ${comment} -->`, ...lines, ''].join('\n'),
    schemas: schemasOf(root, spaces, schema),
  };
}

function namespacesOf(part: DraftPart): readonly string[] {
  return [...new Set([part.namespace, ...part.parts.flatMap((inner) => namespacesOf(inner))])].filter(
    (space, i) => space !== '' || i === 0,
  );
}

function prefixNames(spaces: readonly string[], prefixes: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const taken = new Set(['t']);
  return new Map(
    spaces.map((space, i) => {
      const wished = prefixes.get(space) ?? (i === 0 ? '' : `p${i}`);
      const name = space === '' ? '' : taken.has(wished) ? `p${i}` : wished;
      taken.add(name);
      return [space, name];
    }),
  );
}

function elementLines(part: DraftPart, names: ReadonlyMap<string, string>, more: string, indent: string): string[] {
  const tag = tagOf(part, names);
  if (part.content.is === 'ignored') return [`${indent}<${tag} t:ignore="true"/>`];
  const each = part.each === undefined ? '' : ` t:each="${part.each}"`;
  const attributes = part.parts
    .filter(({ kind }) => kind === 'attribute')
    .map((attribute) => ` ${tagOf(attribute, names)}="${contentText(attribute)}"`)
    .join('');
  const children = part.parts.filter(({ kind }) => kind === 'element');
  const start = `${indent}<${tag}${more}${each}${attributes}`;
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
  switch (content.is) {
    case 'hole':
      return content.hole;
    case 'fixed':
      return escaped(content.text);
    case 'ignored':
      return '{ignored}';
    case 'parts':
      return '';
  }
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}

/** One schema document for each namespace: an element of another one is global there, and named from here. */
function schemasOf(root: DraftPart, spaces: readonly string[], file: string): readonly (readonly [string, string])[] {
  const fileOf = (space: string): string =>
    space === root.namespace ? file : file.replace('.xsd', `.${spaces.indexOf(space) + 1}.xsd`);
  return spaces.map((space) => {
    const globals = space === root.namespace ? [root] : globalsOf(root, space);
    const prefix = new Map(spaces.map((each, i) => [each, `n${i}`]));
    const imports = spaces
      .filter((other) => other !== space)
      .map(
        (other) =>
          `  <xs:import${other === '' ? '' : ` namespace="${escaped(other)}"`} schemaLocation="${fileOf(other)}"/>`,
      );
    const declared = spaces
      .filter((each) => each !== '')
      .map((each) => ` xmlns:${prefix.get(each) ?? ''}="${escaped(each)}"`);
    const writer = { space, prefix, root };
    const target = space === '' ? '' : ` targetNamespace="${escaped(space)}"`;
    const body = globals.flatMap((part) => globalLines(part, writer));
    const head = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"${declared.join('')}${target} elementFormDefault="qualified">`;
    const text = ['<?xml version="1.0" encoding="UTF-8"?>', head, ...imports, ...body, '</xs:schema>', ''].join('\n');
    return [fileOf(space), text] as const;
  });
}

/** Elements of a namespace that stand in an element of another. One name may stand in several places: it is told once. */
function globalsOf(part: DraftPart, space: string): readonly DraftPart[] {
  const found = part.parts.flatMap((inner) => [
    ...(inner.namespace === space && part.namespace !== space && inner.kind === 'element' ? [inner] : []),
    ...globalsOf(inner, space),
  ]);
  return found.filter((each, i) => found.findIndex(({ name }) => name === each.name) === i);
}

interface SchemaWriter {
  readonly space: string;
  readonly prefix: ReadonlyMap<string, string>;
  readonly root: DraftPart;
}

function globalLines(part: DraftPart, writer: SchemaWriter): string[] {
  return declarationLines(part, `name="${part.name}"`, writer, '  ');
}

function childLines(part: DraftPart, writer: SchemaWriter, indent: string): string[] {
  const least = part.optional || part.each !== undefined ? ' minOccurs="0"' : '';
  const most = part.each !== undefined || part.content.is === 'ignored' ? ' maxOccurs="unbounded"' : '';
  if (part.namespace !== writer.space) {
    const prefix = writer.prefix.get(part.namespace);
    if (part.namespace !== '' && prefix !== undefined)
      return [`${indent}<xs:element ref="${prefix}:${part.name}"${least}${most}/>`];
    return declarationLines(part, `name="${part.name}" form="unqualified"${least}${most}`, writer, indent);
  }
  return declarationLines(part, `name="${part.name}"${least}${most}`, writer, indent);
}

function declarationLines(part: DraftPart, head: string, writer: SchemaWriter, indent: string): string[] {
  const attributes = part.parts.filter(({ kind }) => kind === 'attribute');
  const children = part.parts.filter(({ kind }) => kind === 'element');
  const inner = `${indent}  `;
  const attributeLines = attributes.flatMap((attribute) => attributeDeclaration(attribute, `${inner}  `));
  if (part.content.is === 'ignored') return [`${indent}<xs:element ${head}/>`];
  if (part.content.is !== 'parts' && attributes.length === 0)
    return [`${indent}<xs:element ${head}>`, ...simpleType(part, inner), `${indent}</xs:element>`];
  if (part.content.is !== 'parts') {
    // A text with attributes: the limits of the text are told by its template and codes.
    const open = `${inner}  <xs:simpleContent><xs:extension base="xs:string">`;
    const close = `${inner}  </xs:extension></xs:simpleContent>`;
    return [
      `${indent}<xs:element ${head}>`,
      `${inner}<xs:complexType>`,
      open,
      ...attributeLines,
      close,
      `${inner}</xs:complexType>`,
      `${indent}</xs:element>`,
    ];
  }
  const signature =
    part === writer.root
      ? [`${inner}    <xs:any namespace="${signatureNamespace}" processContents="skip" minOccurs="0"/>`]
      : [];
  const merged = children.filter((child, i) => children.findIndex((each) => sameName(each, child)) === i);
  const lines = merged.flatMap((child) => {
    const namesakes = children.filter((each) => sameName(each, child));
    return namesakes.length > 1 ? namesakeLines(namesakes, `${inner}    `) : childLines(child, writer, `${inner}    `);
  });
  const sequence = [...lines, ...signature];
  return [
    `${indent}<xs:element ${head}>`,
    `${inner}<xs:complexType>`,
    ...(sequence.length === 0 ? [] : [`${inner}  <xs:sequence>`, ...sequence, `${inner}  </xs:sequence>`]),
    ...attributeLines,
    `${inner}</xs:complexType>`,
    `${indent}</xs:element>`,
  ];
}

function sameName(one: DraftPart, other: DraftPart): boolean {
  return one.name === other.name && one.namespace === other.namespace;
}

/** Elements of one name have one type in a schema: a text, and the attribute that tells them apart. */
function namesakeLines(parts: readonly DraftPart[], indent: string): string[] {
  const least = parts.filter(({ optional }) => !optional).length;
  const attributes = [...new Set(parts.flatMap((part) => part.parts.map(({ name }) => name)))];
  return [
    `${indent}<xs:element name="${parts[0]?.name ?? ''}" minOccurs="${least}" maxOccurs="${parts.length}">`,
    `${indent}  <xs:complexType><xs:simpleContent><xs:extension base="xs:string">`,
    ...attributes.map((name) => `${indent}    <xs:attribute name="${name}" type="xs:string"/>`),
    `${indent}  </xs:extension></xs:simpleContent></xs:complexType>`,
    `${indent}</xs:element>`,
  ];
}

function attributeDeclaration(part: DraftPart, indent: string): string[] {
  const use = part.optional ? '' : ' use="required"';
  if (part.content.is === 'ignored') return [`${indent}<xs:attribute name="${part.name}"/>`];
  return [
    `${indent}<xs:attribute name="${part.name}"${use}>`,
    ...simpleType(part, `${indent}  `),
    `${indent}</xs:attribute>`,
  ];
}

function simpleType({ content }: DraftPart, indent: string): string[] {
  if (content.is === 'fixed')
    return [restriction('xs:string', `<xs:enumeration value="${escaped(content.text)}"/>`, indent)];
  if (content.is !== 'hole') return [restriction('xs:string', '', indent)];
  return [typeRestriction(content.type, indent)];
}

function typeRestriction(type: ValueType, indent: string): string {
  switch (type.is) {
    case 'text':
      return restriction('xs:string', `<xs:minLength value="1"/><xs:maxLength value="${type.max}"/>`, indent);
    case 'pattern':
      return restriction('xs:string', `<xs:pattern value="${escaped(type.pattern)}"/>`, indent);
    case 'id':
      return restriction('xs:ID', '<xs:pattern value="[A-Za-z][A-Za-z0-9\\-]{3,63}"/>', indent);
    case 'number':
      return restriction('xs:string', '<xs:pattern value="0|[1-9][0-9]{0,14}"/>', indent);
  }
}

function restriction(base: string, facets: string, indent: string): string {
  return `${indent}<xs:simpleType><xs:restriction base="${base}">${facets}</xs:restriction></xs:simpleType>`;
}
