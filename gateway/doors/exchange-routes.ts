/** The paths of the exchange door that partners of another make call. */

import type { Gateway } from '../gateway.ts';
import type { ExchangeRoute } from './exchange.ts';

/** The paths that adapters name for partners of another make. */
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
