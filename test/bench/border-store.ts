/** A register of invented operators of thirty invented partners, and questions about them, for measuring the border door. */

import type { ClearanceTerms } from '../../gateway/clearance/requests.ts';
import { packRecords } from '../../gateway/model/record/packed-records.ts';
import type { ListRecord } from '../../gateway/model/record/record.ts';
import { seededRandom } from '../../gateway/model/seeded-random.ts';
import { openDatabase, type Database } from '../../gateway/store/database.ts';
import { applyToRegister } from '../../gateway/store/register-writing.ts';
import { recordLists } from '../../gateway/store/streams.ts';

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
export const partnerCodes: readonly string[] = Array.from({ length: 30 }, (_, i) => `Q${letters.charAt(i % 26)}`)
  .slice(0, 26)
  .concat(['XA', 'XB', 'XC', 'XD']);

export function terms(partner: string): ClearanceTerms {
  const form = { toIdentifier: (code: string) => `${partner}${code}`, toCode: () => undefined };
  const written = {
    ...form,
    form: `${partner}{code}`,
    grammar: new RegExp(`^${partner}AEO\\d{8}$`, 'u'),
    words: `${partner}AEO and eight digits`,
    example: `${partner}AEO00000001`,
  };
  return {
    partner,
    name: `Customs of ${partner}`,
    timeZone: 'Asia/Seoul',
    identifiers: { ours: written, theirs: written },
    arrangement: {
      title: `Arrangement with ${partner}`,
      programme: `Trusted Trader ${partner}`,
      inForce: { from: '2014-04-01' },
      directions: ['import', 'export'],
      entryRoles: ['consignor', 'consignee'],
      grades: ['advanced'],
      benefits: { E: 'lower examination rate', P: 'priority examination', C: 'contact person' },
      maxAgeSeconds: 30 * 24 * 3600,
      bands: { between: [0, 10_000_000], shrink: { percent: 10, records: 5 }, grow: { percent: 10, records: 5 } },
    },
  };
}

const words = ['HARBOUR', 'NORTHERN', 'BRIGHT', 'PACIFIC', 'SUMMIT', 'CEDAR', 'DRAGON', 'SILVER', 'ORIENT', 'DELTA'];
const trades = ['LOGISTICS', 'ELECTRONICS', 'TEXTILE', 'MACHINERY', 'FOODS', 'CHEMICALS', 'OPTICS', 'STEEL'];
const local = ['华东国际贸易有限公司', '北方机械制造有限公司', '明光电子科技有限公司', '东海物流有限公司'];

export function operatorOf(partner: string, number: number): ListRecord {
  const random = seededRandom(number * 31 + partner.charCodeAt(1));
  const latin = `${random.pick(words)} ${random.pick(trades)} ${String(number)} CO., LTD.`;
  const name = number % 3 === 0 ? { latin, local: random.pick(local) } : { latin };
  return {
    identifier: identifierOf(partner, number),
    name,
    address: { latin: `${String(number % 500)} Quay Road`, city: 'PORT' },
    grade: 'advanced',
    status: number % 50 === 0 ? 'suspended' : 'active',
    statusSince: '2024-03-01',
    validFrom: '2024-03-01',
    roles: number % 2 === 0 ? ['exporter'] : ['exporter', 'importer'],
  };
}

export function identifierOf(partner: string, number: number): string {
  return `${partner}AEO${String(number * 7).padStart(8, '0')}`;
}

/** One list of each partner, issued now. */
export async function fillStore(url: string, operators: number, note: (text: string) => void): Promise<void> {
  const db = await openDatabase(url);
  try {
    const each = Math.ceil(operators / partnerCodes.length);
    for (const partner of partnerCodes) await applyList(db, partner, each, 1);
    note(`${each * partnerCodes.length} operators of ${partnerCodes.length} partners stored`);
  } finally {
    await db.close();
  }
}

/** The next list of a partner, applied in one transaction. */
export async function applyList(db: Database, partner: string, count: number, sequence: number): Promise<void> {
  const records = Array.from({ length: count }, (_, i) => {
    const record = operatorOf(partner, i + 1);
    return sequence === 1 ? record : { ...record, address: { ...record.address, city: `PORT ${sequence}` } };
  });
  const appliedAt = new Date().toISOString();
  const position = { epoch: { no: 1, id: 'e1' }, sequence, chain: '0'.repeat(64), root: '0'.repeat(64), count };
  const list = { kind: 'full', issuedAt: appliedAt, nextBy: appliedAt, position } as const;
  const messageId = `${partner}-${sequence}`;
  await db.transaction(async (tx) => {
    const ordinal = await recordLists(tx, { partner, direction: 'in' }, [{ messageId, list, appliedAt }]);
    await applyToRegister(tx, {
      partner,
      knownAt: appliedAt,
      today: appliedAt.slice(0, 10),
      list: ordinal,
      sourceMessage: messageId,
      records: packRecords(records),
      puts: [...records.keys()],
      departures: [],
    });
  });
}

/** A question of every kind that a border asks: nearly all about listed operators, some with a name, a few mistyped or unknown. */
export function questions(operators: number, count: number): readonly object[] {
  const each = Math.ceil(operators / partnerCodes.length);
  const random = seededRandom(11);
  return Array.from({ length: count }, (_, i) => {
    const partner = random.pick(partnerCodes);
    const number = random.below(each) + 1;
    const identifier = identifierOf(partner, number);
    const asked = { partner, identifier, direction: 'import', role: 'consignor', reference: `E${String(i)}` };
    if (i % 50 === 7) return { ...asked, identifier: identifier.slice(0, -1).concat('X') };
    if (i % 50 === 9) return { ...asked, identifier: `${partner.toLowerCase()}aeo${identifier.slice(5)}` };
    if (i % 10 === 3) return { ...asked, name: operatorOf(partner, number).name.latin };
    return asked;
  });
}
