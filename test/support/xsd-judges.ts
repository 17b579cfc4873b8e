/** The two judges of an XSD in tests: the acceptor that is made of it, and libxml2. */

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { readCanonical } from '../../gateway/wire/xml/canonical-xml.ts';
import { compileXsd, parseXml, xsdFaults, type XsdValidator } from '../../gateway/wire/xml/libxml.ts';
import { acceptorOf, type Acceptor } from '../../gateway/wire/xsd/acceptor.ts';
import { accepts } from '../../gateway/wire/xsd/accepts.ts';
import { temporaryFolder } from './pki.ts';

const folder = temporaryFolder();
let written = 0;

export interface Judge {
  readonly acceptor: Acceptor | undefined;
  readonly validator: XsdValidator;
}

/** Both judges of an XSD with these components. */
export function judgeOf(components: string, attributes = 'elementFormDefault="qualified"'): Judge {
  const text = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:t="urn:t" targetNamespace="urn:t" ${attributes}>${components}</xs:schema>`;
  const file = path.join(folder, `${(written += 1)}.xsd`);
  writeFileSync(file, text);
  return { acceptor: acceptorOf(text), validator: compileXsd(file) };
}

/** Whether the acceptor says yes; then libxml2 must say so too. */
export function isAccepted({ acceptor, validator }: Judge, document: string): boolean {
  const taken = readCanonical(Buffer.from(document));
  if (taken === undefined) throw new Error(`not canonical: ${document}`);
  const accepted = acceptor !== undefined && accepts(acceptor, taken);
  if (accepted) expect(isValid(validator, document), document).to.equal(true);
  return accepted;
}

export function isValid(validator: XsdValidator, document: string): boolean {
  const parsed = parseXml(Buffer.from(document));
  try {
    return xsdFaults(validator, parsed).length === 0;
  } finally {
    parsed.dispose();
  }
}

/** A document of one element, `r`, of the schema's namespace. */
export const root = (content: string, attributes = ''): string => `<t:r xmlns:t="urn:t"${attributes}>${content}</t:r>`;
