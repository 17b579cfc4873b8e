/** The client in TypeScript asks a real door: typed by its document, with retries under one idempotency key. */

import { execFile, execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { borderClient, type BorderClient, type Schema } from '../../schemas/typescript-client/client.js';
import { addClient } from '../../gateway/app/client-decisions.ts';
import { borderDoor } from '../../gateway/doors/border.ts';
import { openCallers } from '../../gateway/doors/border-callers.ts';
import { makeLog } from '../../gateway/wire/log.ts';
import { fillRegister, openClearance, type TestClearance } from '../support/clearance-fixture.ts';
import { clientTypes, clientTypesPath } from '../support/client-types.ts';
import { temporaryFolder } from '../support/pki.ts';
import { listen, shut } from '../support/tls.ts';

const schemas = join(import.meta.dirname, '../../schemas');
const modules = join(import.meta.dirname, '../../node_modules');
const body = { partner: 'NN', identifier: 'NN0000001', role: 'consignor', direction: 'import' } as const;

describe('the client in TypeScript', () => {
  let clearance: TestClearance;
  let server: Server;
  let address: string;
  let token: string;
  let client: BorderClient;
  let keys: unknown[];
  /** What happens to the next requests in place of an answer; `lost`: the answer, on its way. */
  let faults: ('busy' | 'refused' | 'lost' | 'silent')[];

  beforeEach(async () => {
    clearance = await openClearance();
    await fillRegister(clearance.db);
    const log = makeLog({ level: 'silent' });
    const callerOf = openCallers({}, { ...clearance, log, clock: () => performance.now() });
    ({ token = '' } = await addClient(clearance, 'port-7', { person: 'ines', scopes: ['check', 'batch', 'feed'] }));
    const door: RequestListener = borderDoor({ ...clearance, schemas, log, callerOf });
    [keys, faults] = [[], []];
    server = createServer((request, response) => {
      keys.push(request.headers['idempotency-key']);
      switch (faults.shift()) {
        case undefined:
          return door(request, response);
        case 'busy':
          request.resume();
          return void response.writeHead(503, { 'retry-after': '0' }).end('{}');
        case 'refused':
          return void request.destroy();
        case 'silent':
          return void request.resume();
        case 'lost':
          response.end = () => response.destroy();
          return door(request, response);
      }
    });
    address = `http://127.0.0.1:${await listen(server)}`;
    client = borderClient({ baseUrl: address, token, pauseMs: 1, timeoutMs: 500 });
  });
  afterEach(async () => {
    await shut(server);
    await clearance.close();
  });
  const answered = async (): Promise<number> =>
    (await clearance.db.sql.selectFrom('border_answer').select('n').execute()).length;

  it('has types that are written from the document (npm run docs)', async () => {
    expect(readFileSync(clientTypesPath, 'utf8')).to.equal(await clientTypes());
  });

  it('gives an answer, a batch, and changes, typed', async () => {
    const { data, response } = await client.POST('/v1/checks', { body });
    expect(response.status).to.equal(201);
    const answer = data as Schema<'Answer'>;
    expect([answer.outcome, answer.subject.partner]).to.deep.equal(['recognised', 'NN']);
    const batch = await client.POST('/v1/checks/batch', { body: { checks: { a: body } } });
    expect(batch.data?.counts).to.include({ total: 1, recognised: 1 });
    const changes = await client.GET('/v1/changes', { params: { query: { only: 'restrictions' } } });
    expect(changes.data).to.include({ next: 6 });
    const { proof } = answer;
    const path = { number: proof.consultation_number };
    expect((await client.GET('/v1/consultations/{number}', { params: { path } })).data).to.deep.equal(answer);
  });

  it('gives a problem as the error, and does not send again what is refused for good', async () => {
    const { data, error, response } = await client.POST('/v1/checks', { body: { ...body, partner: 'QQ' } });
    expect([data, response.status, error?.code]).to.deep.equal([undefined, 422, 'E_PARTNER_UNKNOWN']);
    expect(keys.length).to.equal(1);
  });

  it('sends again under one key while the gateway is busy or unreachable, or its answer was lost: the work is done once', async () => {
    faults = ['busy', 'refused', 'lost'];
    const { data } = await client.POST('/v1/checks', { body });
    expect((data as Schema<'Answer'>).outcome).to.equal('recognised');
    expect(new Set(keys).size).to.equal(1);
    expect(keys.length).to.equal(4);
    expect(await answered()).to.equal(1);
  });

  it('gives up an attempt that is not answered in time, and the request after four', async () => {
    faults = ['silent'];
    expect((await client.POST('/v1/checks', { body })).response.status).to.equal(201);
    faults = ['busy', 'busy', 'busy', 'busy'];
    expect((await client.POST('/v1/checks', { body })).response.status).to.equal(503);
    faults = ['refused', 'refused', 'refused', 'refused'];
    const failed = await client.POST('/v1/checks', { body }).catch((error: unknown) => error);
    expect(failed).to.be.instanceOf(Error);
  });

  it('ends when its caller does not want to wait any more', async () => {
    faults = ['silent'];
    const leaving = new AbortController();
    const asking = client.POST('/v1/checks', { body, signal: leaving.signal }).catch((error: unknown) => error);
    leaving.abort();
    expect(await asking).to.be.instanceOf(Error);
    expect(await answered()).to.equal(0);
  });

  it('sends lines once, as a stream, without a key', async () => {
    const lines = `${JSON.stringify(body)}\n`;
    const sent = {
      headers: { 'content-type': 'application/x-ndjson' },
      bodySerializer: () => lines,
      parseAs: 'text',
    } as const;
    const { response } = await client.POST('/v1/checks', { body, ...sent });
    expect(response.headers.get('content-type')).to.equal('application/x-ndjson');
    expect(keys).to.deep.equal([undefined]);
  });

  it('is installed from its package elsewhere, without a network, and used by plain Node and by a TypeScript that checks all types', async () => {
    const folder = temporaryFolder();
    const npm = (...args: string[]): string => execFileSync('npm', args, { cwd: folder, encoding: 'utf8' });
    const needed = ['openapi-fetch', 'openapi-typescript-helpers'].map((name) => join(modules, name));
    const packed = [join(schemas, 'typescript-client'), ...needed].map((each) =>
      join(folder, npm('pack', '--silent', '--offline', each).trim()),
    );
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module', private: true }));
    npm('install', '--silent', '--offline', '--no-audit', '--no-fund', ...packed);
    const lines = [
      "import { borderClient } from 'mra-border-client';",
      'const client = borderClient({ baseUrl: process.argv[2], token: process.argv[3] });',
      `const { data } = await client.POST('/v1/checks', { body: ${JSON.stringify(body)} });`,
      'process.stdout.write(data.outcome);',
    ];
    writeFileSync(join(folder, 'use.js'), lines.join('\n'));
    const { stdout } = await promisify(execFile)(process.execPath, ['use.js', address, token], { cwd: folder });
    expect(stdout).to.equal('recognised');
    const typed = (partner: string): string[] => [
      "import { borderClient, type Schema } from 'mra-border-client';",
      "const client = borderClient({ baseUrl: 'https://border.example:8080' });",
      `const { data } = await client.POST('/v1/checks', { body: { partner: ${partner}, identifier: 'NN0000001' } });`,
      "export const outcome = (data as Schema<'Answer'>).outcome satisfies Schema<'Answer'>['outcome'];",
    ];
    writeFileSync(join(folder, 'right.ts'), typed("'NN'").join('\n'));
    writeFileSync(join(folder, 'wrong.ts'), typed('7').join('\n'));
    const compilerOptions = { strict: true, noEmit: true, module: 'nodenext', target: 'esnext', types: [] };
    const compile = async (...files: string[]): Promise<string> => {
      writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
      const compiling = promisify(execFile)(join(modules, '.bin/tsc'), [], { cwd: folder });
      return (await compiling.catch((error: unknown) => error as { stdout: string })).stdout;
    };
    expect(await compile('right.ts')).to.equal('');
    expect((await compile('wrong.ts')).match(/error TS\d+/gu)).to.deep.equal(['error TS2322']);
  }).timeout(120_000);
});
