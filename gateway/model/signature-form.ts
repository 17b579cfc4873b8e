/**
 * The form of signatures that two sides agree on, beyond kind and algorithm. A message may follow it and never choose. Without any of
 * these words signatures have the form that this program writes by itself.
 */

export type Hash = 'sha256' | 'sha384' | 'sha512';

/** Of XML signatures (W3C XML Signature 1.1). */
export interface XmlForm {
  /** Of the reference; else the hash of the algorithm. */
  readonly digest?: Hash;
  /** Else `exclusive`. Messages hold no comments, so that forms with comments differ by their name alone. */
  readonly c14n?: 'exclusive' | 'inclusive' | 'exclusive-with-comments' | 'inclusive-with-comments';
  /** `enveloped` alone: the digest is then over inclusive canonical XML (4.4.3.2). */
  readonly transforms?: 'enveloped+c14n' | 'enveloped';
  /** The PrefixList of exclusive canonicalisation; `#default` is the default namespace. */
  readonly inclusivePrefixes?: readonly string[];
  /** `''`: the whole document. `'#'`: the root by its id. Else the root by its id is written, and both are read. */
  readonly reference?: '' | '#';
  /** The attribute of the root that is its id: `Id`, `wsu:Id`. */
  readonly idAttribute?: string;
  /** The signature has an Id. */
  readonly signatureId?: boolean;
  /**
   * How the key is named: by its certificate; by certificates among which it is, with names and numbers of these; by a name of the
   * settings; by its own value; not at all. Else the certificate is written, and it may be missing.
   */
  readonly keyInfo?: 'certificate' | 'chain' | 'keyName' | 'keyValue' | 'none';
}

/** Of JSON Web Signatures (RFC 7515). */
export interface JwsForm {
  /** The parameters of the header beside `alg`, `typ` and `cty`; else `x5t#S256`. Those that name the key must all name the same. */
  readonly headers?: readonly JwsHeader[];
  /** `route`: no `typ`, or one that says only that it is a JWS; what a message is shows where it comes. */
  readonly typ?: 'message' | 'route';
  /** `detached`: the payload is the body, and the header named holds the rest (RFC 7515, appendix F). */
  readonly serialization?: 'compact' | 'detached';
  readonly signatureHeader?: string;
  readonly signatureFile?: string;
}

export type JwsHeader = 'x5t#S256' | 'kid' | 'x5c' | 'iat';

/** Of CMS signatures (RFC 5652). */
export interface CmsForm {
  /** The certificate, the certificate with others, or none is enclosed; else the certificate. */
  readonly keyInfo?: NonNullable<XmlForm['keyInfo']>;
  /** How the signer is named; else `issuerSerial`. */
  readonly signerId?: 'issuerSerial' | 'keyId';
  /** `plain`: signed attributes need not name the certificate (RFC 5035). Else they do. */
  readonly attributes?: 'cades' | 'plain';
  /** The attribute that lists the abilities of the sender's program may be there; it is not looked at. */
  readonly smimeCapabilities?: boolean;
  /** The attribute that repeats the algorithms may be there (RFC 6211); it must name those that were agreed. */
  readonly algorithmProtection?: boolean;
  /**
   * `multipart`: a MIME entity whose lines end with CR LF. `smime`: the same as programs for mail write it, with a preamble and any line
   * ends, which become CR LF. `opaque`: DER with the text in it. `p7s-beside`: the text is the body, and the header named holds the DER in
   * base64. Else `multipart`.
   */
  readonly envelope?: 'multipart' | 'smime' | 'opaque' | 'p7s-beside';
  /** Over HTTPS: the header field of the signature. */
  readonly signatureHeader?: string;
  /** In folders: the name of the file of the signature, by that of the message, `{file}.p7s`. */
  readonly signatureFile?: string;
}

/** Whether the signature travels beside its message. */
export function isBeside({ serialization, envelope }: Pick<JwsForm & CmsForm, 'serialization' | 'envelope'>): boolean {
  return serialization === 'detached' || envelope === 'p7s-beside';
}

/** Whether the text is in the signature, as it is kept here: one that travels beside its text is joined when it comes. */
export function holdsText({ envelope }: CmsForm): boolean {
  return envelope === 'opaque' || envelope === 'p7s-beside';
}

/** Words for one kind of seal say nothing about the others. */
export type SignatureForm = XmlForm & JwsForm & CmsForm;

const xml = 'http://www.w3.org/XML/1998/namespace';
const wsu = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd';

/** The attribute by whose value a reference names the root. */
export interface IdAttribute {
  readonly namespace: string;
  readonly name: string;
}

export function idAttributeOf({ idAttribute = 'Id' }: Pick<XmlForm, 'idAttribute'>): IdAttribute {
  const [prefix, local] = idAttribute.split(':');
  if (local === undefined) return { namespace: '', name: idAttribute };
  return { namespace: prefix === 'xml' ? xml : wsu, name: local };
}
