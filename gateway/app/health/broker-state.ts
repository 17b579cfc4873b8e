/** Whether the brokers that partners use can take and give messages now. */

import { GatewayError } from '../../model/errors.ts';
import type { OpenGateway } from '../composition.ts';
import { usersOf } from './broker-checks.ts';

/** Looks at the open connections and asks nobody. Throws E_BROKER_UNREACHABLE. */
export function requireBrokers(gateway: OpenGateway): Promise<void> {
  for (const [name, broker] of gateway.brokers) {
    const state = broker.state() ?? 'disconnected';
    if (state !== 'ready' && usersOf(gateway, name).length > 0)
      return Promise.reject(new GatewayError('E_BROKER_UNREACHABLE', `the broker is ${state}`, { at: name }));
  }
  return Promise.resolve();
}
