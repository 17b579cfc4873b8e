/** The rows of people, their sessions, the files they propose, and what they draft (tables.ts has the others). */

export interface PersonTables {
  /** People of the office. `roles`: separated by blanks; `subject`: issuer and subject of an identity provider, with a blank between. */
  person: {
    id: string;
    name: string;
    roles: string;
    /** Of a person of a partner, who has no roles. */
    partner: string | null;
    state: 'active' | 'disabled';
    /** Text of people/passwords.ts. */
    password: string | null;
    /** SHA-256 of a link by which the person sets a password, once. */
    link_hash: string | null;
    link_until: string | null;
    /** Attempts to sign in that failed since the last one that did not, and when the last of them was. */
    failed: number;
    failed_at: string | null;
    subject: string | null;
    at: string;
  };
  /** `hash`: SHA-256 of the secret that the browser or the command line has. `known_browser`: somebody signed in by it before. */
  session: {
    hash: string;
    person: string;
    kind: 'browser' | 'known_browser' | 'token';
    created_at: string;
    seen_at: string;
    ends_at: string;
  };
  /** A file of operators that one person proposes and another approves. `options`: of the import, as JSON. */
  import_draft: {
    id: string;
    digest: string;
    name: string;
    options: string;
    person: string;
    at: string;
    state: 'waiting' | 'saved' | 'refused';
    decided_by: string | null;
    decided_at: string | null;
    reason: string | null;
  };
  /** An adapter that is drafted. `content`: samples and answers, as JSON of adapter-drafts.ts in app/. */
  adapter_draft: {
    id: string;
    partner: string;
    person: string;
    at: string;
    content: string;
  };
}
