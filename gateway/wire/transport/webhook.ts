/** Posts a message to a webhook, signed by the rules of Standard Webhooks (standardwebhooks.com). */

import { Webhook } from 'standardwebhooks';
import { GatewayError } from '../../model/errors.ts';

export interface WebhookTarget {
  readonly url: string;
  /** `whsec_` and base64: shared with the receiver. */
  readonly secret: string;
}

const answerMs = 10_000;

/** A 2xx is all that counts. Redirects are not followed. Throws E_DELIVERY_FAILED. */
export async function postWebhook(
  { url, secret }: WebhookTarget,
  { id, body, at = new Date() }: { readonly id: string; readonly body: string; readonly at?: Date },
): Promise<void> {
  const headers = {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': new Webhook(secret).sign(id, at, body),
  };
  const options = { method: 'POST', headers, body, redirect: 'manual', signal: AbortSignal.timeout(answerMs) } as const;
  const { status } = await fetch(url, options).catch((cause: unknown) => {
    throw new GatewayError('E_DELIVERY_FAILED', 'the webhook cannot be reached', { at: url, cause });
  });
  if (status < 200 || status > 299)
    throw new GatewayError('E_DELIVERY_FAILED', `the webhook answered ${status}`, { at: url });
}
