/** A simulated partner and the gateway it is tested with: in the same process over real TLS, or at an address. */

import type { OpenGateway } from '../app/composition.ts';
import { momentOf } from '../model/day.ts';
import { GatewayError, type ErrorCode } from '../model/errors.ts';
import type { Digest, Verdict } from '../model/message.ts';
import { present } from '../model/present.ts';
import { findInbox } from '../store/inbox.ts';
import { findStream } from '../store/streams.ts';
import { saveRecords, withConnections } from './administrations.ts';
import { makePair, type PairOptions } from './pairing.ts';
import type { ReceivedReceipt } from './received-answers.ts';
import { inventListed, startSimulator, type Simulator, type SimulatorOptions } from './simulator.ts';

export interface Environment {
  readonly simulator: Simulator;
  /** Absent: the tested gateway is elsewhere, and only its receipts are known. */
  readonly tested?: OpenGateway;
  readonly withinMs: number;
  readonly maxFaultMs: number;
  close(): Promise<void>;
}

export interface EnvironmentOptions
  extends Omit<PairOptions, 'testedUrl'>, SimulatorOptions, Pick<Environment, 'withinMs' | 'maxFaultMs'> {
  /** The exchange door of the tested gateway, where it is elsewhere. */
  readonly against?: string | undefined;
}

/** Opens both sides, or the simulated side alone. Nothing has been sent. */
export async function openEnvironment(options: EnvironmentOptions): Promise<Environment> {
  const { runtime, operators, seed, withinMs, maxFaultMs, against } = options;
  const pair = await makePair({ ...options, testedUrl: against });
  // Where lists are polled, both sides poll often: a run is to end within a minute.
  const polling = { pollSeconds: 0.1 };
  await using opened = new AsyncDisposableStack();
  // First: what it has at a broker must be there when the other side looks for it.
  const simulator = await startSimulator(
    { ...pair, simulated: withConnections(pair.simulated, polling) },
    options,
    withinMs,
  );
  opened.defer(() => simulator.close());
  let tested: OpenGateway | undefined;
  if (against === undefined) {
    const gateway = (tested = await runtime.open(withConnections(pair.tested, polling)));
    opened.defer(() => gateway.close());
    await saveRecords(gateway, inventListed(gateway, operators, seed + 1));
    // The scenarios decide what is sent: a list that goes by itself would come between.
    const serving = await runtime.serve(gateway, { scheduled: false });
    opened.defer(() => serving.stop());
    simulator.receipts.look((digest) => decidedBy(gateway, simulator, digest));
  }
  const closing = opened.move();
  return { simulator, withinMs, maxFaultMs, close: () => closing.disposeAsync(), ...(tested && { tested }) };
}

/** What the tested gateway decided about a message that it does not answer. */
async function decidedBy(
  { db: { sql }, now }: OpenGateway,
  { gateway: { home }, other }: Simulator,
  digest: Digest,
): Promise<ReceivedReceipt | undefined> {
  const found = await findInbox(sql, { partner: home.country, digest });
  const verdict = found && verdicts[found.state];
  if (verdict === undefined) return undefined;
  const code = found?.reason;
  const receipt = present({
    ...{ id: '', from: other.code, to: home.country, issuedAt: momentOf(now()), subject: { digest }, verdict },
    reason: code === undefined ? undefined : { code: code as ErrorCode, detail: '' },
  });
  return { receipt, receiptDigest: '' };
}

const verdicts: Readonly<Partial<Record<string, Verdict>>> = { APPLIED: 'applied', HELD: 'held', REJECTED: 'rejected' };

/** The tested gateway; E_INTERNAL where a scenario that needs it runs against an address. */
export function testedOf({ tested }: Environment): OpenGateway {
  if (tested === undefined) throw new GatewayError('E_INTERNAL', 'the tested gateway is not in this process');
  return tested;
}

/** Whether the tested gateway holds what the simulator sent: root and count, and where lists state them the sequence and the chain. */
export async function sidesAgree(environment: Environment): Promise<boolean> {
  const { simulator } = environment;
  const held = await findStream(testedOf(environment).db.sql, simulator.gateway.home.country, 'in');
  const sent = await findStream(simulator.gateway.db.sql, simulator.other.code, 'out');
  if (held === undefined || sent === undefined) return false;
  if (simulator.other.adapter.stream.discipline === 'chained')
    return JSON.stringify(held.position) === JSON.stringify(sent.position);
  return held.position.root === sent.position.root && held.position.count === sent.position.count;
}
