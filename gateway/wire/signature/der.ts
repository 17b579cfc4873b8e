/** ASN.1 in DER (X.690, 10), read strictly and written with node-forge. */

import forge from 'node-forge';

const { asn1 } = forge;

export type Der = forge.asn1.Asn1;

/** Identifier octets: class, constructed bit, tag number (X.690, 8.1.2). */
export const tags = {
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  nothing: 0x05,
  oid: 0x06,
  utcTime: 0x17,
  generalizedTime: 0x18,
  plain0: 0x80,
  sequence: 0x30,
  set: 0x31,
  context0: 0xa0,
  context1: 0xa1,
  context2: 0xa2,
  context3: 0xa3,
  context4: 0xa4,
} as const;
export type Tag = (typeof tags)[keyof typeof tags];

const constructed = 0x20;

/**
 * The element that the bytes encode; undefined when they are not DER. node-forge also accepts BER (indefinite and overlong
 * lengths, padded integers), so its result must encode to the same bytes again.
 */
export function readDer(bytes: Uint8Array): Der | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  try {
    const element = asn1.fromDer(text, { strict: true, parseAllBytes: true, decodeBitStrings: false } as never);
    return asn1.toDer(element).getBytes() === text ? element : undefined;
  } catch {
    return undefined; // node-forge throws plain errors for everything that it cannot parse
  }
}

export function derOf(element: Der): Buffer {
  return Buffer.from(asn1.toDer(element).getBytes(), 'latin1');
}

export function hasTag(element: Der | undefined, tag: Tag): boolean {
  if (element === undefined) return false;
  return (element.tagClass | element.type | (element.constructed ? constructed : 0)) === tag;
}

/** The elements of a constructed element; undefined when it has another tag. */
export function within(element: Der | undefined, tag: Tag): readonly Der[] | undefined {
  const value = element?.value;
  return hasTag(element, tag) && typeof value !== 'string' ? value : undefined;
}

/** The octets of a primitive element; undefined when it has another tag. */
export function bytesWithin(element: Der | undefined, tag: Tag): Buffer | undefined {
  const value = element?.value;
  return hasTag(element, tag) && typeof value === 'string' ? Buffer.from(value, 'latin1') : undefined;
}

/** Undefined also for an identifier with a number over 53 bits, which node-forge cannot read: the gateway knows none. */
export function oidOf(element: Der | undefined): string | undefined {
  const bytes = bytesWithin(element, tags.oid);
  if (bytes === undefined || bytes.length === 0) return undefined;
  try {
    return asn1.derToOid(bytes.toString('latin1'));
  } catch {
    return undefined;
  }
}

/** An element of elements if the tag is constructed, else of octets. */
export function der(tag: Tag, content: readonly Der[] | Uint8Array): Der {
  const value = content instanceof Uint8Array ? Buffer.from(content).toString('latin1') : [...content];
  const parts = [tag & 0xc0, tag & 0x1f, (tag & constructed) !== 0, value];
  return asn1.create(...(parts as unknown as Parameters<typeof asn1.create>));
}

export function sequence(...elements: readonly Der[]): Der {
  return der(tags.sequence, elements);
}

export function isEqual(element: Der | undefined, other: Der): boolean {
  return element !== undefined && derOf(element).equals(derOf(other));
}

/** A SET OF in DER order (X.690, 11.6). */
export function derSet(elements: readonly Der[]): Der {
  return der(
    tags.set,
    [...elements].sort((a, b) => Buffer.compare(derOf(a), derOf(b))),
  );
}

export function derOid(dotted: string): Der {
  return der(tags.oid, Buffer.from(asn1.oidToDer(dotted).getBytes(), 'latin1'));
}
