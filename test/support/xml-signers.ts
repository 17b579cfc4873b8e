/** Programs and libraries of other people that sign XML, each in its usual way: jobs in, signed documents out. */

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { SignedXml } from 'xml-crypto';
import type { SignatureAlgorithm } from '../../gateway/model/message.ts';
import type { XmlForm } from '../../gateway/model/signature-form.ts';
import type { Keyring } from '../../gateway/wire/signature/keys.ts';
import { dsig, exclusiveC14n, xmlAlgorithms } from '../../gateway/wire/signature/xml-algorithms.ts';
import { temporaryFolder } from './pki.ts';
import { debianPython } from './python.ts';

export interface SigningJob extends XmlForm {
  readonly algorithm: SignatureAlgorithm;
  /** The unsigned document. */
  readonly text: string;
  /** In KeyInfo. */
  readonly name?: string;
}

const folder = temporaryFolder();

function file(name: string, content: string): string {
  const place = path.join(folder, name);
  writeFileSync(place, content);
  return place;
}

/** Key, certificate and authority of the signer as PEM files. */
export function pemFiles(keyring: Keyring, algorithm: SignatureAlgorithm) {
  const { key, certificate } = keyring.signer(algorithm);
  return {
    key: file(`${algorithm}.key`, key.export({ type: 'pkcs8', format: 'pem' }).toString()),
    certificate: file(`${algorithm}.pem`, certificate.toString()),
    authority: file('ca.pem', keyring.tls.ca),
  };
}

function uriOf({ reference = '#', text, idAttribute = 'Id' }: SigningJob): string {
  if (reference === '') return '';
  return `#${new RegExp(` ${idAttribute}="([^"]*)"`, 'u').exec(text)?.[1] ?? ''}`;
}

/** An empty signature, as people write it for xmlsec1. */
function template(job: SigningJob): string {
  const { c14n, method, transforms, digest } = xmlAlgorithms(job.algorithm, job);
  const { keyInfo = 'certificate', inclusivePrefixes: prefixes = [] } = job;
  const list = `<ec:InclusiveNamespaces xmlns:ec="${exclusiveC14n}" PrefixList="${prefixes.join(' ')}"/>`;
  const uses = (name: string, algorithm: string): string =>
    prefixes.length > 0 && algorithm.startsWith(exclusiveC14n)
      ? `<${name} Algorithm="${algorithm}">${list}</${name}>`
      : `<${name} Algorithm="${algorithm}"/>`;
  const infos = { certificate: '<X509Data/>', chain: '<X509Data/>', keyName: '<KeyName/>', keyValue: '<KeyValue/>' };
  return `<Signature xmlns="${dsig}"${job.signatureId === true ? ' Id="the-signature"' : ''}>
  <SignedInfo>
    ${uses('CanonicalizationMethod', c14n)}
    <SignatureMethod Algorithm="${method}"/>
    <Reference URI="${uriOf(job)}">
      <Transforms>${transforms.map((each) => uses('Transform', each)).join('')}</Transforms>
      <DigestMethod Algorithm="${digest}"/>
      <DigestValue/>
    </Reference>
  </SignedInfo>
  <SignatureValue/>
  ${keyInfo === 'none' ? '' : `<KeyInfo>${infos[keyInfo]}</KeyInfo>`}
</Signature>`;
}

/** Which attributes are ids, by the root of the document. */
const idOption = ({ idAttribute = 'Id', text }: Pick<SigningJob, 'idAttribute' | 'text'>): readonly string[] => {
  const [, prefix = '', root = ''] = /^<(\w+):(\w+)/u.exec(text) ?? [];
  const namespace = new RegExp(`xmlns:${prefix}="([^"]*)"`, 'u').exec(text)?.[1] ?? '';
  return [`--id-attr:${idAttribute.replace(/^.*:/u, '')}`, `${namespace}:${root}`];
};

