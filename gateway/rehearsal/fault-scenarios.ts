/** Scenarios in which the simulated partner has one vice: it is ended as it should be, and the next good list is taken. */

import { decideHeld } from '../inbound/receive-message.ts';
import { goodList } from './sending.ts';
import { evidenceOf, type Evidence, type Finding, type Scenario } from './scenario.ts';
import { oursOf, sidesAgree, type Stage } from './stage.ts';
import { complaint, endingOf, type Sent, type SendVice } from './fault.ts';
import { orderVices } from './order-faults.ts';
import { messageVices } from './list-faults.ts';

const vices = new Map([...orderVices, ...messageVices].map((vice) => [vice.name, vice]));

/** A scenario of the vice of that name. */
export function viceScenario(id: string, name: string, vice: string): Scenario {
  const found = vices.get(vice);
  if (found === undefined) throw new RangeError(`no vice ${vice}`);
  return { id, name, needs: [], run: (stage) => perform(stage, found) };
}

/** A list that is held is refused by two people, and its sender is told. */
export function heldScenario(id: string, name: string, vice: string): Scenario {
  const found = vices.get(vice);
  if (found === undefined) throw new RangeError(`no vice ${vice}`);
  return { id, name, needs: [], run: (stage) => perform(stage, found, refuseHeld) };
}

type Afterwards = (stage: Stage, sent: readonly Sent[]) => Promise<Finding>;

async function perform(stage: Stage, vice: SendVice, afterwards?: Afterwards): Promise<Finding> {
  const sent = await vice.perform(stage.simulator, stage.withinMs);
  const evidence = sent.map((one) => evidenceOf(vice.words, one));
  const complaints = sent.map((one) => complaint(vice, one)).filter((text) => text !== undefined);
  const then = await afterwards?.(stage, sent);
  const mended = await goodAgain(stage);
  return {
    evidence: [...evidence, ...(then?.evidence ?? []), ...mended.evidence],
    complaints: [...complaints, ...(then?.complaints ?? []), ...mended.complaints],
  };
}

/** Nothing was lost: the next good list is applied, and both sides hold the same. */
export async function goodAgain(stage: Stage): Promise<Finding> {
  const row = await goodList(stage.simulator, stage.withinMs);
  const [heard] = stage.simulator.heard(row.digest).toReversed();
  const applied = row.state === 'ACCEPTED' || row.state === 'PARTIAL';
  const agree = stage.ours === undefined || (await sidesAgree(stage));
  return {
    evidence: [evidenceOf('a good list afterwards', { ...row, answer: { evidence: row.state, ...heard } })],
    complaints: [
      ...(applied ? [] : [`the good list afterwards ended as ${row.verdictDetail ?? row.state}`]),
      ...(agree ? [] : ['the two sides do not hold the same list']),
    ],
  };
}

/** Only our own people can decide, so elsewhere the held list stays held. */
async function refuseHeld(stage: Stage, sent: readonly Sent[]): Promise<Finding> {
  const held = sent.filter(({ answer }) => answer.receipt?.verdict === 'held');
  if (stage.ours === undefined) return { evidence: [], complaints: [] };
  const evidence: Evidence[] = [];
  const complaints: string[] = [];
  for (const { id, digest } of held) {
    const first = await decideHeld(oursOf(stage), id, { decision: 'refuse', person: 'first' });
    if (first !== undefined) complaints.push('one person alone decided about a held list');
    await decideHeld(oursOf(stage), id, { decision: 'refuse', person: 'second' });
    const heard = await stage.simulator.nextHeard(digest, 1, stage.withinMs);
    const answer = { evidence: 'as a message of its own', ...heard };
    evidence.push(evidenceOf('two people refused the held list', { id, digest, answer }));
    if (endingOf(answer) !== 'E_LIST_REFUSED') complaints.push('the sender was not told that the list was refused');
  }
  return { evidence, complaints };
}
