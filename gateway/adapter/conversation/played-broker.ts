/** Names at a broker for a simulated partner: its exchanges and queues are made for it, and it writes the properties that we read. */

import type { Exchange } from '../adapter.ts';
import type { ConsumeForm, DeliveryKind, PublishForm, QueueBinding } from './broker.ts';

export interface PlayedNames {
  readonly lists: PublishForm;
  readonly answers: PublishForm;
  readonly consume: ConsumeForm & { readonly bindings: readonly QueueBinding[] };
}

interface Sides {
  readonly home: string;
  readonly partner: string;
}

/** Undefined where no names at a broker were agreed. */
export function playedNames({ send, receive }: Exchange, sides: Sides): PlayedNames | undefined {
  const [ours, source, answer] = [send?.publish, receive?.consume, receive?.publish];
  if (ours === undefined || source === undefined) return undefined;
  const exchange = `mra.played.${sides.partner}`;
  const queue = `${exchange}.in`;
  const written = (kind: DeliveryKind): PublishForm => formOf(exchange, source, kind);
  const [lists, acknowledgements] = [written('list'), written('acknowledgement')];
  const into = (form: PublishForm): QueueBinding => ({ exchange, key: form.key, queue: source.queue });
  const from = (form: PublishForm | undefined): readonly QueueBinding[] =>
    form === undefined ? [] : [{ exchange: form.exchange, key: filled(form.key, sides), queue }];
  return {
    lists: { ...lists, properties: { messageId: '{message.id}', ...lists.properties } },
    answers: withSubject(acknowledgements, send),
    consume: {
      ...{ queue, declare: true, ...distinction(ours, answer, sides) },
      bindings: [...from(ours), ...from(answer), into(lists), into(acknowledgements)],
    },
  };
}

/** What makes our side read a delivery as this kind. */
function formOf(exchange: string, { by = 'type', kinds = {} }: ConsumeForm, kind: DeliveryKind): PublishForm {
  const value = Object.entries(kinds).find(([, each]) => each === kind)?.[0] ?? kind;
  if (by === 'routingKey') return { exchange, key: value };
  if (by === 'type') return { exchange, key: kind, properties: { type: value } };
  return { exchange, key: kind, properties: { headers: { [by.header]: value } } };
}

/** The message that is answered, where a property names it. */
function withSubject(form: PublishForm, send: Exchange['send']): PublishForm {
  const named = (send?.stages ?? []).map(({ correlate }) => correlate);
  const headers = named.flatMap((each) => (typeof each === 'object' ? [[each.header, '{ack.subject}']] : []));
  return {
    ...form,
    properties: {
      ...form.properties,
      ...(named.includes('correlationId') && { correlationId: '{ack.subject}' }),
      headers: { ...form.properties?.headers, ...(Object.fromEntries(headers) as Record<string, string>) },
    },
  };
}

/** By what the partner distinguishes our lists from our answers: type, key or a header. */
function distinction(
  ours: PublishForm,
  answer: PublishForm | undefined,
  sides: Sides,
): Pick<ConsumeForm, 'by' | 'kinds'> {
  if (answer === undefined) return {};
  const kinds = (list = '', acknowledgement = '') =>
    ({ [list]: 'list', [acknowledgement]: 'acknowledgement' }) as const;
  const [type, other] = [ours.properties?.type, answer.properties?.type];
  if (type !== other) return { by: 'type', kinds: kinds(type, other) };
  const [key, otherKey] = [filled(ours.key, sides), filled(answer.key, sides)];
  if (key !== otherKey) return { by: 'routingKey', kinds: kinds(key, otherKey) };
  const [headers, others] = [ours.properties?.headers ?? {}, answer.properties?.headers ?? {}];
  const header = Object.keys(others).find((name) => headers[name] !== others[name]) ?? '';
  return { by: { header }, kinds: kinds(headers[header], others[header]) };
}

/** Of a key: our side is the sender. */
function filled(text: string, { home, partner }: Sides): string {
  return text.replaceAll('{message.from}', home).replaceAll('{message.to}', partner);
}
