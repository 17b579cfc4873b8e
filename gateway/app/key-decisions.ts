/** Keys of ours that two people replace, or declare registered: the decision of each is stored, and that of the second with its effect. */

import type { OpenGateway } from './composition.ts';
import {
  beginRollover,
  confirmKey,
  keyToConfirm,
  requireNoneOpen,
  type BegunRollover,
  type Rollover,
} from './key-rollover.ts';
import { getPartner } from '../gateway.ts';
import { canonicalJson, sha256 } from '../model/canonical-json.ts';
import { momentOf } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import { present } from '../model/present.ts';
import type { Moment } from '../model/record/record.ts';
import { decideTogether, decisionsAbout, type Decider } from '../store/approvals.ts';
import type { Tx } from '../store/database.ts';
import { changePartners, partnerKeys } from '../store/partner-keys.ts';
import { fingerprint } from '../wire/signature/certificates.ts';

/** Undefined: the second person is missing. Throws as beginRollover, E_APPROVAL_REPEATED, E_ROLE_MISSING. */
export async function rotateTogether(
  gateway: OpenGateway,
  code: string,
  { given, ...terms }: Pick<Rollover, 'from' | 'graceDays' | 'name' | 'given'>,
  decider: Decider,
): Promise<BegunRollover | undefined> {
  const { code: partner } = getPartner(gateway, code);
  // Before anybody decides what cannot be.
  await requireNoneOpen(gateway, partner);
  const ours = (await partnerKeys(gateway.db.sql, partner)).filter(({ side }) => side === 'ours');
  // After a rollover, also one that was given up, another one is decided anew.
  const since = ours.map(({ at }) => at).toSorted();
  const about = {
    partner,
    event: 'key_rotated',
    shown: present({ ...terms, certificate: given && fingerprint(given.certificate) }),
    since: since.at(-1) ?? '',
  };
  return await together(gateway, about, decider, (approve) =>
    beginRollover(gateway, partner, { ...terms, given, person: decider.person, approve }),
  );
}

/** From when the key signs; undefined: the second person is missing. Throws as confirmKey, E_APPROVAL_REPEATED, E_ROLE_MISSING. */
export async function confirmTogether(
  gateway: OpenGateway,
  code: string,
  decider: Decider,
): Promise<Moment | undefined> {
  const { partner, fingerprint: key } = await keyToConfirm(gateway, code);
  const about = { partner, event: 'key_confirmed', shown: { key }, since: '' };
  return await together(gateway, about, decider, (approve) => confirmKey(gateway, partner, decider.person, approve));
}

interface About {
  readonly partner: string;
  readonly event: string;
  /** For the log, and part of what is decided. */
  readonly shown: object;
  readonly since: string;
}

/** `work` calls `approve` in the transaction of its effect. */
async function together<T>(
  { db, now }: Pick<OpenGateway, 'db' | 'now'>,
  { shown, ...about }: About,
  decider: Decider,
  work: (approve: (tx: Tx) => Promise<void>) => Promise<T>,
): Promise<T | undefined> {
  const { partner, event: decision } = about;
  const at = momentOf(now());
  const approval = { partner, decision, digest: sha256(canonicalJson({ ...about, shown })), at };
  const isFirst = await db.transaction(async (tx) => {
    // Of two people at the same time, the second waits here for the first.
    await changePartners(tx);
    const made = [...(await decisionsAbout(tx, approval)), { person: decider.person, decision, at }];
    const counted = (await decider.counts?.(tx, made)) ?? made.map(({ person }) => person);
    // Nothing is stored yet: what the second decides must be prepared first.
    if (new Set(counted).size > 1) return false;
    await decideTogether(tx, approval, decider, shown);
    return true;
  });
  if (isFirst) return undefined;
  return await work(async (tx) => {
    if ((await decideTogether(tx, approval, decider, shown)) === undefined)
      throw new GatewayError('E_APPROVAL_NEEDED', 'the decision of the other person does not count any more');
  });
}
