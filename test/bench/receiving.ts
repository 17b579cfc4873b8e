/** A receiver with its doors open as `mra serve` opens them, and a sender that hands it one message after the other. */

import type { OpenGateway } from '../../gateway/app/composition.ts';
import type { Config } from '../../gateway/app/config.ts';
import { getPartner, type Gateway } from '../../gateway/gateway.ts';
import { receiveMessage } from '../../gateway/inbound/receive-message.ts';
import { serve } from '../../gateway/serve.ts';
import { momentOf } from '../../gateway/model/day.ts';
import type { SealedMessage } from '../../gateway/model/message.ts';
import { verify } from '../../gateway/wire/signature/verify.ts';
import { partnerCode } from './stage.ts';
import { signerTrust } from '../../gateway/wire/signature/trust.ts';
import { watchInbound } from './stations.ts';

/** What one message took, in milliseconds. */
export interface Taken {
  /** From the POST to the receipt in the sender's hands. */
  readonly ms: number;
  /** Of it, within receiveMessage. */
  readonly insideMs: number;
  readonly steps: Readonly<Record<string, number>>;
}

export interface Receiving {
  /** Over the connection that is kept: TLS with the certificates of both sides. */
  take(message: SealedMessage): Promise<Taken>;
  stop(): Promise<void>;
}

/** The receiver's replies stay where they are: carrying them back is a matter of messages out. */
export function withoutWayBack(config: Config): Config {
  const partners = Object.entries(config.partners).map(([code, settings]) => {
    return [code, { ...settings, transport: 'file' as const }] as const;
  });
  return { ...config, partners: Object.fromEntries(partners) };
}

export async function openReceiving(sender: Gateway, receiver: OpenGateway): Promise<Receiving> {
  const partner = getPartner(sender, partnerCode);
  let inside: Omit<Taken, 'ms'> | undefined;
  const serving = await serve(receiver, {
    async receive(raw) {
      const watched = watchInbound(receiver);
      const started = performance.now();
      const received = await receiveMessage(watched.gateway, raw);
      const ended = performance.now();
      if (received.verdict !== 'applied') throw new Error(`the message was ${received.reason ?? received.verdict}`);
      inside = { insideMs: ended - started, steps: watched.laps(started, ended) };
      return received;
    },
  });
  return {
    async take(message) {
      const started = performance.now();
      const answer = await partner.transport?.send(message);
      const ms = performance.now() - started;
      if (answer?.kind !== 'receipt' || inside === undefined)
        throw new Error(`no receipt came: ${answer?.evidence ?? 'there is no way to the partner'}`);
      const now = sender.now();
      const raw = { partner: partner.code, via: 'https', bytes: answer.bytes, receivedAt: momentOf(now) } as const;
      using _ = await verify(raw, signerTrust(partner.trust), now);
      return { ms, ...inside };
    },
    stop: () => serving.stop(),
  };
}
