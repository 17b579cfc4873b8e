/** Polling a partner's server for its messages: one after the other from a server of this program, or by a list of their names. */

import { createHash } from 'node:crypto';
import { evidenceOf, type HttpAnswer, type HttpFailure, type HttpsClient, type RequestForm } from './https-client.ts';
import { filledRequest } from './https-client.ts';
import { namesInList } from './mailbox-names.ts';
import { messageIdPattern, type PollOutcome } from './transport.ts';

/** Where messages wait by their names. `get` and `remove` have the hole {name}, all three {message.from} and {message.to}. */
export interface MailboxForm {
  readonly list: RequestForm & {
    /** One in each line, or at a JSON Pointer in which `*` stands for each item of an array. */
    readonly names: string;
  };
  readonly get: RequestForm;
  readonly remove: RequestForm;
}

interface PullTerms {
  /** Milliseconds for an answer: of a list, and of a message. */
  readonly shortMs: number;
  readonly longMs: number;
  readonly join?: ((body: Uint8Array, headers: Readonly<Record<string, unknown>>) => Uint8Array) | undefined;
}

/** A body that does not match its Content-Digest (RFC 9530) counts as a failure. */
export async function pollNext(client: HttpsClient, target: string, { longMs }: PullTerms): Promise<PollOutcome> {
  const answer = await client.ask({ method: 'GET', target }, longMs);
  if ('kind' in answer) return failed(answer);
  const { statusCode, headers, bytes } = answer;
  const id = headers['mra-message-id'];
  if (statusCode === 204) return { kind: 'none' };
  if (statusCode !== 200) return failed(answer);
  if (headers['content-digest'] !== contentDigestOf(bytes)) return otherDigest;
  return { kind: 'message', bytes, ...(typeof id === 'string' && messageIdPattern.test(id) ? { id } : {}) };
}

/** Content-Digest header field (RFC 9530) of a SHA-256. */
export function contentDigest(sha256: Uint8Array): string {
  return `sha-256=:${Buffer.from(sha256).toString('base64')}:`;
}

const contentDigestOf = (bytes: Uint8Array): string => contentDigest(createHash('sha256').update(bytes).digest());

const otherDigest = { kind: 'failed', evidence: 'HTTP 200, but the body does not match its Content-Digest' } as const;

function failed(answer: HttpAnswer | HttpFailure): PollOutcome & { readonly kind: 'failed' } {
  return { kind: 'failed', evidence: 'kind' in answer ? answer.evidence : evidenceOf(answer) };
}

const maxListBytes = 16 * 1024 * 1024;

/** A function that returns the messages in the order of their list, and asks for the list when there are no more. */
export function mailboxPoll(
  client: HttpsClient,
  form: MailboxForm,
  sides: Readonly<Record<'message.from' | 'message.to', string>>,
  terms: PullTerms,
): () => Promise<PollOutcome> {
  let waiting: readonly string[] = [];
  return async () => {
    if (waiting.length === 0) {
      const listed = await namesListed(client, form, sides, terms);
      if ('kind' in listed) return listed;
      waiting = listed;
    }
    while (waiting.length > 0) {
      const [name = ''] = waiting;
      waiting = waiting.slice(1);
      const values = { ...sides, name };
      const answer = await client.ask(filledRequest({ method: 'GET', ...form.get }, values), terms.longMs);
      if ('kind' in answer || !isGone(answer)) return fetched(client, form, values, answer, terms);
    }
    return { kind: 'none' };
  };
}

/** Somebody else has removed it. */
const isGone = ({ statusCode }: HttpAnswer): boolean => statusCode === 404 || statusCode === 410;

function fetched(
  client: HttpsClient,
  { remove }: MailboxForm,
  values: Readonly<Record<'name', string>>,
  answer: HttpAnswer | HttpFailure,
  { shortMs, join = (body) => body }: PullTerms,
): PollOutcome {
  if ('kind' in answer || answer.statusCode !== 200) return failed(answer);
  const { bytes, headers } = answer;
  const digest = headers['content-digest'];
  if (typeof digest === 'string' && digest.startsWith('sha-256=') && digest !== contentDigestOf(bytes))
    return otherDigest;
  return {
    kind: 'message',
    bytes: join(bytes, headers),
    ...(messageIdPattern.test(values.name) ? { id: values.name } : {}),
    async finish() {
      const removed = await client.ask(filledRequest({ method: 'DELETE', ...remove }, values), shortMs);
      if ('kind' in removed) return removed.evidence;
      const { statusCode } = removed;
      return (statusCode >= 200 && statusCode < 300) || isGone(removed) ? undefined : evidenceOf(removed);
    },
  };
}

/** Each name once. Where nothing but names is listed that cannot be asked for, that is a failure. */
async function namesListed(
  client: HttpsClient,
  { list }: MailboxForm,
  sides: Readonly<Record<string, string>>,
  { shortMs }: PullTerms,
): Promise<readonly string[] | (PollOutcome & { readonly kind: 'none' | 'failed' })> {
  const answer = await client.ask(filledRequest({ method: 'GET', ...list }, sides), shortMs);
  if ('kind' in answer) return failed(answer);
  const { statusCode, bytes } = answer;
  if (statusCode === 204) return { kind: 'none' };
  if (statusCode !== 200) return failed(answer);
  if (bytes.length > maxListBytes) return { kind: 'failed', evidence: 'the list of messages is too long' };
  const listed = await namesInList(bytes, list.names);
  if (listed === undefined) return { kind: 'failed', evidence: 'the list of messages has no names where agreed' };
  const { names, found } = listed;
  if (names.length > 0) return names;
  if (found === 0) return { kind: 'none' };
  return { kind: 'failed', evidence: `${found} names in the list of messages cannot be asked for` };
}
