/** The scenarios of the conformance run in their order. A number is never given to another scenario. */

import type { Environment } from './environment.ts';
import { runAnswerFault, runSendingFault, sendGoodAgain, sendOurList } from './fault-scenarios.ts';
import { findFault } from './faults.ts';
import * as lists from './list-scenarios.ts';
import { together, type Finding, type Need, type Scenario } from './scenario.ts';

type Run = (environment: Environment) => Promise<Finding>;

/** Number, title, and the fault that is injected or the function that is run. */
const table: readonly (readonly [id: string, name: string, run: string | Run, ...needs: Need[]])[] = [
  ['C-01', 'first full list', lists.firstList],
  ['C-02', 'a change of one operator', lists.suspension],
  ['C-03', 'a list in which nothing changed', lists.renewal],
  ['C-04', 'a duplicate gets the same receipt', 'duplicate'],
  ['C-05', 'the same message twice at the same time gets one receipt', lists.twiceAtOnce],
  ['C-06', 'two lists in the wrong order', 'out-of-order'],
  ['C-07', 'a missing list', 'gap'],
  ['C-08', 'a list of half the size is held, and two people reject it', 'shrunk-list'],
  ['C-09', 'an unknown status code', 'unknown-status-code'],
  ['C-10', 'a version of the layout that was not agreed', 'wrong-version'],
  ['C-11', 'a new key beside the old one', lists.keyRollover],
  ['C-12', 'a key that is not registered', 'unregistered-key'],
  ['C-13', 'an HTML page of a proxy as the response', 'html-502'],
  ['C-14', 'a response of one byte a second', 'slow-response'],
  ['C-15', 'an operator of another country', 'foreign-operators'],
  ['C-16', 'a clock six minutes ahead', 'future-clock'],
  ['C-17', 'a list that grows by thousands is held, and two people reject it', 'huge-list'],
  ['C-18', 'a name in five scripts', lists.scripts],
  ['C-19', 'two lists at the same time', 'two-lists-at-once'],
  ['C-20', 'a list for another administration', 'wrong-addressee'],
  ['C-21', 'a list that names another administration as its sender', 'false-sender'],
  ['C-22', 'an id used twice', 'conflicting-id'],
  ['C-23', 'an older list than the one held', 'rollback'],
  ['C-24', 'a list of another history', 'fork'],
  ['C-25', 'a sender restored from a backup begins a new epoch', lists.restoredSender],
  ['C-26', 'one digit changed after signing', 'bad-signature'],
  ['C-27', 'an expired certificate', 'expired-certificate'],
  ['C-28', 'a truncated message', 'truncated'],
  ['C-29', 'another character encoding than agreed', 'mixed-encoding'],
  ['C-30', 'a root hash that is not that of the list', 'wrong-root'],
  ['C-31', 'one operator twice on a list', 'repeated-operator'],
  ['C-32', 'a clock four minutes ahead is accepted', lists.clockAhead],
  ['C-33', 'a full list in parts', lists.parts, 'parts'],
  ['C-34', 'our list is accepted and its receipt held', sendOurList, 'tested gateway'],
  ['C-35', 'the receipt over our list is lost', 'no-receipt'],
  ['C-36', 'the receipt over our list comes late', 'late-receipt'],
  ['C-37', 'a receipt over other bytes', 'wrong-receipt-digest'],
  ['C-38', 'a receipt over a message that was never sent', 'receipt-for-unknown'],
  ['C-39', 'a receipt under a key that is not registered', 'unregistered-receipt-key'],
  ['C-40', 'a door that responds with an error', 'http-500'],
  ['C-41', 'a door that accepts our list and never responds', 'half-open'],
];

export const scenarios: readonly Scenario[] = table.map(([id, name, run, ...needs], i) => ({
  ...{ id, name, needs, first: i === 0 },
  ...(typeof run === 'string'
    ? faultScenario(run)
    : { run: needs.includes('tested gateway') ? run : withGoodList(run) }),
}));

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
