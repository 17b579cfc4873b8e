/** The scenarios of the conformance run in their order. A number is never given to another scenario. */

import { runAnswerFault, runSendingFault, sendGoodAgain, sendOurList } from './fault-scenarios.ts';
import { findFault } from './faults.ts';
import * as lists from './list-scenarios.ts';
import { together, type Need, type Scenario } from './scenario.ts';

/** Number, the fault that is injected or the regular exchange that is run, title. */
const table = `
C-01  first-list                first full list
C-02  suspension                a change of one operator
C-03  renewal                   a list in which nothing changed
C-04  duplicate                 a duplicate gets the same receipt
C-05  twice-at-once             the same message twice at the same time gets one receipt
C-06  out-of-order              two lists in the wrong order
C-07  gap                       a missing list
C-08  shrunk-list               a list of half the size is held, and two people reject it
C-09  unknown-status-code       an unknown status code
C-10  wrong-version             a version of the layout that was not agreed
C-11  key-rollover              a new key beside the old one
C-12  unregistered-key          a key that is not registered
C-13  html-502                  an HTML page of a proxy as the response
C-14  slow-response             a response of one byte a second
C-15  foreign-operators         an operator of another country
C-16  future-clock              a clock six minutes ahead
C-17  huge-list                 a list that grows by thousands is held, and two people reject it
C-18  five-scripts              a name in five scripts
C-19  two-lists-at-once         two lists at the same time
C-20  wrong-addressee           a list for another administration
C-21  false-sender              a list that names another administration as its sender
C-22  conflicting-id            an id used twice
C-23  rollback                  an older list than the one held
C-24  fork                      a list of another history
C-25  restored-sender           a sender restored from a backup begins a new epoch
C-26  bad-signature             one digit changed after signing
C-27  expired-certificate       an expired certificate
C-28  truncated                 a truncated message
C-29  mixed-encoding            another character encoding than agreed
C-30  wrong-root                a root hash that is not that of the list
C-31  repeated-operator         one operator twice on a list
C-32  clock-ahead               a clock four minutes ahead is accepted
C-33  parts                     a full list in parts
C-34  our-list                  our list is accepted and its receipt held
C-35  no-receipt                the receipt over our list is lost
C-36  late-receipt              the receipt over our list comes late
C-37  wrong-receipt-digest      a receipt over other bytes
C-38  receipt-for-unknown       a receipt over a message that was never sent
C-39  unregistered-receipt-key  a receipt under a key that is not registered
C-40  http-500                  a door that responds with an error
C-41  half-open                 a door that accepts our list and never responds
`;

type Run = Scenario['run'];

/** What is run without a fault. */
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

export const scenarios: readonly Scenario[] = table
  .trim()
  .split('\n')
  .map((line, i) => {
    const [id = '', run = '', name = ''] = line.split(/ {2,}/u);
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
