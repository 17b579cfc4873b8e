/** Reads elements of XML signatures strictly: exactly the agreed children and attributes, and base64 without anything else. */

import { GatewayError } from '../../model/errors.ts';
import { onlyElements, onlyText, qualifiedName, type XmlElement } from '../xml/libxml.ts';
import { profileError, requireProfile, strictBase64 } from './profile.ts';
import { dsig } from './xml-algorithms.ts';

/** The element children, which have exactly these names, in order. `attributes`: how many the parent has. */
export function children<const Names extends readonly string[]>(
  parent: XmlElement,
  names: Names,
  { namespace = dsig, attributes = 0 }: { readonly namespace?: string; readonly attributes?: number } = {},
): { readonly [N in keyof Names]: XmlElement } {
  const found = onlyElements(parent);
  const fits =
    found?.length === names.length &&
    found.every((child, i) => qualifiedName(child) === `{${namespace}}${names[i] ?? ''}`);
  requireProfile(fits, `${parent.name} does not have the agreed content`);
  requireProfile(parent.attrs.length === attributes, `${parent.name} has an attribute`);
  return found as unknown as { readonly [N in keyof Names]: XmlElement };
}

/** The text of an element without attributes. */
export function textContent(element: XmlElement): string {
  requireProfile(element.attrs.length === 0, `${element.name} has an attribute`);
  const text = onlyText(element);
  if (text === undefined) throw profileError(`${element.name} holds elements`);
  return text;
}

/** The octets of an element that holds base64 only; white space between lines is allowed (XML Schema Part 2, 3.2.16). */
export function base64Content(element: XmlElement, code: 'E_SIGNATURE_INVALID' | 'E_SIGNATURE_PROFILE'): Buffer {
  const bytes = strictBase64(textContent(element).replace(/[ \t\r\n]/gu, ''));
  if (bytes === undefined) throw new GatewayError(code, `${element.name} is not strict base64`);
  return bytes;
}
