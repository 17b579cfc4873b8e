/** The plan of an XML template: elements, attributes and holes, which encoder and decoder follow. */

import type { XmlName } from '../../model/canonical-tokens.ts';
import type { XmlAttribute } from '../../model/message-body.ts';
import type { Hole, RepeatedPart } from '../template/holes.ts';

export interface AttributePlan {
  readonly namespace: string;
  readonly name: string;
  /** With its prefix. */
  readonly tag: string;
  readonly value: string | Hole;
}

export type AttributeName = Pick<AttributePlan, 'namespace' | 'name'>;
/** Without a value the attribute must be absent. */
export type Discriminator = AttributeName & { readonly value: string | undefined };

/** A prefix, empty for the default, and its namespace. */
export type NamespaceDeclaration = readonly [prefix: string, namespace: string];

export type ElementContent =
  | { readonly is: 'text'; readonly value: string | Hole }
  | { readonly is: 'elements'; readonly children: readonly ElementPlan[] };

export interface ElementPlan {
  readonly namespace: string;
  readonly name: string;
  readonly tag: string;
  readonly declarations: readonly NamespaceDeclaration[];
  readonly attributes: readonly AttributePlan[];
  readonly requiredAttributes: number;
  /** `t:without`: an attribute that it does not have, and a sibling of its name has. */
  readonly without: AttributeName | undefined;
  /** What distinguishes it from siblings of its name, an attribute with this value or without one; undefined where there are none. */
  readonly discriminator: Discriminator | undefined;
  readonly content: ElementContent;
  /** The list for whose items the element is repeated. */
  readonly each: RepeatedPart | undefined;
  /** Of departures that stand among the records: where their reason stands, as the status of a record does. */
  readonly left?: ValuePlace | undefined;
  /** Contains only optional holes, and is left out when all of them are absent. */
  readonly optional: boolean;
  /** It may stand there for its attributes, without its text. */
  readonly mayBeEmpty: boolean;
  /** Child elements that are accepted and ignored. */
  readonly ignored: readonly { readonly namespace: string; readonly name: string }[];
  /** Attributes that are accepted and ignored, `{ignored}` in the template. */
  readonly ignoredAttributes: readonly XmlAttribute[];
}

/** Where a value stands below an element: in elements one in the other, or in an attribute of the last of them. */
export interface ValuePlace {
  readonly elements: readonly XmlName[];
  readonly attribute: XmlName | undefined;
  readonly hole: Hole;
}

/** An attribute is required unless it has an optional hole. */
export function isRequired({ value }: AttributePlan): boolean {
  return typeof value === 'string' || !value.optional;
}
