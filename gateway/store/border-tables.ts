/** Tables of the systems that ask at the border. */

export interface BorderTables {
  /** `scopes`: with blanks between them; `rate`: requests a second. A name is never given twice. */
  client: {
    name: string;
    scopes: string;
    rate: number | null;
    state: 'active' | 'revoked';
    reason: string | null;
    person: string;
    at: string;
  };
  /** What shows that a client asks. `id`: of a token its public part, of a certificate its fingerprint; `digest`: SHA-256, lower-case hex. */
  client_credential: {
    id: string;
    client: string;
    kind: 'token' | 'certificate';
    digest: string;
    at: string;
    /** It counts until then; null: without end. */
    until_at: string | null;
    /** Of its last use, or some minutes before. */
    used_at: string | null;
  };
}

/** What the engine calls its types: see first-tables.ts. */
interface Types {
  readonly text: string;
  readonly clustered: string;
}

export function clientTables({ text, clustered }: Types): readonly string[] {
  return [
    `create table client (name ${text} primary key, scopes ${text} not null, rate integer, state ${text} not null,
      reason ${text}, person ${text} not null, at ${text} not null) ${clustered}`,
    `create table client_credential (id ${text} primary key, client ${text} not null references client (name),
      kind ${text} not null, digest ${text} not null, at ${text} not null, until_at ${text}, used_at ${text}) ${clustered}`,
    "insert into counter (name, value) values ('client_revision', 0)",
  ];
}
