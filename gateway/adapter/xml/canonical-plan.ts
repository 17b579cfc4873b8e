/**
 * Puts a plan in the order of Exclusive XML Canonicalization 1.0: attributes sorted, each namespace declared where it is first used.
 * The bytes written are then canonical, and receivers need not canonicalize them.
 */

import type { AttributePlan, NamespaceDeclaration, ElementPlan } from './plan.ts';

/** The plan for writing; `known`: the namespaces of prefixes declared by outer elements. */
export function canonicalPlan(plan: ElementPlan, known: ReadonlyMap<string, string> = new Map()): ElementPlan {
  // A prefix that no name uses may occur in a value; its declaration stays in place.
  const unused = plan.declarations.filter(([prefix]) => !isUsed(prefix, plan));
  const declarations = [...new Map([...usedDeclarations(plan), ...unused])]
    .filter(([prefix, namespace]) => prefix !== 'xml' && (known.get(prefix) ?? '') !== namespace)
    .sort(([one], [other]) => compareText(one, other));
  const { content } = plan;
  const inner = new Map([...known, ...declarations]);
  return {
    ...plan,
    declarations,
    attributes: plan.attributes.toSorted(byNamespaceAndName),
    content:
      content.is === 'text'
        ? content
        : { ...content, children: content.children.map((child) => canonicalPlan(child, inner)) },
  };
}

function usedDeclarations({ tag, namespace, attributes }: ElementPlan): readonly NamespaceDeclaration[] {
  const prefixed = attributes.filter((attribute) => attribute.namespace !== '');
  return [
    [prefixOf(tag), namespace],
    ...prefixed.map((each): NamespaceDeclaration => [prefixOf(each.tag), each.namespace]),
  ];
}

function isUsed(prefix: string, plan: ElementPlan): boolean {
  if (usedDeclarations(plan).some(([used]) => used === prefix)) return true;
  return plan.content.is === 'elements' && plan.content.children.some((child) => isUsed(prefix, child));
}

function prefixOf(tag: string): string {
  return tag.includes(':') ? tag.slice(0, tag.indexOf(':')) : '';
}

/** The order of attributes in canonical XML (Canonical XML 1.0, 2.2). */
export function byNamespaceAndName(one: AttributePlan, other: AttributePlan): number {
  return compareText(one.namespace, other.namespace) || compareText(one.name, other.name);
}

function compareText(one: string, other: string): number {
  return one === other ? 0 : one < other ? -1 : 1;
}
