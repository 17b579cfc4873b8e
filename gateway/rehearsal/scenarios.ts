/** The scenarios of the conformance run in their order. A number is never given to another scenario. */

import table from '../../schemas/conformance-scenarios.json' with { type: 'json' };
import { runAnswerFault, runSendingFault, sendGoodAgain, sendOurList } from './fault-scenarios.ts';
import { findFault } from './faults.ts';
import * as lists from './list-scenarios.ts';
import { together, type Need, type Scenario } from './scenario.ts';

type Run = Scenario['run'];

const regular: Readonly<Record<string, Pick<Scenario, 'needs' | 'run'>>> = {
  'first-list': { needs: [], run: withGoodList(lists.firstList) },
  suspension: { needs: [], run: withGoodList(lists.suspension) },
  renewal: { needs: [], run: withGoodList(lists.renewal) },
  'twice-at-once': { needs: [], run: withGoodList(lists.twiceAtOnce) },
  'key-rollover': { needs: [], run: withGoodList(lists.keyRollover) },
  'five-scripts': { needs: [], run: withGoodList(lists.scripts) },
  'restored-sender': { needs: [], run: withGoodList(lists.restoredSender) },
  'clock-ahead': { needs: [], run: withGoodList(lists.clockAhead) },
  parts: { needs: ['parts'], run: withGoodList(lists.parts) },
  'our-list': { needs: ['tested gateway'], run: sendOurList },
};

export const scenarios: readonly Scenario[] = table.map(({ id, run, name }, i) => {
  return { id, name, first: i === 0, ...(regular[run] ?? faultScenario(run)) };
});

function faultScenario(name: string): Pick<Scenario, 'needs' | 'fault' | 'run'> {
  const fault = findFault(name);
  if (fault === undefined) throw new RangeError(`there is no fault ${name}`);
  if (fault.acts === 'sends')
    return { needs: [], fault: name, run: withGoodList((environment) => runSendingFault(environment, fault)) };
  const needs: readonly Need[] = fault.needsDoor ? ['tested gateway', 'door'] : ['tested gateway'];
  return { needs, fault: name, run: (environment) => runAnswerFault(environment, fault) };
}

/** Passes only if the exchange continues with a good list. */
function withGoodList(run: Run): Run {
  return async (environment) => {
    const result = await run(environment);
    return result.skipped === undefined ? together(result, await sendGoodAgain(environment)) : result;
  };
}
