/** All faults that can be injected into a simulated partner, by name. Each is used by a scenario of the conformance run. */

import { GatewayError } from '../model/errors.ts';
import { answerFaults } from './answer-faults.ts';
import type { Fault } from './fault.ts';
import { messageFaults } from './message-faults.ts';
import { sequenceFaults } from './sequence-faults.ts';

export const faults: readonly Fault[] = [...sequenceFaults, ...messageFaults, ...answerFaults];

/** Names that version 0.1 knew; accepted for one more version. */
export const formerNames: Readonly<Record<string, string>> = {
  malformed: 'truncated',
  'slow-drip': 'slow-response',
  'stranger-key': 'unregistered-key',
  'stranger-receipt': 'unregistered-receipt-key',
};

/** The fault of that name, present or former; undefined if there is none. */
export function findFault(name: string): Fault | undefined {
  const current = formerNames[name] ?? name;
  return faults.find((fault) => fault.name === current);
}

/** The faults of a comma-separated text, in its order; E_REQUEST_INVALID lists the names. */
export function faultsNamed(text: string): readonly Fault[] {
  const names = text.split(',').map((name) => name.trim());
  return names
    .filter((name) => name !== '')
    .map((name) => {
      const found = findFault(name);
      if (found !== undefined) return found;
      throw new GatewayError('E_REQUEST_INVALID', 'there is no such fault', {
        at: '--faults',
        fix: `Use some of: ${faults.map((fault) => fault.name).join(', ')}.`,
      });
    });
}
