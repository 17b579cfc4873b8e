/** Requests over HTTPS as the partner's server expects them: adapter.yaml, conversation/send/request. */

/** Below the address in the settings. Path, query and header values may have the holes {message.id}, {message.from} and {message.to}. */
export interface RequestForm {
  /** POST where absent. */
  readonly method?: 'POST' | 'PUT' | 'PATCH';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}
