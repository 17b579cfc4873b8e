/** The example of a client in Python asks a real door, with a token, and goes on after a problem that passes. */

import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { addClient } from '../../gateway/app/client-decisions.ts';
import { borderDoor } from '../../gateway/doors/border.ts';
import { openCallers } from '../../gateway/doors/border-callers.ts';
import { makeLog } from '../../gateway/wire/log.ts';
import { fillRegister, openClearance, type TestClearance } from '../support/clearance-fixture.ts';
import { temporaryFolder } from '../support/pki.ts';
import { listen, shut } from '../support/tls.ts';

const example = fileURLToPath(new URL('../../docs/examples/border_client.py', import.meta.url));
const schemas = join(import.meta.dirname, '../../schemas');

describe('the example of a client in Python', () => {
  let clearance: TestClearance;
  let server: Server;
  let address: string;
  let door: RequestListener;
  let token: string;
  const keys: unknown[] = [];
  let busy = 0;

  before(async () => {
    clearance = await openClearance();
    await fillRegister(clearance.db);
    const log = makeLog({ level: 'silent' });
    const callerOf = openCallers({}, { ...clearance, log, clock: () => performance.now() });
    ({ token = '' } = await addClient(clearance, 'python', { person: 'ines', scopes: ['check', 'batch'] }));
    door = borderDoor({ ...clearance, schemas, log, callerOf });
    server = createServer((request, response) => {
      keys.push(request.headers['idempotency-key']);
      if (busy > 0) {
        busy -= 1;
        request.resume();
        response.writeHead(503, { 'retry-after': '0' }).end('{"code":"E_BUSY"}');
      } else door(request, response);
    });
    address = `http://127.0.0.1:${await listen(server)}`;
  });
  after(async () => {
    await shut(server);
    await clearance.close();
  });

  /** Its exit code, and the lines that it prints. */
  async function run(
    args: readonly string[],
    secret = token,
  ): Promise<readonly [number, readonly Record<string, unknown>[]]> {
    const env = { ...process.env, MRA_TOKEN: secret };
    const { code = 0, stdout } = (await promisify(execFile)('python3', [example, address, ...args], { env }).catch(
      (error: unknown) => error as { code: number; stdout: string },
    )) as { code?: number; stdout: string };
    return [
      code,
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    ];
  }

  it('asks once, whatever it takes, and prints the answer', async () => {
    busy = 2;
    keys.length = 0;
    const [exit, [answer]] = await run(['NN', 'NN0000001']);
    expect([exit, answer?.['outcome']]).to.deep.equal([0, 'recognised']);
    expect(answer?.['proof']).to.deep.include({ requester: 'python' });
    expect([keys.length, new Set(keys).size]).to.deep.equal([3, 1]);
  });

  it('sends many queries as lines, and names the faulty one', async () => {
    const file = join(temporaryFolder(), 'queries.ndjson');
    const queries = Array.from({ length: 200 }, () => '{"partner":"NN","identifier":"NN0000002"}');
    writeFileSync(file, [...queries, '{"partner":"NN"}'].join('\n'));
    const [exit, lines] = await run(['--lines', file]);
    expect([exit, lines.length]).to.deep.equal([1, 201]);
    expect(lines[199]).to.deep.nested.include({ line: 200, 'answer.outcome': 'suspended' });
    expect(lines[200]).to.deep.nested.include({ line: 201, 'problem.code': 'E_REQUEST_INVALID' });
  });

  it('prints why it is refused', async () => {
    const [exit, [problem]] = await run(['NN', 'NN0000001'], `${token}x`);
    expect([exit, problem?.['code']]).to.deep.equal([1, 'E_CALLER_UNKNOWN']);
  });
});
