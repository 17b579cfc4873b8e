/** `mra list send --all`: what changed goes to every partner; what one of them does or fails to do delays no other. */

import type { OpenGateway } from '../app/composition.ts';
import type { Partner } from '../gateway.ts';
import { asGatewayError } from '../model/errors.ts';
import { deliverAll } from '../outbound/delivery.ts';
import { sendList } from '../outbound/send-list.ts';
import type { ListOptions } from '../model/list/queued-list.ts';
import { findMessage } from '../store/outbox.ts';
import type { CliContext } from './context.ts';
import { deliveryExit } from './delivery-exit.ts';
import { exitCodes, type ExitCode } from './output.ts';

interface SentToOne {
  readonly partner: string;
  /** Null: nothing changed, or the list was not built. */
  readonly message: string | null;
  readonly state: string;
  readonly detail: string;
  readonly exit: ExitCode;
}

export async function sendToAll(
  { out, exit }: Pick<CliContext, 'out' | 'exit'>,
  gateway: OpenGateway,
  options: ListOptions,
): Promise<void> {
  const sent = await Promise.all([...gateway.partners.values()].map((partner) => sendToOne(gateway, partner, options)));
  const rows = sent.map(({ exit: code, ...row }) => row);
  out.result(
    rows,
    rows.map(({ message, ...row }) => ({ ...row, message: message ?? '' })),
  );
  const codes = new Set(sent.map((each) => each.exit));
  // One code for all, or: some arrived.
  exit(codes.size === 1 ? ([...codes][0] ?? exitCodes.done) : exitCodes.partly);
  out.next('mra schedule');
}

async function sendToOne(gateway: OpenGateway, { code: partner }: Partner, options: ListOptions): Promise<SentToOne> {
  try {
    const built = await sendList(gateway, partner, options);
    await deliverAll(gateway, partner);
    const message = built && (await findMessage(gateway.db.sql, built.list.id));
    if (message === undefined)
      return {
        partner,
        message: null,
        state: 'unchanged',
        detail: 'nothing changed since the last list',
        exit: exitCodes.done,
      };
    const exit = await deliveryExit(gateway, message);
    return { partner, message: message.id, state: message.state, detail: message.holdReason ?? '', exit };
  } catch (error) {
    const { code, detail } = asGatewayError(error);
    return { partner, message: null, state: code, detail, exit: exitCodes.partly };
  }
}
