/** An XML document that is checked, signed or verified: by its bytes where they are canonical already, by libxml2 in every other case. */

import { createHash } from 'node:crypto';
import { isGatewayError } from '../../model/errors.ts';
import {
  canonicalDigest,
  canonicalPieces,
  readCanonical,
  rootAttribute,
  rootName,
  signatureAlone,
  tokensOfCanonical,
} from './canonical-xml.ts';
import type { CanonicalXml } from '../../model/canonical-tokens.ts';
import { closeTokens } from './token-writer.ts';
import { attributesOf, canonicalBytes, lastElement, parseXml, qualifiedName, type XmlDocument } from './libxml.ts';
import { guardXml } from './xml-guard.ts';

/** Holds memory outside the JavaScript heap: dispose of it. */
export interface XmlTree {
  readonly format: 'xml';
  /** `{namespace}name` of the root. */
  readonly type: string;
  /** Undefined where the bytes are in another form. A signature is left out. */
  readonly canonical: CanonicalXml | undefined;
  /** The tokens of the content; where the bytes are in another form, those of the form that libxml2 gives it. */
  tokens(): CanonicalXml;
  /** The signature in the root it stands in; in a canonical document without all that is beside it. */
  signed(): XmlDocument;
  /** The document as libxml2 has it. Without a signature, once that was taken out of `signed`. */
  document(): XmlDocument;
  /** The canonical form, and its SHA-256; what they are of is decided when they are first asked for. E_XML_FORBIDDEN when there is none. */
  content(): Uint8Array;
  digest(): Buffer;
  /** The root's attribute `Id`. */
  rootId(): string | undefined;
  dispose(): void;
}

/**
 * Reads a document that is to be sealed, or that carries no signature. Its bytes must not change while it is in use.
 * Throws what guardXml and parseXml throw; no document that they refuse is taken for a canonical one.
 */
export function readXmlTree(bytes: Uint8Array): XmlTree {
  const canonical = readCanonical(bytes);
  return canonical === undefined || canonical.signature !== undefined ? parsedTree(bytes) : canonicalTree(canonical);
}

/** The tokens of an unsigned document, for the author's tools. Throws what readXmlTree throws. */
export function readDocument(bytes: Uint8Array): CanonicalXml {
  const canonical = readCanonical(bytes);
  if (canonical !== undefined && canonical.signature === undefined) return canonical;
  const document = parseXml(guardXml(bytes));
  try {
    return tokensOfCanonical(canonicalBytes(document));
  } finally {
    document.dispose();
  }
}

/** The same for a document that is to be verified. */
export function readSignedXml(bytes: Uint8Array): XmlTree {
  const canonical = readCanonical(bytes);
  if (canonical?.signature === undefined) return parsedTree(bytes);
  const alone = parsedAlone(canonical);
  return alone === undefined ? parsedTree(bytes) : canonicalTree(canonical, alone);
}

/** The signature of a canonical document; undefined when it is not well-formed, which is told of the whole document then. */
function parsedAlone(canonical: CanonicalXml): XmlDocument | undefined {
  try {
    return parseXml(guardXml(signatureAlone(canonical)));
  } catch (error) {
    if (isGatewayError(error)) return undefined;
    throw error;
  }
}

function parsedTree(bytes: Uint8Array): XmlTree {
  const document = parseXml(guardXml(bytes));
  let kept: Uint8Array | undefined;
  const content = (): Uint8Array => (kept ??= canonicalBytes(document));
  return {
    format: 'xml',
    type: qualifiedName(document.root),
    canonical: undefined,
    tokens: () => tokensOfCanonical(content()),
    signed: () => document,
    document: () => document,
    content,
    digest: () => createHash('sha256').update(content()).digest(),
    rootId: () => attributesOf(document.root).get('Id'),
    dispose: () => document.dispose(),
  };
}

function canonicalTree(canonical: CanonicalXml, alone?: XmlDocument): XmlTree {
  const parsed = alone === undefined ? [] : [alone];
  let whole: XmlDocument | undefined;
  const document = (): XmlDocument => {
    if (whole !== undefined) return whole;
    whole = parseXml(canonical.bytes);
    parsed.push(whole);
    if (canonical.signature !== undefined) lastElement(whole.root)?.remove();
    return whole;
  };
  return {
    format: 'xml',
    type: rootName(canonical),
    canonical,
    tokens: () => canonical,
    signed: () => alone ?? document(),
    document,
    content: () => Buffer.concat(canonicalPieces(canonical)),
    digest: () => canonicalDigest(canonical),
    rootId: () => rootAttribute(canonical, 'Id'),
    dispose() {
      closeTokens(canonical.tokens);
      for (const each of parsed.splice(0)) each.dispose();
    },
  };
}
