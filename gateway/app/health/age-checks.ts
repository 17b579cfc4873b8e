/** The age of the store: whether more was sent than it knows of, and what a person has to repeat. */

import { numbersFile, readNumbers, unknownTo } from '../../store/given-numbers.ts';
import { lastOlder, listsWait } from '../../store/older-store.ts';
import { listInForce } from '../../store/streams.ts';
import type { OpenGateway } from '../composition.ts';
import { fail, ok, warn, type Finding } from './finding.ts';

const check = 'store, age';

export async function examineAge(gateway: OpenGateway): Promise<readonly Finding[]> {
  const { db, config } = gateway;
  const beyond = await unknownTo(db.sql, readNumbers(numbersFile(config.store, config.data)));
  if (beyond.length > 0) {
    const names = beyond.map(({ name, epoch, sequence }) => `${name} ${epoch}/${sequence}`).join(', ');
    const fix =
      'mra serve goes on beyond these numbers, with full lists. If you have the newer store, put it back before.';
    return [fail(check, `it is older than what was sent: ${names}`, fix, 'store_older')];
  }
  const older = await lastOlder(db.sql);
  if (older === undefined) return [ok(check, 'as new as what was sent')];
  const { until = 'the beginning' } = older;
  if (await listsWait(db.sql)) {
    const fix = `Import our operators again, repeat what was decided since ${until}, then mra list resume --as NAME.`;
    return [fail(check, `it ended with ${until}, and no list goes until a person has decided`, fix, 'store_older')];
  }
  return await examinePartnersSince(gateway, older.at, until);
}

/** A partner does not send again what we acknowledged; its next list, or a full one where that does not follow, has it. */
async function examinePartnersSince(gateway: OpenGateway, at: string, until: string): Promise<readonly Finding[]> {
  const codes = [...gateway.partners.keys()];
  const lists = await Promise.all(codes.map(async (code) => ({ code, list: await listInForce(gateway.db.sql, code) })));
  const old = lists.flatMap(({ code, list }) => (list !== undefined && list.receivedAt < at ? [code] : []));
  if (old.length === 0) return [ok(check, `an older one took its place at ${at}; every partner has sent a list since`)];
  const detail = `an older one took its place at ${at}; lists received after ${until} are not in it`;
  return [{ ...warn(check, detail, `Ask for a full list: ${old.join(', ')}.`, 'lists_lost'), partners: old }];
}
