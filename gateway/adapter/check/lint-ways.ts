/** Contradictions in how messages and answers travel: headers, paths and mailboxes that cannot be meant, and what the transport does not use. */

import type { MailboxForm } from '../conversation/requests.ts';
import type { Manifest } from '../manifest.ts';

/** What is wrong, at which JSON Pointer, and how to mend it. */
export type Contradiction = readonly [wrong: boolean, pointer: string, detail: string, fix: string];

export function lintWays(manifest: Manifest): Contradiction[] {
  return [...lintHeaders(manifest), ...lintMailboxes(manifest), ...lintRoutes(manifest), ...lintTransport(manifest)];
}

/** Headers that the settings or the connection itself decide. */
const reservedHeaders = /^(?:proxy-)?authorization$|^(?:cookie|host|content-length|transfer-encoding|connection)$/iu;

type Named<T> = readonly (readonly [at: string, form: T])[];

function mailboxesOf({ conversation: { receive } = {} }: Manifest): Named<MailboxForm> {
  const { request, acknowledgements } = receive ?? {};
  return [
    ...(request === undefined ? [] : [['receive/request', request] as const]),
    ...(typeof acknowledgements === 'object' ? [['receive/acknowledgements', acknowledgements] as const] : []),
  ];
}

function lintHeaders(manifest: Manifest): Contradiction[] {
  const { send, receive: { answer } = {} } = manifest.conversation ?? {};
  const requests = [
    ['send/request', send?.request],
    ['receive/answer/request', answer !== undefined && 'request' in answer ? answer.request : undefined],
    ...mailboxesOf(manifest).flatMap(([at, form]) =>
      (['list', 'get', 'remove'] as const).map((part) => [`${at}/${part}`, form[part]] as const),
    ),
  ] as const;
  return requests.flatMap(([at, form]) =>
    Object.keys(form?.headers ?? {}).map((name): Contradiction => {
      const fix = 'Leave it out; credentials are settings of the partner.';
      return [
        reservedHeaders.test(name),
        `/conversation/${at}/headers/${name}`,
        `${name} is no header of an adapter`,
        fix,
      ];
    }),
  );
}

function lintMailboxes(manifest: Manifest): Contradiction[] {
  const mailboxes = mailboxesOf(manifest);
  const unnamed = mailboxes.flatMap(([at, form]) =>
    (['get', 'remove'] as const).map((part): Contradiction => {
      const wrong = !JSON.stringify(form[part]).includes('{name}');
      const fix = 'Put {name} into its path or query.';
      return [wrong, `/conversation/${at}/${part}`, `${part} does not say which message`, fix];
    }),
  );
  const lists = mailboxes.map(([, { list }]) => JSON.stringify([list.path, Object.entries(list.query ?? {}).sort()]));
  return [
    ...unnamed,
    [
      new Set(lists).size < lists.length,
      '/conversation/receive/acknowledgements',
      'messages and acknowledgements would be taken from one mailbox',
      'Name the other mailbox, or leave acknowledgements out.',
    ],
  ];
}

function lintRoutes({ conversation: { receive } = {} }: Manifest): Contradiction[] {
  const { path, acknowledgements, method = 'POST' } = receive ?? {};
  const routes = Object.entries({ path, acknowledgements }).map(([part, route]): Contradiction => {
    const isOurs = typeof route === 'string' && meet(route.split('/').slice(0, 2).join('/'), '/exchange');
    const detail = 'paths below /exchange/ are those of this program';
    return [isOurs, `/conversation/receive/${part}`, detail, 'Name another path.'];
  });
  return [
    ...routes,
    [
      method === 'POST' && path !== undefined && typeof acknowledgements === 'string' && meet(path, acknowledgements),
      '/conversation/receive/acknowledgements',
      'messages and acknowledgements would come to one path',
      'Name another path for acknowledgements.',
    ],
  ];
}

/** Whether one request can be for both: holes stand for whatever a segment has there. */
function meet(one: string, other: string): boolean {
  const [ones, others] = [one.split('/'), other.split('/')];
  return ones.length === others.length && ones.every((segment, i) => segmentsMeet(segment, others[i] ?? ''));
}

/** Two segments with holes in both count as alike. */
function segmentsMeet(one: string, other: string): boolean {
  if (one.includes('{') && other.includes('{')) return true;
  const [pattern, text] = one.includes('{') ? [one, other] : [other, one];
  const parts = pattern.split(/\{[^{}]*\}/u).map((part) => RegExp.escape(part));
  return new RegExp(`^${parts.join('.+')}$`, 'u').test(text);
}

const overHttps = ['https', 'https-pull'] as const;

/** Members that only some of these transports use; conversation/file-rules.ts has those of files. */
const members: readonly (readonly [
  ways: readonly ('https' | 'https-pull' | 'amqp')[],
  part: 'send' | 'receive' | 'receive/answer',
  name: string,
])[] = [
  ...['request', 'statuses'].map((name) => [['https'], 'send', name] as const),
  ...['path', 'method', 'request', 'acknowledgements'].map((name) => [overHttps, 'receive', name] as const),
  ...['request', 'statuses'].map((name) => [overHttps, 'receive/answer', name] as const),
  [['amqp'], 'send', 'publish'],
  [['amqp'], 'receive', 'consume'],
  [['amqp'], 'receive/answer', 'publish'],
];

function lintTransport({ conversation: { send, receive } = {}, transport }: Manifest): Contradiction[] {
  if (transport === 'sftp' || transport === 'folder') return [];
  const parts = { send, receive, 'receive/answer': receive?.answer };
  return members.map(([ways, part, name]): Contradiction => {
    const wrong = !ways.includes(transport) && Object.hasOwn(parts[part] ?? {}, name);
    const fix = 'Leave it out, or write the transport for which it is.';
    return [wrong, `/conversation/${part}/${name}`, `transport ${transport} does not use ${name}`, fix];
  });
}
