/** Reads XML and JSON samples into the neutral tree. */

import type { AdapterTools } from '../tools.ts';
import type { Occurrence } from './sample-tree.ts';

/** Namespaces whose elements and attributes say nothing about operators. */
const passedOver = new Set(['http://www.w3.org/2000/09/xmldsig#', 'http://www.w3.org/2001/XMLSchema-instance']);
const xmlnsNamespace = 'http://www.w3.org/2000/xmlns/';

/** The root of an XML document. `prefixes` gets those of the sample by namespace. Throws what is not well-formed. */
export function readXmlSample(
  text: string,
  file: string,
  prefixes: Map<string, string>,
  { readXml }: Pick<AdapterTools, 'readXml'>,
): Occurrence {
  const outer: Occurrence = { name: '', namespace: '', kind: 'element', children: [] };
  const open = [outer];
  let skipped = 0;
  const events = {
    open(namespace: string, name: string, attributes: readonly { namespace: string; name: string; value: string }[]) {
      if (skipped > 0 || passedOver.has(namespace)) {
        skipped += 1;
        return;
      }
      const element: Occurrence = { name, namespace, kind: 'element', children: [], text: '' };
      for (const { namespace: of, name: attribute, value } of attributes) {
        if (of === xmlnsNamespace) prefixes.set(value, attribute === 'xmlns' ? '' : attribute);
        else if (!passedOver.has(of))
          element.children.push({ name: attribute, namespace: of, kind: 'attribute', children: [], text: value });
      }
      open.at(-1)?.children.push(element);
      open.push(element);
    },
    text(more: string) {
      const element = open.at(-1);
      if (skipped === 0 && element !== undefined) element.text = (element.text ?? '') + more;
    },
    close() {
      if (skipped > 0) skipped -= 1;
      else {
        const element = open.pop();
        if (element !== undefined) element.text = element.text?.trim() ?? '';
      }
    },
  };
  readXml(text, events, file);
  const [root] = outer.children;
  if (root === undefined) throw new Error('there is no element in it');
  return root;
}

/** What a list at the top of a message becomes a member of. */
export const wrapper = 'operators';

/** The object of a JSON document; a list at its top is put into an object. Throws what no template can show. */
export function readJsonSample(text: string, { readJson }: Pick<AdapterTools, 'readJson'>): Occurrence {
  const value = readJson(text);
  const root: Occurrence = { name: '', namespace: '', kind: 'member', children: [] };
  if (Array.isArray(value) && value.length > 0 && value.every(isObject)) addMembers(root, { [wrapper]: value });
  else if (isObject(value)) addMembers(root, value);
  else throw new TypeError('a message is a JSON object or a list of them; this is another value');
  return root;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function addMembers(parent: Occurrence, value: Readonly<Record<string, unknown>>): void {
  for (const [name, inner] of Object.entries(value)) {
    const about = { name, namespace: '', kind: 'member', children: [] } as const;
    if (Array.isArray(inner)) {
      if (inner.length === 0) parent.children.push({ ...about, children: [], listed: 'empty' });
      for (const item of inner as readonly unknown[]) addValue(parent, { ...about, listed: 'item' }, item);
    } else addValue(parent, about, inner);
  }
}

function addValue(parent: Occurrence, about: Omit<Occurrence, 'children'>, value: unknown): void {
  if (value === null) {
    parent.children.push({ ...about, children: [], text: '' });
    return;
  }
  if (Array.isArray(value)) throw new TypeError(`${about.name} is a list of lists`);
  const member: Occurrence = isObject(value)
    ? { ...about, children: [] }
    : {
        ...about,
        children: [],
        text: typeof value === 'string' ? value : JSON.stringify(value),
        ...(typeof value === 'string' ? {} : { scalar: typeof value === 'number' ? 'number' : 'other' }),
      };
  parent.children.push(member);
  if (isObject(value)) addMembers(member, value);
}
