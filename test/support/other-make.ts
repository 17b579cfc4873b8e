/** A partner of another make for tests: an adapter with lists in signed JSON and acknowledgements in XML, and its HTTPS server and client. */

import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createServer, request } from 'node:https';
import { join } from 'node:path';
import { encodedText } from '../../gateway/adapter/format.ts';
import { readPem } from '../../gateway/app/certificate-files.ts';
import { unpackList } from '../../gateway/model/record/packed-records.ts';
import { buildList } from '../../gateway/outbound/send-list.ts';
import { signUnchecked } from '../../gateway/wire/signature/seal.ts';
import { adaptersFolder } from './adapter-tools.ts';
import type { OpenAdministrations } from './administrations.ts';
import { temporaryFolder } from './pki.ts';

const verdicts =
  '  verdict: { applied: OK, held: WAIT, rejected: NOK, duplicate: DUP, busy: BUSY }\n  result: { applied: "0", rejected: "9" }';
export const ackTemplate = `<Ack xmlns="urn:sg:ack">
  <Code>{ack.verdict|code:verdict}</Code><No>{ack.number?}</No><Text>{ack.reason?}</Text>
</Ack>`;
const ackSchema = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:sg:ack" elementFormDefault="qualified">
  <xs:element name="Ack"><xs:complexType><xs:sequence>
    <xs:element name="Code" type="xs:string"/><xs:element name="No" type="xs:int" minOccurs="0"/>
    <xs:element name="Text" type="xs:string" minOccurs="0"/>
  </xs:sequence></xs:complexType></xs:element></xs:schema>`;
const resultsTemplate = JSON.stringify({
  ref: '{ack.subject?}',
  rows: { $each: 'results?', $item: { id: '{identifier}', code: '{verdict|code:result}', why: '{code?}' } },
});

/** The beginning of a conversation in which lists state a number that restarts each year, and nothing that the connection shows. */
export const numberedByYear = `
conversation:
  stream: { discipline: numbered, restart: year }
  fills:
    message: { id: [from, to, period, number], from: channel, to: channel, nextBy: { from: issuedAt, add: maxAge } }`;

/** A folder of adapters: home and SG, whose lists state a number that restarts each year. */
export function adaptersWith(conversation: string, change: (manifest: string) => string = (text) => text): string {
  const folder = temporaryFolder();
  for (const cc of ['cn', 'sg']) cpSync(join(adaptersFolder, cc), join(folder, cc), { recursive: true });
  const at = (name: string): string => join(folder, 'sg', name);
  const manifest = readFileSync(at('adapter.yaml'), 'utf8').replace(/^codes:$/mu, `codes:\n${verdicts}`);
  writeFileSync(at('adapter.yaml'), change(manifest + conversation));
  const template = JSON.parse(readFileSync(at('list.json'), 'utf8')) as Record<string, unknown>;
  const { listType, sentAt, operators: items, removals } = template;
  const number = '{message.position.sequence|number}';
  writeFileSync(at('list.json'), JSON.stringify({ number, listType, sentAt, operators: items, removals }));
  writeFileSync(at('list.schema.json'), JSON.stringify({ $id: 'urn:test:list', type: 'object' }));
  writeFileSync(at('ack.xml'), ackTemplate);
  writeFileSync(at('ack.xsd'), ackSchema);
  writeFileSync(at('results.json'), resultsTemplate);
  writeFileSync(at('results.schema.json'), JSON.stringify({ $id: 'urn:test:results', type: 'object' }));
  return folder;
}

export const ack = (code: string, number: number, text = ''): string =>
  `<Ack xmlns="urn:sg:ack"><Code>${code}</Code><No>${number}</No>${text === '' ? '' : `<Text>${text}</Text>`}</Ack>`;

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

export interface OtherMake {
  /** What arrived, the oldest first. */
  readonly received: {
    readonly path: string;
    readonly headers: IncomingMessage['headers'];
    readonly payload: unknown;
  }[];
  /** The answers to come; after a `lost` one the connection is cut without an answer. */
  answers: (HttpAnswer | 'lost')[];
  /** Posts to our exchange door as the partner's system does. */
  post(path: string, body: Uint8Array | string, headers?: Record<string, string>): Promise<HttpAnswer>;
  close(): void;
}

/** Listens at the address that the settings name for SG, with its TLS certificate. */
export async function openOtherMake(open: OpenAdministrations): Promise<OtherMake> {
  const { config, gateway } = open.home;
  const { cert, key } = open.of('SG').gateway.keyring.tls;
  const ca = [gateway.keyring.tls.ca, ...(config.partners['SG']?.certificates.anchors.map(readPem) ?? [])];
  const server = createServer({ cert, key, ca, requestCert: true }, (incoming, response) => {
    void incoming.toArray().then((pieces: Buffer[]) => {
      const text = Buffer.concat(pieces).toString();
      const [, payload = ''] = text.split('.');
      const content = text.startsWith('<')
        ? text
        : (JSON.parse(Buffer.from(payload, 'base64url').toString()) as unknown);
      peer.received.push({ path: `${incoming.method} ${incoming.url}`, headers: incoming.headers, payload: content });
      const answer = peer.answers.shift() ?? { status: 500, body: 'no answer is planned' };
      if (answer === 'lost') incoming.socket.destroy();
      else response.writeHead(answer.status, { 'content-type': 'text/xml' }).end(answer.body);
    });
  });
  const peer: OtherMake = {
    received: [],
    answers: [],
    async post(path, body, headers = {}) {
      const { port } = config.exchange;
      const options = { host: '127.0.0.1', port, path, method: 'POST', cert, key, ca: gateway.keyring.tls.ca, headers };
      const sent = request(options);
      sent.end(body);
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      const pieces = (await response.toArray()) as Buffer[];
      return { status: response.statusCode ?? 0, body: Buffer.concat(pieces).toString() };
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
  server.listen(Number(new URL(config.partners['SG']?.url ?? '').port), '127.0.0.1');
  await once(server, 'listening');
  return peer;
}

/** The list that SG would send now, with this number of its own, signed. */
export async function numberedList(open: OpenAdministrations, number: number): Promise<Uint8Array> {
  const { gateway } = open.of('SG');
  const built = await buildList(gateway, 'CN', { kind: 'full' });
  const partner = gateway.partners.get('CN');
  if (built === undefined || partner === undefined) throw new Error('nothing was built');
  const { list } = partner.adapter;
  const content = JSON.parse(encodedText(list, unpackList(built.list))) as object;
  const bytes = Buffer.from(JSON.stringify({ ...content, number }));
  return (await signUnchecked(bytes, list, partner.signer, new Date().toISOString())).bytes;
}
