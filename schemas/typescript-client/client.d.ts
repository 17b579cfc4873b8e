/** What client.js exports: a typed client of the border door. */

import type { Client } from 'openapi-fetch';
import type { components, paths } from './border-api.d.ts';

export type { components, paths };
/** A document of the API by its name: `Schema<'Answer'>`. */
export type Schema<Name extends keyof components['schemas']> = components['schemas'][Name];
export type BorderClient = Client<paths>;

export interface BorderClientOptions {
  /** `https://border.example:8080`. */
  readonly baseUrl: string;
  /** Of mra client add, or an access token. Absent: the door knows the caller by its certificate. */
  readonly token?: string;
  /** How often a request is sent at most; absent: 4. */
  readonly attempts?: number;
  /** Milliseconds after which an attempt is given up; absent: 10,000. Of a stream of lines: until its reply begins. */
  readonly timeoutMs?: number;
  /** Milliseconds before the second attempt, doubled for each that follows; absent: 200. */
  readonly pauseMs?: number;
  /** Absent: that of the platform. One with a client certificate has it from its agent. */
  readonly fetch?: (request: Request) => Promise<Response>;
}

/** `client.POST('/v1/checks', { body: { … } })` gives `data` or, for a problem (RFC 9457), `error`; rejects where nothing came back. */
export function borderClient(options: BorderClientOptions): BorderClient;
