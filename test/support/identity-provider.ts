/** An identity provider that runs: oidc-provider on the loopback interface. Tests say who signs in at it, and alter what it answers. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { exportJWK, generateKeyPair, SignJWT, decodeJwt, type JWTPayload } from 'jose';
import Provider from 'oidc-provider';
import { listen, shut, tlsParty } from './tls.ts';

export interface RunningProvider {
  readonly issuer: string;
  readonly ca: readonly string[];
  /** Who signs in next; `groups` of the claim of this name. */
  person: { subject: string; name: string; groups: readonly string[] };
  /** Changes an ID token before it is signed; undefined: it stays. `otherKey`: a key signs that is not of the provider. */
  alter: ((claims: JWTPayload) => { claims: JWTPayload; otherKey?: boolean }) | undefined;
  /** The redirect address of the client, which is known once the office is open. */
  register(redirectUri: string, leftUri: string): void;
  close(): Promise<void>;
}

const client = { client_id: 'mra-office', client_secret: 'the secret of the office at the provider' };
export { client as providerClient };

export async function runProvider(): Promise<RunningProvider> {
  let handle: (request: IncomingMessage, response: ServerResponse) => void = (_, response) => response.end();
  const tls = await tlsParty('XP');
  const server = createServer(tls, (request, response) => handle(request, response));
  const issuer = `https://127.0.0.1:${await listen(server)}`;
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const { privateKey: otherKey } = await generateKeyPair('RS256');
  const running: RunningProvider = {
    ...{ issuer, ca: [tls.ca], person: { subject: 'a-1', name: 'li.na', groups: [] }, alter: undefined },
    register(redirectUri, leftUri) {
      handle = handlerOf(running, provider(redirectUri, leftUri));
    },
    close: () => shut(server),
  };
  const jwk = { ...(await exportJWK(privateKey)), use: 'sig', alg: 'RS256', kid: 'one' };

  function provider(redirectUri: string, leftUri: string): Provider {
    const made: Provider = new Provider(issuer, {
      clients: [{ ...client, redirect_uris: [redirectUri], post_logout_redirect_uris: [leftUri] }],
      jwks: { keys: [jwk] },
      cookies: { keys: ['of tests'] },
      conformIdTokenClaims: false,
      claims: { openid: ['sub'], profile: ['name', 'preferred_username', 'groups'] },
      features: { devInteractions: { enabled: false } },
      interactions: { url: () => '/interaction' },
      findAccount: (_: unknown, accountId: string) => ({ accountId, claims: () => claimsOf(running, accountId) }),
      async loadExistingGrant({ oidc }: { oidc: { session?: { accountId?: string }; client?: { clientId: string } } }) {
        const grant = new made.Grant({ accountId: oidc.session?.accountId, clientId: oidc.client?.clientId });
        grant.addOIDCScope('openid profile');
        await grant.save();
        return grant;
      },
    });
    made.use(async (context, next) => {
      await next();
      const answer = context.body as { id_token?: string } | undefined;
      if (context.path !== '/token' || answer?.id_token === undefined || running.alter === undefined) return;
      const altered = running.alter(decodeJwt(answer.id_token));
      const signed = new SignJWT(altered.claims).setProtectedHeader({ alg: 'RS256', kid: 'one' });
      answer.id_token = await signed.sign(altered.otherKey === true ? otherKey : privateKey);
    });
    return made;
  }
  return running;
}

function claimsOf({ person }: RunningProvider, sub: string): object {
  return { sub, name: person.name.toUpperCase(), preferred_username: person.name, groups: person.groups };
}

/** The person signs in as soon as it is asked. */
function handlerOf(
  running: RunningProvider,
  made: Provider,
): (request: IncomingMessage, response: ServerResponse) => void {
  const callback = made.callback();
  return (request, response) => {
    if (request.url !== '/interaction') callback(request, response);
    else void made.interactionFinished(request, response, { login: { accountId: running.person.subject } });
  };
}
