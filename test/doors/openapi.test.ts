/** The document of the border door: it says what the door does, for its examples, those of the page, and requests made at random from it. */

import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { expect } from 'chai';
import fc from 'fast-check';
import { adapterTools, schemas } from '../../gateway/app/adapter-tools.ts';
import { openGateway, type OpenGateway } from '../../gateway/app/composition.ts';
import { loadConfig } from '../../gateway/app/config.ts';
import { borderDoor } from '../../gateway/doors/border.ts';
import { fillRegister, openClearance, union, northland, type TestClearance } from '../support/clearance-fixture.ts';
import { federation } from '../support/clearance-partners.ts';
import { makeLog } from '../../gateway/wire/log.ts';
import { temporaryFolder } from '../support/pki.ts';
import { nearlyValuesOf, type JsonSchema } from '../support/schema-values.ts';
import { listen, shut } from '../support/tls.ts';

interface Media {
  readonly schema: JsonSchema;
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>;
}
interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: JsonSchema }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, Media>> } | undefined>>;
}
interface ApiText extends JsonSchema {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}
interface Sent {
  readonly method: string;
  readonly path: string;
  readonly type?: string;
  readonly body?: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}
interface Replied {
  readonly status: number;
  readonly type: string;
  readonly body: unknown;
}

