/** `mra adapter read`: a file of the partner in our words, signed or not. */

import { basename } from 'node:path';
import type { Command } from 'commander';
import type { Adapter, AcceptedFormat } from '../adapter/adapter.ts';
import { loadAdapter } from '../adapter/load.ts';
import { momentOf } from '../model/day.ts';
import { GatewayError, isGatewayError, type ErrorCode } from '../model/errors.ts';
import type { ListMessage } from '../model/list/list.ts';
import { isUnsigned, type Acknowledgement, type Reply } from '../model/message.ts';
import { unpackList } from '../model/record/packed-records.ts';
import { readAcknowledgement } from '../outbound/read-acknowledgement.ts';
import { readCertificates } from '../wire/signature/certificates.ts';
import { readUnverified } from '../wire/signature/unverified.ts';
import { verify } from '../wire/signature/verify.ts';
import type { ParsedBody } from '../wire/xml/parsed-body.ts';
import { decodeBody, parseUnsigned } from '../wire/xml/read-body.ts';
import { checkTree, loadSchema } from '../wire/xsd/schema.ts';
import { folderOf } from './adapter-folder.ts';
import type { CliContext } from './context.ts';
import { readInput, wholeNumber } from './input.ts';
import type { Row } from './output.ts';

interface ReadOptions {
  readonly certificate?: string;
  readonly limit: number;
}

export function readCommand(adapter: Command, context: CliContext): void {
  adapter
    .command('read')
    .argument('<cc>', 'folder under adapters/')
    .argument('<file>', 'a list, reply or acknowledgement of the partner, signed or not')
    .option('--certificate <file>', 'check the signature with this certificate of the partner, PEM')
    .option('--limit <number>', 'records to show; -o json shows all', wholeNumber('--limit'), 20)
    .description('show a file of the partner in our words')
    .action((cc: string, file: string, options: ReadOptions) => read(context, cc, file, options));
}

async function read(context: CliContext, cc: string, file: string, options: ReadOptions): Promise<void> {
  const { out, tools } = context;
  const adapter = await loadAdapter(folderOf(context.config().adapters, cc), tools);
  const bytes = readInput(file);
  const checked = await checkedSignature(bytes, adapter, options.certificate);
  const { kind, message, template, signature } = readFile(bytes, adapter, checked);
  if (out.format === 'json') return out.json({ adapter: cc, file, template, signature, kind, message });
  out.print(`${kind} ${message.id ?? ''}`.trim() + `, read by ${template}, signature ${signature}`);
  if (kind === 'acknowledgement') {
    const { results, ...answer } = message;
    out.table([answer]);
  }
  const rows = kind === 'list' ? recordRows(message) : (message.results ?? []).map((result): Row => ({ ...result }));
  out.table(rows.slice(0, options.limit));
  if (rows.length > options.limit) out.note(`${rows.length - options.limit} more: --limit, or -o json`);
}

/** As a list or reply; else, unless its signature was checked, as an acknowledgement, which is never signed. */
function readFile(bytes: Uint8Array, adapter: Adapter, checked: string | undefined): ReadFile {
  try {
    const { body, signed } = isUnsigned(adapter.seal)
      ? { body: parseUnsigned(bytes, adapter.list.format), signed: false }
      : readUnverified(bytes, adapter.seal);
    try {
      return { ...decode(body, adapter), signature: checked ?? (signed ? 'not checked' : 'none') };
    } finally {
      if (body.format === 'xml') body.dispose();
    }
  } catch (error) {
    if (checked !== undefined || !isGatewayError(error)) throw error;
    return readAnswer(bytes, adapter, error);
  }
}

/** What says that a file is no list and no reply, and not that it is a faulty one. */
const otherKinds: readonly ErrorCode[] = [
  'E_MESSAGE_KIND',
  'E_XML_MALFORMED',
  'E_JSON_MALFORMED',
  'E_TEXT_MALFORMED',
  'E_SIGNATURE_PROFILE',
];

/** Throws the refusal of its template where the file is no list and no reply. */
function readAnswer(bytes: Uint8Array, { acknowledgements }: Adapter, fault: GatewayError): ReadFile {
  let refusal = fault;
  for (const format of acknowledgements) {
    try {
      const message = readAcknowledgement({ schemaOf: ({ schema }) => loadSchema(schema) }, format, bytes);
      return { template: basename(format.template), kind: 'acknowledgement', message, signature: 'none' };
    } catch (error) {
      if (!isGatewayError(error)) throw error;
      if (otherKinds.includes(refusal.code)) refusal = error;
    }
  }
  throw refusal;
}

/** `valid` with the fingerprint of the certificate in the file; undefined without a file. Throws what verify throws. */
async function checkedSignature(
  bytes: Uint8Array,
  { seal, partner }: Adapter,
  file: string | undefined,
): Promise<string | undefined> {
  if (file === undefined) return undefined;
  if (isUnsigned(seal)) {
    const fix = 'Leave --certificate out.';
    throw new GatewayError('E_REQUEST_INVALID', 'messages of this partner are not signed', {
      at: '--certificate',
      fix,
    });
  }
  const certificates = readCertificates(readInput(file).toString(), file);
  const now = new Date();
  const raw = { partner, via: 'file', bytes, receivedAt: momentOf(now) } as const;
  using message = await verify(raw, { ...seal, seals: [seal.kind], certificates }, now);
  return `valid, ${message.signer}`;
}

type Decoded = { readonly template: string } & (
  { readonly kind: 'list'; readonly message: ListMessage } | { readonly kind: 'reply'; readonly message: Reply }
);

type ReadFile = { readonly signature: string } & (
  Decoded | { readonly template: string; readonly kind: 'acknowledgement'; readonly message: Acknowledgement }
);

/** By the newest layout that reads it, of any day. Throws the refusal of the newest layout of its type; E_MESSAGE_KIND without one. */
function decode(body: ParsedBody, adapter: Adapter): Decoded {
  const layouts = new Set(adapter.periods.toReversed().flatMap((day) => adapter.formatsOn(day).accepted));
  const ofType = [...layouts].filter(({ format }) => body.format !== 'xml' || format.type === body.type);
  const refusals: GatewayError[] = [];
  for (const layout of ofType) {
    try {
      return decodeBy(layout, body);
    } catch (error) {
      if (!isGatewayError(error)) throw error;
      refusals.push(error);
    }
  }
  const [first] = refusals;
  if (first !== undefined) throw first;
  const types = [...new Set([...layouts].map(({ format }) => format.type))].join(', ');
  throw new GatewayError('E_MESSAGE_KIND', 'no layout of the adapter is of this type', { fix: `It reads ${types}.` });
}

function decodeBy(layout: AcceptedFormat, body: ParsedBody): Decoded {
  checkTree(body, loadSchema(layout.format.schema), layout.format.lines);
  const template = basename(layout.format.template);
  return layout.kind === 'list'
    ? { template, kind: 'list', message: unpackList(decodeBody(body, layout.format.decoder())) }
    : { template, kind: 'reply', message: decodeBody(body, layout.format.decoder()) };
}

function recordRows({ records, departures }: ListMessage): Row[] {
  return [
    ...records.map(({ identifier, name, grade, status, statusSince }) => {
      return { identifier, name: name.latin ?? name.local ?? '', grade, status, since: statusSince };
    }),
    ...departures.map(({ identifier, reason, since }) => {
      return { identifier, name: '', grade: '', status: reason, since };
    }),
  ];
}
