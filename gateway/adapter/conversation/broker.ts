/** Names and properties at a broker where they are the partner's: adapter.yaml, conversation/send/publish, /receive/consume and /receive/answer/publish. */

/**
 * Values may have the holes {message.id}, {message.from}, {message.to} and, of an answer, {ack.id} and {ack.subject}. A property with a hole
 * that has no value is left out.
 */
export interface PublishForm {
  /** Empty: the default exchange, whose keys are the names of queues. */
  readonly exchange: string;
  readonly key: string;
  readonly properties?: Readonly<Partial<Record<'messageId' | 'type' | 'correlationId', string>>> & {
    readonly headers?: Readonly<Record<string, string>>;
  };
  /** The exchange is ours to make, a durable direct one. Otherwise nothing is declared. */
  readonly declare?: boolean;
}

/** Of a simulated partner, whose exchanges and queues are made for it: what is published there under the key comes into the queue. */
export interface QueueBinding {
  readonly exchange: string;
  readonly key: string;
  readonly queue: string;
}

/** What a delivery is. `acknowledgement`: the answer by the document that was agreed. */
export type DeliveryKind = 'list' | 'reply' | 'acknowledgement';

export interface ConsumeForm {
  readonly queue: string;
  /** The queue is ours to make, a durable one. Otherwise nothing is declared. */
  readonly declare?: boolean;
  /** Which property says what a delivery is. */
  readonly by?: 'type' | 'routingKey' | { readonly header: string };
  /** By the value of that property. What it does not name is judged as a list, and refused. */
  readonly kinds?: Readonly<Record<string, DeliveryKind>>;
}

/** The properties of a delivery, as they arrived: they choose how it is read, and prove nothing. */
interface DeliveryProperties {
  readonly routingKey: string;
  readonly type?: string;
  readonly headers: Readonly<Record<string, unknown>>;
}

export function deliveryKind({ by = 'type', kinds }: ConsumeForm, properties: DeliveryProperties): DeliveryKind {
  const stated = typeof by === 'string' ? properties[by] : properties.headers[by.header];
  return (typeof stated === 'string' ? kinds?.[stated] : undefined) ?? 'list';
}
