/** Partners that can have no client certificate: known at the exchange door by a user and password, or by a token. */

import { expect } from 'chai';
import { sha256 } from '../../gateway/model/canonical-json.ts';
import type { RawMessage } from '../../gateway/model/message.ts';
import { runCommand } from '../support/command-line.ts';
import { expectProblem, openDoor, type Answer, type Call, type OpenDoor } from '../support/exchange-door.ts';

const digest = (secret: string): string => sha256(Buffer.from(secret));
const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

describe('a partner without a client certificate', () => {
  let opened: OpenDoor;
  let taken: RawMessage[];
  before(async () => {
    opened = await openDoor({
      receive: (raw) => {
        taken.push(raw);
        return Promise.resolve({ verdict: 'applied' });
      },
      poll: () => Promise.resolve(undefined),
      secrets: () => [
        { partner: 'XB', user: 'xb-ü', sha256: digest('word:of XB') },
        { partner: 'XC', sha256: digest('token-of-XC') },
        { partner: 'XB', sha256: digest('shared-by-two') },
        { partner: 'XC', sha256: digest('shared-by-two') },
      ],
    });
  });
  after(() => opened.close());
  beforeEach(() => {
    taken = [];
  });
  const call = (authorization: string | string[] | undefined, more: Call = {}): Promise<Answer> =>
    opened.call({ as: 'nobody', ...(authorization !== undefined && { headers: { authorization } }), ...more });

  it('is known by its user and password in UTF-8, and the channel of its message names the user', async () => {
    expect((await call(basic('xb-ü', 'word:of XB'))).status).to.equal(202);
    expect(taken[0]).to.deep.include({ partner: 'XB', channel: { by: 'shared-secret', identity: 'xb-ü' } });
  });

  it('is known by its token, and polls with it', async () => {
    expect((await call('bearer token-of-XC', { path: '/exchange/XC' })).status).to.equal(202);
    expect(taken[0]).to.include({ partner: 'XC' });
    expect(taken[0]?.channel?.identity).to.equal(`token ${digest('token-of-XC').slice(0, 16)}`);
    const next = { path: '/exchange/XC/next', method: 'GET', body: '' };
    expect((await call('Bearer token-of-XC', next)).status).to.equal(204);
  });

  for (const [what, authorization] of [
    ['without credentials', undefined],
    ['with another password', basic('xb-ü', 'word:of xb')],
    ['with the password of another user', basic('xc', 'word:of XB')],
    ['with a token as its password', basic('xb-ü', 'token-of-XC')],
    ['with a password as its token', 'Bearer word:of XB'],
    ['with the digest of its password', basic('xb-ü', digest('word:of XB'))],
    ['with two Authorization headers', [basic('xb-ü', 'word:of XB'), 'Bearer token-of-XC']],
    ['with a scheme that was not agreed', 'Digest username="xb-ü"'],
    ['with a token that two partners have', 'Bearer shared-by-two'],
    ['with an empty password', basic('', '')],
  ] as const) {
    it(`is refused ${what}, and asked for its credentials`, async () => {
      const answer = await call(
        authorization === undefined || typeof authorization === 'string' ? authorization : [...authorization],
      );
      expectProblem(answer, 401, 'E_CREDENTIALS_INVALID');
      expect(answer.headers['www-authenticate']).to.match(/^Basic realm=.*, Bearer realm=/u);
      expect(taken).to.deep.equal([]);
    });
  }

  it('is refused at the address of another partner', async () => {
    expectProblem(await call('Bearer token-of-XC'), 403, 'E_CHANNEL_MISMATCH');
  });

  it('is not asked for credentials with the certificate of nobody, and a registered certificate counts before them', async () => {
    expectProblem(await call(undefined, { as: opened.unregistered }), 403, 'E_CHANNEL_UNKNOWN');
    expect((await call('Bearer token-of-XC', { as: opened.partner })).status).to.equal(202);
    expect(taken[0]).to.deep.include({ partner: 'XB' });
  });

  it('gets a secret of `mra key secret`, of which the settings have the digest alone', async () => {
    const made = JSON.parse((await runCommand(['key', 'secret', 'xb', '--user', 'xb', '-o', 'json'])).stdout) as {
      readonly secret: string;
      readonly access: { readonly user: string; readonly sha256: string };
    };
    expect(made.access).to.deep.equal({ user: 'xb', sha256: digest(made.secret) });
    expect(Buffer.from(made.secret, 'base64url')).to.have.length(32);
    expect((await runCommand(['key', 'secret', 'xb', '--user', 'x:b'])).exit).to.equal(2);
  });
});
