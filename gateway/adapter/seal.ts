/** What the seal of an adapter must fit: the formats of its messages, its transport and answers, and its own words each other. */

import { isUnsigned, type SealTerms, type SignatureTerms } from '../model/message.ts';
import { isBeside } from '../model/signature-form.ts';
import type { Adapter, MessageFormat } from './adapter.ts';
import { invalid, type Place } from './faults.ts';
import { besideFile } from './conversation/file-names.ts';
import type { Beside } from './conversation/files.ts';
import type { Manifest } from './manifest.ts';

const sealOf = { xml: 'xml-signature', json: 'jws', text: 'cms-detached' } as const;

/** The format, if it can carry the seal; E_ADAPTER_INVALID otherwise. */
export function requireMatchingSeal<F extends Pick<MessageFormat<unknown>, 'format' | 'lines'>>(
  format: F,
  { seal }: Manifest,
  place: Place,
): F {
  if (isUnsigned(seal)) return format;
  if (seal.envelope === 'smime' && (format.lines?.ends === '\n' || format.lines?.sheet !== undefined))
    throw invalid(
      'in the envelope smime every line end becomes CR LF',
      place('/seal/envelope'),
      'Use envelope: multipart, or lines that end with CR LF.',
    );
  if (sealOf[format.format] === seal.kind) return format;
  throw invalid(
    `a seal of kind ${seal.kind} does not fit these templates`,
    place('/seal'),
    'XML takes xml-signature, JSON takes jws, CSV and fixed width take cms-detached.',
  );
}

/** Whether a transport shows who sends. */
const showsSender: Readonly<Record<Adapter['transport'], boolean>> = {
  ...{ https: true, 'https-pull': true, amqp: true, sftp: true, folder: true },
};

/** Receipts are signed, and messages without a signature need an authenticated channel. */
function requireOtherAnswers(
  { send, receive }: Adapter['exchange'],
  transport: Adapter['transport'],
  place: Place,
): void {
  if (!showsSender[transport]) {
    const fix = 'Use a transport that does, or agree signatures.';
    throw invalid('without signatures the transport must show who sends', place('/seal/kind'), fix);
  }
  if (send !== undefined && receive !== undefined) return;
  const fix = 'Describe the answers of both sides in conversation.send and conversation.receive.';
  throw invalid('receipts are signed, and no signatures are agreed', place('/seal/kind'), fix);
}

/** Throws E_ADAPTER_INVALID at the word that contradicts another, or what messages without a signature lack. */
export function requireUsableSeal(
  seal: SealTerms,
  { exchange, transport }: Pick<Adapter, 'exchange' | 'transport'>,
  place: Place,
): void {
  if (isUnsigned(seal)) return requireOtherAnswers(exchange, transport, place);
  requireSignaturePlace(seal, transport, place);
  const fault = contradictions(seal).find(({ holds }) => holds);
  if (fault !== undefined) throw invalid(fault.detail, place(`/seal/${fault.word}`), fault.fix);
}

/** A signature beside its message needs a place: a header of HTTPS or of a broker, or a file. Who polls gets one document. */
function requireSignaturePlace(seal: SignatureTerms, transport: Adapter['transport'], place: Place): void {
  const { serialization, signatureFile } = seal;
  const [word, other] =
    transport === 'sftp' || transport === 'folder'
      ? (['signatureFile', 'signatureHeader'] as const)
      : (['signatureHeader', 'signatureFile'] as const);
  if (isBeside(seal) && (seal[word] === undefined || transport === 'https-pull'))
    throw invalid(
      `a signature beside its message travels in ${word === 'signatureFile' ? 'a file' : 'a header'} with transport ${transport}`,
      place(`/seal/${serialization === 'detached' ? 'serialization' : 'envelope'}`),
      word === 'signatureFile'
        ? "Name it: signatureFile: '{file}.p7s'."
        : 'Name the header as signatureHeader, with transport: https or amqp.',
    );
  const named = isBeside(seal) ? other : signatureFile === undefined ? 'signatureHeader' : 'signatureFile';
  if (seal[named] !== undefined)
    throw invalid(
      isBeside(seal)
        ? `with transport ${transport} the signature travels elsewhere`
        : 'the signature is in the message',
      place(`/seal/${named}`),
      `Leave ${named} out, or use serialization: detached or envelope: p7s-beside.`,
    );
  if (signatureFile !== undefined) besideFile(signatureFile, place('/seal/signatureFile'));
}

interface Contradiction {
  readonly word: keyof SignatureTerms;
  readonly holds: boolean;
  readonly detail: string;
  readonly fix: string;
}

function contradictions({
  algorithm,
  c14n,
  idAttribute,
  inclusivePrefixes,
  keyInfo,
  reference,
}: SignatureTerms): Contradiction[] {
  return [
    {
      word: 'inclusivePrefixes',
      holds: inclusivePrefixes !== undefined && c14n?.startsWith('inclusive') === true,
      detail: 'inclusive canonicalisation takes no list of prefixes',
      fix: 'Leave inclusivePrefixes out, or use c14n: exclusive.',
    },
    {
      word: 'idAttribute',
      holds: idAttribute !== undefined && reference === '',
      detail: 'a reference to the whole document names no attribute',
      fix: "Leave idAttribute out, or use reference: '#'.",
    },
    {
      word: 'keyInfo',
      holds: keyInfo === 'keyValue' && algorithm === 'eddsa-ed25519',
      detail: 'XML Signature 1.1 has no KeyValue for an Ed25519 key',
      fix: 'Use keyInfo: certificate.',
    },
  ];
}

/** The file of the signature of a message, by the name of that; undefined where it has none of its own. */
export function signatureFileOf(seal: SealTerms): Beside | undefined {
  const name = isUnsigned(seal) || !isBeside(seal) ? undefined : seal.signatureFile;
  return name === undefined ? undefined : besideFile(name, '/seal/signatureFile');
}
