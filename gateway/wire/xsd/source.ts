/** An XSD as it is written: its components as a tree, names resolved; and the doubts whether all of it was understood. */

import { readXml } from '../xml/xml-events.ts';

export const xsdNamespace = 'http://www.w3.org/2001/XMLSchema';
const xmlnsNamespace = 'http://www.w3.org/2000/xmlns/';

export interface XsdNode {
  /** The local name in the XSD namespace; empty for a foreign element. */
  readonly is: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XsdNode[];
}

/** A schema while it is compiled. */
export interface XsdSource {
  readonly root: XsdNode;
  readonly target: string;
  readonly prefixes: ReadonlyMap<string, string>;
  /** Whether everything so far was understood; once it is false, nothing that was compiled may be used. */
  understood: boolean;
}

/** Reads the text of an XSD, which libxml2 has compiled already. */
export function readXsd(text: string): XsdSource {
  const prefixes = new Map<string, string>();
  const top: XsdNode[] = [];
  const open: { children: XsdNode[] }[] = [{ children: top }];
  let understood = true;
  readXml(
    text,
    {
      open(namespace, name, all) {
        const own = all.filter((attribute) => attribute.namespace !== xmlnsNamespace);
        for (const { name: prefix, value } of all.filter((attribute) => attribute.namespace === xmlnsNamespace)) {
          // Prefixes that change on the way are rare, and would have to be known at every name.
          if (open.length > 1) understood = false;
          prefixes.set(prefix === 'xmlns' ? '' : prefix, value);
        }
        const attributes = new Map(own.map((attribute) => [attribute.name, attribute.value]));
        if (own.some((attribute) => attribute.namespace !== '')) understood = false;
        const children: XsdNode[] = [];
        const node = { is: namespace === xsdNamespace ? name : '', attributes, children };
        open.at(-1)?.children.push(node);
        open.push(node);
      },
      text: () => undefined,
      close: () => void open.pop(),
    },
    { template: true },
  );
  const root: XsdNode = top[0] ?? { is: '', attributes: new Map<string, string>(), children: [] };
  return { root, target: root.attributes.get('targetNamespace') ?? '', prefixes, understood };
}

/** Notes that something was not understood. */
export function doubt(source: XsdSource): void {
  source.understood = false;
}

/** The children, annotations passed over; a doubt for attributes and children beyond those named. */
export function partsOf(
  source: XsdSource,
  node: XsdNode,
  known: { readonly attributes: readonly string[]; readonly children: readonly string[] },
): readonly XsdNode[] {
  for (const name of node.attributes.keys()) if (name !== 'id' && !known.attributes.includes(name)) doubt(source);
  const parts = node.children.filter(({ is }) => is !== 'annotation');
  if (!parts.every(({ is }) => known.children.includes(is))) doubt(source);
  return parts;
}

/** `{namespace}name` of a name as it is written in the schema. */
export function resolved(source: XsdSource, written: string): string {
  const [, prefix = '', local = written] = /^([^:]*):(.*)$/u.exec(written.trim()) ?? [];
  return `{${source.prefixes.get(prefix) ?? ''}}${local}`;
}

/** The component of the schema itself with a resolved name. */
export function component(source: XsdSource, is: string, name: string): XsdNode | undefined {
  return source.root.children.find(
    (node) => node.is === is && `{${source.target}}${node.attributes.get('name') ?? ''}` === name,
  );
}
