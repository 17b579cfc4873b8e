/** A request with a body to the border door, and its reply, as plain data that can pass to a worker thread. */

export interface PostedRequest {
  /** With `:id` in place of the number of an entry. */
  readonly path:
    | '/v1/checks'
    | '/v1/checks/batch'
    | '/v1/assessments'
    | '/v1/entries/events'
    | '/v1/entries/:id/events'
    | '/v1/consultations/offline';
  /** Path and query as sent. */
  readonly target: string;
  /** Name of the entry profile, from the query. */
  readonly profile: string | undefined;
  readonly contentType: string;
  /** Only outcome and number are wanted (RFC 7240, `return=minimal`). */
  readonly isMinimal: boolean;
  readonly idempotencyKey: string | undefined;
  readonly requester: string;
  readonly requestId: string;
  /** Network address of the caller, for the log. */
  readonly caller: string | undefined;
  readonly body: Uint8Array;
}

export interface PostedReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON. */
  readonly text: string;
  /** How often it states each outcome. */
  readonly outcomes: Readonly<Record<string, number>>;
}

/** A reply of the border door, as metrics count it. */
export interface AnsweredRequest {
  /** The path, with `:id` in place of an id; `other` for a path that the door does not have. */
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
  /** How often the reply states each outcome. */
  readonly outcomes: Readonly<Record<string, number>>;
}
