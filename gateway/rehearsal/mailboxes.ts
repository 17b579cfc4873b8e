/** The mailboxes of a simulated partner: requests at its door list, give and remove the messages that wait there. */

import type { IncomingMessage, RequestListener } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { Waiting } from '../adapter/adapter.ts';
import type { MailboxForm } from '../adapter/conversation/requests.ts';
import type { SealedMessage } from '../model/message.ts';

export interface Mailboxes {
  /** False: there is no box for it. */
  put(message: SealedMessage): boolean;
  around(door: RequestListener): RequestListener;
}

/** `sides`: whose messages wait, and for whom. */
export function openMailboxes(
  { lists, answers }: Waiting,
  sides: { readonly from: string; readonly to: string },
): Mailboxes {
  const boxes = { lists: openBox(lists, sides), answers: openBox(answers, sides) };
  return {
    put(message) {
      const box = message.kind === 'receipt' ? boxes.answers : boxes.lists;
      box?.messages.set(nameIn(box.messages, message.id), message);
      return box !== undefined;
    },
    around: (door) => (request, response) => {
      const known = request.socket instanceof TLSSocket && request.socket.authorized;
      const found = [boxes.lists, boxes.answers].map((box) => box?.answer(request)).find((each) => each !== undefined);
      if (found === undefined) door(request, response);
      else if (!known) response.writeHead(401).end();
      else response.writeHead(found.status, { 'content-type': found.type }).end(found.body);
    },
  };
}

/** Sent again, it is another item: the other side may be about to remove the first. */
function nameIn(messages: ReadonlyMap<string, unknown>, id: string, times = 1): string {
  const name = times === 1 ? id : `${id}.${times}`;
  return messages.has(name) ? nameIn(messages, id, times + 1) : name;
}

interface BoxAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: Uint8Array | string;
}

interface Box {
  readonly messages: Map<string, SealedMessage>;
  /** Undefined for a request that is none of this box. */
  answer(request: IncomingMessage): BoxAnswer | undefined;
}

function openBox(
  form: MailboxForm | undefined,
  sides: { readonly from: string; readonly to: string },
): Box | undefined {
  if (form === undefined) return undefined;
  const messages = new Map<string, SealedMessage>();
  const asked = (part: keyof MailboxForm, method: string): ((request: IncomingMessage) => string | undefined) => {
    const pattern = requestPattern(form[part], sides);
    return (request) => (request.method === method ? nameOf(pattern, request.url ?? '') : undefined);
  };
  const [lists, gets, removes] = [
    asked('list', 'GET'),
    asked('get', 'GET'),
    asked('remove', form.remove.method ?? 'DELETE'),
  ];
  return {
    messages,
    answer(request) {
      if (lists(request) !== undefined) return listed(form.list.names, [...messages.keys()]);
      const [wanted, removed] = [gets(request), removes(request)];
      const name = wanted ?? removed;
      if (name === undefined) return undefined;
      const message = messages.get(name);
      if (message === undefined) return { status: 404, type: 'text/plain', body: '' };
      if (wanted !== undefined) return { status: 200, type: message.contentType, body: message.bytes };
      messages.delete(name);
      return { status: 204, type: 'text/plain', body: '' };
    },
  };
}

/** The names one in each line, or where a JSON Pointer with `*` has them. */
function listed(pointer: string, names: readonly string[]): BoxAnswer {
  if (pointer === 'lines') return { status: 200, type: 'text/plain', body: names.map((name) => `${name}\n`).join('') };
  const body = JSON.stringify(placed(pointer.split('/').slice(1), names));
  return { status: 200, type: 'application/json', body };
}

function placed([segment, ...rest]: readonly string[], names: readonly string[]): unknown {
  if (segment === undefined) return names[0] ?? null;
  if (segment === '*') return names.map((name) => placed(rest, [name]));
  return { [segment.replaceAll('~1', '/').replaceAll('~0', '~')]: placed(rest, names) };
}

interface RequestPattern {
  readonly path: RegExp;
  readonly query: readonly (readonly [name: string, value: RegExp])[];
}

function requestPattern(
  { path, query = {} }: { readonly path: string; readonly query?: Readonly<Record<string, string>> },
  { from, to }: { readonly from: string; readonly to: string },
): RequestPattern {
  const pattern = (text: string): RegExp => {
    const filled = text.replaceAll('{message.from}', from).replaceAll('{message.to}', to);
    return new RegExp(
      `^${filled
        .split('{name}')
        .map((part) => RegExp.escape(part))
        .join('(.+)')}$`,
      'u',
    );
  };
  return { path: pattern(path), query: Object.entries(query).map(([name, value]) => [name, pattern(value)] as const) };
}

/** The name in a request of this form, empty where the form has none; undefined for another request. */
function nameOf({ path, query }: RequestPattern, target: string): string | undefined {
  const { pathname, searchParams } = new URL(target, 'https://door');
  const found = [
    path.exec(decodeURIComponent(pathname)),
    ...query.map(([name, value]) => value.exec(searchParams.get(name) ?? '')),
  ];
  if (found.some((match) => match === null)) return undefined;
  return found.map((match) => match?.[1]).find((name) => name !== undefined) ?? '';
}
