/** The faults a simulated partner can be told to have, each by name. */

import { GatewayError } from '../model/errors.ts';
import type { Vice } from './fault.ts';
import { answerVices } from './answer-faults.ts';
import { messageVices } from './list-faults.ts';
import { orderVices } from './order-faults.ts';

/** In the order of `mra simulate --list-vices`. */
export const vices: readonly Vice[] = [...orderVices, ...messageVices, ...answerVices];

/** The vices of a comma-separated text, in its order; E_REQUEST_INVALID names those there are. */
export function vicesNamed(text: string): readonly Vice[] {
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  return names.map((name) => {
    const found = vices.find((vice) => vice.name === name);
    if (found !== undefined) return found;
    throw new GatewayError('E_REQUEST_INVALID', 'there is no such vice', {
      at: '--vices',
      fix: `Use some of: ${vices.map((vice) => vice.name).join(', ')}.`,
    });
  });
}
