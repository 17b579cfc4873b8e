/** How a partner's server knows us: a user with password, a token, and tokens of a real authorization server (authlib). */

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import { createInterface } from 'node:readline';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { authorizationOf, credentialsOf, type Credentials, type Secret } from '../../gateway/app/credentials.ts';
import { tokenAuthorization } from '../../gateway/wire/transport/authorization.ts';
import { httpsClient } from '../../gateway/wire/transport/https-client.ts';
import { httpsTransport } from '../../gateway/wire/transport/https.ts';
import type { SendOutcome, Transport } from '../../gateway/wire/transport/transport.ts';
import { sealed } from '../support/deliveries.ts';
import { refusalCode } from '../support/expect-code.ts';
import { temporaryFolder } from '../support/pki.ts';
import { debianPython } from '../support/python.ts';
import { endChild } from '../support/services.ts';
import { listen, shut, tlsParty, type TlsParty } from '../support/tls.ts';
import { rejectedBy } from '../support/thrown.ts';

const secretText = 'w0rd-of_a.Secret~key';

describe('our credentials at a partner’s server', () => {
  let partner: TlsParty;
  let folder: string;
  let file: Secret;
  let transports: Transport[];

  before(async () => {
    partner = await tlsParty('XB');
    folder = temporaryFolder();
    for (const [name, text] of [
      ['cert.pem', partner.cert],
      ['key.pem', partner.key],
      ['secret.txt', `${secretText}\n`],
    ] as const)
      writeFileSync(join(folder, name), text);
    file = { file: join(folder, 'secret.txt') };
  });
  beforeEach(() => {
    transports = [];
  });
  afterEach(() => Promise.all(transports.map((transport) => transport.close())));

  const tls = () => ({ cert: partner.cert, key: partner.key, ca: [partner.ca] });
  const way = (url: string, credentials: Credentials): Transport => {
    const authorization = authorizationOf(credentials, { at: 'partners.XB.credentials', tls: tls(), readPem: String });
    const exchange = { to: 'XB', request: { path: '/lists' } };
    const transport = httpsTransport({ url, from: 'XA', tls: tls(), exchange, authorization });
    transports.push(transport);
    return transport;
  };

  describe('that do not change', () => {
    let server: Server;
    let url: string;
    let seen: (string | undefined)[] = [];
    let keys: (string | string[] | undefined)[] = [];
    const answer: RequestListener = (incoming, response) => {
      seen.push(incoming.headers.authorization);
      keys.push(incoming.headers['x-api-key']);
      incoming.resume().on('end', () => response.writeHead(401).end());
    };
    before(async () => {
      server = createServer({ cert: partner.cert, key: partner.key }, answer);
      url = `https://127.0.0.1:${await listen(server)}`;
    });
    after(() => shut(server));
    beforeEach(() => {
      keys = [];
      seen = [];
    });

    it('are sent with each message as user and password in UTF-8, and a 401 is not tried again', async () => {
      const outcome = await way(url, { kind: 'basic', user: 'gateway-ü', secret: file }).send(sealed('m-1'));
      expect(outcome).to.deep.equal({ kind: 'refused', evidence: 'HTTP 401', hold: 'refused' });
      expect(seen).to.deep.equal([`Basic ${Buffer.from(`gateway-ü:${secretText}`).toString('base64')}`]);
    });

    it('are sent as a token, from a variable of the environment', async () => {
      const written = { kind: 'bearer', secret: { variable: 'XB_TOKEN' } } as const;
      await way(url, credentialsOf(written, folder, { XB_TOKEN: 'abc.def' })).send(sealed('m-1'));
      expect(seen).to.deep.equal(['Bearer abc.def']);
    });

    it('are sent as a key in the header that the partner names, and nothing in another one', async () => {
      const written = { kind: 'header', name: 'X-API-Key', secret: { variable: 'XB_KEY' } } as const;
      await way(url, credentialsOf(written, folder, { XB_KEY: 'k-1/' })).send(sealed('m-1'));
      expect([seen, keys]).to.deep.equal([[undefined], ['k-1/']]);
    });

    it('as a key that no header can have, or in a header of messages, are E_CONFIG_INVALID', async () => {
      for (const [name, key] of [
        ['X-API-Key', 'two words'],
        ['X-API-Key', 'ключ'],
        ['Content-Type', 'k-1'],
        ['host', 'k-1'],
      ] as const) {
        const written = { kind: 'header', name, secret: { variable: 'XB_KEY' } } as const;
        const tried = Promise.resolve().then(() => way(url, credentialsOf(written, folder, { XB_KEY: key })));
        expect((await rejectedBy(tried)).code, name).to.equal('E_CONFIG_INVALID');
      }
    });

    it('without a secret, or with one that is no token, are E_CONFIG_INVALID, which does not repeat the secret', async () => {
      const tried = (secret: Secret, environment = {}) =>
        rejectedBy(
          Promise.resolve().then(() => way(url, credentialsOf({ kind: 'bearer', secret }, folder, environment))),
        );
      writeFileSync(join(folder, 'empty.txt'), '\n');
      for (const [secret, environment] of [
        [{ variable: 'XB_TOKEN' }],
        [{ file: 'absent.txt' }],
        [{ file: 'empty.txt' }],
        [{ variable: 'XB_TOKEN' }, { XB_TOKEN: 'two words' }],
        [{ variable: 'XB_TOKEN' }, { XB_TOKEN: 'a\r\nX-Other: b' }],
      ] as const) {
        const { code, at, message } = await tried(secret, environment);
        expect([code, at]).to.deep.equal(['E_CONFIG_INVALID', 'partners.XB.credentials.secret']);
        expect(message).to.not.match(/two words|X-Other/u);
      }
    });
  });

  describe('of an authorization server', () => {
    let server: ChildProcess;
    let url: string;
    before(async () => {
      const program = new URL('../support/authorization-server.py', import.meta.url).pathname;
      const pem = ['cert.pem', 'key.pem'].map((name) => join(folder, name));
      server = spawn(debianPython, [program, ...pem, 'gateway', secretText, '300'], {
        stdio: ['ignore', 'pipe', 'inherit'],
        detached: true,
      });
      if (server.stdout === null) throw new Error('nothing can be read of the server');
      const [port] = (await once(createInterface(server.stdout), 'line')) as [string];
      url = `https://127.0.0.1:${port}`;
    });
    after(() => endChild(server, 'SIGTERM'));

    const oauth2 = (changes: object = {}): Credentials => ({
      kind: 'oauth2',
      ...{ tokenUrl: `${url}/token?realm=aeo`, client: 'gateway', secret: file, scope: 'aeo.write' },
      ...changes,
    });
    /** Ends all tokens; the scopes of those that were fetched so far. */
    async function withdraw(): Promise<readonly string[]> {
      const client = httpsClient({ url, tls: tls(), connectMs: 1000, maxBytes: 10_000 });
      const answer = await client.ask({ method: 'POST', target: '/withdraw' }, 5000);
      await client.close();
      if (!('bytes' in answer)) throw new Error(answer.evidence);
      return JSON.parse(Buffer.from(answer.bytes).toString()) as string[];
    }
    const answered = { kind: 'answered', evidence: 'HTTP 200' };
    const outcome = ({ kind, evidence }: SendOutcome) => ({ kind, evidence });

    it('are one token for several messages, and a new one after it was withdrawn', async () => {
      const before = (await withdraw()).length;
      const transport = way(url, oauth2());
      const sent = await Promise.all(['m-1', 'm-2'].map((id) => transport.send(sealed(id))));
      expect([...sent.map(outcome), outcome(await transport.send(sealed('m-3')))]).to.deep.equal([
        ...[answered, answered, answered],
      ]);
      expect((await withdraw()).slice(before)).to.deep.equal(['aeo.write']);
      expect(outcome(await transport.send(sealed('m-4')))).to.deep.equal(answered);
      expect(await withdraw()).to.have.length(before + 2);
    });

    it('are a new token once the one held has expired', async () => {
      let now = 1000;
      const client = httpsClient({ url, tls: tls(), connectMs: 1000, maxBytes: 10_000 });
      const secret = secretText;
      const tokens = tokenAuthorization({ client, target: '/token?realm=aeo', id: 'gateway', secret, now: () => now });
      const first = await tokens.header(5000);
      now += 299_999;
      expect(await tokens.header(5000)).to.equal(first);
      now += 1;
      expect(await tokens.header(5000))
        .to.match(/^Bearer /u)
        .and.not.equal(first);
      await tokens.close();
    });

    it('hold the message until staff act where the client is refused, and no message is sent without a token', async () => {
      writeFileSync(join(folder, 'wrong.txt'), 'another');
      const wrong = { secret: { file: join(folder, 'wrong.txt') } };
      expect(await way(url, oauth2(wrong)).send(sealed('m-1'))).to.deep.equal({
        ...{ kind: 'refused', evidence: 'authorization server: HTTP 401 invalid_client', hold: 'refused' },
      });
      const unknown = { tokenUrl: `${url}/nothing` };
      expect(await way(url, oauth2(unknown)).send(sealed('m-1'))).to.include({ kind: 'refused', hold: 'refused' });
    });

    it('that cannot be reached leave the message unsent, to be tried again', async () => {
      const elsewhere = { tokenUrl: 'https://127.0.0.1:1/token' };
      expect(await way(url, oauth2(elsewhere)).send(sealed('m-1'))).to.deep.equal({
        ...{ kind: 'refused', evidence: 'authorization server: ECONNREFUSED', unreachable: true },
      });
    });

    it('are asked for over TLS only, from a server whose authority is known', async () => {
      const stranger = await tlsParty('XC');
      expect(await way(url, oauth2({ anchors: [stranger.ca] })).send(sealed('m-1'))).to.include({
        kind: 'refused',
        unreachable: true,
      });
      const plain = oauth2({ tokenUrl: 'http://127.0.0.1:1/token' });
      expect(await refusalCode(() => way(url, plain))).to.equal('E_CONFIG_INVALID');
    });
  });
});