export function signWithXmlsec1(keyring: Keyring, job: SigningJob): Buffer {
  const { key, certificate, authority } = pemFiles(keyring, job.algorithm);
  const files = job.keyInfo === 'chain' ? [key, certificate, authority] : [key, certificate];
  const named = job.name === undefined ? '' : `:${job.name}`;
  const document = file(
    'template.xml',
    job.text.replace(/<\/[^<]*>$/u, (end) => template(job) + end),
  );
  const options = ['--sign', `--privkey-pem${named}`, files.join(','), ...idOption(job)];
  return execFileSync('xmlsec1', [...options, document], { stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Throws for a signature that does not hold. */
export function verifyWithXmlsec1(keyring: Keyring, bytes: Uint8Array, job: Omit<SigningJob, 'text'>): void {
  const text = Buffer.from(bytes).toString();
  const { certificate } = pemFiles(keyring, job.algorithm);
  const place = file('signed.xml', text);
  const options = ['--verify', '--pubkey-cert-pem', certificate, ...idOption({ ...job, text })];
  // Keys that the message brings are not believed here either.
  execFileSync('xmlsec1', [...options, '--enabled-key-data', 'key-name,rsa,ec', place], { stdio: 'pipe' });
}

/** The jobs in one process of the JDK. */
export function signWithJdk(keyring: Keyring, jobs: readonly SigningJob[]): Buffer[] {
  const made = jobs.map((job, i) => {
    const { c14n, method, digest, transforms } = xmlAlgorithms(job.algorithm, job);
    const { inclusivePrefixes, keyInfo = 'certificate', name, signatureId } = job;
    const out = path.join(folder, `jdk-${i}.xml`);
    const properties = {
      ...{ ...pemFiles(keyring, job.algorithm), out, c14n, method, digest, keyInfo, name, uri: uriOf(job) },
      ...{ text: job.text, c14nTransform: transforms[1], prefixes: inclusivePrefixes?.join(' ') },
      signatureId: signatureId === true ? 'the-signature' : undefined,
    };
    const lines = Object.entries(properties).filter(([, value]) => value !== undefined);
    return { out, job: file(`jdk-${i}.properties`, lines.map(([key, value]) => `${key}=${value}`).join('\n')) };
  });
  const program = path.join(import.meta.dirname, 'signers', 'SignXml.java');
  execFileSync('java', ['-XX:TieredStopAtLevel=1', program, ...made.map(({ job }) => job)], { stdio: 'pipe' });
  return made.map(({ out }) => readFileSync(out));
}

/** In this process. The library takes no key of another kind than RSA, and no form with comments. */
export function signWithXmlCrypto(keyring: Keyring, job: SigningJob): Buffer {
  const { key, certificate } = keyring.signer(job.algorithm);
  const { c14n, method, digest, transforms } = xmlAlgorithms(job.algorithm, job);
  const signer = new SignedXml({
    privateKey: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicCert: certificate.toString(),
    canonicalizationAlgorithm: c14n,
    signatureAlgorithm: method,
    ...(job.keyInfo === 'none' ? { getKeyInfoContent: () => null } : {}),
  });
  const reference = { xpath: '/*', digestAlgorithm: digest as never, transforms: [...transforms] as never };
  signer.addReference(job.reference === '' ? { ...reference, uri: '', isEmptyUri: true } : reference);
  signer.computeSignature(job.text, { prefix: 'ds' });
  return Buffer.from(signer.getSignedXml());
}

/** The jobs in one process of Python. */
export function signWithPython(keyring: Keyring, jobs: readonly SigningJob[]): Buffer[] {
  const input = jobs.map(({ signatureId, ...job }) => ({
    ...{ c14n: 'exclusive', transforms: 'enveloped+c14n', keyInfo: 'certificate' },
    ...{ ...job, ...pemFiles(keyring, job.algorithm), uri: uriOf(job), digest: xmlAlgorithms(job.algorithm, job).hash },
    ...(signatureId === true ? { signatureId: 'the-signature' } : {}),
  }));
  const program = path.join(import.meta.dirname, 'signers', 'sign_xml.py');
  const printed = execFileSync(debianPython, [program], {
    input: JSON.stringify(input),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  return (JSON.parse(printed.toString()) as string[]).map((text) => Buffer.from(text));
}
