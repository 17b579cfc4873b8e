/** Requests over HTTPS as the partner's server expects them: adapter.yaml, conversation/send/request, /receive/request and /receive/answer/request. */

/** Below the address in the settings. Path, query and header values may have the holes {message.id}, {message.from} and {message.to}. */
export interface RequestForm {
  /** POST where absent. */
  readonly method?: 'POST' | 'PUT' | 'PATCH';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Messages that wait at the partner's server: the names of all are listed, and each is fetched, stored and removed. Holes: {message.from}
 * and {message.to}, and {name} in `get` and `remove`.
 */
export interface MailboxForm {
  readonly list: Omit<RequestForm, 'method'> & {
    /** `lines`: one in each line. Otherwise where they stand in JSON: a JSON Pointer in which `*` stands for each item of an array. */
    readonly names: string;
  };
  readonly get: Omit<RequestForm, 'method'>;
  readonly remove: Omit<RequestForm, 'method'> & { readonly method?: 'DELETE' | 'POST' | 'PUT' };
}
