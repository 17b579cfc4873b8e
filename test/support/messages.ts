/** Lists and replies for tests of the adapter room; members can be replaced one by one. */

import type { ListRecord } from '../../gateway/model/record/record.ts';
import type { ListMessage } from '../../gateway/model/list/list.ts';
import type { Reply } from '../../gateway/model/message.ts';

export function aListRecord(changes: Partial<ListRecord> = {}): ListRecord {
  return {
    identifier: 'AEOCN4403900001',
    name: { local: '深圳市示例电子有限公司', latin: 'SHENZHEN EXAMPLE ELECTRONIC CO., LTD.' },
    address: { local: '深圳市示例路1号', latin: 'NO. 1 EXAMPLE ROAD', city: 'SHENZHEN', postcode: '518000' },
    grade: 'advanced',
    status: 'active',
    statusSince: '2024-05-20',
    validFrom: '2024-05-20',
    roles: ['exporter'],
    ...changes,
  };
}

export function aListMessage(changes: Partial<ListMessage> = {}): ListMessage {
  return {
    kind: 'full',
    id: 'm-0196aa00',
    from: 'CN',
    to: 'KR',
    issuedAt: '2026-04-02T02:00:00.123Z',
    nextBy: '2026-04-05T02:00:00.123Z',
    position: {
      epoch: { no: 1, id: '5f0c2a9b' },
      sequence: 7,
      chain: 'a'.repeat(64),
      root: 'b'.repeat(64),
      count: 1,
    },
    previousChain: 'c'.repeat(64),
    records: [],
    departures: [],
    ...changes,
  };
}

export function aReply(changes: Partial<Reply> = {}): Reply {
  return {
    id: 'm-0196aa01',
    from: 'KR',
    to: 'CN',
    issuedAt: '2026-04-02T02:00:09.000Z',
    subject: 'm-0196aa00',
    taken: 1,
    refused: 1,
    results: [{ identifier: 'AEOCN44', code: 'identifier_malformed', detail: 'not of the agreed form' }],
    ...changes,
  };
}
