/** All errors of the gateway: code, category, whether a repetition can succeed, and who must act. */

type Category = 'content' | 'security' | 'transport' | 'configuration' | 'internal';
export type Retry = 'yes' | 'no' | 'after_fix';
export type Actor = 'sender' | 'partner' | 'caller' | 'staff' | 'integration_engineer' | 'nobody';

interface ErrorKind {
  readonly category: Category;
  readonly retry: Retry;
  readonly who: Actor;
  /** HTTP status a door answers with. */
  readonly status: number;
  /** One sentence; constant, so that an answer never echoes input. */
  readonly title: string;
}

const kindOf =
  (category: Category, who: Actor, usual: number, retry: Retry = 'after_fix') =>
  (title: string, status = usual): ErrorKind => ({ category, retry, who, status, title });

const content = kindOf('content', 'sender', 422);
const security = kindOf('security', 'sender', 422);
const request = kindOf('content', 'caller', 422);
const setting = kindOf('configuration', 'staff', 500);
const adapter = kindOf('configuration', 'integration_engineer', 500);
const transport = kindOf('transport', 'staff', 503, 'yes');
const passing = kindOf('internal', 'nobody', 503, 'yes');

export const errorTable = {
  // The channel a message came by
  E_CHANNEL_UNKNOWN: security('The connection does not belong to a registered partner.', 403),
  E_CREDENTIALS_INVALID: security('The user and password, or the token, are not those of a partner.', 401),
  E_CHANNEL_OPEN: security('The message is not signed, and came by a way that does not show who sent it.'),
  E_CHANNEL_MISMATCH: security('The connection belongs to another partner than the one addressed.', 403),
  E_SIZE_EXCEEDED: content('The message is larger than agreed.', 413),

  // Bytes and form
  E_BYTES_INVALID: content('The bytes are no text of the agreed encoding.'),
  E_XML_FORBIDDEN: security('The document contains a construct that is never accepted.'),
  E_XML_MALFORMED: content('The document is not well-formed XML.'),
  E_JSON_MALFORMED: content('The document is not strict JSON.'),
  E_TEXT_MALFORMED: content('The text is not made of lines that each end as agreed, with CR LF or LF.'),
  E_WORKBOOK_REFUSED: content('The workbook has more than values in cells that are shown, or it is damaged.'),
  E_LIMIT_EXCEEDED: content('The document exceeds a limit on depth, length or number of elements.'),

  // Signature and signer
  E_SIGNATURE_MISSING: security('The message is not signed.'),
  E_SIGNATURE_PROFILE: security('The signature is not built as agreed.'),
  E_SIGNATURE_ALGORITHM: security('The signature uses an algorithm that was not agreed.'),
  E_SIGNATURE_REFERENCE: security('The signature does not cover the whole message.'),
  E_SIGNATURE_INVALID: security('The signature does not match the message.'),
  E_SIGNER_UNKNOWN: security('The signing key is not one of this partner.'),
  E_KEY_WEAK: security('The signing key is too weak.'),
  E_CERTIFICATE_PATH: security('The signing certificate does not lead to the partner’s anchor.'),
  E_CERTIFICATE_TIME: security('The signing certificate is not valid at this time.'),
  E_CERTIFICATE_FORM: security('The signing certificate is not built as RFC 5280 requires.'),
  E_CERTIFICATE_USAGE: security('The signing certificate is not for signing messages.'),
  E_CERTIFICATE_REVOKED: security('The certificate was revoked.'),
  E_TRUST_UNCHECKED: setting('The certificate path could not be checked.'),

  // Content of a message
  E_SCHEMA_INVALID: content('The message does not follow the agreed schema.'),
  E_ELEMENT_UNKNOWN: content('The message contains an element that was not agreed.'),
  E_ELEMENT_MISSING: content('The message lacks an element the agreement requires.'),
  E_CODE_UNKNOWN: content('A code is not in the agreed table.'),
  E_VALUE_INVALID: content('A value does not have the agreed form.'),

  // Judgement of a message
  E_MESSAGE_MISADDRESSED: content('The message is addressed to another administration.'),
  E_MESSAGE_SENDER: security('The message names another sender than the one who signed it.'),
  E_MESSAGE_CONFLICT: security('This message number was already used for other content.', 409),
  E_MESSAGE_TIME: content('The time of issue is in the future.'),
  E_MESSAGE_KIND: content('The message is of a kind that is not exchanged with this partner.'),
  E_SEQUENCE_GAP: content('Messages before this one are missing; a full list is needed.'),
  E_SEQUENCE_ROLLBACK: security('The message is older than what is already held.'),
  E_SEQUENCE_FORK: security('The message continues another history than the one held.'),
  E_LIST_ROOT: content('The list after this message would differ from the one the sender states.'),
  E_LIST_PART: content('A part of a list does not follow the parts held.'),
  E_RECORD_SCOPE: security('The message contains an operator that is not the sender’s own.'),
  E_RECORD_REPEATED: content('The message contains one operator twice.'),
  E_LIST_REFUSED: content('Two people reviewed the list and refused it.'),
  E_RECEIPT_UNMATCHED: content('The receipt names no message of ours.'),

  // Outbound
  E_ARRANGEMENT_NOT_IN_FORCE: setting('The arrangement is not in force.', 409),
  E_LIST_KIND: setting('This partner does not accept lists of this kind.', 409),
  E_NOTHING_HELD: setting('The partner holds no list yet; send a full list first.', 409),
  E_STREAM_MOVED: passing('Another list was sent meanwhile.', 409),
  E_MESSAGE_UNKNOWN: request('There is no such message.', 404),
  E_DELIVERY_FAILED: transport('The partner could not be reached.'),
  E_DELIVERY_UNKNOWN: { ...transport('Whether the partner has the message is not known.'), who: 'nobody' },
  E_ALARM_UNKNOWN: request('There is no such open alarm.', 404),
  E_BYTES_DROPPED: setting('The bytes of this message are not kept any more.', 410),
  E_BROKER_UNREACHABLE: transport('The message broker could not be reached.'),

  // Held lists
  E_APPROVAL_NEEDED: request('Two people decide this.', 409),
  E_APPROVAL_REPEATED: request('The same person cannot decide twice.', 409),

  // Requests at the border and in the office
  E_REQUEST_INVALID: request('The request does not follow its schema.'),
  E_REQUEST_MALFORMED: request('The request is not JSON or XML that can be read.', 400),
  E_REQUEST_TYPE: request('The content type is not supported.', 415),
  E_ROUTE_UNKNOWN: request('There is no such address.', 404),
  E_METHOD_UNKNOWN: request('The address does not support this method.', 405),
  E_HOST_UNKNOWN: request('The request names another host.', 421),
  E_REQUEST_SLOW: { ...request('The body of the request came too slowly.', 408), retry: 'yes' },
  E_CALLER_UNKNOWN: { ...security('The request does not show which client asks.', 401), who: 'caller' },
  E_SCOPE_MISSING: { ...security('The client may not ask this.', 403), who: 'caller' },
  E_RATE_EXCEEDED: { ...request('The client sends more requests than it may.', 429), retry: 'yes' },
  E_KEYS_UNREACHABLE: transport('The keys of the authorization server could not be read.'),
  E_CLIENT_UNKNOWN: request('There is no such client.', 404),
  E_CLIENT_STATE: request('The state of the client does not allow this.', 409),
  E_BUSY: { ...transport('The gateway is busy; try again later.'), who: 'caller' },
  E_OPERATOR_UNKNOWN: request('There is no such operator.', 404),
  E_OPERATOR_STATE: request('The state of the operator does not allow the decision.', 409),
  E_PARTNER_UNKNOWN: request('There is no such partner.'),
  E_ENTRY_UNREADABLE: request('The declaration could not be read.'),
  E_CURSOR_UNKNOWN: request('The place from which to go on is not known.', 404),
  E_CONSULTATION_UNKNOWN: request('There is no such consultation.', 404),
  E_CONSULTATION_NUMBER: request('The consultation number is mistyped.', 404),
  E_EVIDENCE_INVALID: request('The evidence does not prove the answer.'),
  E_SNAPSHOT_INVALID: request('The snapshot is not one that this log signed.'),
  E_SNAPSHOT_EXPIRED: request('The snapshot is past its day.'),
  E_OFFLINE_ANSWER: request('The answer made offline cannot be recorded.', 409),
  E_LOG_ALTERED: setting('The log differs from what was signed.'),
  E_ENTRY_UNKNOWN: request('No entry of this number was assessed.', 404),
  E_EVENT_TIME: request('The event cannot have been at that time.'),
  E_EVENT_CONTRADICTS: request('The event contradicts what is known of the entry.', 409),
  E_ASSESSMENT_UNKNOWN: request('There is no such assessment.', 404),
  E_IDEMPOTENCY_MISMATCH: request('This key was used for a different request.', 409),
  E_FILE_UNREADABLE: request('The file could not be read.'),
  E_FILE_UNWRITABLE: request('The file or folder could not be written.'),
  E_FILE_STRUCTURE: request('The file does not have the expected columns.'),
  E_IMPORT_MOMENT: request('The moment that the file speaks of is not valid.'),
  E_IMPORT_UNKNOWN: request('There is no such import.', 404),
  E_IMPORT_STATE: request('The state of the import does not allow this.', 409),
  E_DRAFT_UNKNOWN: request('There is no such draft of an adapter.', 404),
  E_SAMPLE_UNREADABLE: request('The sample message could not be read.'),

  // People of the office
  E_SIGN_IN_REFUSED: request('The sign-in is refused: nobody is known by this, or there were too many attempts.', 401),
  E_PROVIDER_UNREACHABLE: transport('The identity provider could not be reached.'),
  E_SESSION_MISSING: request('Nobody is signed in.', 401),
  E_ROLE_MISSING: request('The roles of the person do not allow this.', 403),
  E_REQUEST_FORGED: request('The request does not come from a page of the office.', 403),
  E_PERSON_UNKNOWN: request('There is no such person.', 404),
  E_PERSON_STATE: request('The state of the person does not allow this.', 409),
  E_TOKEN_UNKNOWN: request('The person has no such token.', 404),
  E_LINK_INVALID: request('The link was used, is too old, or is not known.', 410),
  E_PASSWORD_WEAK: request('The password is too easy to guess.'),

  // Configuration, adapters, keys, store
  E_CONFIG_INVALID: setting('The configuration is not valid.'),
  E_ADAPTER_INVALID: adapter('The adapter is not valid.'),
  E_ADAPTER_UNCERTIFIED: adapter('The adapter is not certified for production.'),
  E_ADAPTER_UNKNOWN: adapter('There is no such adapter.'),
  E_KEY_MISSING: setting('A key or certificate is missing.'),
  E_KEY_EXPIRED: setting('Our own signing certificate has expired, or is not valid yet.'),
  E_KEY_ROLLOVER: setting('The state of the key does not allow this.', 409),
  E_SERVICE_UNREACHABLE: transport('No gateway serves with these settings.'),
  E_STORE_UNREACHABLE: transport('The store could not be reached.'),
  E_STORE_UNDURABLE: setting('The store does not make confirmed changes durable.'),
  E_STORE_DAMAGED: setting('The store is damaged, or was replaced while it was open.', 503),
  E_STORE_OLDER: setting('The store is older than what was sent; no list goes until a person has decided.', 409),
  E_STORE_OCCUPIED: setting('There is a store in this place already.', 409),
  E_BACKUP_INVALID: setting('The file is not a backup, or it is damaged.'),
  E_REGISTER_SNAPSHOT: passing('The snapshot of the register was not used; the register is read from the store.'),
  E_STORE_SCHEMA: setting('The store was made by another version.'),
  E_DATA_IN_USE: setting('Another gateway serves the data folder.', 409),
  E_ADDRESS_UNUSABLE: setting('A door cannot be opened at its address.'),
  E_SYSTEM_REFUSED: setting('The operating system refused an operation.'),
  E_OUTCOME_UNKNOWN: passing('Whether the change was stored is not known.'),
  E_INTERNAL: kindOf('internal', 'staff', 500, 'no')('The gateway failed.'),
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof errorTable;

export interface ErrorPlace {
  /** A JSON Pointer, an XPath, `file:line:column` or a partner. Never the value itself. */
  readonly at?: string | undefined;
  /** What to do about it, in one sentence. */
  readonly fix?: string | undefined;
  /** The values that would be accepted. */
  readonly choices?: readonly string[] | undefined;
  readonly cause?: unknown;
  /** Of a list: its faulty items, of which the error is the first. */
  readonly items?: readonly ItemFault[] | undefined;
}

/** A fault of one item of a list. `item`: its number, from 1. */
export interface ItemFault {
  readonly item: number;
  readonly fault: GatewayError;
}

/** The one error class. `detail` may go to logs and to the message's own sender; it never quotes an operator's data. */
export class GatewayError extends Error {
  readonly code: ErrorCode;
  readonly detail: string;
  readonly at: string | undefined;
  readonly fix: string | undefined;
  readonly items: readonly ItemFault[];
  readonly choices: readonly string[] | undefined;

  constructor(code: ErrorCode, detail: string, place: ErrorPlace = {}) {
    super(`${code}: ${detail}${place.at === undefined ? '' : ` (at ${place.at})`}`, { cause: place.cause });
    this.name = 'GatewayError';
    this.code = code;
    this.detail = detail;
    this.at = place.at;
    this.fix = place.fix;
    this.items = place.items ?? [];
    this.choices = place.choices;
  }

  get kind(): ErrorKind {
    return errorTable[this.code];
  }
}

export function isGatewayError(error: unknown): error is GatewayError {
  return error instanceof GatewayError;
}

/** The store cannot be reached: nothing was stored, and what is in memory may answer. */
export function isStoreAway(error: unknown): boolean {
  return isGatewayError(error) && error.code === 'E_STORE_UNREACHABLE';
}

/** An error of the operating system, as Node.js reports it. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException & { code: string; syscall: string } {
  return error instanceof Error && 'syscall' in error && 'code' in error && typeof error.code === 'string';
}

/** The error as one of ours: what was not foreseen becomes E_SYSTEM_REFUSED or E_INTERNAL, and keeps its cause. */
export function asGatewayError(error: unknown): GatewayError {
  if (isGatewayError(error)) return error;
  if (!isSystemError(error)) return new GatewayError('E_INTERNAL', 'unexpected failure', { cause: error });
  const fix = 'Check that the path exists, that the account of the gateway may use it, and that the disk has room.';
  return new GatewayError('E_SYSTEM_REFUSED', `${error.syscall} failed with ${error.code}`, {
    at: error.path,
    fix,
    cause: error,
  });
}

/** An error as data for another thread, without its stack and cause, which stay in the log. */
export type ErrorData = Pick<GatewayError, 'code' | 'detail' | 'at' | 'fix' | 'items' | 'choices'>;

export function errorData(error: unknown): ErrorData {
  const { code, detail, at, fix, items, choices } = asGatewayError(error);
  return { code, detail, at, fix, items, choices };
}

export function errorOf(data: ErrorData): GatewayError {
  return new GatewayError(data.code, data.detail, data);
}

/** The message itself is at fault: it is refused, and the receipt states why. Any other error is a fault of this gateway. */
export function isMessageFault(error: unknown): error is GatewayError {
  return isGatewayError(error) && (error.kind.category === 'content' || error.kind.category === 'security');
}

/** Clock, keys, layouts in use, the size agreed, and what is held: these may have changed when the same bytes come again. */
const circumstances: ReadonlySet<string> = new Set<ErrorCode>([
  ...(['E_MESSAGE_TIME', 'E_MESSAGE_KIND', 'E_SIGNER_UNKNOWN', 'E_CHANNEL_OPEN'] as const),
  ...(['E_RECEIPT_UNMATCHED', 'E_SIZE_EXCEEDED'] as const),
  ...(['E_CERTIFICATE_TIME', 'E_CERTIFICATE_PATH', 'E_CERTIFICATE_USAGE', 'E_CERTIFICATE_REVOKED'] as const),
  ...(['E_SEQUENCE_GAP', 'E_SEQUENCE_ROLLBACK', 'E_SEQUENCE_FORK', 'E_LIST_PART'] as const),
]);

/** Whether a refusal for this reason holds for the same bytes at any time. Of other reasons the message is judged anew. */
export function isFinalRefusal(reason: string | undefined): boolean {
  return reason === undefined || !circumstances.has(reason);
}