describe('the document of the border door', () => {
  let clearance: TestClearance;
  let gateway: OpenGateway;
  let doors: readonly Server[];
  let [ours, sample] = ['', ''];
  let api: ApiText;
  let operations: (Operation & { readonly path: string; readonly method: string })[];
  const log = makeLog({ level: 'silent' });
  const validators = new Map<string, (value: unknown) => readonly unknown[]>();

  before(async () => {
    clearance = await openClearance([northland, union, federation]);
    await fillRegister(clearance.db);
    const config = loadConfig({ data: temporaryFolder() }, { MRA_LOG: 'silent' });
    const partners = Object.fromEntries(['SG', 'KR', 'NZ'].map((code) => [code, byFile(code)]));
    gateway = await openGateway({ ...config, partners }, adapterTools());
    doors = [
      createServer(borderDoor({ ...clearance, schemas, log })),
      createServer(borderDoor({ ...gateway, schemas, log })),
    ];
    [sample = '', ours = ''] = await Promise.all(doors.map(async (door) => `http://127.0.0.1:${await listen(door)}`));
    api = (await (await fetch(`${ours}/openapi.json`)).json()) as ApiText;
    operations = Object.entries(api.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ ...operation, path, method })),
    );
  });
  after(async () => {
    await Promise.all(doors.map(shut));
    await gateway.close();
    await clearance.close();
  });

  const byFile = (code: string) => ({
    ...{ adapter: code.toLowerCase(), mirrored: false, transport: 'file' as const },
    certificates: { signing: [], names: {}, tls: [], anchors: [], checkPath: false },
  });

  /** What is wrong with a value, by a schema at a place of the document. */
  function faults(pointer: string, value: unknown): readonly unknown[] {
    let validator = validators.get(pointer);
    if (validator === undefined) {
      const ajv = new Ajv2020({ strict: false, allErrors: true });
      (formats as unknown as typeof formats.default)(ajv);
      ajv.addSchema(api, 'api');
      const compiled = ajv.compile({ $ref: `api#${pointer}` });
      validator = (each) => (compiled(each) ? [] : (compiled.errors ?? []));
      validators.set(pointer, validator);
    }
    return validator(value);
  }
  const escaped = (text: string): string => text.replaceAll('~', '~0').replaceAll('/', '~1');

  async function send(door: string, { method, path, type, body = '', headers }: Sent): Promise<Replied> {
    const sent = { method, headers: { ...headers, ...(type !== undefined && { 'content-type': type }) } };
    const response = await fetch(door + path, body.length === 0 ? sent : { ...sent, body: Buffer.from(body) });
    const text = await response.text();
    const replied = { status: response.status, type: response.headers.get('content-type') ?? '' };
    if (!replied.type.includes('json')) return { ...replied, body: text };
    const [first = ''] = text.split('\n', 1); // of lines, one stands for all
    return { ...replied, body: text === '' ? undefined : (JSON.parse(first) as unknown) };
  }
  /** Fails unless the document has this answer of this operation. */
  function requireDescribed(path: string, method: string, { status, type, body }: Replied): void {
    const operation = operations.find((each) => each.path === path && each.method === method);
    const described = Object.entries(operation?.responses ?? {}).find(([code]) => code === String(status))?.[1]
      ?.content?.[type];
    expect(described, `${method} ${path} ${status} ${type}`).to.not.equal(undefined);
    const place = ['paths', path, method, 'responses', String(status), 'content', type, 'schema'];
    expect(
      faults(`/${place.map(escaped).map(encodeURIComponent).join('/')}`, body),
      JSON.stringify(body),
    ).to.deep.equal([]);
  }

  it('is OpenAPI 3.1 whose references lead somewhere, and is the same until the program changes', async () => {
    expect(api.openapi).to.equal('3.1.0');
    const references = [...JSON.stringify(api).matchAll(/"\$ref":"([^"]+)"/gu)].map(([, target = '']) => target);
    expect(references.length).to.be.above(50);
    for (const reference of new Set(references)) expect(faults(reference.slice(1), undefined)).to.be.an('array');
    const first = await fetch(`${ours}/openapi.json`);
    const etag = first.headers.get('etag') ?? '';
    const again = await fetch(`${ours}/openapi.json`, { headers: { 'if-none-match': `"x", ${etag}` } });
    expect([again.status, await again.text(), again.headers.get('etag')]).to.deep.equal([304, '', etag]);
    const ids = operations.map(({ operationId }) => operationId);
    expect(new Set(ids).size).to.equal(ids.length);
  });

  it('has schemas that are those of the files by which the door judges', () => {
    const file = JSON.parse(readFileSync(join(schemas, 'check-request.schema.json'), 'utf8')) as JsonSchema;
    const { $schema: _, ...schema } = file;
    expect((api['components'] as { schemas: Record<string, unknown> }).schemas['CheckRequest']).to.deep.equal(schema);
  });

  it('has examples that are answered as it says', async () => {
    let count = 0;
    for (const { path, method, requestBody } of operations)
      for (const [type, { examples = {} }] of Object.entries(requestBody?.content ?? {}))
        for (const { value } of Object.values(examples)) {
          const replied = await send(ours, { method: method.toUpperCase(), path, type, body: JSON.stringify(value) });
          expect(replied.status, JSON.stringify(replied.body)).to.be.below(300);
          requireDescribed(path, method, replied);
          count += 1;
        }
    expect(count).to.be.at.least(4);
  });

  it('holds for every request that the page about the border shows', async () => {
    const page = readFileSync(new URL('../../docs/border.md', import.meta.url), 'utf8');
    const calls = [...page.matchAll(/curl [^\n]*http:\/\/127\.0\.0\.1:8080(\/[^\s'"]*)([\s\S]*?)\n```/gu)];
    expect(calls.length).to.be.at.least(1);
    for (const [, path = '', rest = ''] of calls) {
      const [, type] = /-H 'content-type: ([^']+)'/u.exec(rest) ?? [];
      const [, body] = /-d '([^']+)'/u.exec(rest) ?? [];
      const method = body === undefined ? 'GET' : 'POST';
      const replied = await send(ours, {
        method,
        path,
        ...(type !== undefined && { type }),
        ...(body !== undefined && { body }),
      });
      requireDescribed(path.split('?')[0] ?? '', method.toLowerCase(), replied);
      expect(replied.status, path).to.be.below(300);
    }
    const parts = [...page.matchAll(/```json\n([\s\S]*?)```/gu)].map(
      ([, text = '']) => JSON.parse(`{${text}}`) as JsonSchema,
    );
    for (const part of parts)
      for (const [name, value] of Object.entries(part))
        expect(faults(`/components/schemas/Answer/properties/${name}`, value)).to.deep.equal([]);
    expect(parts.length).to.be.at.least(1);
  });

  it('names the partners and roles that would be accepted', async () => {
    const ask = async (path: string, body: unknown): Promise<JsonSchema> =>
      (await send(ours, { method: 'POST', path, type: 'application/json', body: JSON.stringify(body) }))
        .body as JsonSchema;
    const choices = ({ errors }: JsonSchema): unknown =>
      (errors as readonly JsonSchema[]).map(({ pointer, allowed }) => [pointer, (allowed as string[]).slice(0, 3)]);
    const unknown = await ask('/v1/checks', { partner: 'QQ', identifier: 'QQ1' });
    expect(choices(unknown)).to.deep.equal([['/partner', ['SG', 'KR', 'NZ']]]);
    const role = await ask('/v1/checks', { partner: 'SG', identifier: 'X', role: 'shipper' });
    expect(choices(role)).to.deep.equal([['/role', ['consignor', 'consignee', 'exporter']]]);
    const batch = await ask('/v1/checks/batch', { checks: { a: { partner: 'QQ', identifier: 'QQ1' } } });
    const { a } = batch['results'] as Readonly<Record<string, { readonly problem: JsonSchema }>>;
    expect(choices(a?.problem ?? {})).to.deep.equal([['/partner', ['SG', 'KR', 'NZ']]]);
  });

  it('holds for requests made at random from it: none is answered with our own fault, or otherwise than it says', async () => {
    const known = [
      'NN0000001',
      'NN0000002',
      'NN00000O1',
      'UU12',
      'XA1234567',
      'AEO<NN0000001>',
      'ＮＮ０００0001',
      ' nn-0000001',
    ];
    const seen = new Set<number>();
    for (const { path, method, requestBody, parameters = [] } of operations) {
      const fields = parameters
        .filter((each) => each.in === 'header' && each.name !== 'X-Request-Id')
        .map((each) => each.name);
      const bodies = Object.entries(requestBody?.content ?? {}).map(([type, { schema }]) =>
        nearlyValuesOf(schema, api).map((value) => ({ type, value })),
      );
      const sent = fc.record({
        id: fc.stringMatching(/^[A-Za-z0-9_-]{1,40}$/u),
        query: fc.dictionary(
          fc.constantFrom('x', ...parameters.filter((each) => each.in === 'query').map(({ name }) => name)),
          fc.string({ maxLength: 20 }),
          {
            maxKeys: 2,
          },
        ),
        headers: fc.dictionary(fc.constantFrom('x-request-id', ...fields), fc.stringMatching(/^[!-~]{1,30}$/u), {
          maxKeys: 2,
        }),
        sent: fc.oneof(...(bodies.length === 0 ? [fc.constant({ type: undefined, value: undefined })] : bodies)),
        identifier: fc.option(fc.constantFrom(...known), { freq: 2 }),
        other: fc.option(fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH'), { freq: 9 }),
      });
      const answered = fc.asyncProperty(
        sent,
        async ({ id, query, headers, sent: { type, value }, identifier, other }) => {
          const target = `${path.replace('{number}', id)}?${new URLSearchParams(query).toString()}`;
          const written = other ?? method.toUpperCase();
          const text = JSON.stringify(value) as string | undefined;
          const body =
            identifier === null
              ? text
              : text?.replace(/"identifier":"[^"]*"/u, `"identifier":${JSON.stringify(identifier)}`);
          const more = {
            ...(type !== undefined && { type }),
            ...(body !== undefined && written !== 'GET' && { body }),
          };
          const replied = await send(sample, { method: written, path: target, headers, ...more });
          expect(replied.status).to.not.equal(500);
          const asked = written.toLowerCase();
          requireDescribed(path, Object.hasOwn(api.paths[path] ?? {}, asked) ? asked : method, replied);
          seen.add(replied.status);
        },
      );
      await fc.assert(answered, { seed: 7741, numRuns: requestBody === undefined ? 15 : 120, endOnFailure: true });
    }
    expect([...seen]).to.include.members([200, 201, 404, 405, 422]);
  });
});
