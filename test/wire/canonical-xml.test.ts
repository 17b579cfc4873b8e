/** The reader of canonical documents beside libxml2: whatever it takes, libxml2 takes, with the same bytes, events and verdicts. */

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Adapter } from '../../gateway/adapter/adapter.ts';
import { chanceOf, inventList, inventReply } from '../../gateway/adapter/generate.ts';
import { loadAdapter } from '../../gateway/adapter/load.ts';
import type { BodyEvents } from '../../gateway/model/body.ts';
import { isGatewayError } from '../../gateway/model/errors.ts';
import { readBody } from '../../gateway/wire/body.ts';
import { tellEvents } from '../../gateway/wire/canonical-events.ts';
import { canonicalPieces, readCanonical } from '../../gateway/wire/canonical-xml.ts';
import type { CanonicalXml } from '../../gateway/wire/canonical-tokens.ts';
import type { Keyring } from '../../gateway/wire/keys.ts';
import { canonicalBytes, parseXml, xsdFaults } from '../../gateway/wire/libxml.ts';
import { loadSchema, validate, type Schema } from '../../gateway/wire/schema.ts';
import { verify } from '../../gateway/wire/verify.ts';
import { guardXml } from '../../gateway/wire/xml-guard.ts';
import { readXml } from '../../gateway/wire/xml-events.ts';
import { accepts } from '../../gateway/wire/xsd-accepts.ts';
import { adapterTools, adaptersFolder } from '../support/adapter-tools.ts';
import { forged } from '../support/forged-xml.ts';
import { testKeyring, testNow, trustIn } from '../support/pki.ts';
import { damaged } from '../support/xml-mutations.ts';

const folders = readdirSync(adaptersFolder).filter((cc) => existsSync(join(adaptersFolder, cc, 'list.xml')));
const mark = Buffer.from([0xef, 0xbb, 0xbf]);

/** Everything told about a document, texts that follow each other joined. */
function eventsOf(tell: (events: BodyEvents) => void): unknown[] {
  const told: unknown[] = [];
  let text = '';
  const flush = (): void => {
    if (text !== '') told.push(text);
    text = '';
  };
  tell({
    open(namespace, name, attributes) {
      flush();
      told.push([namespace, name, attributes]);
    },
    text(more) {
      text += more;
    },
    close() {
      flush();
      told.push('close');
    },
  });
  return told;
}

/** Holds a document that was taken against libxml2 and saxes; gives whether the acceptor took it too. */
function compare(bytes: Uint8Array, taken: CanonicalXml, schema: Schema): boolean {
  const document = parseXml(guardXml(bytes));
  try {
    const canonical = Buffer.concat(canonicalPieces(taken));
    expect(canonical.equals(canonicalBytes(document)), 'canonical bytes').to.equal(true);
    expect(eventsOf((events) => tellEvents(taken, events))).to.deep.equal(
      eventsOf((events) => readXml(canonical, events)),
    );
    if (schema.format !== 'xml' || schema.acceptor === undefined || !accepts(schema.acceptor, taken)) return false;
    expect(xsdFaults(schema.validator, document)).to.deep.equal([]);
    return true;
  } finally {
    document.dispose();
  }
}

