/**
 * Sign-in at an identity provider by OpenID Connect: the authorization code flow with PKCE, state and nonce. All three are derived from one
 * secret that only the browser keeps, so that no gateway has to remember an attempt, and any gateway on a store may take the answer.
 */

import { getCACertificates } from 'node:tls';
import {
  authorizationCodeGrant,
  buildAuthorizationUrl,
  buildEndSessionUrl,
  calculatePKCECodeChallenge,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
  type Configuration,
  type CustomFetch,
} from 'openid-client';
import { sha256 } from '../../model/canonical-json.ts';
import { GatewayError } from '../../model/errors.ts';
import { httpsClient } from './https-client.ts';

export interface ProviderTerms {
  /** Its address (https), as it states it itself. */
  readonly issuer: string;
  readonly client: string;
  readonly secret: string;
  /** What is asked for beside `openid`. */
  readonly scopes: readonly string[];
  /** Authorities of its certificate, PEM; absent: those of the system. */
  readonly ca?: readonly string[];
}

/** What a signed ID token says of a person. */
export interface ProvenIdentity {
  readonly issuer: string;
  readonly subject: string;
  readonly claims: Readonly<Record<string, unknown>>;
}

export interface IdentityProvider {
  /** Where the browser goes on. `secret`: of this attempt, random. Throws E_PROVIDER_UNREACHABLE. */
  begin(secret: string, returnTo: string): Promise<string>;
  /**
   * Exchanges the code in `answer`, the address to which the provider led the browser. Throws E_PROVIDER_UNREACHABLE, and
   * E_SIGN_IN_REFUSED for everything that does not belong to this attempt, this client or this provider.
   */
  finish(secret: string, answer: URL): Promise<ProvenIdentity>;
  /** Where a person signs out of the provider, too; undefined: it has no such page. Throws E_PROVIDER_UNREACHABLE. */
  leave(returnTo: string): Promise<string | undefined>;
}

const timeoutSeconds = 10;
const largestAnswer = 1024 * 1024;
const notAnswered = 'no answer';

export function identityProvider(terms: ProviderTerms): IdentityProvider {
  let found: Promise<Configuration> | undefined;
  /** The description of the provider is read once; where that failed, by the next attempt. */
  const configuration = async (): Promise<Configuration> => {
    found ??= discover(terms);
    try {
      return await found;
    } catch (cause) {
      found = undefined;
      throw unreachable(cause);
    }
  };
  return {
    async begin(secret, returnTo) {
      const config = await configuration();
      const { state, nonce, verifier } = derived(secret);
      const parameters = {
        ...{ redirect_uri: returnTo, scope: ['openid', ...terms.scopes].join(' '), state, nonce },
        ...{ code_challenge: await calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' },
      };
      return buildAuthorizationUrl(config, parameters).href;
    },
    finish: async (secret, answer) => await exchange(await configuration(), derived(secret), answer),
    async leave(returnTo) {
      const config = await configuration();
      if (config.serverMetadata().end_session_endpoint === undefined) return undefined;
      return buildEndSessionUrl(config, { post_logout_redirect_uri: returnTo }).href;
    },
  };
}

function derived(secret: string): { readonly state: string; readonly nonce: string; readonly verifier: string } {
  const part = (use: string): string => sha256(`${use}\0${secret}`);
  return { state: part('state'), nonce: part('nonce'), verifier: part('verifier') };
}

async function discover({ issuer, client, secret, ca }: ProviderTerms): Promise<Configuration> {
  return await discovery(new URL(issuer), client, secret, undefined, {
    timeout: timeoutSeconds,
    // The signature of an ID token is verified although TLS protects its way: a trust decision rests on what was signed.
    execute: [enableNonRepudiationChecks],
    [customFetch]: fetchWith(ca ?? getCACertificates()),
  });
}

async function exchange(
  config: Configuration,
  { state: expectedState, nonce: expectedNonce, verifier: pkceCodeVerifier }: ReturnType<typeof derived>,
  answer: URL,
): Promise<ProvenIdentity> {
  try {
    const checks = { expectedState, expectedNonce, pkceCodeVerifier, idTokenExpected: true };
    const claims = (await authorizationCodeGrant(config, answer, checks)).claims();
    if (claims === undefined) throw new TypeError('the answer has no ID token');
    return { issuer: claims.iss, subject: claims.sub, claims };
  } catch (cause) {
    if (isAway(cause)) throw unreachable(cause);
    throw new GatewayError('E_SIGN_IN_REFUSED', 'the answer of the identity provider does not count', { cause });
  }
}

/** The provider did not answer, or said that it cannot now. */
function isAway(cause: unknown): boolean {
  if (!(cause instanceof Error)) return false;
  if (cause.message === notAnswered || ('code' in cause && cause.code === 'OAUTH_TIMEOUT')) return true;
  if (cause.cause instanceof Response) return cause.cause.status >= 500;
  return isAway(cause.cause);
}

function unreachable(cause: unknown): GatewayError {
  return new GatewayError('E_PROVIDER_UNREACHABLE', 'it does not answer, or not as OpenID Connect says', {
    fix: 'Try again later. Who has a password of this office can sign in with it.',
    cause,
  });
}

/** Requests to a server whose certificate these authorities issued. */
function fetchWith(ca: readonly string[]): CustomFetch {
  return async (url, { method, headers, body }) => {
    const { origin, pathname, search } = new URL(url);
    const client = httpsClient({ url: origin, tls: { ca }, connectMs: 5_000, maxBytes: largestAnswer });
    try {
      const sent = body instanceof URLSearchParams ? { body: Buffer.from(body.toString()) } : {};
      const answer = await client.ask({ method, target: pathname + search, headers, ...sent }, timeoutSeconds * 1000);
      if ('kind' in answer) throw new TypeError(notAnswered, { cause: answer });
      const fields = Object.entries(answer.headers).map(([name, value]) => [name, String(value)] as [string, string]);
      return new Response(Buffer.from(answer.bytes), { status: answer.statusCode, headers: fields });
    } finally {
      await client.close();
    }
  };
}
