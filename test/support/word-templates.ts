/** Templates of lists that carry little, messages for them, and the same holes in every format. */

import { readFileSync } from 'node:fs';
import type { ListFormat } from '../../gateway/adapter/adapter.ts';
import { decodeText } from '../../gateway/adapter/check/message-text.ts';
import { conversationOf } from '../../gateway/adapter/conversation/conversation.ts';
import { listFormat } from '../../gateway/adapter/format.ts';
import { codeTables } from '../../gateway/adapter/template/code-tables.ts';
import type { ListMessage } from '../../gateway/model/list/list.ts';
import type { TextEncoding } from '../../gateway/model/text-encoding.ts';
import { adapterTools } from './adapter-tools.ts';
import { aListMessage } from './messages.ts';

const reason = { revoked: 'R', withdrawn: 'W', consent_withdrawn: 'C', grade_lost: 'G', left: 'L' };
const status = { active: 'A', suspended: 'S' };
const tables = codeTables({ status, reason, same: { ...reason, left: 'S' } }, () => 'adapter.yaml:1:1').tablesOn(
  '2026-01-01',
);
export const page = readFileSync(new URL('../../docs/templates.md', import.meta.url), 'utf8');

/** The code blocks of a section of the page. */
export function examples(heading: string): string[] {
  const section = new RegExp(`^## ${heading}$([\\s\\S]*?)^## `, 'mu').exec(page)?.[1] ?? '';
  return [...section.matchAll(/(?:^(?: {4}.*)?\n)*^ {4}.*\n/gmu)].map(([block]) =>
    block.replaceAll(/^ {4}/gmu, '').replace(/^\n+/u, ''),
  );
}

/** A list of which the template need carry identifiers, status and its day only. */
const conversation = conversationOf(
  {
    stream: { discipline: 'none' },
    fills: {
      message: {
        id: 'digest',
        from: 'channel',
        to: 'channel',
        kind: { is: 'full' },
        issuedAt: 'received',
        nextBy: { from: 'issuedAt', add: 'maxAge' },
      },
      record: { grade: { is: 'a' }, validFrom: { from: 'statusSince' } },
    },
  },
  false,
);

export function compileWords(
  name: string,
  text: string,
  type = 'text/csv; layout=x',
  encoding?: TextEncoding,
): ListFormat {
  const source = { file: name, text, schema: '/none.json', type, ...(encoding && { encoding }) };
  return listFormat(source, { tables, timeZone: 'UTC', grades: ['a', 'b'], conversation }, adapterTools);
}

export const lines = (...all: readonly string[]): string => `${all.join('\n')}\n`;

export const operator = (identifier: string, local: string, rest: Partial<ListMessage['records'][number]> = {}) => {
  const [statusSince, validFrom] = ['2024-05-20', '2024-05-20'];
  return {
    identifier,
    grade: 'a',
    status: 'active' as const,
    statusSince,
    validFrom,
    roles: [],
    name: { local },
    address: {},
    ...rest,
  };
};

export const first = operator('AEOXB1', '가나 물산');
export const second = operator('AEOXB2', 'Ocean; Sons', {
  status: 'suspended',
  statusSince: '2025-02-01',
  validFrom: '2025-02-01',
});
export const departure = { identifier: 'AEOXB3', reason: 'left', since: '2025-01-01' } as const;
export const list = aListMessage({ records: [first, second], departures: [] });

export const read = (format: ListFormat, text: string): ListMessage => decodeText(format, text, adapterTools);

/** The same holes in every format, `row` in each record and `whole` in the message, each behind a sign, and their places. */
export const formats: readonly (readonly [
  name: string,
  template: (row: string, whole: string) => string,
  row: string,
  whole: string,
])[] = [
  [
    'list.csv',
    (row, whole) =>
      lines(
        `HDR,n=${whole}`,
        '#each records',
        `AEO,{identifier},r=${row},{status},{statusSince}`,
        '#each departures',
        'DEL,{identifier},{reason},{since}',
        'MID',
        'END',
      ),
    'line 3, cell 3',
    'line 1, cell 2',
  ],
  [
    'list.fixed',
    (row, whole) => {
      const columns = (hole: string): string => hole.replace(/^\{([^|}]+)/u, '{$1:9');
      return lines(
        `HDRn=${columns(whole)}`,
        '#each records',
        `AEO{identifier:20}r=${columns(row)}{status:9}{statusSince:10}`,
        '#each departures',
        'DEL{identifier:20}{reason:8}{since:10}',
        'MID',
        'END',
      );
    },
    'line 3, column 26',
    'line 1, column 6',
  ],
  [
    'list.xml',
    (row, whole) =>
      `<L xmlns:t="urn:mra:template" Id="x"><N>n=${whole}</N><R t:each="records" no="r=${row}"><I>{identifier}</I><S>{status}</S><D>{statusSince}</D></R><X t:each="departures" i="{identifier}" r="{reason}" s="{since}"/></L>`,
    '/L/R[2]/@no',
    '/L/N',
  ],
  [
    'list.json',
    (row, whole) =>
      JSON.stringify({
        head: { n: `n=${whole}` },
        rows: { $each: 'records', $item: { n: `r=${row}`, i: '{identifier}', s: '{status}', d: '{statusSince}' } },
        gone: { $each: 'departures', $item: { i: '{identifier}', r: '{reason}', s: '{since}' } },
      }),
    '/rows/1/n',
    '/head/n',
  ],
];

export const withNames = {
  ...list,
  records: list.records.map((record) => ({ ...record, name: { latin: 'Name' } })),
  departures: [departure],
};