describe('the reader of canonical documents', () => {
  interface Source {
    readonly adapter: Adapter;
    readonly schema: Schema;
    readonly bytes: Buffer;
  }
  const sources: Source[] = [];
  let ours: Keyring;
  before(async () => {
    ours = await testKeyring('XA');
    for (const cc of folders) {
      const adapter = await loadAdapter(join(adaptersFolder, cc), adapterTools);
      const schemas = { list: loadSchema(adapter.list.schema), reply: loadSchema(adapter.reply.schema) };
      for (let seed = 1; seed <= 12; seed += 1) {
        const [list, reply] = [
          inventList(adapter, chanceOf(seed), adapter.list),
          inventReply(adapter, chanceOf(seed), adapter.reply),
        ];
        const written = (chunks: Iterable<string>): Buffer => Buffer.from([...chunks].join(''));
        sources.push({ adapter, schema: schemas.list, bytes: written(adapter.list.encode(list)) });
        sources.push({ adapter, schema: schemas.reply, bytes: written(adapter.reply.encode(reply)) });
      }
    }
  });

  it('takes every message this gateway writes in XML, and the schemas of all partners say yes to it at once', () => {
    expect(sources.length).to.be.greaterThan(100);
    for (const { adapter, schema, bytes } of sources) {
      const taken = readCanonical(bytes);
      expect(taken, `${adapter.partner}: ${bytes.toString()}`).to.not.equal(undefined);
      if (taken !== undefined) expect(compare(bytes, taken, schema), adapter.partner).to.equal(true);
    }
  });

  it('takes no damaged message that libxml2 refuses, or reads or judges in another way', () => {
    const chance = chanceOf(20260401);
    const counts = { made: 0, taken: 0, accepted: 0 };
    for (let run = 0; run < 12_000; run += 1) {
      const source = sources[run % sources.length];
      if (source === undefined) continue;
      const bytes = damaged(source.bytes, chance);
      const taken = readCanonical(bytes);
      counts.made += 1;
      // A signature is not looked into by this reader; see below.
      if (taken === undefined || taken.signature !== undefined) continue;
      counts.taken += 1;
      try {
        if (compare(bytes, taken, source.schema)) counts.accepted += 1;
      } catch (error) {
        throw new Error(`run ${run}: ${bytes.toString()}`, { cause: error });
      }
    }
    // The damage is light enough that much is still canonical, and heavy enough that most is not valid.
    expect(counts.taken).to.be.greaterThan(1000);
    expect(counts.accepted).to.be.greaterThan(300);
    expect(counts.taken - counts.accepted).to.be.greaterThan(500);
  }).timeout(120_000);

  /** What becomes of a message from its bytes to our own words: a code, or what is read. */
  async function outcome(bytes: Uint8Array, { adapter, schema }: Source): Promise<unknown> {
    const raw = { partner: 'XA', via: 'file', bytes, receivedAt: testNow.toISOString() } as const;
    try {
      using message = await verify(raw, trustIn(ours, 'rsa-sha256', ['xml-signature']), testNow);
      const content = Buffer.from(message.content).toString('latin1');
      const format = schema.path === adapter.list.schema ? adapter.list : adapter.reply;
      try {
        return [content, readBody<unknown>(validate(message, schema), format.decoder())];
      } catch (error) {
        if (isGatewayError(error)) return [content, error.code, error.at];
        throw error;
      }
    } catch (error) {
      if (isGatewayError(error)) return error.code;
      throw error;
    }
  }

  it('a signed message comes to the same end whether it is taken or, behind a byte order mark, left to libxml2', async () => {
    const chance = chanceOf(7);
    const ends = new Map<string, number>();
    for (let run = 0; run < 1500; run += 1) {
      const source = sources[run % sources.length];
      if (source === undefined) continue;
      // Damaged before it was signed by somebody who takes it for canonical, or afterwards.
      const isBefore = chance() < 0.6;
      const body = isBefore ? damaged(source.bytes, chance) : source.bytes;
      const start = body.indexOf('<', body.indexOf('?>'));
      const id = / Id="([^"]*)"/u.exec(source.bytes.toString())?.[1] ?? '';
      const signed = forged(ours.signer('rsa-sha256'), {
        body: body.subarray(start).toString().trimEnd(),
        uri: `#${id}`,
      });
      const bytes = isBefore ? signed : damaged(signed, chance);
      if (bytes.subarray(0, 3).equals(mark)) continue;
      const [direct, beside] = [await outcome(bytes, source), await outcome(Buffer.concat([mark, bytes]), source)];
      expect(direct, `run ${run}: ${bytes.toString()}`).to.deep.equal(beside);
      const end =
        typeof direct === 'string' ? direct : Array.isArray(direct) && direct.length === 3 ? String(direct[1]) : 'read';
      ends.set(end, (ends.get(end) ?? 0) + 1);
    }
    for (const end of [
      'read',
      'E_SCHEMA_INVALID',
      'E_SIGNATURE_INVALID',
      'E_XML_MALFORMED',
      'E_XML_FORBIDDEN',
      'E_BYTES_INVALID',
    ])
      expect(ends.get(end) ?? 0, end).to.be.greaterThan(10);
  }).timeout(120_000);
});
