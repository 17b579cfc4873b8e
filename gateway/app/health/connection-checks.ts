/** What is examined of the connection to a partner over HTTPS: whether its server answers, and whether its clock and ours agree. */

import type { Partner } from '../../gateway.ts';
import { asGatewayError } from '../../model/errors.ts';
import { httpsClient } from '../../wire/transport/https-client.ts';
import type { OpenGateway } from '../composition.ts';
import { readPem } from '../certificate-files.ts';
import { causeOfFailure } from './causes.ts';
import { fail, ok, warn, type Finding } from './finding.ts';
import { measure } from './measures.ts';

/** Clocks that differ by more make messages that are issued in the future, and certificates that are not valid yet. */
const toleratedSeconds = 60;
const connectMs = 3_000;

/** A gateway that serves knows it from its last exchange; a process that only reads asks the server of the partner. */
export async function examineConnection(gateway: OpenGateway, partner: Partner): Promise<readonly Finding[]> {
  const { code, transport } = partner;
  if (transport !== undefined) return examineClockOf(code, transport.clockAhead?.());
  const { url, transport: kind = partner.adapter.transport } = gateway.config.partners[code] ?? {};
  if (gateway.keyring.list().length === 0) return [];
  if (url === undefined || (kind !== 'https' && kind !== 'https-pull')) return [];
  return await askServer(gateway, code, url);
}

async function askServer({ config, keyring }: OpenGateway, code: string, url: string): Promise<readonly Finding[]> {
  const check = `partner ${code}, connection`;
  try {
    const ca = (config.partners[code]?.certificates.anchors ?? []).map(readPem);
    const client = httpsClient({ url, tls: { ...keyring.tls, ca }, connectMs, maxBytes: 64 * 1024 });
    const answer = await client.ask({ method: 'GET', target: '/' }, 2 * connectMs);
    await client.close();
    const clocks = examineClockOf(code, client.clockAhead());
    if (!('kind' in answer)) return [ok(check, 'the server answers'), ...clocks];
    const fix = 'Messages wait in the outbox, and are tried again by themselves. mra explain shows who must act.';
    return [fail(check, answer.evidence, fix, causeOfFailure(answer.evidence))];
  } catch (error) {
    const { code: reason, detail, fix = `Correct partners.${code}.` } = asGatewayError(error);
    return [fail(check, `${reason}: ${detail}`, fix, 'settings_faulty')];
  }
}

function examineClockOf(partner: string, milliseconds: number | undefined): readonly Finding[] {
  if (milliseconds === undefined) return [];
  const check = `partner ${partner}, clock`;
  const seconds = Math.round(milliseconds / 1000);
  const measures = [measure('mra_partner_clock_offset_seconds', { partner }, milliseconds / 1000)];
  const detail = `${Math.abs(seconds)} s ${seconds < 0 ? 'behind' : 'ahead of'} ours`;
  if (Math.abs(seconds) <= toleratedSeconds) return [{ ...ok(check, detail), measures }];
  const fix = 'Compare both clocks with NTP, ours first; messages that are issued in the future are rejected.';
  return [{ ...warn(check, detail, fix, 'clock_of_partner'), measures }];
}

/** Where most of several partners disagree with our clock in the same direction, ours is wrong. */
export function judgeOurClock(findings: readonly Finding[]): readonly Finding[] {
  const offsets = findings
    .flatMap(({ measures = [] }) => measures)
    .filter(({ name }) => name === 'mra_partner_clock_offset_seconds')
    .map(({ value }) => value);
  const most = [1, -1].some(
    (way) => 2 * offsets.filter((each) => way * each > toleratedSeconds).length > offsets.length && offsets.length > 1,
  );
  if (!most) return [];
  const detail = `most of ${offsets.length} partners show another time than this machine`;
  return [fail('clock', detail, 'Let NTP set the clock of this machine.', 'clock_wrong')];
}
