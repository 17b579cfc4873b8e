/** Keeps what was parsed and verified beside its message, so that the schema check reads the very tree that was digested. */

import { GatewayError } from '../../model/errors.ts';
import type { VerifiedMessage } from '../../model/message.ts';
import type { XmlTree } from './xml-tree.ts';

export type Tree =
  | XmlTree
  | { readonly format: 'json'; readonly value: unknown }
  | { readonly format: 'text'; readonly lines: readonly string[] };

const trees = new WeakMap<object, Tree>();

export function keepTree(owner: object, tree: Tree): void {
  trees.set(owner, tree);
}

/** The tree of a message or draft; E_INTERNAL after it was disposed of. */
export function treeOf(owner: object): Tree {
  const tree = trees.get(owner);
  if (tree === undefined) throw new GatewayError('E_INTERNAL', 'the message was disposed of already');
  return tree;
}

/** Frees the tree; a second call does nothing. */
export function dropTree(owner: object): void {
  const tree = trees.get(owner);
  trees.delete(owner);
  if (tree?.format === 'xml') tree.dispose();
}

/** The XML of a message. */
export function xmlOf(message: VerifiedMessage): XmlTree {
  const tree = treeOf(message);
  if (tree.format !== 'xml') throw new GatewayError('E_INTERNAL', 'the message is not XML');
  return tree;
}

/** The parsed payload of a JSON message, as parseStrictJson read it. */
export function payloadOf(message: VerifiedMessage): unknown {
  const tree = treeOf(message);
  if (tree.format !== 'json') throw new GatewayError('E_INTERNAL', 'the message is not JSON');
  return tree.value;
}

/** The lines of a text message, as readLines read them. */
export function linesOf(message: VerifiedMessage): readonly string[] {
  const tree = treeOf(message);
  if (tree.format !== 'text') throw new GatewayError('E_INTERNAL', 'the message is not a text');
  return tree.lines;
}
