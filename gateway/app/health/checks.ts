/** All that is examined of a gateway and its partners: by `mra doctor` once, by a gateway that serves again and again. */

import type { OpenGateway } from '../composition.ts';
import { examineAge } from './age-checks.ts';
import { examineAlarms } from './alarm-checks.ts';
import { examineCallers, examineExposure, examineNews } from './border-checks.ts';
import { examineBrokers } from './broker-checks.ts';
import { judgeOurClock } from './connection-checks.ts';
import { fail, type Finding } from './finding.ts';
import {
  examineAudit,
  examineClock,
  examineDisk,
  examineKeys,
  examinePrivacy,
  examineStore,
} from './gateway-checks.ts';
import { examineSecrets } from './key-checks.ts';
import { examinePartner } from './partner-checks.ts';

/** Reads only, but for `tryWriting`, which commits a probe and rejects where the store cannot be written. */
export async function examineGateway(
  gateway: OpenGateway,
  tryWriting: () => Promise<void>,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [
    ...[...gateway.stopped].map(([code, reason]) => stoppedPartner(code, reason)),
    ...examinePrivacy(gateway),
    await examineStore(gateway, tryWriting),
    ...(await examineAge(gateway)),
    await examineAudit(gateway),
    await examineClock(gateway),
    await examineDisk(gateway),
    ...examineKeys(gateway),
    ...examineSecrets(gateway),
    await examineCallers(gateway),
    await examineExposure(gateway),
    await examineNews(gateway),
    ...(await examineBrokers(gateway)),
    await examineAlarms(gateway),
  ];
  for (const partner of gateway.partners.values()) findings.push(...(await examinePartner(gateway, partner)));
  return [...findings, ...judgeOurClock(findings)];
}

function stoppedPartner(code: string, reason: string): Finding {
  const fix = `Correct partners.${code} in the settings, or what it names.`;
  return { ...fail(`partner ${code}`, reason, fix, 'settings_faulty'), partners: [code] };
}
