/** DER, the one encoding of ASN.1 that has no choices (X.690, 10): reads nothing else, and writes it. */

import forge from 'node-forge';
import { GatewayError } from '../../model/errors.ts';

const { asn1 } = forge;

export type Der = forge.asn1.Asn1;

/** First byte of an element: class, whether it holds elements, type. */
export const tags = {
  integer: 0x02,
  octets: 0x04,
  nothing: 0x05,
  oid: 0x06,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
  context0: 0xa0,
  context4: 0xa4,
} as const;
export type Tag = (typeof tags)[keyof typeof tags];

const constructed = 0x20;

/**
 * The one element that the bytes are. E_SIGNATURE_PROFILE when they are not DER: the package reads looser forms too (indefinite
 * and overlong lengths, padded numbers), so what it read must come out again as the very bytes that went in.
 */
export function readDer(bytes: Uint8Array): Der {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  let read: Der | undefined;
  try {
    read = asn1.fromDer(text, { strict: true, parseAllBytes: true, decodeBitStrings: false } as never);
  } catch (cause) {
    throw new GatewayError('E_SIGNATURE_PROFILE', 'the signature is not ASN.1', { cause });
  }
  if (asn1.toDer(read).getBytes() !== text) throw new GatewayError('E_SIGNATURE_PROFILE', 'the signature is not DER');
  return read;
}

export function derOf(element: Der): Buffer {
  return Buffer.from(asn1.toDer(element).getBytes(), 'latin1');
}

export function hasTag(element: Der | undefined, tag: Tag): boolean {
  const { tagClass = 0, type = 0, constructed: holds = false } = element ?? {};
  return element !== undefined && (tagClass | type | (holds ? constructed : 0)) === tag;
}

/** The elements within one that has this tag; undefined when it has another. */
export function within(element: Der | undefined, tag: Tag): readonly Der[] | undefined {
  const value = element?.value;
  return hasTag(element, tag) && typeof value !== 'string' ? value : undefined;
}

/** The bytes within one that has this tag; undefined when it has another. */
export function bytesWithin(element: Der | undefined, tag: Tag): Buffer | undefined {
  const value = element?.value;
  return hasTag(element, tag) && typeof value === 'string' ? Buffer.from(value, 'latin1') : undefined;
}

/** Dotted numbers of an object identifier; undefined when it is none. */
export function oidOf(element: Der | undefined): string | undefined {
  const bytes = bytesWithin(element, tags.oid);
  return bytes === undefined || bytes.length === 0 ? undefined : asn1.derToOid(bytes.toString('latin1'));
}

/** An element of a tag: of elements when the tag says that it holds some, else of bytes. */
export function der(tag: Tag, content: readonly Der[] | Uint8Array): Der {
  const value = content instanceof Uint8Array ? Buffer.from(content).toString('latin1') : [...content];
  const parts = [tag & 0xc0, tag & 0x1f, (tag & constructed) !== 0, value];
  return asn1.create(...(parts as unknown as Parameters<typeof asn1.create>));
}

/** A set: its elements stand in the order of their bytes (X.690, 10.3). */
export function derSet(elements: readonly Der[], tag: Tag = tags.set): Der {
  return der(
    tag,
    [...elements].sort((a, b) => Buffer.compare(derOf(a), derOf(b))),
  );
}

export function derOid(dotted: string): Der {
  return der(tags.oid, Buffer.from(asn1.oidToDer(dotted).getBytes(), 'latin1'));
}
