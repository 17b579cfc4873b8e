/** Settings of the border door: who may ask at it, and its TLS. */

import { resolve } from 'node:path';
import { GatewayError } from '../model/errors.ts';
import { secretOf, type Secret } from './credentials.ts';
import type { Scope } from '../model/client.ts';

/** What a receiver of changes wants. */
export interface NewsFilter {
  /** Absent: all changes. */
  readonly only?: 'restrictions';
  /** Absent: of all partners. */
  readonly partner?: string;
}

export interface NewsWebhook extends NewsFilter {
  readonly url: string;
  readonly secret: Secret;
}

/** A topic exchange of a broker; the routing key of a change is the partner's code and the kind: `KR.suspended`. */
export interface NewsTopic extends NewsFilter {
  readonly exchange: string;
  /** A broker of the settings; absent: the default one. */
  readonly broker?: string;
  /** The gateway makes the exchange. */
  readonly declare?: boolean;
}

export type NewsWebhooks = Readonly<Record<string, NewsWebhook>>;

/** A queue of a broker from which entries are taken. */
export interface BorderQueue {
  readonly queue: string;
  /** Whose entries they are: the name of a client with the scope `assess`. */
  readonly client: string;
  /** A broker of the settings; absent: the default one. */
  readonly broker?: string;
  /** The gateway makes it, and a queue of its name with `.dead` for messages that cannot be answered. */
  readonly declare?: boolean;
  /** As the query `profile` at the border door. */
  readonly profile?: string;
  /** How the queues begin to which replies may go (reply_to); absent: any but those of entries and of lists. */
  readonly replyTo?: string;
  /** Where replies go of messages that name no queue (reply_to). */
  readonly replies?: { readonly exchange: string; readonly key: string };
}

/** As the file has it: certificates and keys are paths. */
export interface BorderFile {
  readonly unauthenticated?: boolean;
  readonly rate?: number;
  readonly snapshotDays?: number;
  readonly webhooks?: NewsWebhooks;
  readonly topics?: Readonly<Record<string, NewsTopic>>;
  readonly queues?: readonly BorderQueue[];
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca?: readonly string[] };
  readonly oauth2?: Pick<OAuth2, 'issuer' | 'audience' | 'scopes'> &
    Partial<Pick<OAuth2, 'algorithms' | 'client'>> & {
      readonly keys: { readonly file: string } | { readonly url: string; readonly anchors: readonly string[] };
    };
}

interface OAuth2 {
  readonly issuer: string;
  readonly audience: string;
  readonly algorithms: readonly string[];
  /** The claim that names the client. */
  readonly client: string;
  readonly keys: { readonly file: string } | { readonly url: string; readonly ca: readonly string[] };
  /** What each scope of the authorization server allows here. */
  readonly scopes: Readonly<Record<string, readonly Scope[]>>;
}

export interface BorderConfig {
  /** Callers without a token or certificate are answered too. */
  readonly unauthenticated?: boolean;
  /** Requests a second of a client without a rate of its own; absent: any number. */
  readonly rate?: number;
  /** Days after its own on which a snapshot answers; absent: 3. */
  readonly snapshotDays?: number;
  /** Receivers of changes of the register, by name. */
  readonly webhooks?: NewsWebhooks;
  readonly topics?: Readonly<Record<string, NewsTopic>>;
  readonly queues?: readonly BorderQueue[];
  /** PEM texts. `ca`: authorities of client certificates; absent: none is asked for. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca?: readonly string[] };
  readonly oauth2?: OAuth2;
}

const algorithms = ['RS256', 'PS256', 'ES256', 'EdDSA'];
const loopback = /^(?:127(?:\.\d{1,3}){3}|::1|\[::1\]|localhost)$/u;

/** Throws E_CONFIG_INVALID for a door that answers everybody and is not on the loopback interface. `text`: of a file of the settings. */
export function borderSettings<Address extends { readonly host: string }>(
  { tls, oauth2, webhooks, ...file }: BorderFile & Address,
  base: string,
  text: (path: string) => string,
  environment: NodeJS.ProcessEnv,
): Omit<Address & BorderFile, 'tls' | 'oauth2' | 'webhooks'> & Pick<BorderConfig, 'tls' | 'oauth2' | 'webhooks'> {
  if (file.unauthenticated === true && !loopback.test(file.host))
    throw new GatewayError('E_CONFIG_INVALID', 'a door that other machines can reach must know who asks', {
      at: '/border/unauthenticated',
      fix: 'Take this setting out and add clients (mra client add), or set border.host to 127.0.0.1.',
    });
  const twice = Object.keys(file.topics ?? {}).find((name) => Object.hasOwn(webhooks ?? {}, name));
  if (twice !== undefined)
    throw new GatewayError('E_CONFIG_INVALID', 'a webhook and a topic have this name', {
      at: `/border/topics/${twice}`,
      fix: 'Give each receiver of changes a name of its own.',
    });
  const all = (paths: readonly string[]): readonly string[] => paths.map((path) => text(resolve(base, path)));
  const [cert = '', key = ''] = tls ? all([tls.cert, tls.key]) : [];
  return {
    ...file,
    ...(webhooks && { webhooks: resolved(webhooks, base, environment) }),
    ...(tls && { tls: { cert, key, ...(tls.ca && { ca: all(tls.ca) }) } }),
    ...(oauth2 && {
      oauth2: {
        ...{ algorithms, client: 'client_id', ...oauth2 },
        keys:
          'file' in oauth2.keys
            ? { file: resolve(base, oauth2.keys.file) }
            : { url: oauth2.keys.url, ca: all(oauth2.keys.anchors) },
      },
    }),
  };
}

export type NewsReceivers = Readonly<Record<string, NewsWebhook | NewsTopic>>;

/** Webhooks and topics, by name. */
export function newsReceivers({ webhooks, topics }: Pick<BorderConfig, 'webhooks' | 'topics'>): NewsReceivers {
  return { ...webhooks, ...topics };
}

function resolved(webhooks: NewsWebhooks, base: string, environment: NodeJS.ProcessEnv): NewsWebhooks {
  const all = Object.entries(webhooks).map(([name, webhook]) => {
    return [name, { ...webhook, secret: secretOf(webhook.secret, base, environment) }] as const;
  });
  return Object.fromEntries(all);
}
