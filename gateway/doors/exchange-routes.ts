/** Paths of the exchange door for partners with a protocol of their own. */

import type { Gateway } from '../gateway.ts';
import type { ExchangeRoute } from './exchange.ts';

/** The paths that adapters define for partners with a protocol of their own. */
export function exchangeRoutes({ partners }: Pick<Gateway, 'partners'>): ExchangeRoute[] {
  return [...partners.values()].flatMap(({ code: partner, adapter: { exchange } }) => {
    const { method, path, acknowledgements, statuses, mode, answerHeader: header } = exchange.receive ?? {};
    const { acknowledgementMethod } = exchange.receive ?? {};
    if (statuses === undefined) return [];
    const messages = { partner, takes: 'message', statuses, mode, header } as const;
    const later = { partner, takes: 'acknowledgement', statuses } as const;
    return [
      ...(path === undefined ? [] : [{ ...messages, method, path }]),
      ...(typeof acknowledgements === 'string'
        ? [{ ...later, method: acknowledgementMethod, path: acknowledgements }]
        : []),
    ];
  });
}
