/** XML read by saxes into a tree: an independent opinion on what a document says. */

import { SaxesParser } from 'saxes';
import {
  attributeToken,
  kindMask,
  nameShift,
  startTag,
  textToken,
  valueText,
  type CanonicalXml,
} from '../../gateway/model/canonical-tokens.ts';
import type { XmlAttribute } from '../../gateway/model/message-body.ts';

export interface Tree {
  readonly namespace: string;
  readonly name: string;
  /** Without declarations, in the order of canonical XML. */
  readonly attributes: readonly XmlAttribute[];
  readonly children: (Tree | string)[];
}

const xmlns = 'http://www.w3.org/2000/xmlns/';

/** The root; throws an Error for what saxes does not accept, or what no message may hold. */
export function treeOf(bytes: Uint8Array): Tree {
  const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  if (text.includes('<!') || text.indexOf('<?', /^<\?xml\s/u.test(text) ? 1 : 0) >= 0) throw new Error('forbidden');
  const parser = new SaxesParser({ xmlns: true });
  const open: Tree[] = [{ namespace: '', name: '', attributes: [], children: [] }];
  parser.on('opentag', ({ uri, local, attributes }) => {
    const own = Object.values(attributes).filter((each) => each.uri !== xmlns);
    const sorted = own
      .map(({ uri: namespace, local: name, value }) => ({ namespace, name, value }))
      .sort((a, b) => (a.namespace === b.namespace ? order(a.name, b.name) : order(a.namespace, b.namespace)));
    const tree: Tree = { namespace: uri, name: local, attributes: sorted, children: [] };
    open.at(-1)?.children.push(tree);
    open.push(tree);
  });
  parser.on('text', (more) => {
    const children = open.at(-1)?.children ?? [];
    const last = children.at(-1);
    if (typeof last === 'string') children.splice(-1, 1, last + more);
    else children.push(more);
  });
  parser.on('closetag', () => void open.pop());
  parser.write(text).close();
  const root = open[0]?.children.find((child) => typeof child !== 'string');
  if (root === undefined) throw new Error('no root');
  return root;
}

function order(one: string, other: string): number {
  return one === other ? 0 : one < other ? -1 : 1;
}

/** The same tree from the tokens of a document, without its signature. */
export function treeOfTokens(document: CanonicalXml): Tree {
  const { numbers, used } = document.tokens;
  const open: { attributes: XmlAttribute[]; children: (Tree | string)[] }[] = [{ attributes: [], children: [] }];
  for (let at = 0; at < used;) {
    const token = numbers[at] ?? 0;
    const name = document.names[token >>> nameShift] ?? { namespace: '', name: '' };
    const inside = open.at(-1);
    switch (token & kindMask) {
      case startTag: {
        const tree = { ...name, attributes: [], children: [] };
        inside?.children.push(tree);
        open.push(tree);
        at += 1;
        break;
      }
      case attributeToken:
        inside?.attributes.push({ ...name, value: valueText(document, at) });
        at += 3;
        break;
      case textToken:
        inside?.children.push(valueText(document, at));
        at += 3;
        break;
      default:
        open.pop();
        at += 1;
    }
  }
  const root = open[0]?.children.find((child) => typeof child !== 'string');
  if (root === undefined) throw new Error('no root');
  return root;
}
